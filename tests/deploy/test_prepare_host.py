"""deploy/prepare-host.sh on hosts of the lab, with their real sshd and the real sudo: the product works through the two
keys, and somebody who has them can do nothing else."""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from attacks import COMMANDS, OPTIONS, REQUESTS  # noqa: E402
from chain import BIN, ROOT, Lab, wait_until  # noqa: E402

CLUSTER = """
cluster: prepared
phase: 0.1s
hosts:
  pve1: {cores: 8, memory: 32GiB, cpu: 0.5}
  pve2: {cores: 8, memory: 32GiB, cpu: 0.5}
guests:
  101: {name: web, host: pve1, cores: 2, memory: 1GiB, cpu: 0.5, memory_used: 500MiB}
  102: {name: db, host: pve1, cores: 2, memory: 1GiB, cpu: 0.5, memory_used: 500MiB}
  103: {name: dns, host: pve1, cores: 2, memory: 1GiB, cpu: 0.5, memory_used: 500MiB}
  104: {name: mail, host: pve1, cores: 2, memory: 1GiB, cpu: 0.5, memory_used: 500MiB}
"""
OPERATION = "0123456789abcdef0123456789abcde%d"
OWNER = "f" * 32
LIBRARY = "/usr/lib/proxmox-cluster-balancer"
lab = None
addresses = {}


def setUpModule():
    global lab
    folder = tempfile.TemporaryDirectory(prefix="pcb-prepare-")
    unittest.addModuleCleanup(folder.cleanup)
    lab = Lab(pathlib.Path(folder.name), CLUSTER)
    unittest.addModuleCleanup(lab.down)
    lab.up()
    text = (lab.folder / "config.yaml").read_text()
    addresses.update(re.findall(r"name: (\w+)\n +address: (\S+)", text))
    for name in ("read", "migrate"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", lab.folder / name], check=True)
    (lab.folder / "ssh_config").write_text(
        f"IdentityFile {lab.folder}/id_ed25519\nIdentitiesOnly yes\nUserKnownHostsFile {lab.folder}/known_hosts\n")
    for host in addresses:
        # As Debian's own sshd_config begins.
        on(host, "sed -i '1i Include /etc/ssh/sshd_config.d/*.conf' /etc/ssh/sshd_config; mkdir -p /etc/ssh/sshd_config.d")


def on(host, command, check=True):
    """As root on the host, without SSH."""
    done = subprocess.run([str(ROOT / "tests/lab/lab"), "exec", "--dir", str(lab.folder), host, "sh", "-c", command],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}")
    return done.stdout


def own_address():
    """Where this machine comes from, as the hosts see it."""
    route = subprocess.run(["ip", "-j", "route", "get", addresses["pve1"]], check=True, stdout=subprocess.PIPE)
    return json.loads(route.stdout)[0]["prefsrc"]


def prepare(*options, hosts=("pve1", "pve2"), check=True):
    words = [str(ROOT / "deploy/prepare-host.sh"), "--ssh-config", str(lab.folder / "ssh_config")]
    for host in hosts:
        words += ["--on", addresses[host]]
    done = subprocess.run([*words, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError(done.stdout)
    for host in hosts:  # sshd reads its configuration by starting anew
        wait_until(lambda host=host: listens(addresses[host]), 60, f"sshd of {host} does not listen again")
    return done.stdout


def listens(address):
    try:
        with socket.create_connection((address, 22), timeout=5) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def prepare_all(limit="2"):
    return prepare("--read-key", f"{lab.folder}/read.pub", "--read-from", own_address(), "--migrate-key",
                   f"{lab.folder}/migrate.pub", "--migrate-from", own_address(), "--moves-per-hour", limit, "--never",
                   "lxc/104")


def ssh(key, *words, text="", user=None, options=()):
    return subprocess.run(
        ["ssh", "-F", "none", "-i", str(lab.folder / key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o",
         f"UserKnownHostsFile={lab.folder}/known_hosts", "-o", "ConnectTimeout=30", *options,
         f"{user or 'balancer-' + key}@{addresses['pve1']}", *words],
        input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)


def ask(request):
    return ssh("migrate", text=f"pcm1 0123456789abcdef {request}\n").stdout.decode()


def start(number, guest):
    return ask(f"start {OPERATION % number} {guest} pve1 pve2 restart running shared 0 0 0 99999999 {OWNER}")


def picture():
    """What an attack could have changed: every file that is not a log, every guest's place, every call that was made."""
    files = on("pve1", "find /etc /usr/lib/proxmox-cluster-balancer /root /tmp /var/lib /run -xdev -type f "
                       "! -path '/run/pcb-*' ! -path '/run/sudo/*' ! -path '/run/balancer-node.lock' "
                       "! -path '/var/lib/lastlog' -exec stat -c '%n %s %Y %U %a' {} + | sort")
    places = on("pve1", "ls /etc/pve/nodes/*/lxc /etc/pve/priv/lock; cat /etc/shadow")
    return files, places, (lab.folder / "record").read_text() if (lab.folder / "record").exists() else ""


class PreparedHost(unittest.TestCase):
    def setUp(self):
        prepare_all()
        self.addCleanup(prepare, "--remove")

    def test_the_product_reads_through_the_key(self):
        text = (lab.folder / "config.yaml").read_text()
        path = lab.folder / "least.yaml"
        path.write_text(text.replace("user: root", "user: balancer-read").replace("/id_ed25519", "/read"))
        done = subprocess.run([str(BIN / "balancer-exporter"), "--config", str(path), "--once", "--output", "cluster"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)
        document = json.loads(done.stdout[done.stdout.index("{"):])
        self.assertEqual([host["state"] for host in document["hosts"]], ["online", "online"])
        self.assertEqual(len(document["guests"]), 4)
        self.assertTrue(all("cpu_used_cores" in guest for guest in document["guests"]), document["guests"])

    def test_nothing_on_the_attack_list_does_anything(self):
        self.attack_with(every=3)  # tests/long/test_attacks.py takes all

    def attack_with(self, every):
        before = picture()
        attacks = []
        for key in ("read", "migrate"):
            mark = f"/tmp/mark-{key}"
            attacks += [(key, [command.replace("MARK", mark)], "", ()) for command in COMMANDS]
            attacks += [(key, [], request.replace("MARK", mark).replace("ID", OWNER) + "\n", ()) for request in REQUESTS]
            attacks += [(key, [] if "-s" in option or "-W" in option else ["touch", mark], "",
                         [part.replace("MARK", mark) for part in option]) for option in OPTIONS]
        attacks = attacks[::every]
        self.assertGreaterEqual(len(attacks), 50)
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            done = list(pool.map(lambda attack: (attack, ssh(attack[0], *[w for w in attack[1]], text=attack[2],
                                                             options=attack[3])), attacks))
        for attack, result in done:
            said = result.stdout.decode(errors="replace")
            for secret in ("uid=", "root:x:0", "root:$", "PRIVATE KEY", "SSH-2.0"):
                self.assertNotIn(secret, said, attack)
            if attack[1]:
                self.assertTrue(result.returncode != 0 or said.strip() == "", (attack, said))
            elif attack[2]:
                self.assertRegex(said, r"@@\S* error |refused |^\s*$", attack)
        after = picture()
        for was, now in zip(before, after):
            self.assertEqual(was, now)
        self.assertNotIn("/tmp/mark", on("pve1", "ls /tmp"))

    def test_the_keys_work_from_their_address_and_for_their_user_alone(self):
        self.assertEqual(ssh("read", text="pcb1 0123456789abcdef host\n").returncode, 0)
        for user in ("root", "balancer-migrate"):
            self.assertIn(b"Permission denied", ssh("read", text="", user=user).stdout)
        prepare("--read-key", f"{lab.folder}/read.pub", "--read-from", "192.0.2.99", hosts=("pve1",))
        self.assertIn(b"Permission denied", ssh("read", text="pcb1 0123456789abcdef host\n").stdout)
        self.assertEqual(ssh("id_ed25519", "true", user="root").returncode, 0, "root's own login is as it was")

    def test_the_hosts_own_limits_hold(self):
        self.assertIn("held", ask(f"lock take {OWNER}"))
        self.addCleanup(ask, f"lock release {OWNER}")
        self.assertIn("refused node_never lxc/104", start(1, "lxc/104"))
        # With a guest that must never move, Proxmox may not choose which ones leave.
        self.assertIn("refused node_maintenance", ask(f"maintenance enable pve1 999999999 {OWNER}"))
        self.assertNotIn("node_maintenance", ask(f"maintenance disable pve1 5 {OWNER}"))
        on("pve1", "touch /etc/proxmox-cluster-balancer-node.stop")
        self.assertIn("refused node_stop", start(1, "lxc/101"))
        on("pve1", "rm /etc/proxmox-cluster-balancer-node.stop")
        self.assertIn("\nstarted\n", start(1, "lxc/101"))
        self.assertIn("\nstarted\n", start(2, "lxc/102"))
        self.assertIn("refused node_limit 2", start(3, "lxc/103"))
        for guest in ("lxc/101", "lxc/102"):
            wait_until(lambda guest=guest: "place pve2" in ask(f"status {guest}"), 60, lambda: ask(f"status {guest}"))
        self.assertIn("place pve1", ask("status lxc/103"))

    def test_another_key_lifts_no_limit(self):
        key = ("--migrate-key", f"{lab.folder}/migrate.pub", "--migrate-from", own_address())
        for options, limits in (((), ["moves_per_hour=2", "never=lxc/104", "only_to="]),
                                (("--only-to", "pve2,pve3"), ["moves_per_hour=2", "never=lxc/104", "only_to=pve2 pve3"]),
                                (("--never", "none"), ["moves_per_hour=2", "never=", "only_to=pve2 pve3"]),
                                (("--only-to", "all", "--moves-per-hour", "0"), ["moves_per_hour=0", "never=", "only_to="])):
            prepare(*key, *options, hosts=("pve1",))
            self.assertEqual(on("pve1", "grep = /etc/proxmox-cluster-balancer-node.conf").split("\n")[:-1], limits, options)

    def test_update_rolls_new_scripts_out(self):
        sum_of = lambda: on("pve1", f"sha256sum {LIBRARY}/node-collect.sh").split()[0]  # noqa: E731
        wanted = hashlib.sha256((ROOT / "exporter/node-collect.sh").read_bytes()).hexdigest()
        self.assertEqual(sum_of(), wanted)
        on("pve1", f"echo '# old' >>{LIBRARY}/node-collect.sh")
        self.assertIn("node-collect.sh installed", prepare("--update"))
        self.assertEqual(sum_of(), wanted)
        self.assertIn("node-migrate.sh is up to date", prepare("--update"))
        self.assertIn(wanted[:12], prepare("--status"))


class Removal(unittest.TestCase):
    def test_nothing_is_left(self):
        listing = ("find /etc /usr/lib/proxmox-cluster-balancer /var/lib -xdev ! -type d ! -name '*-' -print 2>/dev/null | "
                   "sort; getent passwd; getent group; cat /etc/shadow | cut -d: -f1")
        before = on("pve1", listing)
        prepare_all()
        self.assertNotEqual(on("pve1", listing), before)
        prepare("--remove")
        self.assertEqual(on("pve1", listing), before)
        self.assertIn("not prepared", prepare("--status"))
        self.assertEqual(ssh("read").returncode, 255)

    def test_what_is_wrong_is_said_before_anything_is_done(self):
        read = f"{lab.folder}/read.pub"
        for words, sentence in (
                ((), "give --read-key"), (("--read-key", read), "needs --read-from"),
                (("--read-key", f"{lab.folder}/read", "--read-from", "192.0.2.1"), "is the private key"),
                (("--read-key", read, "--read-from", 'x",command="sh'), "cannot be"),
                (("--read-key", read, "--read-from", "::1", "--migrate-key", read, "--migrate-from", "::1"), "two keys"),
                (("--never", "lxc/1;reboot"), "cannot be"), (("--on", "-oProxyCommand=x"), "cannot be")):
            done = subprocess.run([str(ROOT / "deploy/prepare-host.sh"), *words], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            self.assertIn(sentence, done.stdout)
            self.assertIn(done.returncode, (1, 2))

    def test_shellcheck_finds_nothing(self):
        scripts = [*(ROOT / "deploy/hosts").iterdir(), ROOT / "deploy/prepare-host.sh", *(ROOT / "deploy/cli").iterdir(),
                   ROOT / "deploy/debian/postinst", ROOT / "deploy/debian/prerm", ROOT / "deploy/debian/postrm"]
        subprocess.run(["shellcheck", *scripts], check=True)


if __name__ == "__main__":
    unittest.main()
