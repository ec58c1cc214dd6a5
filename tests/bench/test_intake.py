"""The intake bench runs; and what the evaluator acknowledges is on the disk, as strace sees it."""

import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import bench  # noqa: E402
import intake_bench  # noqa: E402

BINARIES = bench.programs(short=True)
CALLS = ["pwrite64", "write", "writev", "ftruncate", "unlink", "unlinkat", "fsync", "fdatasync", "sendto", "sendmsg"]


class Bench(unittest.TestCase):
    def test_runs_every_part(self):
        done = subprocess.run([sys.executable, HERE / "intake_bench.py", "--short"], capture_output=True, text=True,
                              timeout=240)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for part in ("| acknowledged ", "| group commit ", "| 5 × 25 ", "| to the stored plan, 5 × 25 ", "| of 50 alerts"):
            self.assertIn(part, done.stdout)

    def test_the_document_has_the_tables(self):
        self.assertRegex(bench.DOCUMENT.read_text(), "<!-- intake: begin -->\nMeasured on ")


def unsynced(trace):
    """([(change, answer)], answers): what of the journal's files no sync follows before an acknowledgement is sent.

    A name that is made or goes is on the disk once its folder is synced, what is in a file once the file is.
    """
    found, pending, acknowledged = [], {}, 0
    for line in trace:
        call = re.match(r"\d+ +(\w+)\((.*)", line)
        if not call:
            continue
        name, rest = call.groups()
        path = re.search(r'[<"](/[^>"]*journal\.sqlite[^>"]*)[>"]', rest)
        if name in ("pwrite64", "write", "ftruncate") and path:
            pending[path[1]] = line
        elif name in ("unlink", "unlinkat") and path:
            pending.pop(path[1], None)  # what was in it is of no matter any more
            pending[str(pathlib.Path(path[1]).parent)] = line
        elif name in ("fsync", "fdatasync"):
            synced = re.search(r"<([^>]*)>", rest)
            pending.pop(synced[1] if synced else "", None)
        elif name in ("send", "sendto", "write", "writev", "sendmsg") and "HTTP/1.1 200" in rest:
            acknowledged += 1
            found += [(change, line) for change in pending.values()]
    return found, acknowledged


class Durable(unittest.TestCase):
    WEBHOOKS = 20

    def test_no_acknowledgement_before_the_sync(self):
        with tempfile.TemporaryDirectory(prefix="balancer-intake-") as temporary:
            trace = pathlib.Path(temporary, "trace")
            # Without the loop, which writes for itself; one client, so that nothing of the next webhook is under way.
            with intake_bench.intake(BINARIES, pathlib.Path(temporary, "state"), "together") as (pid, port):
                tracer = subprocess.Popen(["strace", "-f", "-y", "-s", "32", "-p", str(pid), "-o", str(trace), "-e",
                                           f"trace={','.join(CALLS)}"], stderr=subprocess.PIPE, text=True)
                try:
                    self.assertIn("attached", tracer.stderr.readline())
                    taken, refused, _ = intake_bench.load(BINARIES, port, "/webhook", 1, self.WEBHOOKS)
                finally:
                    tracer.send_signal(signal.SIGINT)
                    tracer.wait(timeout=20)
                    tracer.stderr.close()
            lines = joined(trace.read_text().splitlines())
        found, acknowledged = unsynced(lines)
        # What a busy disk makes wait too long is refused; an answer may come when the client has given up.
        self.assertEqual(len(taken) + refused, self.WEBHOOKS)
        self.assertTrue(0 < len(taken) <= acknowledged, "the trace followed the server")
        self.assertEqual(found, [])

    def test_would_see_what_is_not_synced(self):
        folder, answer = "/state", '7 sendto(9<TCP:[x]>, "HTTP/1.1 200 OK"..., 90, 0) = 90'
        write = f'7 pwrite64(5<{folder}/journal.sqlite>, "x"..., 4096, 0) = 4096'
        gone = f'7 unlink("{folder}/journal.sqlite-journal") = 0'
        sync, folder_sync = f"7 fdatasync(5<{folder}/journal.sqlite>) = 0", f"7 fdatasync(6<{folder}>) = 0"
        self.assertEqual(unsynced([write, sync, gone, folder_sync, answer]), ([], 1))
        self.assertEqual(unsynced([write, answer]), ([(write, answer)], 1))
        self.assertEqual(unsynced([write, sync, gone, answer]), ([(gone, answer)], 1))


def joined(lines):
    """Calls that strace shows in two halves, at the place of their second: that is when they were over."""
    begun, whole = {}, []
    for line in lines:
        thread = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>"):
            begun[thread] = line.removesuffix("<unfinished ...>")
            # What is sent counts from its first byte on.
            if "HTTP/1.1 200" in line:
                whole.append(begun[thread])
        elif "resumed>" in line:
            first = begun.pop(thread, "")
            if first and "HTTP/1.1 200" not in first:
                whole.append(first + line.split("resumed>", 1)[1])
        else:
            whole.append(line)
    return whole


if __name__ == "__main__":
    unittest.main()
