"""deploy/quickstart_parts.sh: editing a configuration, choosing ports, and the table of hosts."""

import pathlib
import re
import socket
import subprocess
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(script, *arguments, text=""):
    begin = f'. "{ROOT}/deploy/lib.sh"; . "{ROOT}/deploy/quickstart_parts.sh"; '
    return subprocess.run(["bash", "-euo", "pipefail", "-c", begin + script, "sh", *arguments], input=text,
                          capture_output=True, text=True, timeout=30)


def shell(script, *arguments, text=""):
    done = run(script, *arguments, text=text)
    if done.returncode != 0:
        raise AssertionError(f"{done.returncode}: {done.stderr}")
    return done.stdout


class SetKey(unittest.TestCase):
    def check(self, before, section, key, value, after):
        with tempfile.NamedTemporaryFile("w+", suffix=".yaml") as file:
            file.write(before)
            file.flush()
            shell('set_key "$@"', file.name, section, key, value)
            self.assertEqual(pathlib.Path(file.name).read_bytes().decode(), after)

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


    def test_the_same_key_deeper_in_the_section_is_another(self):
        self.check("evaluator:\n    act:\n        mode: x\n    mode: auto\n", "evaluator", "mode", "suggest",
                   "evaluator:\n    mode: suggest\n    act:\n        mode: x\n")

    def test_a_list_whose_bracket_closes_below_it_and_lines_of_another_system(self):
        self.check("prometheus:\r\n  urls: [\r\n    a,\r\n  ]\r\n  window: 5m\r\n", "prometheus", "urls", "[b]",
                   "prometheus:\n  urls: [b]\n  window: 5m\n")


class BlockStyle(unittest.TestCase):
    def check(self, text):
        """The line that is refused, or nothing."""
        with tempfile.NamedTemporaryFile("w+", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            done = run('require_block_style "$1"', file.name)
            self.assertEqual(pathlib.Path(file.name).read_bytes().decode(), text)
        self.assertEqual(done.returncode, 1 if done.stderr else 0)
        if not done.stderr:
            return None
        self.assertIn("Nothing was started or changed.", done.stderr)
        return re.match(rf"error: {re.escape(file.name)}, (line \d+: .*)\n", done.stderr)[1]

    def test_what_set_key_understands_is_taken(self):
        self.assertIsNone(self.check((ROOT / "config.yaml").read_text()))
        self.assertIsNone(self.check(
            "# mine\n---\ncluster: a\nproxmox_hosts:\n- { name: b }\n- name: c\nssh: { accept_new: true }\nexporter:  # e\n"
            "    listen: x  # y\n    discover: true\n\nalertmanager:\n  urls:\n  - http://a\n  receiver: r\n"
            "evaluator:\n  webhook: { a: b }\n  balance:\n    - { days: [mon] }\n  never: [\n    lxc/1\n  ]\nprometheus:\r\n"))

    def test_the_one_in_the_readme_is_taken_and_works_without_the_package(self):
        text = textwrap.dedent(re.search(r"(?ms)^ *```yaml\n(.*?)^ *```$", (ROOT / "README.md").read_text())[1])
        self.assertIn("proxmox_hosts:", text)
        self.assertIsNone(self.check(text))
        # Where nothing is named they are recorded in a folder that the package makes.
        self.assertRegex(text, r"(?m)^ssh:\n  known_hosts: /root/")

    def test_what_it_does_not_is_refused_with_the_line(self):
        for line in ("exporter: { interval: 15s }", "evaluator: {}", "prometheus: &x", '"exporter":', "'evaluator': ",
                     "alertmanager : ", "exporter: null"):
            with self.subTest(line):
                self.assertEqual(self.check(f"cluster: a\n\n{line}\n"), f"line 3: {line}")
        for text, line in (("{cluster: a, exporter: {}}\n", "line 1: {cluster: a, exporter: {}}"),
                           ("# mine\n  cluster: a\n", "line 2:   cluster: a"),
                           ("cluster: a\n--- {b: c}\n", "line 2: --- {b: c}"),
                           ("cluster: a\n...\n", "line 2: ..."),
                           ("exporter:\n  { interval: 15s }\n", "line 2:   { interval: 15s }"),
                           ("evaluator:\n  mode: auto\n  'listen': x\n", "line 3:   'listen': x"),
                           ("evaluator:\n  ? mode\n  : auto\n", "line 2:   ? mode")):
            with self.subTest(text):
                self.assertEqual(self.check(text), line)


class Configuration(unittest.TestCase):
    def test_a_configuration_of_ones_own_only_suggests_here(self):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder, "balancer.yaml")
            config.write_text("cluster: office\nevaluator:\n  mode: auto\n")
            shell('cd "$1"; folder=$2 own_config=x; port=([exporter]=1 [evaluator]=2 [prometheus]=3 [alertmanager]=4); '
                  "write_configuration", str(ROOT), folder)
            text = config.read_text()
            self.assertIn("  mode: suggest\n", text)
            self.assertNotIn("auto", text)
            self.assertIn('cluster: "office"', pathlib.Path(folder, "prometheus.yml").read_text())


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
