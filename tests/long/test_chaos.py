"""Half an hour of chaos with two evaluators (PCB_CHAOS_SECONDS makes it shorter), as tests/e2e/test_chaos.py."""

import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import chaos  # noqa: E402

SECONDS = int(os.environ.get("PCB_CHAOS_SECONDS", "1800"))


class Chaos(unittest.TestCase):
    def test_chaos_for_half_an_hour_breaks_no_promise(self):
        code, said, done, crashes = chaos.run(SECONDS, int(os.environ.get("PCB_CHAOS_SEED", "1")))
        print(said.strip(), dict(done))
        self.assertEqual((code, crashes), (0, []), f"{said}\n{dict(done)}")
        self.assertGreater(int(re.match(r"(\d+) starts", said).group(1)), SECONDS // 120)


if __name__ == "__main__":
    unittest.main()
