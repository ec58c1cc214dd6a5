"""The page's script in a real browser, against a server that says what the test wants: what comes while a view is open
stands where it belongs, what cannot be shown is said for what it is, and nobody loses the place they read at.

The views are those of tests/golden/pages; the script's 5 seconds are 50 ms here.
"""

import pathlib
import re
import sys
import threading
import unittest
from http.server import ThreadingHTTPServer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from test_page_pictures import PAGES, Browser, Pages  # noqa: E402
from waiting import wait_until  # noqa: E402

QUICK = """
const start = window.setTimeout;
window.setTimeout = (work, ms, ...more) => start(work, ms >= 5000 ? 50 : ms, ...more);
"""
LOGIN = "<!doctype html>\n<title>Log in</title><main class=login><form method=post></form></main>"
# What has the focus: as text, whether something covers it, and how its ring contrasts with what is behind it (WCAG 2.2).
FOCUS = """const it = document.activeElement, at = it.getBoundingClientRect();
if (it === document.body) return null;
const above = document.elementFromPoint(at.left + at.width / 2, at.top + at.height / 2);
const light = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
  .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0.05);
let behind = it.parentElement;
while (behind.parentElement && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
const ring = light(getComputedStyle(it).outlineColor), ground = light(getComputedStyle(behind).backgroundColor);
return [it.outerHTML.slice(0, 200), !above || Boolean(above.closest('#stop')) !== Boolean(it.closest('#stop')),
  Math.max(ring, ground) / Math.min(ring, ground)];"""
SECTIONS = "return [...document.querySelectorAll('main > section')].map((part) => part.id);"
LOG = "const log = document.querySelector('pre'); "


class Server(Pages):
    says = (200, "")  # of every view
    asked = sent = 0  # views, and forms
    by_itself = None  # whether the newest view was asked for by the script

    def do_GET(self):
        if self.path.startswith("/assets/"):
            super().do_GET()
            return
        if self.path.startswith("/login"):
            self.answer(200, LOGIN)
            return
        type(self).asked += 1
        type(self).by_itself = self.headers["X-Renewal"] == "1"
        self.answer(*self.says)

    def do_POST(self):
        type(self).sent += 1
        self.answer(200, LOGIN)

    def answer(self, status, text):
        self.send_response(status)
        if status == 303:
            self.send_header("Location", "/login?next=" + self.path)
        self.send_header("Content-Type", "text/html; charset=utf-8" if text.startswith("<!") else "text/plain")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


def view(name):
    return (PAGES / f"{name}.html").read_text()


def with_fault(page, fault, sections=True):
    """As the evaluator says a fault: above the view, or in place of it."""
    said = f'</h1>\n<p class="problem" role="alert">{fault}</p>\n'
    return re.sub(r"</h1>\n" if sections else r"</h1>\n.*(?=</main>)", lambda _: said, page, count=1, flags=re.DOTALL)


def with_log(lines):
    return re.sub(r"(<pre[^>]*>).*?</pre>", lambda found: found[1] + "\n".join(f"line {n}" for n in range(lines)) + "</pre>",
                  view("running"), flags=re.DOTALL)


def to_nobody(page):
    """As it is shown to who has not logged in."""
    page = re.sub(r'<form id="who".*?</form>', '<p id="who" class="who" data-live><a href="/login">Log in</a></p>', page, flags=re.DOTALL)
    return re.sub(r'<form class="deed".*?</form>', "", page, flags=re.DOTALL)


class Script(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        cls.url = f"http://127.0.0.1:{server.server_address[1]}"
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.browser.devtools("Page.addScriptToEvaluateOnNewDocument", source=QUICK)

    def open(self, path, text, status=200):
        Server.says = (status, text)
        self.browser.open(self.url + path)

    def renewed(self, text=None, status=200):
        """The server says so from now on, and the view has asked since."""
        if text is not None:
            Server.says = (status, text)
        before = Server.asked
        wait_until(lambda: Server.asked > before + 2, 20, "the view renews itself")

    def lost(self):
        return self.browser.run("const lost = document.getElementById('lost'); return lost.hidden ? '' : lost.textContent;")

    def test_a_plan_that_comes_stands_in_its_order_and_one_that_goes_is_gone(self):
        self.open("/plan", view("plan-none"))
        none = self.browser.run(SECTIONS)
        whole = re.findall(r'<section id="(\w+)"', view("plan"))[1:]  # the first is around the view
        self.assertGreater(len(whole), len(none))
        Server.says = (200, view("plan"))
        wait_until(lambda: self.browser.run(SECTIONS) == whole, 20, lambda: f"{whole}: {self.browser.run(SECTIONS)}")
        Server.says = (200, view("plan-none"))
        wait_until(lambda: self.browser.run(SECTIONS) == none, 20, lambda: f"{none}: {self.browser.run(SECTIONS)}")

    def test_a_plan_that_is_not_there_is_no_evaluator_that_is_silent(self):
        gone = with_fault(view("plan-none").replace('data-view="/plan"', 'data-view="/plans/9"'), "There is no plan 9.")
        self.open("/plans/9", gone, 404)
        self.renewed()
        self.assertEqual(self.lost(), "")
        self.assertIn("There is no plan 9.", self.browser.text("main"))

    def test_what_is_wrong_is_told_and_what_was_shown_stays(self):
        self.open("/plan", view("plan"))
        shown = self.browser.run(SECTIONS)
        fault = with_fault(view("plan-none"), "the journal cannot be read: disk I/O error", sections=False)
        self.assertNotIn("No plan stands", fault)
        self.renewed(fault, 503)
        self.assertIn("the journal cannot be read: disk I/O error. What is shown is from", self.lost())
        self.assertEqual(self.browser.run(SECTIONS), shown)
        self.assertIn("The red button is pressed", self.browser.text("#stop"), "this needs no journal")
        self.renewed("no such thing\n", 500)
        self.assertIn("The evaluator does not answer. What is shown is from", self.lost())
        self.renewed(view("plan"))
        self.assertEqual(self.lost(), "")

    def test_a_view_that_was_nothing_but_its_fault_is_whole_again(self):
        self.open("/plan", with_fault(view("plan"), "the journal is busy", sections=False), 503)
        self.assertEqual(self.browser.run(SECTIONS), [])
        self.renewed(view("plan"))
        self.assertIn("moves", self.browser.run(SECTIONS))
        self.assertNotIn("the journal is busy", self.browser.text())

    def reason(self):
        return self.browser.run("return document.querySelector('#stop input[name=reason]').value;")

    def test_a_view_says_that_nobody_has_asked_it_to_renew_itself(self):
        self.open("/plan", view("plan"))
        self.renewed()
        self.assertTrue(Server.by_itself)

    def test_a_login_that_is_over_is_said_and_what_was_written_stays(self):
        for status, text in ((303, ""), (200, to_nobody(view("plan")))):
            self.open("/plan", view("plan"))
            self.renewed()
            self.assertEqual(self.lost(), "")
            self.browser.write("#stop input[name=reason]", "smoke")
            self.renewed(text, status)
            self.assertIn("Your login is over", self.lost())
            self.assertEqual("What is shown is from" in self.lost(), status == 303)
            before = Server.sent
            self.browser.press("enter")
            self.assertEqual(self.browser.run("return document.activeElement.getAttribute('href');"), "/login?next=%2Fplan")
            self.renewed()
            self.assertEqual((self.reason(), Server.sent), ("smoke", before), "kept, and not sent for nothing")
            self.renewed(view("plan").replace("not-a-real-token", "anothers-token"))
            self.assertEqual((self.reason(), self.lost()), ("smoke", ""))
            tokens = self.browser.run("return [...document.querySelectorAll('input[name=csrf]')].map((field) => field.value);")
            self.assertGreater(len(tokens), 3)
            self.assertEqual(set(tokens), {"anothers-token"}, "also of the form that is written in")
            self.browser.click("#stop button")
            wait_until(lambda: Server.sent == before + 1, 20, "the form is sent")

    def test_beside_a_reason_that_is_written_the_bar_is_renewed(self):
        self.open("/plan", view("plan"))
        self.browser.write("#stop input[name=reason]", "smoke")
        self.renewed(view("plan-none"))
        self.assertIn("The red button is pressed", self.browser.text("#stop"))
        self.assertEqual(self.browser.run("return document.getElementById('stop').className;"), "pressed")
        self.assertIn("Stop all moves", self.browser.text("#stop"), "no button becomes another one under the hand")
        self.assertEqual(self.reason(), "smoke")
        self.assertEqual(self.browser.run("return document.activeElement.name;"), "reason")
        self.renewed(view("plan"))
        self.assertNotIn("The red button is pressed", self.browser.text("#stop"))
        self.renewed(view("plan-none"))
        self.browser.run("const field = document.activeElement; field.value = ''; field.blur();")
        self.browser.wait_for("#stop", "Release the red button")
        self.assertNotIn("Stop all moves", self.browser.text("#stop"))

    def each_focus(self):
        """What FOCUS says of each element, by the keyboard from the first to the last."""
        seen = []
        while True:
            self.browser.press("tab")
            focus = self.browser.run(FOCUS)
            if focus is None:
                break
            seen.append(focus)
            self.assertLess(len(seen), 80, "the focus comes to the end of the view")
        self.assertGreater(len(seen), 10)
        return seen

    def test_on_a_phone_what_has_the_focus_is_never_behind_the_red_button(self):
        self.addCleanup(self.browser.size, 1400, 1000)
        self.addCleanup(self.browser.scheme, "light")
        self.browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
        bar = r'<aside id="stop".*?</aside>'
        high = re.search(bar, view("plan-none").replace("the switch is replaced", "the switch is replaced, " * 8), re.DOTALL)[0]
        for width, name, page in ((320, "plan", view("plan")), (360, "whatif", view("whatif")),
                                  (360, "whatif, stopped", re.sub(bar, lambda _: high, view("whatif"), flags=re.DOTALL)),
                                  (360, "plan-none", view("plan-none"))):
            self.browser.size(width, 640)
            self.open("/", page)
            for text, covered, _ in self.each_focus():
                self.assertFalse(covered, f"{name} at {width}: {text}")

    def test_what_has_the_focus_is_seen_light_and_dark_also_on_the_red_bar(self):
        self.addCleanup(self.browser.scheme, "light")
        for scheme in ("light", "dark"):
            self.browser.scheme(scheme)
            for name in ("plan-none", "plan", "history"):
                self.open("/", view(name))
                for text, _, contrast in self.each_focus():
                    self.assertGreaterEqual(contrast, 3, f"{name}, {scheme}: {text}")

    def test_a_log_is_followed_at_its_end_and_left_where_it_is_read(self):
        at_the_end = LOG + "return log.scrollTop > 0 && log.scrollTop + log.clientHeight >= log.scrollHeight - 2;"
        self.open("/running", with_log(100))
        self.assertTrue(self.browser.run(at_the_end))
        self.renewed(with_log(150))
        self.browser.wait_for("pre", "line 149")
        self.assertTrue(self.browser.run(at_the_end))
        self.browser.run(LOG + "log.scrollTop = 40;")
        self.renewed(with_log(200))
        self.browser.wait_for("pre", "line 199")
        self.assertEqual(self.browser.run(LOG + "return log.scrollTop;"), 40)


if __name__ == "__main__":
    unittest.main()
