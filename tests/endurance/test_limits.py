"""The exporter where something has run out, in seconds; tests/long is the same for many hosts and a long time."""

import pathlib
import resource
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from exporter import Exporter, fleet, wait_until  # noqa: E402

HOSTS = 40


class Limits(unittest.TestCase):
    def test_reads_what_it_has_descriptors_for_and_the_rest_when_there_are_more(self):
        with fleet.Fleet(HOSTS, 1) as hosts, Exporter(hosts, "1s", descriptors=40) as exporter:
            def up():
                return sum(exporter.by_host("pve_up").values())
            wait_until(lambda: up() >= 5, 60, "some hosts are read")
            wait_until(lambda: "LimitNOFILE" in exporter.log.read_text(), 60, "what has run out is said")
            self.assertLess(up(), HOSTS)
            self.assertLessEqual(exporter.descriptors(), 40)
            resource.prlimit(exporter.process.pid, resource.RLIMIT_NOFILE, (4096, 4096))
            wait_until(lambda: up() == HOSTS, 60, "every host is read")
            self.assertIsNone(exporter.process.poll())

    def test_a_frozen_host_is_the_only_one_that_grows_old(self):
        with fleet.Fleet(8, 2) as hosts, Exporter(hosts, "1s") as exporter:
            def ages():
                now = time.time()
                return {host: now - at for host, at in
                        exporter.by_host("balancer_collect_last_success_timestamp_seconds").items()}
            wait_until(lambda: len(ages()) == 8, 60, "every host is read")

            def the_others_stay_fresh():
                hosts.signal("pve3", fleet.signal.SIGSTOP)
                old = wait_until(lambda: (found := ages()).get("pve3", 0) > 5 and found, 60, "its figures are old")
                hosts.signal("pve3", fleet.signal.SIGCONT)
                wait_until(lambda: ages().get("pve3", 9) < 2, 60, "it is read again")
                return len(old) == 8 and max(age for host, age in old.items() if host != "pve3") < 4
            # A busy machine may make all of them old, now and then; what waits for pve3 makes them so every time.
            self.assertTrue(any(the_others_stay_fresh() for _ in range(3)))


if __name__ == "__main__":
    unittest.main()
