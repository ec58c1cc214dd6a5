"""`balancer-evaluator init` against the lab: from one address to a configuration that works, to texts that the real
Prometheus, Alertmanager and systemd take, and to a suggestion."""

import os
import pathlib
import pty
import re
import select
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import BIN, ROOT, Lab, wait_until  # noqa: E402

PASSWORD = "root's password 1"
CLUSTER = (pathlib.Path(__file__).with_name("cluster.yaml").read_text()
           .replace("pve1: {", f'pve1: {{password: "{PASSWORD}", '))
MOST_SECONDS = 300  # "the first suggestion comes within five minutes"; it takes five seconds
lab = None
addresses = {}


def setUpModule():
    global lab
    folder = tempfile.TemporaryDirectory(prefix="balancer-init-")
    unittest.addModuleCleanup(folder.cleanup)
    lab = Lab(pathlib.Path(folder.name), CLUSTER)
    unittest.addModuleCleanup(lab.down)
    lab.up()
    addresses.update(re.findall(r"name: (\w+)\n +address: (\S+)", (lab.folder / "config.yaml").read_text()))


def run(*words, program="balancer-evaluator", **more):
    return subprocess.run([str(BIN / program), *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, **more)


def said(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


class Init(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="balancer-init-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.out = self.folder / "out"

    def init(self, *words, host="pve1", key="id_ed25519"):
        chosen = ("--key", lab.folder / key) if key else ()
        return run("init", "--host", addresses[host], "--cluster", "lab", "--output", self.out, *chosen, *words)

    def exporter(self, *words):
        return run("--config", self.out / "config.yaml", *words, program="balancer-exporter",
                   env={**os.environ, "CREDENTIALS_DIRECTORY": str(self.out / "credentials")})

    def test_one_address_is_enough(self):
        began = time.monotonic()
        done = self.init("--accept-host-keys", "all")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("Suggesting to migrate container 103 (db) from pve1 to pve2", done.stdout)
        self.assertLess(time.monotonic() - began, MOST_SECONDS)
        self.configuration_is_good()
        self.others_take_their_parts(done.stdout)
        self.nothing_is_replaced_unasked()

    def configuration_is_good(self):
        checked = self.exporter("--check", "--connect")
        self.assertEqual(checked.returncode, 0, checked.stdout)
        for host in addresses:
            self.assertIn(f"{host}: good", checked.stdout)
        for name, mode in (("credentials", 0o700), ("credentials/exporter_key", 0o600),
                           ("credentials/webhook_token", 0o600), ("known_hosts", 0o644), ("config.yaml", 0o644)):
            self.assertEqual(stat.S_IMODE((self.out / name).stat().st_mode), mode, name)
        # What it planned for itself is what the programs plan with what it wrote.
        document = self.exporter("--once", "--output", "cluster").stdout
        (self.folder / "cluster.json").write_text(document[document.index("{"):])
        plan = run("plan", "--config", self.out / "config.yaml", "--cluster", self.folder / "cluster.json",
                   env={**os.environ, "CREDENTIALS_DIRECTORY": str(self.out / "credentials")})
        self.assertIn("Suggesting to migrate container 103 (db) from pve1 to pve2", plan.stdout)

    def others_take_their_parts(self, told):
        if f"{self.out}/rules/" in (self.out / "to-add/prometheus.yml").read_text():
            copy = re.search(r"(?m)^  (.*cp rules/\*\.yml .*)$", told)[1]
            done = subprocess.run(["sh", "-c", copy], cwd=ROOT, stderr=subprocess.PIPE, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(said("promtool", "check", "config", self.out / "to-add/prometheus.yml")[0], 0)
        code, text = said("amtool", "check-config", self.out / "to-add/alertmanager.yml")
        self.assertEqual(code, 0, text)
        units = self.folder / "units"
        units.mkdir()
        for unit in (self.out / "to-add").glob("*.service"):
            shutil.copy(unit, units)
        self.assertEqual(len(list(units.iterdir())), 2)
        code, text = said("systemd-analyze", "verify", "--man=no", *units.iterdir())
        self.assertNotIn("balancer-", text)

    def nothing_is_replaced_unasked(self):
        config = self.out / "config.yaml"
        config.write_text(config.read_text() + "# mine\n")
        before = config.read_text()
        refused = self.init()
        self.assertEqual(refused.returncode, 2)
        self.assertIn("--force", refused.stdout)
        self.assertEqual(config.read_text(), before)
        # The host keys are known by now: nothing has to be accepted again.
        replaced = self.init("--force", host="pve2")
        self.assertEqual(replaced.returncode, 0, replaced.stdout)
        self.assertNotIn("# mine", config.read_text())
        self.assertEqual((self.out / "config.yaml.before-init").read_text(), before)

    def test_a_key_that_nobody_confirms_stops_it(self):
        for words in ((), ("--accept-host-keys", "SHA256:another")):
            done = self.init(*words)
            self.assertEqual(done.returncode, 1, done.stdout)
            shown = re.search(r"shows ssh-ed25519 (SHA256:\S+)", done.stdout)[1]
            self.assertIn("was not confirmed", done.stdout)
            self.assertFalse((self.out / "config.yaml").exists())
            self.assertFalse((self.out / "known_hosts").exists())
        # The first host's fingerprint is accepted; the next one has its own.
        done = self.init("--accept-host-keys", shown)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("the key of pve2 was not confirmed", done.stdout)
        # A key that has changed is never accepted by a word for all.
        known = self.out / "known_hosts"
        known.write_text(known.read_text().replace(addresses["pve1"], addresses["pve2"]))
        done = self.init("--accept-host-keys", "all", host="pve2")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("which is not the key in", done.stdout)

    def test_a_host_that_is_down_is_named_and_left_for_later(self):
        lab.fault("pve3", "sshd")
        self.addCleanup(lab.call, "heal", "--dir", str(lab.folder), "all")
        done = self.init("--accept-host-keys", "all")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("accept-host-key pve3", done.stdout)
        self.assertIn('name: "pve3"', (self.out / "config.yaml").read_text())
        self.assertIn("Suggesting to migrate container 103", done.stdout)

    def test_a_key_that_the_hosts_do_not_know_is_installed_with_the_password(self):
        """On a terminal, as a person does it: a new key, a yes for each host key, and the password."""
        answers = [("Is that its key", "yes"), ("Install it with root's password", "yes"), ("Password of root", PASSWORD)]
        text = self.on_a_terminal(["init", "--host", addresses["pve1"], "--cluster", "lab", "--output", str(self.out)],
                                  answers)
        self.assertNotIn(PASSWORD, text)
        self.assertIn("accepts the key now", text)
        self.assertIn("Suggesting to migrate", text)
        self.assertIn("Written: ", text)
        authorized = subprocess.run([str(ROOT / "tests/lab/lab"), "exec", "--dir", str(lab.folder), "pve2", "cat",
                                     "/etc/pve/priv/authorized_keys"], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertIn((self.out / "credentials/exporter_key.pub").read_text().strip(), authorized)
        self.assertNotIn(PASSWORD, "".join(path.read_text() for path in self.out.rglob("*") if path.is_file()))

    def on_a_terminal(self, words, first_answers):
        """Answers what is asked; host keys of further hosts with yes."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(BIN / "balancer-evaluator", ["balancer-evaluator", *words])
        text, answered, waiting = "", 0, list(first_answers)

        def step():
            nonlocal text, answered
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    text += os.read(terminal, 65536).decode(errors="replace")
                except OSError:
                    return True  # it has ended
            asked = text[answered:]
            question, answer = waiting[0] if waiting else ("Is that its key", "yes")
            at = asked.find(question)
            if at >= 0 and asked.rstrip(" ").endswith(":"):
                answered += at + len(question)
                os.write(terminal, (answer + "\n").encode())
                answered = len(text)
                if waiting:
                    waiting.pop(0)
            return False

        wait_until(step, 120, lambda: text)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
        self.assertEqual(status, 0, text)
        return text

    def test_without_somebody_to_ask_a_refused_key_says_what_to_do(self):
        done = self.init("--accept-host-keys", "all", key=None)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("ssh-copy-id", done.stdout)
        self.assertTrue((self.out / "credentials/exporter_key.pub").exists())
        self.assertFalse((self.out / "config.yaml").exists())
        wrong = self.folder / "wrong"
        wrong.touch(0o600)
        wrong.write_text("not it\n")
        done = self.init("--accept-host-keys", "all", "--install-key", "--password-file", wrong, key=None)
        self.assertEqual(done.returncode, 1, done.stdout)
        right = self.folder / "right"
        right.touch(0o600)
        right.write_text(PASSWORD + "\n")
        done = self.init("--accept-host-keys", "all", "--install-key", "--password-file", right, key=None)
        self.assertNotIn(PASSWORD, done.stdout)
        self.assertIn("accepts the key now", done.stdout)


if __name__ == "__main__":
    unittest.main()
