#!/usr/bin/env python3
"""Other ways to read the same files from the same hosts, each a program of its own like collecting_own.

    collecting_peers.py WAY FILE

Ways: "seed" (paramiko: connect, eight commands one after another, close; hosts in turn), "seed20" (the same in 20
threads), "persistent" (paramiko: connections that stay, one command with our script per cycle, 20 threads), "master"
(OpenSSH with ControlMaster, 20 ssh at a time, our script). FILE is JSON: folder, key, known_hosts, hosts ([name,
port]), script (the command that runs node-collect.sh). Prints "ready" once connections that stay stand; then each line
on standard input is one cycle, and printed are its milliseconds of wall time, of CPU time with that of its children,
and the number of files that came. Nothing is parsed beyond counting them: that is to the other ways' credit.
"""

import abc
import concurrent.futures
import json
import pathlib
import re
import resource
import subprocess
import sys
import time

THREADS = 20
HOST_SETS = "host,guests"
CLUSTER_SETS = "host,guests,cluster,rrd"

# What node-collect.sh reads in a cycle, in eight commands of about the seed's kind.
HOST = ("head -v /proc/uptime /proc/stat /proc/meminfo /proc/loadavg /proc/pressure/cpu /proc/pressure/memory "
        "/proc/pressure/io",
        "head -v -c 2097152 /proc/net/dev /proc/vmstat /proc/spl/kstat/zfs/arcstats /sys/kernel/mm/ksm/pages_sharing",
        "head -v -c 2097152 /etc/pve/.version /var/log/pve/tasks/active "
        "/var/lib/pve-manager/pve-replication-state.json")
LXC = "/sys/fs/cgroup/lxc/[0-9]*/"
QEMU = "/sys/fs/cgroup/qemu.slice/[0-9]*.scope/"
GUESTS = (f"head -v -c 2097152 {LXC}cgroup.events {LXC}cpu.stat {LXC}memory.current {LXC}memory.stat",
          f"head -v -c 2097152 {LXC}memory.swap.current {LXC}memory.events {LXC}io.stat {LXC}*.pressure",
          f"head -v -c 2097152 {QEMU}cgroup.events {QEMU}cpu.stat {QEMU}memory.current {QEMU}memory.stat",
          f"head -v -c 2097152 {QEMU}memory.swap.current {QEMU}memory.events {QEMU}io.stat {QEMU}*.pressure",
          "for f in /sys/fs/cgroup/lxc.monitor/*/cgroup.procs /var/run/qemu-server/*.pid; do read -r p <$f; "
          "set -- \"$@\" $f /proc/$p/stat; done; head -v \"$@\"")
CLUSTER = " /etc/pve/.members /etc/pve/.vmlist /etc/pve/ha/manager_status /etc/pve/.rrd"


def files_in(text):
    return sum(1 for _ in re.finditer(rb"^==> /", text, re.M))


class Way(abc.ABC):
    def __init__(self, told):
        self.told = told
        self.hosts = told["hosts"]

    @abc.abstractmethod
    def cycle(self):
        """Reads every host once and gives how many files it got."""

    def request(self, index):
        return f"pcb1 0123456789abcdef {CLUSTER_SETS if index == 0 else HOST_SETS}\n"


class Seed(Way):
    threads = 1

    def __init__(self, told):
        super().__init__(told)
        import paramiko
        self.paramiko = paramiko
        self.key = paramiko.Ed25519Key.from_private_key_file(told["key"])

    def connect(self, port):
        client = self.paramiko.SSHClient()
        client.load_host_keys(self.told["known_hosts"])
        client.connect("127.0.0.1", port=port, username="root", pkey=self.key, allow_agent=False, look_for_keys=False)
        return client

    def read_host(self, index):
        client = self.connect(self.hosts[index][1])
        found = 0
        commands = [*HOST, *GUESTS]
        commands[2] += CLUSTER if index == 0 else ""
        for command in commands:
            found += files_in(client.exec_command(command)[1].read())
        client.close()
        return found

    def cycle(self):
        if self.threads == 1:
            return sum(self.read_host(index) for index in range(len(self.hosts)))
        with concurrent.futures.ThreadPoolExecutor(self.threads) as pool:
            return sum(pool.map(self.read_host, range(len(self.hosts))))


class Seed20(Seed):
    threads = THREADS


class Persistent(Seed):
    def __init__(self, told):
        super().__init__(told)
        self.clients = [self.connect(port) for _, port in self.hosts]
        self.pool = concurrent.futures.ThreadPoolExecutor(THREADS)

    def read_host(self, index):
        stdin, stdout, _ = self.clients[index].exec_command(self.told["script"])
        stdin.write(self.request(index))
        stdin.channel.shutdown_write()
        return files_in(stdout.read())

    def cycle(self):
        return sum(self.pool.map(self.read_host, range(len(self.hosts))))


class Master(Way):
    """The request stands in the command, and xargs starts the 20: no Python between the clients."""

    def __init__(self, told):
        super().__init__(told)
        folder = pathlib.Path(told["folder"])
        self.config = folder / "ssh_config"
        lines = "".join(f"Host {name}\nPort {port}\n" for name, port in self.hosts)
        self.config.write_text(f"{lines}Host *\nHostname 127.0.0.1\nUser root\nIdentityFile {told['key']}\n"
                               f"IdentitiesOnly yes\nUserKnownHostsFile {told['known_hosts']}\n"
                               f"ControlPath {folder}/master-%n\nControlMaster auto\nControlPersist yes\nLogLevel ERROR\n")
        for name, _ in self.hosts:
            subprocess.run(["ssh", "-F", self.config, name, "true"], check=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self, names, index):
        command = f"{self.told['script']} <<X\n{self.request(index)}X\n"
        return subprocess.run(["xargs", "-P", str(THREADS), "-I{}", "ssh", "-F", self.config, "{}", command],
                              input="\n".join(names).encode(), capture_output=True, check=True).stdout

    def cycle(self):
        names = [name for name, _ in self.hosts]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first = pool.submit(self.run, names[:1], 0)
            rest = pool.submit(self.run, names[1:], 1)
            return files_in(first.result()) + files_in(rest.result())

    def close(self):
        for name, _ in self.hosts:
            subprocess.run(["ssh", "-F", self.config, "-O", "exit", name], check=False, capture_output=True)


WAYS = {"seed": Seed, "seed20": Seed20, "persistent": Persistent, "master": Master}


def cpu_ms():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used) * 1e3


def main():
    way = WAYS[sys.argv[1]](json.loads(pathlib.Path(sys.argv[2]).read_text()))
    print("ready", flush=True)
    for _ in sys.stdin:
        cpu, began = cpu_ms(), time.perf_counter()
        files = way.cycle()
        print(f"{(time.perf_counter() - began) * 1e3:.3f} {cpu_ms() - cpu:.3f} {files}", flush=True)
    if hasattr(way, "close"):
        way.close()


if __name__ == "__main__":
    main()
