"""The exporter over a fleet (tests/support/fleet.py), and what it costs: its own figures and the page's."""

import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("BALANCER_BIN", ROOT / "build/dev/bin"))
sys.path.insert(0, str(ROOT / "tests/support"))
import fleet  # noqa: E402
from waiting import wait_until  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE = re.compile(r'^(\w+)\{id="node/([^"]+)"\} (\S+)$', re.M)


class Exporter:
    """with Exporter(hosts, "10s") as exporter: serving on a free port once its first page is there."""

    def __init__(self, hosts, interval, descriptors=None, more=""):
        self.port = fleet.free_ports(1)[0]
        config = hosts.folder / "exporter.yaml"
        hosts.config(config, f"127.0.0.1:{self.port}", interval, more=more)
        self.log = hosts.folder / "exporter.log"

        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, 4096))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([BIN / "balancer-exporter", "--config", config], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, preexec_fn=limit)

    def __enter__(self):
        try:
            wait_until(lambda: self.page() or self.process.poll() is not None, 60, "the first page")
            if self.process.poll() is not None:
                raise OSError(self.log.read_text()[-3000:])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def page(self):
        """The text of /metrics; empty while there is none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return ""

    def by_host(self, name):
        """{host: value} of a metric that each host has once."""
        return {host: float(value) for metric, host, value in SAMPLE.findall(self.page()) if metric == name}

    def cpu_seconds(self):
        words = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / TICKS

    def resident_mib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise OSError("no VmRSS")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))
