"""Faults every few seconds on a chain with two evaluators in mode auto, while the load changes.

run(seconds, seed) gives what check_records.py says of it, its exit code, and how often each fault was brought about.
"""

import collections
import pathlib
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import BIN, ROOT, TOKEN, Chain, Process, free_port, wait_until  # noqa: E402

HOSTS = ("pve1", "pve2", "pve3")
CLUSTER = """\
cluster: lab
phase: 0.3s
pvestatd: 1s
hosts:
""" + "".join(f"  {host}: {{cores: 8, memory: 32GiB}}\n" for host in HOSTS) + """\
guests:
""" + "".join(f"  10{n}: {{name: ct{n}, host: pve{n % 3 + 1}, cores: 4, memory: 2GiB, cpu: 1, memory_used: 1GiB, "
              "tags: [balancer_auto]}\n" for n in range(1, 7)) + \
    "".join(f"  20{n}: {{type: vm, name: vm{n}, host: pve{n % 3 + 1}, cores: 4, memory: 2GiB, cpu: 1, memory_used: 1GiB}}\n"
            for n in range(1, 4))
GUESTS = [f"10{n}" for n in range(1, 7)] + [f"20{n}" for n in range(1, 4)]
EVALUATOR = """\
  mode: auto
  guest_cooldown: 5s
  limits: { quorum_pause: 0s, hold: 2s, per_hour: 1000, per_host_and_hour: 1000, return_ban: 0s, failures: 100 }
"""
HOT_SECONDS = 20
SILENCE_GRACE = 10  # seconds: a start that was judged right before a silence may still be on its way


class Chaos:
    def __init__(self, seconds, seed):
        self.seconds, self.random = seconds, random.Random(seed)
        self.done = collections.Counter()
        self.hot_until = 0
        self.closed = []  # ("paused" or "silenced", from, to)
        self.chain = Chain(CLUSTER, EVALUATOR, window="15s")

    def second_evaluator(self):
        """The same configuration with a port and a state directory of its own; Alertmanager calls both."""
        chain, port = self.chain, free_port()
        config = chain.folder / "second.yaml"
        config.touch(0o600)
        config.write_text(chain.config.read_text().replace(f":{chain.port['evaluator']}", f":{port}")
                          .replace(f"{chain.folder}/state\n", f"{chain.folder}/second\n"))
        (chain.folder / "second").mkdir(mode=0o700)
        path = chain.folder / "alertmanager.yml"
        lines = path.read_text().splitlines()
        at = next(i for i, line in enumerate(lines) if f":{chain.port['evaluator']}/webhook" in line)
        begin = max(i for i in range(at + 1) if lines[i].lstrip().startswith("- "))
        indent = len(lines[begin]) - len(lines[begin].lstrip())
        end = next((i for i in range(at + 1, len(lines))
                    if lines[i].strip() and len(lines[i]) - len(lines[i].lstrip()) <= indent), len(lines))
        copy = [line.replace(f":{chain.port['evaluator']}/", f":{port}/") for line in lines[begin:end]]
        path.write_text("\n".join(lines[:end] + copy + lines[end:]) + "\n")
        chain.port["second"] = port
        chain.parts["second"] = Process("second", chain.folder, BIN / "balancer-evaluator", "serve", "--config", config)
        chain.READY = {**chain.READY, "second": "/-/healthy"}

    def configs(self):
        return [self.chain.config, self.chain.folder / "second.yaml"]

    # ---- faults ----
    def kill(self, name):
        self.chain.parts[name].end(signal.SIGKILL)
        self.hold(1, 3)
        self.chain.start_part(name)

    def stop_and_continue(self, name):
        process = self.chain.parts[name].process
        process.send_signal(signal.SIGSTOP)
        self.hold(1, 6)
        process.send_signal(signal.SIGCONT)

    def host_fault(self, fault):
        host = self.random.choice(HOSTS)
        self.chain.lab.fault(host, *fault.split())
        self.hold(1, 5)
        self.chain.lab.call("heal", "--dir", str(self.chain.lab.folder), host, fault.split()[0])

    def guest_fault(self, fault):
        guest = self.random.choice(GUESTS[:6])
        self.chain.lab.fault(guest, *fault.split())
        self.hold(2, 6)
        self.chain.lab.call("heal", "--dir", str(self.chain.lab.folder), guest, fault.split()[0])

    def press_the_button(self):
        for config in self.configs():
            self.command(config, "pause")
        since = time.time()
        self.hold(3, 8)
        self.closed.append(("paused", since, time.time()))
        for config in self.configs():
            wait_until(lambda: self.command(config, "resume") == 0, 30, "resume")

    def silence(self):
        named = self.chain.amtool("silence", "add", "--duration=1h", "--author=test", "--comment=chaos", "balancer=relieve")
        since = time.time()
        self.hold(SILENCE_GRACE + 2, SILENCE_GRACE + 6)
        self.closed.append(("silenced", since + SILENCE_GRACE, time.time()))
        self.chain.amtool("silence", "expire", named)

    def command(self, config, *words):
        return subprocess.run([str(BIN / "balancer-evaluator"), *words, "--config", str(config)], capture_output=True,
                              text=True, timeout=60).returncode

    def close_the_breakers(self):
        """As the person would who was told: load that changes makes a plan come out worse, and ends mode auto."""
        for config in self.configs():
            self.command(config, "breaker", "reset")

    # ---- the run ----
    def hold(self, least, most):
        """The fault lasts so long, and the load goes on changing."""
        until = time.monotonic() + self.random.uniform(least, most)

        def is_over():
            if time.monotonic() > self.hot_until:
                self.heat()
            return time.monotonic() >= until
        wait_until(is_over, most + 60, "the end of the fault's time: does the lab not answer?")

    def heat(self):
        """Another host is far over its limit, for a while; its guests are what it takes."""
        guests = self.chain.lab.status()["guests"]
        host = self.random.choice(sorted({guest["host"] for guest in guests.values()}))
        hot = [number for number, guest in guests.items() if guest["host"] == host]
        for number in guests:
            self.chain.lab.set(number, f"cpu={7.6 / len(hot):.2f}" if number in hot else "cpu=0.4")
        self.hot_until = time.monotonic() + HOT_SECONDS

    def faults(self):
        return {"kill evaluator": lambda: self.kill("evaluator"), "kill second": lambda: self.kill("second"),
                "stop evaluator": lambda: self.stop_and_continue("evaluator"),
                "stop second": lambda: self.stop_and_continue("second"),
                "kill exporter": lambda: self.kill("exporter"), "kill alertmanager": lambda: self.kill("alertmanager"),
                "stop prometheus": lambda: self.stop_and_continue("prometheus"),
                "blackhole": lambda: self.host_fault("blackhole"), "no sshd": lambda: self.host_fault("sshd"),
                "slow": lambda: self.host_fault("slow 80ms"), "partition": lambda: self.host_fault("partition"),
                "before-move": lambda: self.guest_fault("before-move chaos"),
                "after-move": lambda: self.guest_fault("after-move"), "hang": lambda: self.guest_fault("hang"),
                "red button": self.press_the_button, "silence": self.silence}

    def up(self):
        self.chain.lab.up()
        self.chain.write_configuration()
        self.second_evaluator()
        for name in self.chain.parts:
            self.chain.start_part(name)

    def run(self):
        self.up()
        faults = self.faults()
        until, waiting = time.monotonic() + self.seconds, []
        self.hold(20, 20)
        while time.monotonic() < until:
            if not waiting:
                waiting = self.random.sample(sorted(faults), len(faults))  # each comes, in an order of its own
            name = waiting.pop()
            faults[name]()
            self.done[name] += 1
            self.close_the_breakers()
            self.hold(1, 4)
        for name in ("evaluator", "second"):
            self.chain.parts[name].end()
        return self.check()

    def check(self):
        times = self.chain.folder / "times"
        times.write_text("".join(f"{why} {since} {until}\n" for why, since, until in self.closed))
        journals = [str(self.chain.folder / name / "journal.sqlite") for name in ("state", "second")]
        return subprocess.run([sys.executable, str(ROOT / "tests/e2e/check_records.py"),
                               str(self.chain.lab.folder / "record"), *journals, "--times", str(times)],
                              capture_output=True, text=True, timeout=120)


def run(seconds, seed):
    chaos = Chaos(seconds, seed)
    try:
        judged = chaos.run()
        crashes = [name for name in ("evaluator", "second") if "terminate called" in chaos.chain.parts[name].log()]
        return judged.returncode, judged.stdout + judged.stderr, chaos.done, crashes
    finally:
        chaos.chain.down()
