"""deploy/lib.sh: what it says, and what it leaves behind, when it installs packages.

apt-get, dpkg-query and systemctl are stand-ins in a folder of their own; the policy file and the unit links are real
files in it.
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

STAND_INS = {
    # Installing makes the package known, asks the policy as invoke-rc.d would, and enables a unit.
    "apt-get": """#!/bin/sh
echo "apt-get $*" >> "$STATE/calls"
case "$*" in *install*) ;; *) exit 0 ;; esac
"$POLICY_FILE" ssh start; echo "policy answered $?" >> "$STATE/calls"
[ ! -e "$STATE/apt-fails" ] || exit 100
for name in "$@"; do touch "$STATE/installed-$name"; done
mkdir -p "$UNIT_DIRECTORY/multi-user.target.wants"
ln -sf /lib/systemd/system/ssh.service "$UNIT_DIRECTORY/multi-user.target.wants/ssh.service"
ln -sf /lib/systemd/system/ssh.service "$UNIT_DIRECTORY/sshd.service"
""",
    "dpkg-query": """#!/bin/sh
for name; do :; done
[ -e "$STATE/installed-$name" ] && printf installed
""",
    "systemctl": """#!/bin/sh
echo "systemctl $*" >> "$STATE/calls"
""",
    "id": "#!/bin/sh\necho 0\n",
}


class InstallPackages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = pathlib.Path(folder.name)
        self.policy = self.state / "policy-rc.d"
        self.wants = self.state / "system/multi-user.target.wants"
        for name, text in STAND_INS.items():
            path = self.state / "bin" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)

    def install(self, *names):
        environment = dict(os.environ, STATE=str(self.state), POLICY_FILE=str(self.policy),
                           UNIT_DIRECTORY=str(self.state / "system"), PATH=f"{self.state}/bin:{os.environ['PATH']}")
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", '. "$0"; install_packages "for the lab" "$@"',
             str(ROOT / "deploy/lib.sh"), *names], env=environment, capture_output=True, text=True, timeout=30)

    def calls(self):
        path = self.state / "calls"
        return path.read_text() if path.exists() else ""

    def test_installs_nothing_when_nothing_is_missing(self):
        (self.state / "installed-curl").touch()
        done = self.install("curl")
        self.assertEqual((done.returncode, done.stdout, self.calls()), (0, "", ""))

    def test_says_what_and_why_and_installs_only_what_is_missing(self):
        (self.state / "installed-curl").touch()
        done = self.install("curl", "openssh-server")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Installing 1 Debian packages, for the lab:\n  openssh-server\n", done.stdout)
        self.assertIn("install openssh-server\n", self.calls())

    def test_no_service_starts_and_the_policy_is_gone_afterwards(self):
        self.install("openssh-server")
        self.assertIn("policy answered 101", self.calls())
        self.assertFalse(self.policy.exists())

    def test_a_policy_that_was_there_is_put_back(self):
        self.policy.write_text("#!/bin/sh\nexit 0\n")
        self.policy.chmod(0o755)
        self.install("openssh-server")
        self.assertIn("policy answered 101", self.calls())
        self.assertEqual(self.policy.read_text(), "#!/bin/sh\nexit 0\n")

    def test_a_failed_installation_ends_with_a_message_and_puts_the_policy_back(self):
        (self.state / "apt-fails").touch()
        self.policy.write_text("#!/bin/sh\nexit 0\n")
        done = self.install("openssh-server")
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get could not install: openssh-server", done.stderr)
        self.assertEqual(self.policy.read_text(), "#!/bin/sh\nexit 0\n")

    def test_what_a_killed_run_left_is_mended_by_the_next(self):
        self.policy.write_text("#!/bin/sh\n# no service starts while the balancer's deploy/lib.sh installs packages\n")
        (self.state / "policy-rc.d.saved-by-balancer").write_text("#!/bin/sh\nexit 0\n")
        (self.state / "installed-curl").touch()
        self.install("curl")
        self.assertEqual(self.policy.read_text(), "#!/bin/sh\nexit 0\n")

    def test_a_unit_that_came_is_disabled_and_one_that_was_there_stays(self):
        self.wants.mkdir(parents=True)
        (self.wants / "cron.service").symlink_to("/lib/systemd/system/cron.service")
        self.install("openssh-server")
        self.assertEqual([link.name for link in self.wants.iterdir()], ["cron.service"])
        self.assertFalse((self.wants.parent / "sshd.service").is_symlink())
        self.assertIn("systemctl disable ssh.service", self.calls())

    def test_a_unit_that_was_enabled_before_stays_enabled(self):
        self.wants.mkdir(parents=True)
        (self.wants / "ssh.service").symlink_to("/lib/systemd/system/ssh.service")
        self.install("openssh-server")
        self.assertEqual([link.name for link in self.wants.iterdir()], ["ssh.service"])


if __name__ == "__main__":
    unittest.main()
