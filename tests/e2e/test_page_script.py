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
SECTIONS = "return [...document.querySelectorAll('main > section')].map((part) => part.id);"
LOG = "const log = document.querySelector('pre'); "


class Server(Pages):
    says = (200, "")  # of every view
    asked = 0

    def do_GET(self):
        if self.path.startswith("/assets/"):
            super().do_GET()
            return
        type(self).asked += 1
        status, text = self.says
        self.send_response(status)
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
