"""Three clustered Alertmanagers over the whole chain, in mode auto: a silence that one of them is told stops every start,
also while another is dead; and the dead one stops none once the silence has ended.
"""

import json
import pathlib
import re
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import chain as chains  # noqa: E402
from chain import http_call, wait_until  # noqa: E402
from test_alertmanagers import Member, wait_for_members  # noqa: E402

CLUSTER = """\
cluster: lab
phase: 0.1s
pvestatd: 1s
hosts:
  pve1: {cores: 8, memory: 16GiB}
  pve2: {cores: 8, memory: 16GiB}
  pve3: {cores: 32, memory: 64GiB}
guests:
  151: {name: rest, host: pve1, cores: 8, memory: 2GiB, cpu: 4.4, memory_used: 1GiB, bind_mount: /srv}
  201: {type: vm, name: win, host: pve1, cores: 4, memory: 4GiB, cpu: 0.5, memory_used: 2GiB}
"""
EVALUATOR = """\
  mode: suggest
  limits: { quorum_pause: 0s, hold: 4s }
"""
chain = None


class ThreeChain(chains.Chain):
    def __init__(self):
        super().__init__(CLUSTER, EVALUATOR, window="15s")
        del self.parts["alertmanager"]
        self.members = []

    def write_configuration(self):
        super().write_configuration()
        peers = [f"127.0.0.1:{chains.free_port()}" for _ in range(3)]
        self.members += [Member(self.folder, number, peers) for number in range(3)]
        wait_for_members(self.members)
        one = self.url("alertmanager")
        for path, mark, quoted in ((self.config, f'["{one}"]', [m.url for m in self.members]),
                                   (self.folder / "prometheus.yml", f'["{one.removeprefix("http://")}"]',
                                    [m.url.removeprefix("http://") for m in self.members])):
            text = path.read_text()
            if mark not in text:
                raise AssertionError(f"{path} has no {mark}:\n{text}")
            path.write_text(text.replace(mark, json.dumps(quoted)))

    def down(self):
        for member in self.members:
            member.process.end()
        super().down()


def setUpModule():
    global chain
    chain = ThreeChain()
    unittest.addModuleCleanup(chain.down)
    chain.up()
    wait_until(lambda: chain.query("count_over_time(up[15s]) > 5"), 30, "Prometheus scrapes")


class Silenced(unittest.TestCase):
    def status(self):
        return json.loads(chain.evaluator_command("status", "--output", "json").stdout)

    def log(self):
        return chain.parts["evaluator"].log()[-4000:]

    def begun(self):
        path = chain.lab.folder / "record"
        return re.findall(r"(?m) (?:pct|qm|ha-manager) begin \d+ migrate .*$", path.read_text() if path.exists() else "")

    def assert_nothing_begins(self):
        """For longer than limits.hold, while a plan stands that the mode would carry out."""
        ticks = self.status()["at"]
        wait_until(lambda: self.status()["at"] > ticks + 8, 30, "longer than limits.hold")
        self.assertEqual(self.begun(), [])

    def test_a_silence_on_one_of_three_stops_every_start_and_a_dead_one_stops_none(self):
        chain.lab.set("201", "cpu=3")
        wait_until(lambda: [m["guest"] for m in self.status()["suggestions"]] == ["qemu/201"], 90,
                   lambda: f"a plan; {self.status()}\n{self.log()}")
        silence = chain.members[2].amtool("silence", "add", "--duration=1h", "--author=test", "--comment=maintenance",
                                          "balancer=relieve", "cluster=lab")
        wait_until(lambda: "alert_silenced" in chain.hold(), 60, lambda: f"hold, it is {chain.hold()}\n{self.log()}")
        text = chain.config.read_text()
        chain.config.write_text(text.replace("  mode: suggest", "  mode: auto"))
        self.assertEqual(http_call(chain.url("evaluator", "/-/reload"), "")[0], 200)
        self.assert_nothing_begins()
        chain.members[0].process.end(signal.SIGKILL)
        self.assert_nothing_begins()
        chain.members[1].amtool("silence", "expire", silence)
        wait_until(lambda: chain.lab.status()["guests"]["201"]["host"] != "pve1", 90, lambda: f"it is moved; {self.log()}")
        self.assertEqual(len(self.begun()), 1)


if __name__ == "__main__":
    unittest.main()
