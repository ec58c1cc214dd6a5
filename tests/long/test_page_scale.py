"""The page with a large cluster in a real browser: 40 hosts with 800 guests are shown at once and renewed without
holding up the page, and a page that stays open over a restart of the evaluator says so and goes on by itself.

The exporter is one that answers with a document made here; nothing else answers.
"""

import http.server
import json
import pathlib
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from chain import BIN, Process, free_port, wait_until  # noqa: E402
from browser import Browser  # noqa: E402

HOSTS, GUESTS = 40, 800
GIB = 1024 ** 3
# Since the page was opened: what held it up for longer than 50 ms, and how many hosts were renewed.
WATCH = """
window.heldUp = []; window.renewed = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.heldUp.push(entry.duration);
}).observe({type: 'longtask'});
new MutationObserver((changes) => {
  for (const change of changes) for (const added of change.addedNodes) window.renewed += added.className === 'host' ? 1 : 0;
}).observe(document.body, {childList: true, subtree: true});
"""


def document():
    """Every load is another one each time it is asked for."""
    wave = time.time() % 60 / 60
    hosts = [{"name": f"pve{h + 1}", "cpu_cores": 32, "cpu_used_cores": 14 + 10 * ((h / HOSTS + wave) % 1),
              "memory_bytes": 256 * GIB, "memory_used_bytes": 150 * GIB, "age_seconds": 1.0} for h in range(HOSTS)]
    guests = [{"id": f"lxc/{100 + g}", "name": f"guest-{g}", "host": f"pve{g % HOSTS + 1}", "cpu_cores": 4,
               "cpu_used_cores": 0.3 + (g % 7) * 0.1 * (1 + wave), "memory_bytes": 8 * GIB,
               "memory_used_bytes": (2 + g % 5) * GIB} for g in range(GUESTS)]
    return json.dumps({"schema": "balancer.cluster/1", "cluster": "large", "taken_at": time.time(), "hosts": hosts,
                       "guests": guests})


class Exporter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = document().encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class LargeCluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="balancer-page-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        exporter = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
        threading.Thread(target=exporter.serve_forever, daemon=True).start()
        cls.addClassCleanup(exporter.server_close)
        cls.addClassCleanup(exporter.shutdown)
        cls.port, nobody = free_port(), free_port()
        config = cls.folder / "config.yaml"
        config.touch(0o600)
        config.write_text(f"""cluster: large
proxmox_hosts:
  - {{name: pve1, address: 127.0.0.1, user: root, key_path: {config}}}
exporter: {{listen: "127.0.0.1:{exporter.server_address[1]}"}}
prometheus: {{url: "http://127.0.0.1:{nobody}"}}
alertmanager: {{urls: ["http://127.0.0.1:{nobody}"]}}
evaluator: {{listen: "127.0.0.1:{cls.port}", interval: 1s, state_directory: {cls.folder}/state}}
""")
        cls.evaluator = Process("evaluator", cls.folder, BIN / "balancer-evaluator", "serve", "--config", config)
        cls.addClassCleanup(cls.evaluator.end)
        cls.start()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def start(cls):
        cls.evaluator.start()
        cls.evaluator.wait_ready(f"http://127.0.0.1:{cls.port}/-/ready")

    def open(self, path="/"):
        self.browser.open(f"http://127.0.0.1:{self.port}{path}")

    def test_1_it_is_painted_within_a_second_and_renewed_without_holding_up(self):
        self.open()  # the style and the script are there from now on
        self.open()
        self.assertEqual(self.browser.run("return document.querySelectorAll('.host').length;"), HOSTS)
        painted = wait_until(lambda: self.browser.run(
            "const paint = performance.getEntriesByName('first-contentful-paint')[0]; return paint ? paint.startTime : 0;"),
            30, "the first paint")
        self.assertLessEqual(painted, 1000)
        self.browser.run(WATCH)
        wait_until(lambda: self.browser.run("return window.renewed;") > 3 * HOSTS, 60, lambda: f"every host is renewed three times; {self.browser.run('return window.renewed;')}")
        held_up = self.browser.run("return window.heldUp;")
        print(f"first paint {painted:.0f} ms, longest task {max(held_up, default=0):.0f} ms", file=sys.stderr)
        self.assertLessEqual(max(held_up, default=0), 100)
        self.browser.run("setTimeout(() => { const end = performance.now() + 150; while (performance.now() < end); }, 0);")
        wait_until(lambda: self.browser.run("return window.heldUp.some((task) => task > 100);"), 30, "a long task is seen")

    def test_2_a_page_that_stays_open_tells_of_a_restart_and_goes_on(self):
        self.open()
        self.evaluator.end()
        self.browser.wait_for("#lost", "does not answer", 30)
        self.start()
        wait_until(lambda: self.browser.run("return document.getElementById('lost').hidden;"), 30, "it goes on by itself")
        self.assertEqual(self.browser.run("return document.querySelectorAll('.host').length;"), HOSTS)


if __name__ == "__main__":
    unittest.main()
