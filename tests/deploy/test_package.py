"""The Debian package with real dpkg, in a root of its own: install, run as the units say, upgrade, purge.

The root is this machine's with an overlay on top; tests/long/test_clean_root.py does the same in a bare Debian 12.
"""

import json
import pathlib
import re
import signal
import stat
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from overlay import OverlayRoot
from package import PROGRAMS, ROOT, package
from unit import RunningUnit

CONFIG = "/etc/proxmox-cluster-balancer/config.yaml"
CREDENTIALS = "/etc/proxmox-cluster-balancer/credentials"


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Contents(unittest.TestCase):
    def setUp(self):
        self.lines = subprocess.run(["dpkg-deb", "-c", package()], check=True, stdout=subprocess.PIPE,
                                    text=True).stdout.splitlines()

    def test_everything_an_administrator_needs_is_in_it(self):
        names = {line.split()[5] for line in self.lines}
        share = "./usr/share/proxmox-cluster-balancer/"
        for name in (*(f"./usr/bin/{program}" for program in PROGRAMS),
                     *(f"./lib/systemd/system/{program}.service" for program in PROGRAMS),
                     *(f"./usr/share/man/man1/{program}.1.gz" for program in PROGRAMS),
                     *(f"./usr/share/bash-completion/completions/{program}" for program in PROGRAMS),
                     "." + CONFIG, share + "rules/alerts.yml", share + "rules/recording.yml",
                     share + "dashboards/cluster.json", share + "examples/prometheus.yml",
                     share + "examples/alertmanager.yml", *(share + "hosts/" + name for name in (
                         "prepare-host.sh", "forced-command", "node-collect.sh", "node-limit.sh", "node-migrate.sh")),
                     "./usr/share/doc/proxmox-cluster-balancer/examples/config.yaml",
                     "./usr/share/doc/proxmox-cluster-balancer/copyright"):
            self.assertIn(name, names)

    def test_what_the_documents_name_is_in_it(self):
        names = {line.split()[5].rstrip("/") for line in self.lines}
        texts = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "config.yaml",
                 *(path for path in (ROOT / "deploy").rglob("*") if path.is_file())]
        named = {(path.name, found.rstrip("/.")) for path in texts for found in
                 re.findall(r"/usr/share/(?:doc/)?proxmox-cluster-balancer/[\w./-]*", path.read_text(encoding="utf-8"))}
        self.assertGreater(len(named), 5)
        self.assertEqual([each for each in sorted(named) if "." + each[1] not in names], [])

    def test_every_link_in_its_documents_leads_to_something_in_it(self):
        """Of those without an address of their own, which are meant to work where the package puts them."""
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["dpkg-deb", "-x", package(), folder], check=True)
            texts = {page: page.read_text(encoding="utf-8") for page in pathlib.Path(folder).rglob("*.md")}
            found = [(page.name, page.parent / link) for page, text in texts.items()
                     for link in re.findall(r"\]\((?![a-z]+:|#)([^)#\s]+)", text)]
            self.assertGreater(len(found), 150)
            self.assertEqual([(page, link.name) for page, link in found if not link.exists()], [])
            readme, = (text for page, text in texts.items() if page.parent.name == "proxmox-cluster-balancer"
                       and page.name == "README.md")
            self.assertNotIn("docs/", readme, "they lie beside it")

    def test_nothing_belongs_to_others_or_may_be_written_by_them(self):
        for line in self.lines:
            mode, owner, _, _, _, name = line.split()[:6]
            self.assertEqual(owner, "root/root", name)
            self.assertNotEqual(mode[5], "w", name)
            self.assertNotEqual(mode[8], "w", name)
            self.assertNotIn("s", mode[1:].replace("-", ""), name)
            self.assertRegex(name, r"^\./(etc|lib|usr)?(/|$)")

    def test_fields(self):
        fields = subprocess.run(["dpkg-deb", "-f", package()], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertRegex(fields, r"(?m)^Depends: .*adduser.*libssh2-1.*")
        self.assertRegex(fields, r"(?m)^Version: \d+\.\d+\.\d+$")
        self.assertNotIn("prometheus-cpp", fields)


class Lifecycle(unittest.TestCase):
    lower = "/"

    def setUp(self):
        self.root = OverlayRoot(self.lower).__enter__()
        self.addCleanup(self.root.__exit__)
        self.root.file("/tmp/balancer.deb").write_bytes(package().read_bytes())
        self.get_ready()
        self.at_first = self.root.written()

    def get_ready(self):
        """This machine has built the package: what it depends on is there."""

    def install(self, *options):
        return self.root.run("dpkg", *options, "-i", "/tmp/balancer.deb").stdout

    def mode(self, name):
        status = self.root.file(name).lstat()
        return f"{stat.S_IMODE(status.st_mode):04o}"

    def owner(self, name):
        return self.root.run("stat", "-c", "%U:%G", name).stdout.strip()

    def test_install_run_upgrade_purge(self):
        self.assertIn("The next steps: ", self.install())
        self.look_at_rights()
        self.verify_units()
        self.run_both()
        self.upgrade_keeps_what_was_changed()
        self.remove_keeps_and_purge_leaves_nothing()

    def look_at_rights(self):
        for name, mode, owner in ((CONFIG, "0640", "root:proxmox-cluster-balancer"),
                                  (CREDENTIALS, "0700", "root:root"),
                                  (CREDENTIALS + "/webhook_token", "0600", "root:root"),
                                  ("/etc/proxmox-cluster-balancer/known_hosts", "0640",
                                   "root:proxmox-cluster-balancer")):
            self.assertEqual((self.mode(name), self.owner(name)), (mode, owner), name)
        self.assertRegex(self.root.file(CREDENTIALS + "/webhook_token").read_text(), r"^[0-9a-f]{48}$")
        for user in PROGRAMS:
            line = self.root.run("getent", "passwd", user).stdout
            self.assertRegex(line, r":/nonexistent:/usr/sbin/nologin$", line)

    def verify_units(self):
        verified = self.root.run("systemd-analyze", "verify", "--man=no",
                                 *(f"/lib/systemd/system/{program}.service" for program in PROGRAMS))
        self.assertNotIn("balancer-", verified.stdout)

    def run_both(self):
        """As the units say; the hosts of the example configuration are not there, and both say so."""
        ports = {program: free_port() for program in PROGRAMS}
        config = self.root.file(CONFIG)
        config.write_text(re.sub(r"192\.0\.2\.1[12]", lambda m: m[0].replace("192.0.2", "127.0.0"), config.read_text())
                          .replace("user: balancer-read", "port: 1\n    user: balancer-read")
                          .replace("evaluator:\n", f"exporter: {{listen: 127.0.0.1:{ports[PROGRAMS[0]]}}}\n"
                                                   f"evaluator:\n  listen: 127.0.0.1:{ports[PROGRAMS[1]]}\n"))
        self.assertEqual(self.root.run("/usr/bin/env", f"CREDENTIALS_DIRECTORY={CREDENTIALS}", "balancer-exporter",
                                       "--config", CONFIG, "--check", check=False).returncode, 78, "there is no key")
        self.root.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", CREDENTIALS + "/exporter_key")
        self.root.run("/usr/bin/env", f"CREDENTIALS_DIRECTORY={CREDENTIALS}", "balancer-exporter", "--config", CONFIG,
                      "--check")
        units = {program: RunningUnit(self.root, program) for program in PROGRAMS}
        for program, unit in units.items():
            self.addCleanup(unit.stop)
            unit.until("READY=1")
            unit.until("WATCHDOG=1", count=2)
            self.assertEqual(get(ports[program], "/-/healthy")[0], 200)
            user = self.root.run("stat", "-c", "%U", f"/proc/{unit.process.pid}").stdout.strip()
            self.assertEqual(user, program)
        page = get(ports[PROGRAMS[0]], "/metrics")
        self.assertEqual(page[0], 200)
        self.assertIn('pve_up{id="node/pve1"} 0', page[1])
        status, hold = get(ports[PROGRAMS[1]], "/api/v1/status")
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(hold)["cluster"], "homelab")
        self.assertEqual(self.post_alert(ports[PROGRAMS[1]], None), 401)
        token = self.root.file(CREDENTIALS + "/webhook_token").read_text()
        self.assertEqual(self.post_alert(ports[PROGRAMS[1]], token), 200)
        for unit in units.values():
            unit.process.send_signal(signal.SIGHUP)
            unit.until("RELOADING=1")
            unit.until("READY=1", count=2)
        self.assertEqual([unit.stop() for unit in units.values()], [0, 0])
        self.assertEqual([unit.refused_calls() for unit in units.values()], [set(), set()])
        self.assertTrue(self.root.file("/var/lib/proxmox-cluster-balancer/journal.sqlite").exists())

    @staticmethod
    def post_alert(port, token):
        body = json.dumps({"version": "4", "status": "firing", "receiver": "balancer", "alerts": []}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/webhook", data=body,
                                         headers={"Content-Type": "application/json"})
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            return urllib.request.urlopen(request, timeout=10).status
        except urllib.error.HTTPError as error:
            return error.code

    def upgrade_keeps_what_was_changed(self):
        kept = (CONFIG, CREDENTIALS + "/webhook_token", CREDENTIALS + "/exporter_key",
                "/var/lib/proxmox-cluster-balancer/journal.sqlite")
        self.root.run("chmod", "0600", CONFIG)
        before = [self.root.file(name).read_bytes() for name in kept]
        self.install()
        self.assertEqual([self.root.file(name).read_bytes() for name in kept], before)
        self.assertEqual(self.mode(CONFIG), "0600")
        self.assertFalse(list(self.root.file("/etc/proxmox-cluster-balancer").glob("config.yaml.dpkg-*")))

    def remove_keeps_and_purge_leaves_nothing(self):
        self.root.run("dpkg", "--remove", "proxmox-cluster-balancer")
        self.assertFalse(self.root.file("/usr/bin/balancer-exporter").exists())
        self.assertTrue(self.root.file(CONFIG).exists())
        self.assertTrue(self.root.file("/var/lib/proxmox-cluster-balancer/journal.sqlite").exists())
        self.root.run("dpkg", "--purge", "proxmox-cluster-balancer")
        self.assertEqual(self.root.written(), self.at_first)
        self.assertNotIn("balancer", self.root.file("/etc/passwd").read_text() + self.root.file("/etc/group").read_text())
        self.assertEqual(self.root.run("dpkg-query", "-W", "proxmox-cluster-balancer", check=False).returncode, 1)


if __name__ == "__main__":
    unittest.main()
