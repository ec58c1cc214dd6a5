"""Many Proxmox hosts on one machine, cheaply: each is a real sshd on a loopback port of its own, in mount and uts
namespaces where /etc/pve, /sys/fs/cgroup, /run and /var/log/pve are files on a tmpfs (tests/support/fleet_files.py),
and root's home is a new one: what this machine's .bashrc costs is not measured.

For benches and endurance, where hosts are many and what they say need not change. The lab (tests/lab) is for the rest:
its hosts live. Needs root and openssh-server. Leaves nothing behind: the hosts die with the program that made them.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import fleet_files  # noqa: E402
from waiting import wait_until  # noqa: E402

# $1: host name, $2: the folder of its files
IN_NAMESPACE = r"""set -e
hostname "$1"
mount --bind "$2/cgroup" /sys/fs/cgroup
mount -t overlay none -o "lowerdir=$2/etc:/etc" /etc
mount --bind "$2/pve" /etc/pve
mount -t overlay none -o "lowerdir=$2/var:/var" /var
mount --bind "$2/run" /run
mount --bind "$2/root" /root
exec /usr/sbin/sshd -D -e -f "$2/sshd_config"
"""


def free_ports(count):
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Cgroup:
    """A cgroup v2 of our own: the CPU time of all that ran in it, dead or alive, to the microsecond."""

    def __init__(self, name):
        with open("/proc/mounts", encoding="ascii") as mounts:
            root = next(line.split()[1] for line in mounts if line.split()[2] == "cgroup2")
        self.path = pathlib.Path(root, f"pcb-{name}-{os.getpid()}")
        self.path.mkdir()

    def cpu_seconds(self):
        for line in (self.path / "cpu.stat").read_text().splitlines():
            name, value = line.split()
            if name == "usage_usec":
                return int(value) / 1e6
        raise OSError(f"{self.path}/cpu.stat has no usage_usec")

    def enter(self):
        """For preexec_fn: the process about to be started, and all below it."""
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def processes(self):
        return [int(word) for word in (self.path / "cgroup.procs").read_text().split()]

    def end(self):
        """Kills all that is in it, and removes it."""
        wait_until(lambda: not self._kill(), 60, f"{self.path} empties")
        wait_until(self._remove, 60, f"{self.path} can be removed")

    def _kill(self):
        processes = self.processes()
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return processes

    def _remove(self):
        with contextlib.suppress(OSError):  # busy for a moment after its last process
            self.path.rmdir()
            return True
        return False


class Fleet:
    """with Fleet(hosts, guests) as fleet: … hosts that accept logins with fleet.key."""

    def __init__(self, hosts, guests):
        self.guests = guests
        self.names = [f"pve{number + 1}" for number in range(hosts)]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pcb-fleet-", dir="/dev/shm"))
        self.key = self.folder / "key"
        self.known_hosts = self.folder / "known_hosts"
        self.cgroup = Cgroup("fleet")
        self.ports = []
        self.listeners = []

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _start(self):
        os.makedirs("/run/sshd", exist_ok=True)
        for name in ("key", "host_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        shutil.copy(f"{self.key}.pub", self.folder / "authorized_keys")
        shared = fleet_files.cluster_files(self.names, self.guests)
        for name in self.names:
            self._write_host(name, shared)
        self.ports = free_ports(len(self.names))
        public = (self.folder / "host_key.pub").read_text()
        self.known_hosts.write_text("".join(f"[127.0.0.1]:{port} {public}" for port in self.ports))
        for name, port in zip(self.names, self.ports):
            self.listeners.append(self._start_sshd(name, port))
        for name, port in zip(self.names, self.ports):
            wait_until(lambda port=port: accepts(port), 60, f"sshd of {name}, see {self.folder / name / 'log'}")

    def _write_host(self, name, shared):
        home = self.folder / name
        places = {"/sys/fs/cgroup": home / "cgroup", "/etc/pve": home / "pve", "/run": home / "run",
                  "/var": home / "var"}
        for place in (*places.values(), home / "etc/pve", home / "run/sshd", home / "root"):
            place.mkdir(parents=True)
        shutil.copy("/etc/skel/.bashrc", home / "root")
        files = fleet_files.host_files(self.names, self.names.index(name), self.guests)
        files.update({f"/etc/pve/{file}": text for file, text in shared.items()})
        made = set()
        for path, text in files.items():
            top = next(top for top in places if path.startswith(top + "/"))
            target = f"{places[top]}{path[len(top):]}"
            folder = os.path.dirname(target)
            if folder not in made:
                os.makedirs(folder, exist_ok=True)
                made.add(folder)
            with open(target, "w", encoding="ascii") as file:
                file.write(text)

    def _start_sshd(self, name, port):
        home = self.folder / name
        (home / "sshd_config").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host_key\nAuthorizedKeysFile "
            f"{self.folder}/authorized_keys\nPidFile none\nStrictModes no\nLogLevel ERROR\nPermitRootLogin yes\n"
            "PrintMotd no\nUsePAM no\nMaxStartups 1000\n")
        with open(home / "log", "ab") as log:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "-m", "-u", "--propagation", "private", "sh", "-c", IN_NAMESPACE, "sh", name, home],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=self.cgroup.enter, start_new_session=True)

    def config(self, path, listen="127.0.0.1:0", interval="10s", ports=None, more=""):
        """Writes a config.yaml of the product for these hosts; `ports`: reach them there instead."""
        hosts = "".join(f"  - {{name: {name}, address: 127.0.0.1, port: {port}, key_path: {self.key}}}\n"
                        for name, port in zip(self.names, ports or self.ports))
        known = self.known_hosts
        if ports:
            known = pathlib.Path(f"{path}.known_hosts")
            public = (self.folder / "host_key.pub").read_text()
            known.write_text("".join(f"[127.0.0.1]:{port} {public}" for port in ports))
        pathlib.Path(path).write_text(f"cluster: fleet\nproxmox_hosts:\n{hosts}ssh: {{known_hosts: {known}}}\n"
                                      f"exporter: {{listen: '{listen}', interval: {interval}}}\n{more}")

    def processes_of(self, name):
        """The sshd of a host and all below it: those that answer in its uts namespace."""
        own = os.readlink(f"/proc/{self.listeners[self.names.index(name)].pid}/ns/uts")
        found = []
        for pid in self.cgroup.processes():
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/ns/uts") == own:
                    found.append(pid)
        return found

    def sessions_of(self, name):
        """processes_of() without the one that listens."""
        return [pid for pid in self.processes_of(name) if pid != self.listeners[self.names.index(name)].pid]

    def signal(self, name, number):
        for pid in self.processes_of(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def close(self):
        self.cgroup.end()
        for listener in self.listeners:
            listener.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
