"""Rules, their runbooks and their tests belong together; the example configurations load; alerts go where they should.

What the rules do over time is in the *.yml beside this file, run by promtool.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/dashboards"))
import series  # noqa: E402


def alerts():
    """name → text of the rule."""
    found = {}
    for path in sorted((ROOT / "rules").glob("*.yml")):
        for part in re.split(r"\n\s+- (?=alert: |record: )", path.read_text()):
            if part.startswith("alert: "):
                found[part.split()[1]] = part
    return found


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


class Rules(unittest.TestCase):
    def test_there_are_alerts(self):
        self.assertGreaterEqual(len(alerts()), 40)

    def test_each_alert_has_severity_text_and_duration(self):
        for name, text in alerts().items():
            with self.subTest(name):
                self.assertRegex(text, r"\n\s+severity: (none|info|warning|critical)\n")
                self.assertIn("summary:", text)
                self.assertIn("description:", text)
                self.assertIn(f"runbook_url: docs/runbooks/{name}.md", text)
                self.assertTrue(re.search(r"\n\s+for: \d+[smh]\n", text) or name == "BalancerHeartbeat")

    def test_each_alert_has_a_runbook_and_each_runbook_an_alert(self):
        runbooks = {path.stem: path.read_text() for path in (ROOT / "docs/runbooks").glob("*.md")}
        self.assertEqual(sorted(runbooks), sorted(alerts()))
        for name, text in runbooks.items():
            with self.subTest(name):
                self.assertEqual(re.findall(r"^## (.*)$", text, re.M),
                                 ["Meaning", "Impact", "What to look at", "What to do"])
                self.assertTrue(text.startswith(f"# {name}\n"))

    def test_each_alert_has_a_test_that_fires_that_does_not_and_that_resolves(self):
        for name in alerts():
            with self.subTest(name):
                text = (ROOT / f"tests/rules/{name}.yml").read_text()
                cases = re.split(r"\n  - name: ", text)[1:]
                fires = [case for case in cases if "exp_labels" in case]
                never = [case for case in cases if "exp_labels" not in case]
                resolves = [case for case in fires
                            if re.search(r"exp_labels.*exp_alerts: \[\]", case, re.S)]
                self.assertTrue(fires and resolves, "fires, resolves")
                self.assertTrue(never or name == "BalancerHeartbeat", "does not fire just below")

    def test_the_list_in_the_documents_is_true(self):
        listed = re.findall(r"(?m)^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| (\w+) \| (at once|\w+) \| .{10,} \|$",
                            (ROOT / "docs/rules.md").read_text())
        found = []
        for name, text in alerts().items():
            duration = re.search(r"\n\s+for: (\w+)\n", text)
            waits = duration and duration.group(1) != "0m"
            found.append((name, name, re.search(r"severity: (\w+)", text).group(1), duration.group(1) if waits else "at once"))
        self.assertEqual(listed, found)

    def test_relieve_alerts_keep_the_contract(self):
        relieve = {name: text for name, text in alerts().items() if "balancer: relieve" in text}
        self.assertEqual(sorted(relieve), ["HostCpuOverloaded", "HostMemoryOverloaded"])
        for text in relieve.values():
            self.assertRegex(text, r"\n\s+resource: (cpu|memory)\n")
            self.assertIn('id=~"node/.+"', text)
            self.assertIn("severity: info", text)

    def test_each_raw_series_is_asked_of_our_own_jobs(self):
        """A prometheus-pve-exporter beside uses the same names: without the job its series would be counted in."""
        for path in sorted((ROOT / "rules").glob("*.yml")):
            for line in path.read_text().splitlines():
                for name in re.findall(r"(?<![\w:])((?:pve|balancer)_\w+)\{(?!job=)", line) if "printf" not in line else []:
                    self.fail(f"{path.name}: {name} without job in: {line.strip()}")
                for name in re.findall(r"(?<![\w:])((?:pve|balancer)_\w+)(?![\w{:])", line):
                    if line.lstrip().startswith("#") or name not in series.catalogue():
                        continue
                    self.fail(f"{path.name}: {name} without job in: {line.strip()}")

    def test_each_alert_says_why_in_a_comment(self):
        text = "".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.yml")))
        without = re.findall(r"(?m)^(?!\s*#).*\n\s+- alert: (\w+)", text)
        # These share the comment of the alert above them.
        self.assertEqual(sorted(without), ["ContainerMemoryHigh", "VmCpuHigh", "VmMemoryHigh"])

    def test_every_series_exists(self):
        known = series.catalogue() | series.recorded() | series.FROM_PROMETHEUS
        for path in sorted((ROOT / "rules").glob("*.yml")):
            self.assertEqual(sorted(series.names_in_rules(path.read_text()) - known), [], path.name)

    def test_no_threshold_stands_in_a_rule_about_load(self):
        for name, text in alerts().items():
            if "_used_ratio" in text:
                self.assertIn("id:balancer_threshold_ratio", text, name)


class ExampleConfigurations(unittest.TestCase):
    def test_prometheus_loads_the_example(self):
        done = run("promtool", "check", "config", str(ROOT / "deploy/prometheus.yml"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_alertmanager_loads_the_example(self):
        done = run("amtool", "check-config", str(ROOT / "deploy/alertmanager.yml"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def routes(self, text, *labels):
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(text)
            file.flush()
            return run("amtool", "config", "routes", "test", f"--config.file={file.name}", *labels).stdout.strip()

    def test_routes(self):
        text = (ROOT / "deploy/alertmanager.yml").read_text()
        self.assertEqual(self.routes(text, "balancer=relieve", "cluster=homelab", "id=node/pve1"), "balancer")
        self.assertEqual(self.routes(text, "balancer=heartbeat", "cluster=homelab"), "balancer")
        self.assertEqual(self.routes(text, "alertname=HostUnreachable", "severity=critical"), "pager")
        self.assertEqual(self.routes(text, "alertname=VmCpuHigh", "severity=warning"), "people")
        self.assertEqual(self.routes(text, "alertname=HeadroomMissing", "severity=info"), "nobody")
        message = ("alertname=BalancerMessage", "origin=balancer", "cluster=homelab", "event=plan")
        self.assertEqual(self.routes(text, *message, "severity=info"), "people")
        self.assertEqual(self.routes(text, *message, "severity=critical"), "pager")

    def test_relieve_alerts_also_reach_routes_below(self):
        text = (ROOT / "deploy/alertmanager.yml").read_text()
        self.assertEqual(self.routes(text, "balancer=relieve", "severity=info"), "balancer,nobody")


if __name__ == "__main__":
    unittest.main()
