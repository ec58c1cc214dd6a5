"""deploy/quickstart_parts.sh: editing a configuration, choosing ports, and the table of hosts."""

import pathlib
import socket
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def shell(script, *arguments, text=""):
    begin = f'. "{ROOT}/deploy/lib.sh"; . "{ROOT}/deploy/quickstart_parts.sh"; '
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", begin + script, "sh", *arguments], input=text,
                          capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise AssertionError(f"{done.returncode}: {done.stderr}")
    return done.stdout


class SetKey(unittest.TestCase):
    def check(self, before, section, key, value, after):
        with tempfile.NamedTemporaryFile("w+", suffix=".yaml") as file:
            file.write(before)
            file.flush()
            shell('set_key "$@"', file.name, section, key, value)
            self.assertEqual(pathlib.Path(file.name).read_text(), after)

    def test_replaces_a_value_where_it_stands(self):
        self.check("cluster: a\nexporter:  # reads\n  interval: 15s  # often\n  listen: x\nssh: {}\n", "exporter",
                   "interval", "5s", "cluster: a\nexporter:  # reads\n  interval: 5s\n  listen: x\nssh: {}\n")

    def test_adds_a_key_and_a_section(self):
        self.check("exporter:\n    listen: x\n", "exporter", "interval", "5s",
                   "exporter:\n    interval: 5s\n    listen: x\n")
        self.check("cluster: a\n", "evaluator", "mode", "suggest", "cluster: a\nevaluator:\n  mode: suggest\n")

    def test_replaces_a_list(self):
        self.check("alertmanager:\n  urls:\n    - http://a\n    - http://b\n  receiver: r\n", "alertmanager", "urls",
                   "[c]", "alertmanager:\n  urls: [c]\n  receiver: r\n")
        self.check("alertmanager:\n  urls:\n  - http://a\n", "alertmanager", "urls", "[c]",
                   "alertmanager:\n  urls: [c]\n")

    def test_replaces_a_section_within_the_section_and_leaves_the_same_key_elsewhere(self):
        self.check("evaluator:\n  webhook:\n    bearer_token: x\n  mode: auto\nnotify:\n  webhook: y\n", "evaluator",
                   "webhook", "{ f: g }", "evaluator:\n  webhook: { f: g }\n  mode: auto\nnotify:\n  webhook: y\n")


class Ports(unittest.TestCase):
    def test_a_taken_port_is_passed_over_and_named(self):
        shown = shell('port_is_taken() { case $1 in 9722 | 9822) ;; *) return 1 ;; esac; }; choose_ports; '
                      'echo "${port[exporter]} ${port[evaluator]} ${port[prometheus]} ${port[alertmanager]}"')
        self.assertEqual(shown, "Port 9722 is taken: exporter listens on 9922\n9922 9723 9090 9093\n")

    def test_a_port_is_taken_while_somebody_listens(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            number = taken.getsockname()[1]
            shown = shell('port_is_taken "$1" && echo taken; port_is_taken 1 || echo free', str(number))
        self.assertEqual(shown, "taken\nfree\n")


class HostTable(unittest.TestCase):
    PAGE = """# TYPE id:balancer_up untyped
id:balancer_up{cluster="lab",id="node/pve2",instance=""} 0 1764000000000
id:balancer_up{cluster="lab",id="node/pve1",instance=""} 1 1764000000000
id:balancer_threshold_ratio{cluster="lab",id="node/pve1",resource="cpu",instance=""} 0.8 1764000000000
id:balancer_threshold_ratio{cluster="lab",id="node/pve1",resource="memory",instance=""} 0.85 1764000000000
id:balancer_cpu_used_ratio:mean5m{cluster="lab",id="node/pve1",instance=""} 0.934 1764000000000
id:balancer_memory_used_ratio:mean5m{cluster="lab",id="node/pve1",instance=""} 0.61 1764000000000
ALERTS{alertname="HostCpuOverloaded",alertstate="firing",cluster="lab",id="node/pve1",resource="cpu"} 1 1764000000000
ALERTS{alertname="VmCpuHigh",alertstate="firing",cluster="lab",id="qemu/201"} 1 1764000000000
ALERTS{alertname="EvaluatorDown",alertstate="pending",cluster="lab"} 1 1764000000000
"""

    def test_lines(self):
        self.assertEqual(shell("host_table line no", text=self.PAGE),
                         "pve1: CPU  93 % ( 80 %), memory  61 % ( 85 %), HostCpuOverloaded\n"
                         "pve2: CPU     - (    -), memory     - (    -), cannot be read\n"
                         "also: VmCpuHigh qemu/201, EvaluatorDown (pending)\n")

    def test_table(self):
        lines = shell("host_table table no", text=self.PAGE).splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["HOST", "pve1", "pve2", "also:"])
        self.assertEqual(lines[0].index("ALERTS"), lines[1].index("HostCpuOverloaded"))

    def test_colour_marks_what_is_over_its_limit(self):
        self.assertIn("\033[31m 93 %", shell("host_table table yes", text=self.PAGE))
        self.assertNotIn("\033[31m 61 %", shell("host_table table yes", text=self.PAGE))
        self.assertNotIn("\033", shell("host_table table no", text=self.PAGE))


if __name__ == "__main__":
    unittest.main()
