"""The systemd units: exposure as systemd-analyze counts it, and what they promise about secrets and the watchdog."""

import re
import subprocess
import unittest

from package import PROGRAMS, ROOT
from unit import read_unit

MOST_EXPOSURE = 1.5  # of 10; a unit without any hardening has 9.6


def unit_path(program):
    return ROOT / f"deploy/systemd/{program}.service"


class Units(unittest.TestCase):
    def test_exposure(self):
        for program in PROGRAMS:
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit_path(program)],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
            self.assertIsNotNone(found, done.stdout)
            self.assertLessEqual(float(found.group(1)), MOST_EXPOSURE, done.stdout)

    def test_the_sandbox_is_the_same_in_both(self):
        texts = [unit_path(program).read_text().split("# What follows is the same", 1) for program in PROGRAMS]
        self.assertEqual(texts[0][1], texts[1][1])

    def test_each_sees_only_its_own_secrets(self):
        secrets = [{value.split(":", 1)[0] for value in read_unit(unit_path(program).read_text())["LoadCredential"]}
                   for program in PROGRAMS]
        self.assertEqual(secrets, [{"exporter_key"}, {"webhook_token", "evaluator_key"}])

    def test_the_manager_is_told_and_asks(self):
        for program in PROGRAMS:
            unit = read_unit(unit_path(program).read_text())
            self.assertEqual(unit["Type"], ["notify"])
            self.assertGreaterEqual(int(unit["WatchdogSec"][0]), 30)
            self.assertEqual(unit["RestartPreventExitStatus"], ["78"])
            self.assertNotIn("Environment", unit)
            self.assertEqual(unit["User"], [program])


if __name__ == "__main__":
    unittest.main()
