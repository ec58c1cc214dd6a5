"""The exporter against the lab: figures agree with the load model, and a host that fails costs the others nothing."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import BIN, Lab, samples, wait_until  # noqa: E402

CLUSTER = pathlib.Path(__file__).with_name("cluster.yaml").read_text()
lab = None
config = ""


def setUpModule():
    global lab, config
    folder = tempfile.TemporaryDirectory(prefix="balancer-e2e-")
    unittest.addModuleCleanup(folder.cleanup)
    lab = Lab(pathlib.Path(folder.name), CLUSTER)
    unittest.addModuleCleanup(lab.down)
    lab.up()
    config = (lab.folder / "config.yaml").read_text()


def once(text, output="metrics"):
    """`balancer-exporter --once` with this configuration."""
    path = lab.folder / "test.yaml"
    path.touch(0o600)
    path.write_text(text)
    return subprocess.run([str(BIN / "balancer-exporter"), "--config", str(path), "--once", "--output", output],
                          capture_output=True, text=True, timeout=60)


def for_host(name, old, new):
    """The configuration with one line of one host changed."""
    begin = config.index(f"- name: {name}\n")
    at = config.index(old, begin)
    return config[:at] + new + config[at + len(old):]


def off_by(figure, found, truth):
    """A sentence when `found` is more than 1 % away from the load model."""
    if abs(found - truth) <= 0.01 * truth + 0.001:
        return []
    return [f"{figure}: {found}, the model has {truth}"]


class Figures(unittest.TestCase):
    def assert_agree(self, differences):
        """differences() reads the hosts and compares. A rate is taken over 2 s: on a busy machine 20 ms between two
        reads are 1 %, so it may read again; a figure that is wrong is wrong every time."""
        found = []

        def agree():
            found[:] = differences()
            return not found

        wait_until(agree, 40, lambda: "\n".join(found))

    def test_metrics_agree_with_the_load_model(self):
        self.assert_agree(self.metric_differences)

    def metric_differences(self):
        page, status, found = self.page(), lab.status(), []
        hosts = [(f"node/{name}", host) for name, host in status["hosts"].items()]
        for ident, truth in hosts + [(guest["id"], guest) for guest in status["guests"].values()]:
            cores = self.value(page, "pve_cpu_usage_ratio", ident) * self.value(page, "pve_cpu_usage_limit", ident)
            found += off_by(f"cores of {ident}", cores, truth["cpu_used_cores"])
        for ident, truth in hosts:
            used = (self.value(page, "pve_memory_size_bytes", ident)
                    - self.value(page, "pve_memory_available_bytes", ident))
            found += off_by(f"memory of {ident}", used, truth["memory_used_bytes"])
        return found

    def page(self):
        done = once(config)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def value(self, page, metric, ident):
        found = [number for labels, number in samples(page, metric) if labels["id"] == ident]
        self.assertEqual(len(found), 1, f"{metric} of {ident}")
        return found[0]

    def test_the_page_is_clean(self):
        checked = subprocess.run(["promtool", "check", "metrics"], input=self.page(), capture_output=True, text=True,
                                 timeout=30)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def test_the_cluster_document_agrees_with_the_load_model(self):
        self.assert_agree(self.document_differences)

    def document_differences(self):
        done = once(config, "cluster")
        self.assertEqual(done.returncode, 0, done.stderr)
        document, status = json.loads(done.stdout), lab.status()
        self.assertEqual(document["schema"], "balancer.cluster/1")
        known = dict(status["hosts"]) | {guest["id"]: guest for guest in status["guests"].values()}
        self.assertEqual(len(document["hosts"]) + len(document["guests"]), len(known))
        found = []
        for entry in document["hosts"] + document["guests"]:
            name = entry.get("id") or entry["name"]
            for figure in ("cpu_used_cores", "memory_used_bytes"):
                found += off_by(f"{figure} of {name}", entry[figure], known[name][figure])
        return found

    def test_the_text_is_the_log_that_people_know(self):
        done = once(config, "text")
        self.assertIn("Host metrics for pve1: ", done.stdout)
        self.assertNotIn("\033[", done.stdout)


class OneHostFails(unittest.TestCase):
    def assert_fails_alone(self, name, text, reason):
        done = once(text)
        self.assertEqual(done.returncode, 3, done.stderr)
        up = {labels["id"]: value for labels, value in samples(done.stdout, "pve_up") if labels["id"].startswith("node/")}
        self.assertEqual(up, {f"node/{host}": float(host != name) for host in ("pve1", "pve2", "pve3")})
        reasons = [labels["reason"] for labels, value in samples(done.stdout, "balancer_ssh_failures_total")
                   if labels["id"] == f"node/{name}" and value > 0]
        self.assertEqual(reasons, [reason])
        self.assertIn(name, done.stderr)
        self.assertNotIn(f'pve_cpu_usage_ratio{{id="node/{name}"', done.stdout)

    def test_wrong_key(self):
        key = lab.folder / "other_key"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=30)
        self.assert_fails_alone("pve2", for_host("pve2", f"key_path: {lab.folder}/id_ed25519", f"key_path: {key}"), "auth")

    def test_changed_host_key(self):
        address = config.split("- name: pve3\n")[1].split("address: ")[1].split("\n")[0]
        entries = [line.split(" ") for line in (lab.folder / "known_hosts").read_text().splitlines()]
        of_others = {kind: key for host, kind, key in entries if host != address}
        changed = lab.folder / "known_hosts_changed"
        changed.write_text("".join(f"{host} {kind} {of_others[kind] if host == address else key}\n"
                                   for host, kind, key in entries))
        text = config.replace(f"known_hosts: {lab.folder}/known_hosts", f"known_hosts: {changed}")
        self.assertNotEqual(text, config)
        self.assert_fails_alone("pve3", text, "host_key_changed")

    def test_host_down(self):
        lab.fault("pve2", "network")
        self.addCleanup(lab.call, "heal", "--dir", str(lab.folder), "pve2", "network")
        self.assert_fails_alone("pve2", config, "connect_timeout")

    def test_no_host_answers(self):
        done = once(config.replace("user: root", "user: nobody"))
        self.assertEqual(done.returncode, 1, done.stderr)


class Configuration(unittest.TestCase):
    def test_an_unknown_key_is_named_with_its_place(self):
        for program in (["balancer-exporter"], ["balancer-evaluator", "serve"]):
            with self.subTest(program[0]), tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write("cluster: lab\nproxmox_hosts:\n  - name: pve1\n    cpu_treshold: 80\n")
                file.flush()
                done = subprocess.run([str(BIN / program[0]), *program[1:], "--config", file.name],
                                      capture_output=True, text=True, timeout=30)
                self.assertEqual(done.returncode, 78, done.stderr)
                self.assertIn(f"{file.name}:4:5: proxmox_hosts[0].cpu_treshold", done.stderr)
                self.assertIn("cpu_threshold", done.stderr)


if __name__ == "__main__":
    unittest.main()
