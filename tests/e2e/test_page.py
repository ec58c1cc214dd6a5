"""The page in a real browser, on a real evaluator in the lab: a person reads the plan, stops and lets go on, says yes,
and watches the container move.

One chain and one browser run for all tests of this file, in the order of their names.
"""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Chain, http_call, wait_until  # noqa: E402
from browser import Browser  # noqa: E402

CLUSTER = pathlib.Path(__file__).with_name("cluster.yaml").read_text().replace("lock: backup", "lock: snapshot")
EVALUATOR = """\
  mode: approve
  limits: { quorum_pause: 0s }
"""
VIEWS = ("/", "/plan", "/running", "/history", "/history?show=moves", "/whatif", "/whatif?ask=drain&host=pve1")
chain = browser = None


def setUpModule():
    global chain, browser
    chain = Chain(CLUSTER, EVALUATOR)
    unittest.addModuleCleanup(chain.down)
    chain.up()
    browser = Browser()
    unittest.addModuleCleanup(browser.close)


class Page(unittest.TestCase):
    def open(self, path):
        browser.open(chain.url("evaluator", path))

    def token(self):
        return (chain.folder / "state/operator_token").read_text().strip()

    def log_in(self, name):
        self.open("/login?next=/plan")
        browser.write("#user", name)
        browser.write("#token", self.token())
        browser.click("main button")
        browser.wait_for("header", name)

    def place(self, guest):
        return chain.lab.status()["guests"][str(guest)]["host"]

    def wait_for_proposal(self):
        def waits():
            self.open("/plan")
            return "A yes counts for" in browser.text("main")
        wait_until(waits, 90, lambda: f"a plan that waits:\n{browser.text()}\n{chain.parts['evaluator'].log()[-2000:]}")

    def record(self):
        path = chain.lab.folder / "record"
        return path.read_text() if path.exists() else ""

    def test_1_the_plan_can_be_read_without_a_login(self):
        self.wait_for_proposal()
        moves = browser.text("#moves")
        for word in ("db", "lxc/103", "pve1", "pve2", "proposed"):
            self.assertIn(word, moves)
        self.assertIn("proven bound", browser.text("#picture"))
        self.assertIn("bind_mount", browser.text("#stays"))
        self.assertEqual(browser.run("return document.querySelectorAll('form[method=post]').length;"), 0)
        self.open("/plan?guest=files#why")
        self.assertIn("a mount point is a directory of this host", browser.text("#why"))

    def test_2_no_view_is_wider_than_a_phone_and_none_breaks_the_policy(self):
        self.log_in("alice")
        for width in (360, 1400):
            browser.size(width, 800)
            for path in VIEWS:
                self.open(path)
                wide, room = browser.run("return [document.documentElement.scrollWidth, window.innerWidth];")
                self.assertLessEqual(wide, room, f"{path} at {width}")
                self.assertGreater(browser.run("return document.querySelector('#stop button').getBoundingClientRect().width;"), 40)
        refused = [line for line in browser.complaints() if "Content Security Policy" in line or "Uncaught" in line]
        self.assertEqual(refused, [])

    def test_3_the_red_button_is_pressed_with_a_reason_and_released(self):
        self.open("/")
        browser.write("#stop input[name=reason]", "the switch is replaced")
        browser.click("#stop button")
        browser.wait_for("#stop", "The red button is pressed by alice")
        self.assertIn("the switch is replaced", browser.text("#stop"))
        self.assertTrue((chain.folder / "state/STOP").exists())

    def test_4_of_two_who_say_yes_the_second_is_told_also_without_a_script(self):
        browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
        self.addCleanup(browser.devtools, "Emulation.setScriptExecutionDisabled", value=False)
        self.wait_for_proposal()
        status, text = http_call(chain.url("evaluator", "/api/v1/plans/standing/approve"), '{"user": "bob"}',
                                 {"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json"})
        self.assertEqual(status, 200, text)
        browser.click("#plan button.yes")
        browser.wait_for("main .problem", "already decided: bob approved it")
        self.assertIn("approved by bob", browser.text("#plan"))

    def test_5_by_the_keyboard_alone_it_is_released_and_the_container_moves(self):
        self.open("/plan")
        browser.press("tab")
        self.assertEqual(browser.run("return document.activeElement.textContent;"), "Skip to the content")
        for _ in range(20):
            browser.press("tab")
            if browser.run("return document.activeElement.textContent;") == "Release the red button":
                break
        self.assertIn("solid", browser.run("return getComputedStyle(document.activeElement).outlineStyle;"), "the focus is seen")
        browser.press("enter")
        browser.wait_for("#stop", "Stop all moves")
        self.open("/running")
        wait_until(lambda: self.place(103) == "pve2", 60, lambda: f"103 is on pve2:\n{browser.text()}")
        browser.wait_for("#ended", "done", 60)
        self.assertIn("db lxc/103", browser.text("#ended"))
        self.assertEqual(self.record().count("pct migrate 103"), 1, self.record())

    def test_6_the_history_has_what_was_done(self):
        self.open("/history?q=ALICE")
        browser.wait_for("#history", "the switch is replaced")
        self.open("/history?show=decisions")
        self.assertIn("bob", browser.text("#history"))
        browser.click("#history a[href^='/plans/']")
        browser.wait_for("#plan", "approved by bob")


if __name__ == "__main__":
    unittest.main()
