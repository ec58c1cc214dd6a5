"""Every command of the documents that needs no systemd, Docker or Proxmox host, run as it stands there, on a lab with the
whole chain running, those of the two programs also where they stand within a sentence; every setting shown, taken by the
program that it is for; every option named, known to the program.

Addresses and folders are replaced by those of the lab, and what stands for a value (CONFIG, ID) by one; nothing else.
"""

import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import BIN, ROOT, TOKEN, Chain, wait_until  # noqa: E402
from documents import PAGES, all_blocks, blocks_of, run_elsewhere, spans_of  # noqa: E402

CLUSTER = pathlib.Path(__file__).with_name("cluster.yaml").read_text()
HASH = "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
OWN_KEYS = ("docs/installation.md",)  # pages that make the exporter's key where the package has none
ADDRESS = "192.0.2.11"  # of pve1, in the documents
chain = None

# A program that serves is awaited, and ended in order; any other command runs to its end.
PRELUDE = r"""
set -euo pipefail
balancer-exporter() {
  case " $* " in
    *" --once "* | *" --check "* | *" accept-host-key "* | *" --no-"*) command balancer-exporter "$@" ;;
    *) serve balancer-exporter "$@" ;;
  esac
}
balancer-evaluator() {
  if [ "$1" = serve ]; then serve balancer-evaluator "$@"; else command balancer-evaluator "$@"; fi
}
serve() {
  : >served.log
  command "$@" 2>>served.log &
  local server=$!
  timeout 10 grep -q -m 1 serving <(tail -n +1 -f --pid=$server served.log) || true
  cat served.log
  grep -q serving served.log
  kill $server && wait $server
}
"""

# Behind a block, for the next one: the configuration of programs beside those that run, and of those.
BY_HAND = {"balancer-evaluator init --host": 'cp config.yaml balancer/config.yaml',
           "balancer-evaluator serve": 'cp "$CHAIN" balancer/config.yaml'}


def setUpModule():
    global chain
    chain = Chain(CLUSTER)
    unittest.addModuleCleanup(chain.down)
    chain.up()
    wait_until(lambda: chain.evaluator_command("check").returncode == 0, 60, chain.hold)


def lab_address():
    return re.search(r"name: pve1\n +address: (\S+)", chain.config.read_text())[1]


class Desk:
    """Folders such as the reader of one page has them."""

    def __init__(self, folder, page):
        self.folder, self.work = folder, folder / "work"
        self.etc, self.share, home = folder / "etc", folder / "share", folder / "home"
        credentials = self.etc / "credentials"
        for path in (self.work, credentials, home / ".ssh", home / ".config/prometheus"):
            path.mkdir(parents=True)
        shutil.copytree(ROOT / "deploy", self.work / "deploy")
        shutil.copytree(ROOT / "rules", self.share / "rules")
        key = chain.lab.folder / "id_ed25519"
        keys = [home / ".ssh/id_ed25519"]
        if str(page.relative_to(ROOT)) not in OWN_KEYS:
            keys.append(credentials / "exporter_key")
        for copy in keys:
            shutil.copy(key, copy)
            shutil.copy(f"{key}.pub", f"{copy}.pub")
        (credentials / "webhook_token").write_text(TOKEN)
        shutil.copy(chain.config, self.etc)
        text = chain.config.read_text().replace(f"{chain.folder}/state", f"{folder}/state")
        for part in ("exporter", "evaluator"):
            text = text.replace(f"127.0.0.1:{chain.port[part]}", "127.0.0.1:0")
        for name in ("config.yaml", "my.yaml"):
            shutil.copy(chain.config, self.work / name)
            (self.work / name).write_text(text)
        (home / ".config/prometheus/amtool.yml").write_text(f"alertmanager.url: {chain.url('alertmanager')}\n")
        self.environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(home), "CHAIN": str(chain.config)}

    def here(self, text):
        """The text of a block with the lab's addresses and this desk's folders."""
        ports = {**{name: chain.port[name] for name in ("exporter", "evaluator", "prometheus", "alertmanager")}}
        for name, port in (("exporter", 9722), ("evaluator", 9723), ("prometheus", 9090), ("alertmanager", 9093)):
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{ports[name]}")
        for there, here in (("/etc/proxmox-cluster-balancer", self.etc), ("/usr/share/proxmox-cluster-balancer", self.share),
                            ("/root/", f"{self.folder}/"), (ADDRESS, lab_address())):
            text = text.replace(there, str(here))
        text = re.sub(r"\bCONFIG\b", str(self.etc / "config.yaml"), text)
        return text.replace("silence expire ID", 'silence expire "$(amtool silence query --quiet | head -n 1)"')


def script_of(desk, blocks):
    parts = [PRELUDE]
    for block in blocks:
        lines = [line for line in block.commands().splitlines(keepends=True) if not run_elsewhere(line)]
        parts.append(f"echo '@@ {block.where()}'\n" + desk.here("".join(lines)))
        parts += [then + "\n" for beginning, then in BY_HAND.items() if beginning in block.text]
    return "".join(parts)


class Commands(unittest.TestCase):
    def test_every_command_runs(self):
        pages = {page: [block for block in blocks_of(page) if block.is_commands() and not block.mark] for page in PAGES}
        pages = {page: blocks for page, blocks in pages.items() if blocks}

        def run(page):
            with tempfile.TemporaryDirectory(prefix="balancer-documents-") as folder:
                desk = Desk(pathlib.Path(folder), page)
                return subprocess.run(["bash", "-c", script_of(desk, pages[page])], cwd=desk.work, env=desk.environment,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                      timeout=120)

        with concurrent.futures.ThreadPoolExecutor(4) as pool:  # they wait more than they work
            for page, done in zip(pages, pool.map(run, pages)):
                with self.subTest(page.name):
                    self.assertEqual(done.returncode, 0, done.stdout[-3000:])
                    self.assertEqual(done.stdout.count("@@ "), len(pages[page]), done.stdout[-3000:])
                    self.assertNotIn("Warning: pve", done.stdout, "every host of the lab is read")
        self.assertGreater(sum(map(len, pages.values())), 15)

    def test_a_command_that_fails_is_seen(self):
        with tempfile.TemporaryDirectory(prefix="balancer-documents-") as folder:
            desk = Desk(pathlib.Path(folder), ROOT / "README.md")
            for wrong in ("balancer-exporter --config CONFIG --no-such | cat",
                          "balancer-exporter --config config.yaml --shard 3/2"):
                done = subprocess.run(["bash", "-c", PRELUDE + desk.here(wrong) + "\necho more\n"], cwd=desk.work,
                                      env=desk.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
                self.assertNotEqual(done.returncode, 0, wrong)
                self.assertNotIn("more", done.stdout)


class Settings(unittest.TestCase):
    def check(self, desk, text):
        path = desk.folder / "shown.yaml"
        path.touch(0o600)
        path.write_text(text)
        done = subprocess.run([BIN / "balancer-exporter", "--config", path, "--check"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=desk.environment)
        return done.returncode, done.stdout

    def test_the_programs_take_every_setting_that_is_shown(self):
        sections = set(re.findall(r"(?m)^#? ?(\w+):", (ROOT / "config.yaml").read_text()))
        count = 0
        with tempfile.TemporaryDirectory(prefix="balancer-documents-") as folder:
            desk = Desk(pathlib.Path(folder), ROOT / "README.md")
            key = desk.folder / "balancer_key"
            shutil.copy(chain.lab.folder / "id_ed25519", key)
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                            "-subj", "/CN=localhost", "-keyout", desk.folder / "server.key", "-out", desk.folder / "server.crt"],
                           check=True, stderr=subprocess.DEVNULL)
            rest = {"cluster": "homelab", "proxmox_hosts": f"[{{name: pve1, address: {ADDRESS}, key_path: {key}}}]",
                    "ssh": f"{{known_hosts: {desk.folder}/known_hosts}}"}
            for block in all_blocks():
                if block.language != "yaml":
                    continue
                text = desk.here(block.text).replace("$2y$10$…", HASH)
                if set(yaml.safe_load(text)) & {"tls_server_config", "basic_auth_users"}:
                    (desk.folder / "web.yml").write_text(text)
                    text = f"exporter: {{listen: '0.0.0.0:9722', web_config: {desk.folder}/web.yml}}\n"
                shown = set(yaml.safe_load(text))
                if not shown <= sections:
                    continue
                with self.subTest(block.where()):
                    text += "".join(f"{key}: {value}\n" for key, value in rest.items() if key not in shown)
                    code, text = self.check(desk, text)
                    self.assertEqual(code, 0, text)
                    self.assertNotIn("no effect", text)
                    count += 1
        self.assertGreaterEqual(count, 5)


# Within sentences: what stands for a value, and one.
VALUES = {"HOST": "pve1", "GUEST": "lxc/103", "URL": "http://127.0.0.1:9090", "pve4": "pve3",
          "--cluster FILE": "--cluster cluster.json", "--config FILE": "--config config.yaml"}
# A bare name, which wants more words; a server; and what takes a person at a terminal.
NAMES = {"balancer-evaluator " + name for name in ("backup", "restore", "simulate", "init", "plan", "serve",
                                                   "drain HOST", "return HOST")}
FAILS = {"balancer-evaluator approve": "the mode is suggest"}  # in the mode that this lab is in


class Sentences(unittest.TestCase):
    def spans(self):
        for page in PAGES:
            for words in spans_of(page):
                if re.match(r"balancer-(exporter|evaluator) .", words) and words not in NAMES and not run_elsewhere(words):
                    yield words

    def test_every_command_within_a_sentence_runs(self):
        spans = sorted(set(self.spans()))
        # A plan stands: everything is there that a reader may ask for.
        wait_until(lambda: '"moves"' in chain.evaluator_command("status", "--output", "json").stdout, 60, chain.hold)
        with tempfile.TemporaryDirectory(prefix="balancer-documents-") as folder:
            desk = Desk(pathlib.Path(folder), ROOT / "README.md")
            shutil.copy(chain.config, desk.work / "config.yaml")
            done = subprocess.run([BIN / "balancer-exporter", "--config", chain.config, "--once", "--output", "cluster"],
                                  stdout=subprocess.PIPE, check=True)
            (desk.work / "cluster.json").write_bytes(done.stdout)

            def run(span):
                text = span
                for name, value in VALUES.items():
                    text = re.sub(rf"(?<![\w-]){name}\b", value, text)
                ran = subprocess.run(["bash", "-c", desk.here(text)], cwd=desk.work, env=desk.environment, timeout=90, text=True,
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                return ran.returncode, ran.stdout

            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                for span, (code, text) in zip(spans, pool.map(run, spans)):
                    with self.subTest(span):
                        self.assertEqual(code, 1 if span in FAILS else 0, text[-2000:])
                        self.assertIn(FAILS.get(span, ""), text)
        self.assertGreater(len(spans), 20)


class Options(unittest.TestCase):
    """Whatever is said of a program's command line, also within a sentence."""

    def said(self):
        for page in PAGES:
            blocks = [block for block in blocks_of(page) if block.is_commands()]
            lines = [line for block in blocks for line in block.commands().replace("\\\n", " ").splitlines()]
            lines = [part for line in lines for part in re.split(r" #|\||&&|;", line)]
            for line in [*lines, *spans_of(page)]:
                found = re.match(r"\s*(?:\w+=\S* )*(balancer-(?:exporter|evaluator)) (.+)", " ".join(line.split()))
                if found:
                    yield f"{page.relative_to(ROOT)}: {line}", found[1], shlex.split(re.sub("[\"'…]", "", found[2]))

    def test_every_option_and_command_is_known(self):
        helps, wrong, count = {}, [], 0

        def help_of(*words):
            if words not in helps:
                done = subprocess.run([BIN / words[0], *words[1:], "--help"], capture_output=True, text=True)
                helps[words] = done.stdout if done.returncode == 0 else ""
            return helps[words]

        for where, program, words in self.said():
            count += 1
            command = [word for word in words[:1] if program.endswith("evaluator") and re.fullmatch(r"[a-z]+", word)]
            text = help_of(program, *command)
            if command and f"\n  {command[0]}" not in help_of(program):
                wrong.append(f"{where}: no command {command[0]}")
            text += help_of(program) + (help_of(program, "accept-host-key") if program.endswith("exporter") else "")
            wrong += [f"{where}: {word}" for word in words if word.startswith("--") and len(word) > 2 and
                      not re.search(rf"(?<![\w-]){re.escape(word.split('=')[0])}(?![\w-])", text)]
        self.assertGreater(count, 80)
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
