"""deploy/quickstart.sh as a user meets it: the suggestion comes, Ctrl-C ends all of it, a second start works."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import BIN, ROOT, Lab, http_call, wait_until  # noqa: E402

FOLDER = ROOT / "build/quickstart/lab"
SUGGESTION = "Suggesting to migrate container 103 (db) from pve1 to pve2: "


def processes():
    """Those that have the quick start's folder on their command line."""
    found = set()
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(FOLDER).encode() in path.read_bytes():
                found.add(int(path.parent.name))
        except OSError:
            continue  # it has ended meanwhile
    return found


def mounts():
    return [line for line in pathlib.Path("/proc/self/mounts").read_text().splitlines() if str(FOLDER) in line]


def bridge():
    """Of the quick start's lab: other tests may have labs of their own beside it."""
    done = subprocess.run([str(ROOT / "tests/lab/lab"), "status", "--dir", str(FOLDER / "lab")], check=True,
                          stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)["bridge"]


def links(bridges):
    return {path.name for path in pathlib.Path("/sys/class/net").iterdir()
            if re.fullmatch(rf"({'|'.join(bridges)})(h\d+)?", path.name)}


class QuickStart(unittest.TestCase):
    def start(self, *options):
        self.lines = []
        process = subprocess.Popen([str(ROOT / "deploy/quickstart.sh"), "--skip-build", *options], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                                   env=dict(os.environ, BALANCER_BIN=str(BIN)), start_new_session=True,
                                   # Tests that run in the background inherit a Ctrl-C that is ignored.
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, 60)
        self.addCleanup(process.send_signal, signal.SIGINT)
        lines, drop = self.lines, threading.Event()
        self.drop_output = drop

        def read():
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if drop.is_set():
                    break
            lines.append("end of reading")

        threading.Thread(target=read, daemon=True).start()
        return process

    def wait_for_line(self, pattern, seconds):
        return wait_until(lambda: next((line for line in list(self.lines) if re.search(pattern, line)), None), seconds,
                          lambda: f"a line {pattern!r} in:\n" + "\n".join(self.lines))

    def assert_nothing_is_left(self, *bridges):
        wait_until(lambda: not processes() and not mounts(), 20, lambda: f"{processes()}, {mounts()}")
        wait_until(lambda: not links(bridges), 20, lambda: f"network links: {links(bridges)}")

    def test_1_the_suggestion_comes_and_ctrl_c_leaves_nothing(self):
        began = time.monotonic()
        process = self.start()
        self.wait_for_line("^" + re.escape(SUGGESTION), 180)
        print(f"the suggestion came after {time.monotonic() - began:.0f} s", file=sys.stderr)
        for name in ("Evaluator", "Exporter", "Prometheus", "Alertmanager"):
            address = self.wait_for_line(rf"^{name}\s+http://127", 1).split()[1]
            self.assertEqual(http_call(address)[0], 200, address)
        self.wait_for_line(r"everything is made quick", 1)
        self.wait_for_line(r"pve1: CPU +\d+ % \( *80 %\), memory +\d+ % \( *85 %\), HostCpuOverloaded", 30)
        self.assertNotIn("\033", "".join(self.lines))
        own = bridge()
        self.assertGreater(len(links([own])), 3, "a bridge, and a link for each host")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 130)
        self.assert_nothing_is_left(own)

    def test_2_it_starts_again_also_after_kill_9(self):
        process = self.start()
        self.wait_for_line("pve1: CPU", 60)
        first = bridge()
        process.kill()
        process.wait(10)
        self.assertTrue(processes())
        process = self.start()
        self.wait_for_line("pve1: CPU", 60)
        self.assertNotIn("is taken", "\n".join(self.lines))
        second = bridge()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 143)
        self.assert_nothing_is_left(first, second)

    def test_3_hosts_of_the_user_are_shown_with_normal_times(self):
        folder = tempfile.TemporaryDirectory(prefix="balancer-e2e-")
        self.addCleanup(folder.cleanup)
        lab = Lab(pathlib.Path(folder.name), pathlib.Path(__file__).with_name("cluster.yaml").read_text())
        lab.up()
        self.addCleanup(lab.down)
        process = self.start("--config", str(lab.folder / "config.yaml"))
        self.wait_for_line("pve1: CPU", 90)
        self.assertNotIn("made quick", "\n".join(self.lines))
        rules = (ROOT / "build/quickstart/own/rules/alerts.yml").read_text()
        self.assertEqual(rules, (ROOT / "rules/alerts.yml").read_text())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 130)
        self.assertTrue(lab.status()["hosts"], "the user's hosts are left alone")

    def test_4_it_ends_when_nobody_reads_its_lines_any_more(self):
        process = self.start()
        self.wait_for_line("^Evaluator", 60)
        own = bridge()
        self.drop_output.set()
        self.wait_for_line("^end of reading$", 60)
        process.stdout.close()
        self.assertEqual(process.wait(60), 141)
        self.assert_nothing_is_left(own)


if __name__ == "__main__":
    unittest.main()
