"""The main job, end to end: an overloaded host becomes a suggestion that a person is told.

One chain runs for all tests of this file, in the order of their names: each begins with the cluster as the one before
left it (calm, all parts running).
"""

import json
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "dashboards"))
import dashboard  # noqa: E402
from chain import BIN, RECORDED, Chain, samples, wait_until  # noqa: E402

SUGGESTION = "Suggesting to migrate container 103 (db) from pve1 to pve2: "
CLUSTER = pathlib.Path(__file__).with_name("cluster.yaml").read_text()
chain = None


def setUpModule():
    global chain
    chain = Chain(CLUSTER, recorded=True)
    unittest.addModuleCleanup(chain.down)
    chain.up()


def webhook(alerts, **more):
    return json.dumps({"version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing",
                       "receiver": "balancer", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
                       "externalURL": "http://am", "alerts": alerts, **more})


def alert(fingerprint, starts_at="2026-01-02T03:04:05.678Z", **labels):
    return {"status": "firing", "labels": {"alertname": "Test", **labels},
            "annotations": {"summary": f"test alert {fingerprint}"}, "startsAt": starts_at,
            "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": fingerprint}


class TheMainJob(unittest.TestCase):
    def messages(self, text):
        return [message for message in chain.receiver.texts() if text in message]

    def firing(self):
        return {(found["metric"]["alertname"], found["metric"].get("id")) for found in
                chain.query('ALERTS{alertstate="firing"}')}

    def wait_for_suggestion(self, seconds=60):
        return wait_until(lambda: self.messages(SUGGESTION), seconds,
                          lambda: f"a message with {SUGGESTION!r}; firing {self.firing()}, hold {chain.hold()}, log:\n"
                                  + chain.parts["evaluator"].log()[-3000:])

    def incidents_are_closed(self):
        return not json.loads(chain.evaluator_command("status", "--output", "json").stdout)["incidents"]

    def test_1_overload_becomes_a_suggestion(self):
        wait_until(lambda: ("HostCpuOverloaded", "node/pve1") in self.firing(), 60, "HostCpuOverloaded fires for pve1")
        self.wait_for_suggestion()
        self.assertIn(SUGGESTION, chain.parts["evaluator"].log())
        self.assertEqual({name for name in self.firing() if name[0].startswith("Host")},
                         {("HostCpuOverloaded", "node/pve1")})
        history = chain.evaluator_command("history", "--output", "json")
        self.assertEqual(history.returncode, 0, history.stderr)
        self.assertIn("lxc/103", history.stdout)

    def test_1_the_suggestion_is_made_once(self):
        before = len(self.wait_for_suggestion())
        plans = self.plans()
        wait_until(lambda: self.plans() >= plans + 3, 30, "three more plans")
        self.assertEqual(len(self.messages(SUGGESTION)), before)
        self.assertEqual(before, 1)

    def plans(self):
        return sum(value for _, value in samples(chain.metrics("evaluator"), "balancer_plans_total"))

    def test_2_the_plan_command_says_the_same(self):
        done = chain.evaluator_command("plan", "--output", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        plan = json.loads(done.stdout)
        self.assertEqual((plan["schema"], plan["result"]), ("balancer.plan/1", "moves"))
        self.assertEqual([(m["guest"], m["from"], m["to"]) for m in plan["moves"]], [("lxc/103", "pve1", "pve2")])
        text = chain.evaluator_command("plan")
        self.assertIn(SUGGESTION, text.stdout)

    def test_2_the_check_of_the_chain_times_each_hop(self):
        done = chain.evaluator_command("check", "--chain")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("failed", done.stdout)
        self.assertRegex(done.stdout, r"good    synthetic alert: the evaluator's journal has it after \d")
        self.assertEqual(self.messages("BalancerChainCheck"), [], "a synthetic alert is told to nobody")

    def test_2_the_page_is_clean(self):
        for part in ("exporter", "evaluator"):
            done = subprocess.run(["promtool", "check", "metrics"], input=chain.metrics(part), capture_output=True,
                                  text=True, timeout=30)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), part)

    def test_3_every_query_of_the_dashboards_returns_data(self):
        count = 0
        for name, board in dashboard.dashboards().items():
            for where, expression, legend in dashboard.queries(board):
                with self.subTest(f"{name}: {where}"):
                    self.check_query(expression, legend)
                    count += 1
            for title, expression, labels in dashboard.columns_that_meet(board):
                with self.subTest(f"{name}: {title}: {expression}"):
                    self.check_column(expression, labels)
        self.assertGreater(count, 30)

    def test_3_what_is_recorded_is_what_the_lab_cannot_bring_about(self):
        page = chain.metrics("evaluator")
        for name in set(re.findall(r"(?m)^(balancer_\w+)", RECORDED.read_text())):
            self.assertEqual(samples(page, name), [], f"{name}: the lab has it now, take it out of {RECORDED.name}")

    VARIABLES = {"cluster": "lab", "host": ["pve1", "pve2", "pve3"], "guest": "lxc/101"}

    def check_column(self, expression, labels):
        """The rows of a table's columns meet only if all have the same labels."""
        for found in chain.query(dashboard.filled(expression, self.VARIABLES)):
            self.assertEqual(set(found["metric"]) - {"__name__"}, labels)

    def check_query(self, expression, legend):
        variables = self.VARIABLES
        values = dashboard.label_values(expression)
        if values:
            found = chain.label_values(values[1], dashboard.filled(values[0], variables))
            self.assertTrue(found)
            return
        expression = dashboard.query_result(expression) or expression
        filled = dashboard.filled(expression, variables)
        result = wait_until(lambda: chain.query(filled), 30, f"data for {filled}")
        for label in re.findall(r"{{\s*(\w+)\s*}}", legend):
            for found in result:
                self.assertIn(label, found["metric"], filled)

    def test_4_a_webhook_without_token_is_refused(self):
        for token in (None, "wrong"):
            status, _ = chain.post_webhook(webhook([alert("00000000000000a1", cluster="lab")]), token)
            self.assertEqual(status, 401)
        self.assertNotIn("00000000000000a1", chain.evaluator_command("history", "--output", "json").stdout)

    def test_4_garbage_is_refused_and_harms_nobody(self):
        for body in ("", "no json", "[]", "{}", '{"version":"4"}', "[" * 100, '{"version":"4","alerts":"x"}'):
            with self.subTest(body[:20]):
                self.assertEqual(chain.post_webhook(body)[0], 400)
        self.assertEqual(chain.post_webhook("x" * (2 << 20))[0], 413)
        self.assertIsNone(chain.parts["evaluator"].process.poll())

    def test_4_an_alert_of_a_foreign_cluster_is_stored_and_not_planned(self):
        body = webhook([alert("00000000000000f1", balancer="relieve", cluster="elsewhere", id="node/pve2", resource="cpu")])
        self.assertEqual(chain.post_webhook(body)[0] // 100, 2)
        wait_until(lambda: "elsewhere" in chain.evaluator_command("history", "--output", "json").stdout, 10,
                   lambda: chain.evaluator_command("history").stdout)
        status = json.loads(chain.evaluator_command("status", "--output", "json").stdout)
        self.assertNotIn("pve2", json.dumps(status["incidents"]))

    def test_5_what_was_acknowledged_survives_kill_9(self):
        name = "killed-right-after"
        body = webhook([alert("00000000000000c9", cluster="lab", id="lxc/101", severity="warning", alertname=name)])
        self.assertEqual(chain.post_webhook(body)[0] // 100, 2)
        chain.parts["evaluator"].end(9)
        chain.start_part("evaluator")
        self.assertEqual(chain.post_webhook(body)[0] // 100, 2)  # as Alertmanager repeats it
        wait_until(lambda: self.messages(name), 30, "the alert is told")
        plans = self.plans()
        wait_until(lambda: self.plans() > plans + 1, 30, "two more plans")
        self.assertEqual(len(self.messages(name)), 1)
        self.assertEqual(len(self.messages(SUGGESTION)), 1)

    def test_6_without_prometheus_nothing_is_planned_and_it_says_why(self):
        chain.parts["prometheus"].end()
        wait_until(lambda: "prometheus_unreachable" in chain.hold(), 30, lambda: f"hold, it is {chain.hold()}")
        self.assertIn("Prometheus", chain.evaluator_command("status").stdout)
        chain.start_part("prometheus")
        wait_until(lambda: not chain.hold(), 60, lambda: f"no hold, it is {chain.hold()}")

    def test_6_without_the_exporter_nothing_is_planned_and_it_says_why(self):
        chain.parts["exporter"].end()
        wait_until(lambda: "exporter_unreachable" in chain.hold(), 30, lambda: f"hold, it is {chain.hold()}")
        chain.start_part("exporter")
        wait_until(lambda: not chain.hold(), 60, lambda: f"no hold, it is {chain.hold()}")

    def test_7_a_silence_stops_it(self):
        silence = chain.amtool("silence", "add", "--duration=1h", "--author=test", "--comment=maintenance",
                               "balancer=relieve", "cluster=lab", "id=node/pve1")
        wait_until(lambda: "alert_silenced" in chain.hold(), 60, lambda: f"hold, it is {chain.hold()}")
        plans = self.plans()
        evaluated = wait_until(lambda: samples(chain.metrics("evaluator"), "balancer_hold"), 5, "metrics")
        self.assertTrue(evaluated)
        self.assertEqual(self.plans(), plans)
        chain.amtool("silence", "expire", silence)
        wait_until(lambda: "alert_silenced" not in chain.hold(), 60, lambda: f"no hold, it is {chain.hold()}")

    def test_8_a_calm_host_resolves_it(self):
        before = len(self.messages("pve1"))
        chain.lab.set("103", "cpu=0.2")
        wait_until(lambda: ("HostCpuOverloaded", "node/pve1") not in self.firing(), 60, "the alert ends")
        wait_until(self.incidents_are_closed, 60, lambda: chain.evaluator_command("status").stdout)
        wait_until(lambda: len(self.messages("pve1")) > before, 30, "the end is told")


if __name__ == "__main__":
    unittest.main()
