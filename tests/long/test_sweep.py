"""The evaluator killed at its n-th system call of a kind, on every path, for n = 1, 2, 3, … until n is past the end.

Of the writes every eighth, as there are ten times as many (PCB_SWEEP_WRITES); each sync and each send. The short form,
and the control, are in every run (tests/act/sweep_test.cpp). Several labs at a time: a run is mostly waiting. Needs
root, as the lab does.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("BALANCER_BIN", ROOT / "build/dev/bin")) / "act_test"
TEST = "Sweep.sweep_killed_at_the_nth_system_call_nothing_starts_twice_and_no_outcome_is_lost"


def paths():
    source = (ROOT / "tests/act/sweep_test.cpp").read_text()
    return re.findall(r'(?m)^    \{"(\w+)", "(?:lxc|qemu)/', source)


class Sweep(unittest.TestCase):
    def sweep(self, path):
        more = {"PCB_SWEEP_PATH": path, "PCB_SWEEP_WRITES": os.environ.get("PCB_SWEEP_WRITES", "8")}
        done = subprocess.run([PROGRAM, f"--gtest_filter={TEST}"], env={**os.environ, **more}, timeout=7200,
                              capture_output=True, text=True)
        counted = re.search(r"(?m)^(\d+) runs$", done.stdout)
        return done, int(counted.group(1)) if counted else 0

    def test_sweep_a_thousand_kills_nothing_is_started_twice_and_no_outcome_is_lost(self):
        with concurrent.futures.ThreadPoolExecutor(3 * (os.cpu_count() or 1)) as pool:
            results = dict(zip(paths(), pool.map(self.sweep, paths())))
        print({path: runs for path, (_, runs) in results.items()})
        for path, (done, _) in results.items():
            self.assertEqual(done.returncode, 0, f"{path}\n{done.stdout[-8000:]}{done.stderr[-2000:]}")
        self.assertGreaterEqual(sum(runs for _, runs in results.values()), 1000)


if __name__ == "__main__":
    unittest.main()
