"""The page in a real browser, on a real evaluator in the lab: a person reads the plan, sees what happens as it happens,
stops and lets go on, says yes, too late and in time, and watches the container move.

One chain and one browser run for all tests of this file, in the order of their names.
"""

import contextlib
import pathlib
import re
import sqlite3
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Chain, http_call, wait_until  # noqa: E402
from browser import Browser  # noqa: E402

CLUSTER = pathlib.Path(__file__).with_name("cluster.yaml").read_text().replace("lock: backup", "lock: snapshot")
EVALUATOR = """\
  mode: approve
  limits: { quorum_pause: 0s }
"""
VIEWS = ("/", "/plan", "/running", "/history", "/history?show=moves", "/history?show=report", "/whatif",
         "/whatif?ask=drain&host=pve1")
# Put before a view's own script: its timers of 5 s, by which it renews itself, never fire.
NO_CLOCK = """
const start = window.setTimeout;
window.setTimeout = (work, ms, ...more) => ms >= 5000 ? 0 : start(work, ms, ...more);
"""
# The same, to see that the stream of events has begun: its first word is how things stand.
TELL_OF_EVENTS = """
window.EventSource = class extends EventSource {
  constructor(...all) { super(...all); this.addEventListener('pulse', () => { window.hears = true; }); }
};
"""
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

    def tell(self, path, **said):
        body = "{" + ", ".join(f'"{name}": "{value}"' for name, value in said.items()) + "}"
        return http_call(chain.url("evaluator", path), body,
                         {"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json"})

    def press_and_see(self, clock, events, reason):
        """Opens a view, of which the clock or the events are taken away, and presses the button elsewhere; gives what
        asks whether the view shows it."""
        browser.devtools("Network.enable")
        browser.devtools("Network.setBlockedURLs", urls=[] if events else ["*/api/v1/events"])
        source = TELL_OF_EVENTS + ("" if clock else NO_CLOCK)
        script = browser.devtools("Page.addScriptToEvaluateOnNewDocument", source=source)["identifier"]
        self.open("/running")
        browser.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
        if events:
            wait_until(lambda: browser.run("return window.hears;"), 60, "the stream of events begins")
        self.assertEqual(self.tell("/api/v1/pause", user="bob", reason=reason)[0], 200)
        return lambda: reason in browser.text("#stop")

    def shown_age(self):
        """For how long the view says that the evaluator has not looked: it counts on by itself."""
        age = re.search(r"(\d+) s", browser.text("#state time"))
        return int(age[1]) if age else 0

    def two_hours_pass(self):
        """For what was decided so far: the evaluator finds its journal as if it had slept."""
        chain.parts["evaluator"].end()
        with contextlib.closing(sqlite3.connect(chain.folder / "state/journal.sqlite")) as journal, journal:
            journal.execute("UPDATE decisions SET at = at - 7200")
            journal.execute("UPDATE moves SET changed_at = changed_at - 7200 WHERE state = 'approved'")
        chain.start_part("evaluator")

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

    def test_3_what_happens_is_shown_by_events_and_without_them_by_the_clock(self):
        # Of the two ways the other is shut, so that no deadline need tell them apart.
        for way in ({"clock": False, "events": True}, {"clock": True, "events": False}):
            shown = self.press_and_see(**way, reason=f"seen with {way}")
            began = time.monotonic()
            wait_until(shown, 60, lambda: f"with {way} it is shown:\n{browser.text()}")
            print(f"shown with {way} after {time.monotonic() - began:.1f} s", file=sys.stderr)
            self.assertEqual(self.tell("/api/v1/resume")[0], 200)
        shown = self.press_and_see(clock=False, events=False, reason="unseen")
        wait_until(lambda: self.shown_age() >= 4, 60, "the view lives, and shows for 4 s what it has")
        self.assertFalse(shown(), "without both nothing renews it")
        self.assertEqual(self.tell("/api/v1/resume")[0], 200)
        browser.devtools("Network.setBlockedURLs", urls=[])

    def test_4_the_red_button_is_pressed_with_a_reason_and_released(self):
        self.open("/")
        browser.write("#stop input[name=reason]", "the switch is replaced")
        browser.click("#stop button")
        browser.wait_for("#stop", "The red button is pressed by alice")
        self.assertIn("the switch is replaced", browser.text("#stop"))
        self.assertTrue((chain.folder / "state/STOP").exists())

    def test_5_of_two_who_say_yes_the_second_is_told_also_without_a_script(self):
        browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
        self.addCleanup(browser.devtools, "Emulation.setScriptExecutionDisabled", value=False)
        self.wait_for_proposal()
        status, text = self.tell("/api/v1/plans/standing/approve", user="bob")
        self.assertEqual(status, 200, text)
        browser.click("#plan button.yes")
        browser.wait_for("main .problem", "already decided: bob approved it")
        self.assertIn("approved by bob", browser.text("#plan"))

    def test_6_a_yes_that_was_not_acted_on_in_time_has_expired_and_another_is_needed(self):
        self.open("/plan")
        plan = browser.run("return document.querySelector('#plan a[href^=\"/plans/\"]').getAttribute('href');")
        self.open(plan)
        self.two_hours_pass()
        browser.wait_for("#plan", "The approval has expired", 60)  # by itself, over the restart
        browser.wait_for("#lost", "Your login is over")  # a restart ends all sessions
        self.assertIn("older than evaluator.approval_ttl", browser.text("#moves"))
        status, text = self.tell(f"/api/v1{plan}/approve", user="bob")
        self.assertEqual(status, 409, text)
        self.assertIn("already decided: bob approved it", text)
        self.assertIn("cancelled since: the approval is older", text)
        self.log_in("alice")
        self.open(plan)
        self.assertEqual(browser.run("return document.querySelectorAll('#plan form, #moves form').length;"), 0)
        self.wait_for_proposal()
        browser.click("#plan button.yes")
        browser.wait_for("#plan", "approved by alice")

    def test_7_by_the_keyboard_alone_it_is_released_and_the_container_moves(self):
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
        wait_until(lambda: self.place(103) == "pve2", 180, lambda: f"103 is on pve2:\n{browser.text()}")
        browser.wait_for("#ended", "done", 60)
        self.assertIn("db lxc/103", browser.text("#ended"))
        self.assertEqual(self.record().count("pct migrate 103"), 1, self.record())

    def test_8_the_history_has_what_was_done(self):
        self.open("/history?q=ALICE")
        browser.wait_for("#history", "the switch is replaced")
        self.open("/history?show=decisions")
        self.assertIn("bob", browser.text("#history"))
        browser.click("#history a[href^='/plans/']")  # the newest
        browser.wait_for("#plan", "approved by alice")


if __name__ == "__main__":
    unittest.main()
