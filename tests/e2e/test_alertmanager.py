"""deploy/alertmanager.yml in the real Alertmanager: who is told of what, what is held back, and that the commands of
docs/silences.md do what they say. Only times, addresses and the token's path are changed."""

import datetime
import http.server
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import ROOT, TOKEN, Process, free_port, http_call, wait_until  # noqa: E402

alertmanager = None


class Receivers:
    """Takes what Alertmanager sends, by receiver: its path."""

    def __init__(self):
        self.messages = messages = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                messages.append((self.path.strip("/"), self.headers.get("Authorization"), json.loads(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class Alertmanager:
    def __init__(self, folder):
        self.receivers = Receivers()
        self.url = f"http://127.0.0.1:{free_port()}"
        token = folder / "token"
        token.write_text(TOKEN)
        text = (ROOT / "deploy/alertmanager.yml").read_text()
        text = re.sub(r"group_wait: \S+", "group_wait: 1s", text)
        text = re.sub(r"group_interval: \S+", "group_interval: 2s", text)
        text = text.replace("http://127.0.0.1:9723/webhook", f"{self.receivers.url}/balancer")
        text = text.replace("/etc/proxmox-cluster-balancer/webhook_token", str(token))
        for name in ("people", "pager", "nobody"):
            text = re.sub(rf"(?m)^  - name: {name}\b.*$",
                          f"  - name: {name}\n    webhook_configs: [{{url: '{self.receivers.url}/{name}'}}]", text)
        (folder / "alertmanager.yml").write_text(text)
        self.process = Process("alertmanager", folder, "prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml",
                               f"--storage.path={folder}/data", f"--web.listen-address={self.url.removeprefix('http://')}",
                               "--cluster.listen-address=")
        self.process.start()
        self.process.wait_ready(f"{self.url}/-/ready")

    def end(self):
        self.process.end()
        self.receivers.end()

    def post(self, alerts, over=False):
        """`alerts`: label sets. `over`: they have ended."""
        now = datetime.datetime.now(datetime.timezone.utc)
        end = now - datetime.timedelta(seconds=1) if over else now + datetime.timedelta(minutes=10)
        body = [{"labels": labels, "annotations": {"summary": "test"}, "endsAt": end.isoformat()} for labels in alerts]
        status, text = http_call(f"{self.url}/api/v2/alerts", json.dumps(body), {"Content-Type": "application/json"})
        if status != 200:
            raise AssertionError(f"{status}: {text}")

    def status(self, **labels):
        """The state of the one alert with these labels, as the evaluator reads it."""
        found = [alert for alert in json.loads(http_call(f"{self.url}/api/v2/alerts")[1])
                 if all(alert["labels"].get(name) == value for name, value in labels.items())]
        return found[0]["status"] if len(found) == 1 else None

    def sent(self, receiver, cluster, **labels):
        """Messages to this receiver with an alert of this cluster that has these labels."""
        wanted = {"cluster": cluster, **labels}
        return [(credentials, message) for to, credentials, message in list(self.receivers.messages) if to == receiver
                and any(all(alert["labels"].get(name) == value for name, value in wanted.items()) for alert in message["alerts"])]

    def amtool(self, command):
        done = subprocess.run(["amtool", f"--alertmanager.url={self.url}", *command], capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise AssertionError(f"{command}: {done.stderr}")
        return done.stdout.strip()


def setUpModule():
    global alertmanager
    folder = tempfile.TemporaryDirectory(prefix="balancer-e2e-")
    unittest.addModuleCleanup(folder.cleanup)
    alertmanager = Alertmanager(pathlib.Path(folder.name))
    unittest.addModuleCleanup(alertmanager.end)


def relieve(cluster, host="pve1", resource="cpu", name="HostCpuOverloaded"):
    return {"alertname": name, "cluster": cluster, "id": f"node/{host}", "resource": resource, "severity": "info",
            "balancer": "relieve"}


class Configuration(unittest.TestCase):
    """Each test has a cluster of its own, so that none sees another's alerts."""

    def wait_for(self, receiver, cluster, **labels):
        return wait_until(lambda: alertmanager.sent(receiver, cluster, **labels), 30,
                          lambda: f"{receiver} hears of {cluster} {labels}; sent: {alertmanager.receivers.messages}")

    def test_hosts_of_a_cluster_come_in_one_message_with_the_token(self):
        alertmanager.post([relieve("group-a", "pve1"), relieve("group-a", "pve2", "memory", "HostMemoryOverloaded"),
                           relieve("group-b", "pve1")])
        credentials, message = self.wait_for("balancer", "group-a")[0]
        self.assertEqual(credentials, f"Bearer {TOKEN}")
        self.assertEqual(message["groupLabels"], {"cluster": "group-a"})
        self.assertEqual(sorted(alert["labels"]["id"] for alert in message["alerts"]), ["node/pve1", "node/pve2"])
        self.assertEqual(self.wait_for("balancer", "group-b")[0][1]["groupLabels"], {"cluster": "group-b"})

    def test_people_see_relieve_alerts_as_well_and_nobody_is_woken(self):
        alertmanager.post([relieve("continue")])
        self.wait_for("balancer", "continue")
        self.wait_for("nobody", "continue")  # the route of severity info, behind `continue`
        self.assertEqual(alertmanager.sent("pager", "continue"), [])
        self.assertEqual(alertmanager.sent("people", "continue"), [])

    def test_the_end_of_an_alert_is_told(self):
        alertmanager.post([relieve("resolved")])
        self.wait_for("balancer", "resolved")
        alertmanager.post([relieve("resolved")], over=True)
        wait_until(lambda: [m for _, m in alertmanager.sent("balancer", "resolved") if m["status"] == "resolved"], 30, "resolved")

    def test_severities_have_their_receivers(self):
        labels = {"cluster": "severity", "id": "node/pve1"}
        alertmanager.post([{"alertname": "HostUnreachable", "severity": "critical", **labels},
                           {"alertname": "HostRootFilesystemFull", "severity": "warning", **labels},
                           {"alertname": "BalancerHeartbeat", "severity": "none", "balancer": "heartbeat", "cluster": "severity"}])
        for receiver, name in (("pager", "HostUnreachable"), ("people", "HostRootFilesystemFull"), ("balancer", "BalancerHeartbeat")):
            self.wait_for(receiver, "severity", alertname=name)
            others = {"pager", "people", "balancer", "nobody"} - {receiver}
            self.assertEqual([alertmanager.sent(other, "severity", alertname=name) for other in others], [[], [], []])

    def test_the_message_is_bounded(self):
        alertmanager.post([relieve("many", f"pve{number}") for number in range(510)])
        message = self.wait_for("balancer", "many")[0][1]
        self.assertEqual((len(message["alerts"]), message["truncatedAlerts"]), (500, 10))

    def assert_inhibited(self, cluster, source, still_sent=()):
        """`source` holds back the relieve alert of pve1, and not those of `still_sent`."""
        alertmanager.post([source])
        wait_until(lambda: alertmanager.status(cluster=cluster, alertname=source["alertname"]), 10, "the source is there")
        alertmanager.post([relieve(cluster, "pve1")] + [relieve(cluster, host) for host in still_sent])
        state = wait_until(lambda: alertmanager.status(cluster=cluster, balancer="relieve", id="node/pve1"), 10, "it is there")
        wait_until(lambda: alertmanager.status(cluster=cluster, balancer="relieve", id="node/pve1")["state"] == "suppressed", 10,
                   lambda: f"it is inhibited: {state}")
        for host in still_sent:
            self.wait_for("balancer", cluster, id=f"node/{host}")
        # One more group flushes after this one: by then it would have been sent.
        alertmanager.post([relieve(f"{cluster}-after")])
        self.wait_for("balancer", f"{cluster}-after")
        self.assertEqual(alertmanager.sent("balancer", cluster, id="node/pve1"), [])

    def test_a_host_that_cannot_be_read_is_not_planned_for_but_the_others_are(self):
        self.assert_inhibited("unreachable", {"alertname": "HostUnreachable", "severity": "critical", "cluster": "unreachable",
                                              "id": "node/pve1"}, still_sent=["pve2"])

    def test_without_quorum_nothing_is_planned(self):
        self.assert_inhibited("quorum", {"alertname": "QuorumLost", "severity": "critical", "cluster": "quorum"})

    def test_old_figures_are_not_planned_with(self):
        self.assert_inhibited("stale", {"alertname": "MeasurementsStale", "severity": "critical", "cluster": "stale"})

    def documented(self, cluster):
        """The `amtool silence add` commands of docs/silences.md, for this cluster."""
        lines = re.findall(r"(?m)^(amtool silence add .*)$", (ROOT / "docs/silences.md").read_text())
        return [shlex.split(line.replace("cluster=homelab", f"cluster={cluster}"))[1:] for line in lines]

    def test_the_documented_silences_stop_what_they_say(self):
        alerts = [("pve1", "cpu"), ("pve1", "memory"), ("pve2", "cpu"), ("pve2", "memory")]
        silenced_by = [{("pve1", "cpu"), ("pve1", "memory")}, set(alerts), {("pve1", "memory"), ("pve2", "memory")}, set()]
        commands = self.documented("silence")
        self.assertEqual(len(commands), len(silenced_by))
        alertmanager.post([relieve("silence", host, resource) for host, resource in alerts])
        alertmanager.post([dict(relieve("silence-other"), id="node/pve1")])

        def states():
            return {one for one in alerts if (alertmanager.status(cluster="silence", id=f"node/{one[0]}", resource=one[1]) or {})
                    .get("silencedBy")}

        for command, wanted in zip(commands, silenced_by):
            with self.subTest(" ".join(command)):
                silence = alertmanager.amtool(command)
                wait_until(lambda: states() == wanted, 10, lambda: f"silenced {wanted}, it is {states()}")
                self.assertEqual(alertmanager.status(cluster="silence-other")["silencedBy"], [])
                self.assertIn(silence, alertmanager.amtool(["silence", "query", "balancer=relieve"]))
                alertmanager.amtool(["silence", "expire", silence])
                wait_until(lambda: not states(), 10, lambda: f"the end of the silence, it is {states()}")

    def test_a_silenced_alert_is_not_sent(self):
        command = self.documented("not-sent")[0]
        alertmanager.amtool(command)
        alertmanager.post([relieve("not-sent", "pve1"), relieve("not-sent", "pve2")])
        message = self.wait_for("balancer", "not-sent")[0][1]
        self.assertEqual([alert["labels"]["id"] for alert in message["alerts"]], ["node/pve2"])


if __name__ == "__main__":
    unittest.main()
