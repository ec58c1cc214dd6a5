"""One minute of chaos with two evaluators, judged from the hosts' records alone; half an hour of it is in tests/long.
And the judge itself, on records with one thing wrong each."""

import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import chaos  # noqa: E402
from check_records import Record, times_of, wrongs  # noqa: E402

SECONDS = 60
OPERATION, OTHER = "a" * 32, "b" * 32


def start(at, guest, operation, to="pve2", pid=7):
    unit = f"balancer-migrate-{guest}"
    return [f"1.0 {at} pve1 systemd-run begin {pid} --quiet --unit={unit}.service --description=balancer {operation} "
            f"migrate --property=x -- pct migrate {guest} {to} --restart",
            f"1.0 {at} pve1 unit start {unit}", f"1.0 {at} pve1 migrate begin {pid} lxc/{guest} {to}"]


def end(at, pid=7):
    return [f"1.0 {at} pve1 pct end {pid} 0"]


class Judge(unittest.TestCase):
    def judged(self, lines, intended=None, closed=()):
        known = {OPERATION: 5.0, OTHER: 5.0} if intended is None else intended
        return " | ".join(wrongs(Record(lines), known, times_of(closed)))

    def test_chaos_judge_finds_nothing_in_what_is_right(self):
        lines = start(10, 101, OPERATION) + end(12) + start(13, 101, OTHER, pid=8) + end(14, 8)
        self.assertEqual(self.judged(lines, closed=["paused 14.5 20", "silenced 1 9"]), "")

    def test_chaos_judge_finds_each_thing_that_is_wrong(self):
        one = start(10, 101, OPERATION)
        for lines, more, said in (
                (one + start(11, 101, OTHER, "pve3", 8), {}, "101 was moved twice at the same time"),
                (one + end(11) + start(12, 101, OPERATION, pid=8), {}, "was started 2 times"),
                (one, {"intended": {}}, "of which no journal knows"),
                (one, {"intended": {OPERATION: 11.0}}, "before its intent was written"),
                (one, {"closed": ["paused 9 11"]}, "paused since 9.0"),
                (one, {"closed": ["silenced 9 11"]}, "silenced since 9.0"),
                (one + start(11, 102, OTHER, pid=8), {}, "several moves into pve2"),
                (one + start(11, 102, OTHER, "pve3", 8) + start(11, 103, OTHER, "pve4", 9), {}, "3 moves at the same time")):
            self.assertIn(said, self.judged(lines, **more))


class Chaos(unittest.TestCase):
    def test_chaos_with_two_evaluators_breaks_no_promise(self):
        code, said, done, crashes = chaos.run(SECONDS, 20261123)
        self.assertEqual((code, crashes), (0, []), f"{said}\n{dict(done)}")
        starts = int(re.match(r"(\d+) starts", said).group(1))
        self.assertGreater(starts, 0, f"nothing was moved, so nothing was shown; {dict(done)}")


if __name__ == "__main__":
    unittest.main()
