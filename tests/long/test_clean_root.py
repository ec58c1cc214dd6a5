"""The package alone in a bare Debian 12, made by debootstrap: what it depends on is enough, `init` reads a cluster and
suggests a move, both services start, an upgrade over itself keeps what was changed, and a purge leaves nothing."""

import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "deploy"))
import test_package  # noqa: E402
import test_prepare_host as hosts  # noqa: E402
from package import ROOT, package  # noqa: E402
from test_package import CONFIG, CREDENTIALS, PROGRAMS, free_port, get  # noqa: E402
from unit import RunningUnit  # noqa: E402

CLEAN_ROOT = ROOT / "build/clean-root"  # kept: making it takes minutes
CLUSTER = """
cluster: homelab
hosts:
  pve1: {cores: 8, memory: 32GiB, cpu: 0.5, cpu_threshold: 80}
  pve2: {cores: 8, memory: 32GiB, cpu: 0.5}
guests:
  101: {name: web, host: pve1, cores: 4, memory: 4GiB, cpu: 3.5, memory_used: 3GiB}
  102: {name: db, host: pve1, cores: 4, memory: 4GiB, cpu: 3.5, memory_used: 2GiB}
"""


def setUpModule():
    if not (CLEAN_ROOT / "made").exists():
        subprocess.run(["rm", "-rf", CLEAN_ROOT], check=True)
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", CLEAN_ROOT], check=True,
                       stdout=subprocess.DEVNULL)
        (CLEAN_ROOT / "made").touch()


class CleanRoot(test_package.Lifecycle):
    lower = CLEAN_ROOT

    def get_ready(self):
        """Where this machine gets its packages from; then the dependencies, and nothing that is only recommended."""
        acquire = subprocess.run(["apt-config", "dump", "Acquire"], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.root.file("/etc/apt/apt.conf.d/99machine").write_text(acquire)
        self.root.file("/etc/resolv.conf").write_bytes(pathlib.Path("/etc/resolv.conf").read_bytes())
        self.root.run("apt-get", "-qq", "update")
        listed = subprocess.run(["dpkg-deb", "-f", package(), "Depends"], check=True, stdout=subprocess.PIPE,
                                text=True).stdout
        depends = [re.sub(r" .*", "", name.strip()) for name in listed.split(",")]
        self.root.run("apt-get", "-qq", "-y", "--no-install-recommends", "install", *depends)

    def verify_units(self):
        """There is no systemd in a minimal root; tests/deploy has verified them."""
        self.assertFalse(self.root.file("/usr/bin/systemd-analyze").exists())

    def test_apt_finds_all_it_depends_on(self):
        self.root.run("apt-get", "-qq", "-y", "--no-install-recommends", "install", "/tmp/balancer.deb")
        for program in PROGRAMS:
            self.assertIn(program, self.root.run(program, "--version").stdout)

    def test_from_the_package_to_a_suggestion(self):
        hosts.CLUSTER = CLUSTER
        hosts.setUpModule()
        self.addCleanup(unittest.case.doModuleCleanups)
        self.install()
        self.root.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", CREDENTIALS + "/exporter_key")
        hosts.prepare("--read-key", str(self.root.file(CREDENTIALS + "/exporter_key.pub")), "--read-from",
                      hosts.own_address())
        said = self.root.run("balancer-evaluator", "init", "--host", hosts.addresses["pve1"], "--user", "balancer-read",
                             "--cluster", "homelab", "--accept-host-keys", "all", "--force").stdout
        self.assertRegex(said, r"Suggesting to migrate container 10[12] \((web|db)\) from pve1 to pve2")
        self.assertEqual((self.mode(CONFIG), self.owner(CONFIG)), ("0640", "root:proxmox-cluster-balancer"))
        ports = {program: free_port() for program in PROGRAMS}
        self.root.file(CONFIG).write_text(self.root.file(CONFIG).read_text().replace("\nevaluator:\n", f"""
exporter: {{listen: 127.0.0.1:{ports['balancer-exporter']}, interval: 2s}}
evaluator:
  listen: 127.0.0.1:{ports['balancer-evaluator']}
"""))
        by_hand = ("/usr/bin/env", f"CREDENTIALS_DIRECTORY={CREDENTIALS}", "balancer-exporter", "--config", CONFIG)
        self.assertIn("pve1: good", self.root.run(*by_hand, "--check", "--connect").stdout)
        units = []
        for program in PROGRAMS:
            unit = RunningUnit(self.root, program)
            units.append(unit)
            self.addCleanup(unit.stop)
            unit.until("READY=1")
        hosts.wait_until(lambda: get(ports["balancer-exporter"], "/-/ready")[0] == 200, 120, "no first cycle")
        hosts.wait_until(lambda: "cpu_used_cores" in get(ports["balancer-exporter"], "/cluster")[1], 120, "no rates")
        plan = self.root.run("balancer-evaluator", "plan", "--config", CONFIG).stdout
        self.assertRegex(plan, r"Suggesting to migrate container 10[12] \((web|db)\) from pve1 to pve2")
        self.assertEqual([unit.stop() for unit in units], [0, 0])
        self.upgrade_keeps_what_was_changed()
        self.remove_keeps_and_purge_leaves_nothing()

    def test_lintian_finds_no_error(self):
        done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", "--suppress-tags",
                               # There is no public address to write to.
                               "bogus-mail-host,bogus-mail-host-in-debian-changelog", package()],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
