"""Three real Alertmanagers that all send to one evaluator: as a cluster, without one of them, and as strangers.

deploy/alertmanager.yml with shorter times; alerts are posted to each, as Prometheus does. One evaluator in mode suggest
runs for all tests, in the order of their names, in a cluster that stands still.
"""

import contextlib
import datetime
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from chain import ROOT, Process, free_port, http_call, samples, wait_until  # noqa: E402
from one_evaluator import Evaluator  # noqa: E402
from static_world import World  # noqa: E402

# host1 is over its limit, host2 has room.
DOCUMENT = {"schema": "balancer.cluster/1", "cluster": "bench",
            "hosts": [{"name": f"host{n}", "cpu_cores": 8, "memory_bytes": 32e9} for n in (1, 2, 3)],
            "guests": [{"id": f"lxc/{100 + n}", "host": "host1", "cpu_used_cores": 1.75, "memory_used_bytes": 1e9}
                       for n in range(4)]}
# A member waits this long for each one that stands before it.
CLUSTERED = ("--cluster.peer-timeout=1s", "--cluster.settle-timeout=3s", "--cluster.gossip-interval=50ms",
             "--cluster.pushpull-interval=1s", "--cluster.probe-interval=200ms", "--cluster.probe-timeout=100ms")
evaluator = None
world = None


class Member:
    def __init__(self, folder, number, peers):
        """`peers`: the addresses of all members of its cluster, in their order; none: it stands alone."""
        self.url = f"http://127.0.0.1:{free_port()}"
        own = [f"--cluster.listen-address={peers[number] if peers else ''}"]
        others = [f"--cluster.peer={peer}" for peer in peers if peer != peers[number]]
        self.process = Process(f"alertmanager{number}", folder, "prometheus-alertmanager",
                               f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data{number}",
                               f"--web.listen-address={self.url.removeprefix('http://')}", *own, *others,
                               *(CLUSTERED if peers else ()))
        self.process.start()
        self.process.wait_ready(f"{self.url}/-/ready")

    def status(self):
        return json.loads(http_call(f"{self.url}/api/v2/status")[1])["cluster"]

    def count(self, name, **labels):
        return sum(value for found, value in samples(http_call(f"{self.url}/metrics")[1], name)
                   if labels.items() <= found.items())

    def sent(self):
        return self.count("alertmanager_notifications_total", integration="webhook")

    def considered(self):
        """Times it looked whether another member has sent already: of one group, one after the other is over."""
        return self.count("alertmanager_nflog_queries_total")

    def post(self, host):
        now = datetime.datetime.now(datetime.timezone.utc)
        body = [{"labels": {"alertname": "HostCpuOverloaded", "cluster": "bench", "id": f"node/{host}", "resource": "cpu",
                            "severity": "info", "balancer": "relieve"}, "annotations": {"summary": "test"},
                 "startsAt": "2026-11-22T16:43:30.323Z", "endsAt": (now + datetime.timedelta(minutes=10)).isoformat()}]
        status, text = http_call(f"{self.url}/api/v2/alerts", json.dumps(body), {"Content-Type": "application/json"})
        if status != 200:
            raise AssertionError(f"{status}: {text}")

    def amtool(self, *words):
        done = subprocess.run(["amtool", f"--alertmanager.url={self.url}", *words], capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise AssertionError(f"amtool {' '.join(words)}: {done.stderr}")
        return done.stdout.strip()


def wait_for_members(members):
    for member in members:
        wait_until(lambda m=member: m.status()["status"] == "ready" and len(m.status()["peers"]) == len(members), 30,
                   lambda m=member: f"they know each other: {m.status()}\n{m.process.log()[-2000:]}")


@contextlib.contextmanager
def three(folder, webhook_url, token, clustered):
    folder.mkdir()
    text = (ROOT / "deploy/alertmanager.yml").read_text()
    text = re.sub(r"group_wait: \S+", "group_wait: 1s", text)
    text = re.sub(r"group_interval: \S+", "group_interval: 2s", text)
    text = text.replace("http://127.0.0.1:9723/webhook", webhook_url)
    text = text.replace("/etc/proxmox-cluster-balancer/webhook_token", str(token))
    (folder / "alertmanager.yml").write_text(text)
    peers = [f"127.0.0.1:{free_port()}" for _ in range(3)] if clustered else []
    members = []
    try:
        members += [Member(folder, number, peers) for number in range(3)]
        if clustered:
            wait_for_members(members)
        yield members
    finally:
        for member in members:
            member.process.end()


def setUpModule():
    global evaluator, world
    stack = contextlib.ExitStack()
    unittest.addModuleCleanup(stack.close)
    folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="balancer-e2e-")))
    world = stack.enter_context(World(DOCUMENT))
    # The three are begun before the evaluator, which is told their addresses; they retry until it listens.
    webhook = f"http://127.0.0.1:{free_port()}/webhook"
    token = folder / "evaluator/token"
    Clustered.members = stack.enter_context(three(folder / "clustered", webhook, token, clustered=True))
    evaluator = stack.enter_context(Evaluator(folder / "evaluator", world, interval="1s", listen=webhook.split("/")[2],
                                              alertmanagers=[member.url for member in Clustered.members]))
    Strangers.folder, Strangers.webhook, Strangers.token = folder / "strangers", webhook, token


def stored():
    return evaluator.sample("balancer_webhooks_total", result="stored")


def incidents_of(host):
    return [one for one in evaluator.get("/api/v1/incidents")["incidents"] if one["host"] == host]


def suggestions():
    return [one for one in evaluator.get("/api/v1/suggestions")["suggestions"] if one["state"] == "proposed"]


class Clustered(unittest.TestCase):
    members = []

    def test_1_of_three_that_would_send_one_does(self):
        for member in self.members:
            member.post("host1")
        evaluator.wait_for(lambda: incidents_of("host1") and suggestions(), "an incident and its plan")
        wait_until(lambda: all(member.considered() >= 2 for member in self.members), 30,
                   lambda: f"each has had its turn: {[member.considered() for member in self.members]}")
        self.assertEqual(sum(member.sent() for member in self.members), 1)
        self.assertEqual(stored(), 1)
        self.assertEqual(len(incidents_of("host1")), 1)

    def test_2_a_silence_that_one_is_told_stops_it_for_all(self):
        silence = self.members[2].amtool("silence", "add", "--duration=1h", "--author=test", "--comment=maintenance",
                                         "balancer=relieve", "cluster=bench")
        evaluator.wait_for(lambda: evaluator.sample("balancer_hold", reason="alert_silenced") == 1, "it holds")
        self.assertEqual(suggestions(), [])
        for member in self.members[:2]:
            wait_until(lambda m=member: silence in m.amtool("silence", "query"), 10, "the silence reaches the others")
        self.members[0].amtool("silence", "expire", silence)
        evaluator.wait_for(suggestions, "it goes on when the silence ends, whoever is told")

    def test_3_one_that_is_killed_is_not_missed(self):
        # The hardest one: whose turn is first, so that the others wait for it.
        first = self.members[0].status()["peers"][0]["name"]
        killed = next(member for member in self.members if member.status()["name"] == first)
        left = [member for member in self.members if member is not killed]
        killed.process.end(signal.SIGKILL)
        before = stored()
        considered = [member.considered() for member in left]
        for member in left:
            member.post("host2")
        evaluator.wait_for(lambda: incidents_of("host2"), "the incident")
        wait_until(lambda: all(member.considered() >= was + 2 for member, was in zip(left, considered)), 30,
                   "both have had their turn")
        self.assertEqual(stored() - before, 1)
        self.assertEqual(len(incidents_of("host2")), 1)


class Strangers(unittest.TestCase):
    """The control: three that know nothing of each other send three times, and it is one incident all the same."""

    def test_three_notifications_are_one_incident(self):
        with three(self.folder, self.webhook, self.token, clustered=False) as members:
            before = stored()
            for member in members:
                member.post("host3")
            evaluator.wait_for(lambda: stored() - before >= 3, "each of them sends")
            evaluator.wait_for(lambda: incidents_of("host3"), "the incident")
        self.assertEqual(len(incidents_of("host3")), 1)
        alert = [one for one in evaluator.get("/api/v1/alerts")["alerts"] if one["labels"].get("id") == "node/host3"]
        self.assertEqual([one["times"] for one in alert], [3])


if __name__ == "__main__":
    unittest.main()
