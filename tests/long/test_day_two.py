"""The day-2 pages against hosts of the lab: what docs/operations.md and docs/upgrade.md say is typed, and works.

`typed()` runs only what stands in a page, word for word; CONFIG and HOSTS are what the page says they stand for.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "deploy"))
import test_prepare_host as hosts  # noqa: E402
from chain import BIN, ROOT, Process, free_port, http_call, samples, wait_until  # noqa: E402

# pve4 has been upgraded to 9 already, the others have not.
CLUSTER = """
cluster: lab
hosts:
  pve1: {cores: 8, memory: 32GiB, cpu: 0.5}
  pve2: {cores: 8, memory: 32GiB, cpu: 0.5}
  pve4: {cores: 8, memory: 32GiB, cpu: 0.5, version: 9.0.3}
guests:
  101: {name: web, host: pve1, cores: 2, memory: 1GiB, cpu: 0.5, memory_used: 500MiB}
  102: {name: db, host: pve2, cores: 2, memory: 1GiB, cpu: 0.5, memory_used: 500MiB}
  201: {type: vm, name: desktop, host: pve4, cores: 4, memory: 4GiB, cpu: 2.4, memory_used: 2GiB}
  202: {type: vm, name: files, host: pve1, cores: 2, memory: 2GiB, cpu: 0.3, memory_used: 1GiB}
  103: {name: dns, host: pve4, cores: 4, memory: 1GiB, cpu: 2.4, memory_used: 500MiB}
"""
PAGES = {name: (ROOT / "docs" / name).read_text() for name in ("operations.md", "upgrade.md")}


def setUpModule():
    hosts.CLUSTER = CLUSTER
    hosts.setUpModule()


class DayTwo(unittest.TestCase):
    def setUp(self):
        self.folder = hosts.lab.folder / self.id().rsplit(".", 1)[1]
        self.credentials = self.folder / "credentials"
        self.credentials.mkdir(mode=0o700, parents=True)
        self.config = self.folder / "config.yaml"
        self.port = {"exporter": free_port(), "evaluator": free_port()}
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.credentials / "exporter_key"], check=True)
        (self.credentials / "webhook_token").touch(0o600)
        (self.credentials / "webhook_token").write_text("token-of-the-day-2-tests")
        self.prepare("pve1", "pve2")
        self.addCleanup(hosts.prepare, "--remove", hosts=("pve1", "pve2", "pve4"))
        self.write(["pve1", "pve2"])

    # ---- what a person does ----
    def write(self, names, state="state"):
        entries = "".join(f"  - {{name: {name}, address: {hosts.addresses[name]}, user: balancer-read, "
                          "key_path: \"${CREDENTIALS_DIRECTORY}/exporter_key\"}\n" for name in names)
        self.config.write_text(f"""cluster: lab
proxmox_hosts:
{entries}ssh: {{known_hosts: {self.folder}/known_hosts}}
exporter: {{listen: "127.0.0.1:{self.port['exporter']}", interval: 1s}}
prometheus: {{url: "http://127.0.0.1:1"}}
alertmanager: {{urls: ["http://127.0.0.1:1"]}}
evaluator:
  listen: "127.0.0.1:{self.port['evaluator']}"
  state_directory: {self.folder}/{state}
  webhook: {{bearer_token_file: "${{CREDENTIALS_DIRECTORY}}/webhook_token"}}
""")

    def prepare(self, *names, key="exporter_key.pub"):
        hosts.prepare("--read-key", str(self.credentials / key), "--read-from", hosts.own_address(), hosts=names)

    def typed(self, words, page="operations.md", code=0):
        """Runs what the page says; gives what it prints."""
        self.assertIn(words, PAGES[page])
        meant = (words.replace("CONFIG", str(self.config)).replace("/etc/proxmox-cluster-balancer/known_hosts",
                                                                    f"{self.folder}/known_hosts")
                 .replace("\n", " "))
        for name, address in hosts.addresses.items():
            meant = meant.replace(f"--on {name}", f"--on {address}")
        meant = meant.replace("ADDRESS", hosts.addresses["pve4"])
        first, *rest = shlex.split(meant)
        if first in ("HOSTS", "prepare-host.sh"):
            command = [str(ROOT / "deploy/prepare-host.sh"), "--ssh-config", f"{hosts.lab.folder}/ssh_config", *rest]
        else:
            command = [str(BIN / first) if first.startswith("balancer-") else first, *rest]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=120, cwd=self.credentials, env=self.environment())
        self.assertEqual(done.returncode, code, f"{meant}\n{done.stdout}")
        return done.stdout

    def environment(self):
        self.assertIn("export CREDENTIALS_DIRECTORY=/etc/proxmox-cluster-balancer/credentials", PAGES["operations.md"])
        return {**os.environ, "CREDENTIALS_DIRECTORY": str(self.credentials)}

    def start(self, program, *words):
        process = Process(f"{program}-{len(os.listdir(self.folder))}", self.folder, "env",
                          f"CREDENTIALS_DIRECTORY={self.credentials}", BIN / program, *words, "--config", self.config)
        process.start()
        self.addCleanup(process.end)
        process.wait_ready(f"http://127.0.0.1:{self.port[program.split('-')[1]]}/-/healthy")
        return process

    def accept(self, *names):
        for name in names:
            done = subprocess.run([BIN / "balancer-exporter", "--config", self.config, "accept-host-key", name],
                                  env=self.environment(), stdout=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)

    # ---- what is seen ----
    def page(self):
        return http_call(f"http://127.0.0.1:{self.port['exporter']}/metrics")[1]

    def up(self):
        return {labels["id"][5:]: value for labels, value in samples(self.page(), "pve_up")
                if labels["id"].startswith("node/") and self.is_read(labels["id"])}

    def is_read(self, ident):
        return any(labels["id"] == ident for labels, _ in
                   samples(self.page(), "balancer_collect_last_success_timestamp_seconds"))

    def failures_of(self, host):
        return {labels["reason"] for labels, count in samples(self.page(), "balancer_ssh_failures_total")
                if labels["id"] == f"node/{host}" and count}

    def until_read(self, wanted):
        wait_until(lambda: self.up() == wanted, 60, lambda: f"{self.up()}, not {wanted}")

    def test_add_and_remove_a_host(self):
        """Also what a renamed host is: one that leaves and one that joins."""
        self.accept("pve1", "pve2")
        exporter = self.start("balancer-exporter")
        self.until_read({"pve1": 1, "pve2": 1})
        self.prepare("pve4")
        self.write(["pve1", "pve2", "pve4"])
        self.assertIn("Accepted for pve4", self.typed("balancer-exporter --config CONFIG accept-host-key pve4"))
        self.assertIn("pve4: good", self.typed("balancer-exporter --config CONFIG --check --connect"))
        exporter.process.send_signal(1)
        self.until_read({"pve1": 1, "pve2": 1, "pve4": 1})
        self.assertIn("nothing of the balancer is left", self.typed("HOSTS --on pve4 --remove"))
        self.write(["pve1", "pve2"])
        exporter.process.send_signal(1)
        self.until_read({"pve1": 1, "pve2": 1})
        self.typed("ssh-keygen -f\n/etc/proxmox-cluster-balancer/known_hosts -R ADDRESS")
        self.assertNotIn(hosts.addresses["pve4"], (self.folder / "known_hosts").read_text())

    def test_reinstall_a_host(self):
        self.accept("pve1", "pve2")
        self.start("balancer-exporter")
        self.until_read({"pve1": 1, "pve2": 1})
        hosts.lab.fault("pve2", "host-key")
        key = hosts.on("pve2", "cat /etc/ssh/ssh_host_ed25519_key.pub").split()
        known = hosts.lab.folder / "known_hosts"
        others = [line for line in known.read_text().splitlines() if not line.startswith(hosts.addresses["pve2"] + " ")]
        known.write_text("\n".join([*others, f"{hosts.addresses['pve2']} {key[0]} {key[1]}"]) + "\n")
        hosts.lab.fault("pve2", "network")  # while it is installed it is not there, and sessions do not survive
        wait_until(lambda: self.failures_of("pve2"), 60, "the connection was not given up")
        hosts.lab.call("heal", "--dir", str(hosts.lab.folder), "pve2", "network")
        wait_until(lambda: "host_key_changed" in self.failures_of("pve2"), 60, lambda: self.failures_of("pve2"))
        self.typed("balancer-exporter --config CONFIG accept-host-key pve2")
        self.until_read({"pve1": 1, "pve2": 1})

    def test_rotate_keys(self):
        self.accept("pve1", "pve2")
        exporter = self.start("balancer-exporter")
        self.until_read({"pve1": 1, "pve2": 1})
        self.typed("ssh-keygen -q -t ed25519 -N '' -f exporter_key.new")
        self.prepare("pve1", "pve2", key="exporter_key.new.pub")
        old = self.credentials / "exporter_key"
        shutil.copy(old, self.folder / "old_key")
        for suffix in ("", ".pub"):
            os.replace(self.credentials / f"exporter_key.new{suffix}", self.credentials / f"exporter_key{suffix}")
        exporter.end()
        self.start("balancer-exporter")
        self.until_read({"pve1": 1, "pve2": 1})
        shutil.copy(self.folder / "old_key", hosts.lab.folder / "read")
        (hosts.lab.folder / "read").chmod(0o600)
        self.assertIn(b"Permission denied", hosts.ssh("read", text="pcb1 0123456789abcdef host\n").stdout)

    def test_move_the_evaluator_and_restore_its_journal(self):
        self.accept("pve1", "pve2")
        self.start("balancer-exporter")
        (self.folder / "state").mkdir(mode=0o700)
        first = self.start("balancer-evaluator", "serve")
        self.evaluator("pause", "--reason", "the move to another machine")
        first.end()
        # The copy; then the same configuration with the folder of "the other machine".
        shutil.copytree(self.folder / "state", self.folder / "elsewhere", symlinks=True)
        self.write(["pve1", "pve2"], state="elsewhere")
        second = self.start("balancer-evaluator", "serve")
        self.assertIn("the move to another machine", self.evaluator("history"))
        self.assertIn("the red button is pressed", self.evaluator("status"))
        self.evaluator("resume")
        second.end()
        # Restoring is the same the other way round: what was paused when the copy was made is paused again.
        self.write(["pve1", "pve2"])
        self.start("balancer-evaluator", "serve")
        self.assertIn("the red button is pressed", self.evaluator("status"))

    def evaluator(self, *words):
        done = subprocess.run([BIN / "balancer-evaluator", *words, "--config", self.config], env=self.environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_eight_and_nine_in_one_cluster(self):
        self.prepare("pve4")
        self.write(["pve1", "pve2", "pve4"])
        self.accept("pve1", "pve2", "pve4")
        self.start("balancer-exporter")
        self.until_read({"pve1": 1, "pve2": 1, "pve4": 1})
        versions = {labels["version"] for labels, _ in samples(self.page(), "pve_version_info")}
        self.assertEqual({version[0] for version in versions}, {"8", "9"})
        document = f"http://127.0.0.1:{self.port['exporter']}/cluster"
        wait_until(lambda: all("cpu_used_cores" in guest for guest in json.loads(http_call(document)[1])["guests"]), 30,
                   "no rates")
        plan = json.loads(self.evaluator("plan", "--goal", "drain:pve4", "--output", "json"))
        self.assertEqual([move["guest"] for move in plan["moves"]], ["lxc/103"])
        self.assertEqual({entry["code"] for entry in plan["rejected"] if entry["guest"] == "qemu/201"}, {"pve_version"})
        # To the newer side all is well.
        self.assertIn("to pve4: allowed now", self.evaluator("plan", "--explain", "qemu/202"))
        self.assertIn("balancer-read, from", self.typed("prepare-host.sh --on pve1 --status", page="upgrade.md"))
        self.assertIn("up to date", self.typed("prepare-host.sh --on pve1 --update", page="upgrade.md"))


if __name__ == "__main__":
    unittest.main()
