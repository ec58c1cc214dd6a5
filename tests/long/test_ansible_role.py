"""The Ansible role does on hosts of the lab what the script does, twice without a change, and takes it away again."""

import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "deploy"))
import test_prepare_host as hosts  # noqa: E402
from test_prepare_host import ROOT  # noqa: E402

setUpModule = hosts.setUpModule


def play(*variables):
    inventory = ",".join(hosts.addresses.values()) + ","
    words = ["ansible-playbook", "-i", inventory, "-u", "root", "--ssh-common-args", f"-F {hosts.lab.folder}/ssh_config",
             str(ROOT / "deploy/ansible/prepare.yml")]
    for variable in variables:
        words += ["-e", variable]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3", "LC_ALL": "C.UTF-8"})
    if done.returncode != 0:
        raise AssertionError(done.stdout)
    return done.stdout


class Role(unittest.TestCase):
    def test_present_again_and_absent(self):
        variables = (f"balancer_read_key={hosts.lab.folder}/read.pub", f"balancer_read_from={hosts.own_address()}",
                     f"balancer_migrate_key={hosts.lab.folder}/migrate.pub",
                     f"balancer_migrate_from={hosts.own_address()}", '{"balancer_never": ["lxc/104"]}')
        self.assertIn("changed=1", play(*variables))
        answers = hosts.ssh("read", text="pcb1 0123456789abcdef host\n")
        self.assertIn(b"node pve1", answers.stdout)
        self.assertIn("never=lxc/104", hosts.on("pve1", "cat /etc/proxmox-cluster-balancer-node.conf"))
        self.assertIn("changed=0", play(*variables))
        play("balancer_state=absent")
        self.assertIn("not prepared", hosts.prepare("--status"))


if __name__ == "__main__":
    unittest.main()
