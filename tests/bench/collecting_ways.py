"""The ways to read a fleet that the collecting bench compares, as programs that do one cycle per line of input."""

import json
import pathlib
import subprocess
import urllib.request

import bench
import fleet
from waiting import wait_until

HERE = pathlib.Path(__file__).resolve().parent
PEERS = ("seed", "seed20", "persistent", "master")
# Debian's, which has python3-paramiko; another python3 may stand before it in PATH.
PYTHON = "/usr/bin/python3"


class Way:
    """with Way(command) as way: way.cycle() → the numbers that the program prints."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.ready = self.process.stdout.readline().split()
        if self.ready[:1] != ["ready"]:
            raise SystemExit(f"{command} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def cycle(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]


def script_command():
    """As exporter/collect_request.cpp sends it: node-collect.sh without its comments."""
    lines = (line.strip() for line in (bench.ROOT / "exporter/node-collect.sh").read_text().splitlines())
    return "exec sh -c '" + "".join(line + "\n" for line in lines if line and not line.startswith("#")) + "'"


def own(binaries, hosts, ports=None):
    config = hosts.folder / ("own.yaml" if ports is None else f"own-{ports[0]}.yaml")
    hosts.config(config, ports=ports)
    return Way(binaries / "collecting_own", config)


def peer(name, hosts):
    told = hosts.folder / "peers.json"
    told.write_text(json.dumps({"folder": str(hosts.folder), "key": str(hosts.key), "script": script_command(),
                                "known_hosts": str(hosts.known_hosts), "hosts": list(zip(hosts.names, hosts.ports))}))
    return Way(PYTHON, HERE / "collecting_peers.py", name, told)


class Delayed:
    """with Delayed(binaries, milliseconds, ports) as ports: the same servers, so far away in each direction."""

    def __init__(self, binaries, milliseconds_each_way, ports):
        self.process = subprocess.Popen([binaries / "collecting_delay", str(milliseconds_each_way), *map(str, ports)],
                                        stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return [int(word) for word in self.process.stdout.readline().split()]

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class NodeExporter:
    """Debian's prometheus-node-exporter with its defaults; cpu_seconds(): all it has used."""

    def __init__(self):
        self.cgroup = fleet.Cgroup("node-exporter")
        self.port = fleet.free_ports(1)[0]
        self.process = subprocess.Popen(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{self.port}"],
                                        stderr=subprocess.DEVNULL, preexec_fn=self.cgroup.enter)
        wait_until(lambda: fleet.accepts(self.port), 60, "prometheus-node-exporter")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cgroup.end()
        self.process.wait()

    def scrape(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            return len(answer.read())

    def cpu_seconds(self):
        return self.cgroup.cpu_seconds()
