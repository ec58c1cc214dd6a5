"""The fenced blocks of the documents: each says what it is, and what no test runs is at least well-formed."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from documents import LANGUAGES, NEEDS, OTHER_TESTS, PAGES, ROOT, all_blocks, spans_of  # noqa: E402

OF_PROMETHEUS = {"global", "scrape_configs", "remote_write", "rule_files", "alerting"}
OF_WEB = {"tls_server_config", "basic_auth_users", "http_server_config"}


def output(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def of(language):
    return [block for block in all_blocks() if block.language == language]


class Blocks(unittest.TestCase):
    def test_each_says_what_it_is(self):
        wrong = [block.where() for block in all_blocks() if block.language not in LANGUAGES and
                 (block.language or block.page.name != "README.md" or block.page.parent != ROOT)]
        self.assertEqual(wrong, [])
        self.assertGreater(len([block for block in all_blocks() if block.is_commands()]), 20)

    def test_the_mark_stands_only_where_it_must(self):
        """Else a command that a test could run is left out."""
        marked = [block for block in all_blocks() if block.mark]
        self.assertEqual({block.mark for block in marked}, set(NEEDS))
        self.assertEqual([block.where() for block in marked if not block.is_commands() or
                          not any(need in block.text for need in NEEDS[block.mark])], [])
        self.assertEqual([block.where() for block in all_blocks() if block.is_commands() and not block.mark and
                          re.search(r"(?m)^(systemctl|apt-get|docker|cpack|tests/bench) ", block.text)], [])

    def test_what_another_test_runs_has_that_test(self):
        for beginning, path in OTHER_TESTS.items():
            self.assertTrue((ROOT / path).exists(), path)
            self.assertTrue(any(beginning in block.commands() for block in all_blocks() if block.is_commands()), beginning)

    def test_commands_are_commands(self):
        wrong = []
        for block in all_blocks():
            if block.is_commands():
                done = subprocess.run(["bash", "-n"], input=block.commands(), stderr=subprocess.PIPE, text=True)
                wrong += [f"{block.where()}: {done.stderr}"] if done.returncode or not block.commands() else []
        self.assertEqual(wrong, [])

    def test_the_scripts_know_the_options_that_are_named(self):
        for script, known_as in (("deploy/prepare-host.sh", r"(?:\S*prepare-host\.sh|HOSTS)"),
                                 ("deploy/quickstart.sh", r"deploy/quickstart\.sh"), ("tests/run.sh", r"tests/run\.sh")):
            source = (ROOT / script).read_text(encoding="utf-8")
            lines = [line for block in all_blocks() if block.is_commands()
                     for line in block.commands().replace("\\\n", " ").splitlines()]
            lines += [span for page in PAGES for span in spans_of(page)]
            named = {option for line in lines if re.match(known_as + r"\s", line)
                     for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", line.split(" #")[0])}
            self.assertGreater(len(named), 0, script)
            self.assertEqual([option for option in sorted(named) if not re.search(rf"{option}[ )|]", source)], [], script)

    def test_json_is_json(self):
        self.assertGreater(len(of("json")), 0)
        for block in of("json"):
            with self.subTest(block.where()):
                json.loads(block.text)

    def test_yaml_is_of_a_kind_that_a_test_knows(self):
        """config.yaml and web.yml: tests/e2e/test_documents.py; the others here."""
        sections = set(re.findall(r"(?m)^#? ?(\w+):", (ROOT / "config.yaml").read_text(encoding="utf-8")))
        wrong = []
        for block in of("yaml"):
            keys = set(yaml.safe_load(block.text))
            known = [kind for kind in (sections, OF_PROMETHEUS, OF_WEB, {"apiVersion", "providers"}) if keys <= kind]
            wrong += [] if keys and known else [f"{block.where()}: {keys}"]
        self.assertGreater(len(of("yaml")), 8)
        self.assertEqual(wrong, [])

    def test_prometheus_takes_what_is_for_it(self):
        count = 0
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "prometheus.yml")
            for block in of("yaml"):
                if set(yaml.safe_load(block.text)) <= OF_PROMETHEUS:
                    path.write_text(block.text)
                    code, text = output("promtool", "check", "config", path)
                    self.assertEqual(code, 0, f"{block.where()}: {text}")
                    count += 1
        self.assertGreaterEqual(count, 5)

    def test_grafana_is_told_of_a_folder_as_the_compose_file_does(self):
        [ours] = [provider for path in (ROOT / "deploy/grafana/provisioning/dashboards").glob("*.y*ml")
                  for provider in yaml.safe_load(path.read_text())["providers"]]
        [shown] = [provider for block in of("yaml") if "providers" in (found := yaml.safe_load(block.text))
                   for provider in found["providers"]]
        self.assertLessEqual(set(shown), set(ours))
        self.assertEqual((shown["type"], shown["folder"]), (ours["type"], ours["folder"]))
        self.assertEqual(set(shown["options"]), {"path"})

    def test_systemd_takes_what_is_added_to_a_unit(self):
        self.assertGreater(len(of("ini")), 0)
        for block in of("ini"):
            with tempfile.TemporaryDirectory() as folder:
                unit = pathlib.Path(folder, "balancer-exporter.service")
                shutil.copy(ROOT / "deploy/systemd/balancer-exporter.service", unit)
                _, before = output("systemd-analyze", "verify", "--man=no", unit)
                (drop := pathlib.Path(f"{unit}.d")).mkdir()
                (drop / "own.conf").write_text(block.text)
                _, after = output("systemd-analyze", "verify", "--man=no", unit)
                self.assertEqual(after.replace(f"{drop}/own.conf", ""), before, block.where())
                (drop / "own.conf").write_text(block.text + "IPAddressAllow=nowhere\nNoSuch=1\n")
                _, wrong = output("systemd-analyze", "verify", "--man=no", unit)
                self.assertIn("own.conf", wrong, "it would tell")


if __name__ == "__main__":
    unittest.main()
