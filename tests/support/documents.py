"""The fenced blocks of the documents, and what is to be done with each.

    ```sh         commands: tests/e2e/test_documents.py runs every line, unless OTHER_TESTS has it
    ```sh host    commands that need what no test machine has (systemd, Docker, apt-get, a Proxmox host): only linted
    ```sh long    commands that take many minutes: only linted
    ```console    commands behind "$ ", with the same marks
    ```yaml, ```json, ```ini    configuration: linted by the program that it is for
    ```text, ```mermaid         no commands

The README's bare blocks are commands. Tested by tests/layers/test_blocks.py.
"""

import dataclasses
import pathlib
import re
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")),
         *sorted((ROOT / "deploy").rglob("*.md"))]

COMMANDS = ("sh", "console")
LANGUAGES = (*COMMANDS, "yaml", "json", "ini", "text", "mermaid")

# What a block with a mark must hold: the mark is there for a reason, or it is not there.
NEEDS = {"host": ("systemctl", "apt-get", "docker compose", "prepare-host.sh", "ansible-playbook", "cpack"),
         "long": ("tests/bench/run",)}

# The beginning of a line that another test runs, and that test.
OTHER_TESTS = {
    "deploy/quickstart.sh": "tests/e2e/test_quickstart.py",
    "tests/run.sh": "tests/run.sh",
    "balancer-evaluator init\n": "tests/e2e/test_init.py",
    "balancer-evaluator drain": "tests/e2e/test_act.py",
    "balancer-evaluator return": "tests/e2e/test_act.py",
    "balancer-evaluator simulate --from-prometheus": "tests/e2e/test_simulate.py",
}


@dataclasses.dataclass
class Block:
    page: pathlib.Path
    line: int      # of its first line of text
    language: str  # "" where the fence names none
    mark: str      # what stands behind the language
    text: str

    def where(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def commands(self):
        """As bash reads them."""
        if self.language == "console":
            return "".join(line[2:] + "\n" for line in self.text.splitlines() if line.startswith("$ "))
        return self.text

    def is_commands(self):
        return self.language in COMMANDS or not self.language


def blocks_of(page):
    found, opened = [], None
    lines = page.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        fence = re.match(r" *```(\w*) ?(.*)$", line)
        if fence and opened is None:
            opened = Block(page, number + 1, fence[1], fence[2].strip(), "")
        elif fence:
            opened.text = textwrap.dedent(opened.text)
            found.append(opened)
            opened = None
        elif opened is not None:
            opened.text += line + "\n"
    if opened is not None:
        raise AssertionError(f"{opened.where()}: a block without an end")
    return found


def all_blocks():
    return [block for page in PAGES for block in blocks_of(page)]


def spans_of(page):
    """What stands between backquotes within its sentences and tables, on one line."""
    text = re.sub(r"(?s)```.*?```", "", page.read_text(encoding="utf-8"))
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]


def run_elsewhere(line):
    return any((line + "\n").startswith(beginning) for beginning in OTHER_TESTS)
