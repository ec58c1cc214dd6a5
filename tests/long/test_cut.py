"""200 migrations, each cut from its evaluator at a random moment: all end on the host and are reported right.

The short form, ten of them, and the control in the foreground of a connection, are in every run (tests/act/cut_test.cpp).
PCB_CUTS makes it shorter. Needs root, as the lab does.
"""

import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("BALANCER_BIN", ROOT / "build/dev/bin")) / "act_test"
CUTS = os.environ.get("PCB_CUTS", "200")


class Cut(unittest.TestCase):
    def test_cut_two_hundred_times_nothing_is_lost(self):
        done = subprocess.run([PROGRAM, "--gtest_filter=Cut.*"], env={**os.environ, "PCB_CUTS": CUTS}, timeout=3600,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-8000:])
        self.assertIn(f"{CUTS} cut: ", done.stdout)


if __name__ == "__main__":
    unittest.main()
