"""What the documents name is there: files, headings, options, panels, and the files that stop moves."""

import json
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")),
         *sorted((ROOT / "deploy").rglob("*.md")), *sorted((ROOT / "tests").rglob("*.md"))]


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def anchors(page):
    headings = re.findall(r"(?m)^#+ (.*)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def options():
    """The dotted names of config.yaml's options, from the tables of docs/configuration.md."""
    found, section = set(), ""
    for line in text_of("docs/configuration.md").splitlines():
        if line.startswith("## "):
            section = "" if line == "## Top level" else line[3:].replace("[]", "") + "."
        elif row := re.match(r"\| `(\w+)` \|", line):
            found.add(section + row[1])
    return found | {name.rsplit(".", 1)[0] for name in found if "." in name}


def tests():
    """Suite.Name of every test, in C++ and Python, and the names alone of those in Python."""
    found = set()
    for source in (ROOT / "tests").rglob("*_test.cpp"):
        found |= {f"{suite}.{name}" for suite, name in re.findall(
            r"(?m)^TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)", source.read_text(encoding="utf-8"))}
    for source in (ROOT / "tests").glob("*/test_*.py"):
        suite = ""
        for match in re.finditer(r"(?m)^class (\w+)|^    def (test_\w+)", source.read_text(encoding="utf-8")):
            suite = match[1] or suite
            found |= {match[2], f"{suite}.{match[2]}"} if match[2] else set()
    return found


class Documents(unittest.TestCase):
    def check(self, pattern, at_least, is_there):
        """Of all matches in all pages at least so many are there, and none is missing."""
        wrong, found = [], 0
        for page in PAGES:
            for match in re.finditer(pattern, page.read_text(encoding="utf-8")):
                found += 1
                if not is_there(page, match):
                    wrong.append(f"{page.relative_to(ROOT)}: {match[0]}")
        self.assertEqual(wrong, [])
        self.assertGreaterEqual(found, at_least)

    def test_links_lead_to_a_file_and_to_a_heading_in_it(self):
        def is_there(page, link):
            target = (page.parent / link[1]).resolve() if link[1] else page
            return target.exists() and (not link[2] or link[2] in anchors(target))

        self.check(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", 60, is_there)

    def test_files_of_the_sources_are_there(self):
        self.check(r"`((?:docs|deploy|tests|rules|dashboards|exporter|evaluator|cluster|common)/[\w./*-]+)`", 30,
                   lambda _, path: any(ROOT.glob(path[1].rstrip("/"))))

    def test_tests_are_there(self):
        known = tests()

        def is_there(_, test):
            begin = test[1].rstrip("*…")
            return begin in known if begin == test[1] else any(name.startswith(begin) for name in known)

        # A file, an option, a member of a struct have small letters before or behind the dot.
        self.check(r"`([A-Z]\w+\.(?:[A-Z*]|[a-z]+_)[\w*…]*)`", 100, is_there)
        self.check(r"`(test_\w+)`(?!\.)", 3, is_there)

    def test_options_are_in_the_configuration(self):
        known = options()
        # `guests` is a part of the cluster document as well.
        sections = "|".join(sorted({name.split(".")[0] for name in known if "." in name} - {"guests"}))
        self.check(rf"`((?:{sections})\.(?!md|yml|json|h\b|cpp)\w+(?:\.\w+)*)(?::[^`]*)?`", 30,
                   lambda _, option: option[1].removesuffix("_file") in known)

    def test_each_decision_is_in_the_list_of_decisions(self):
        folder = ROOT / "docs/decisions"
        pages = {path.name for path in folder.glob("*.md")} - {"README.md"}
        self.assertGreater(len(pages), 5)
        self.assertEqual(set(re.findall(r"(?m)^\| \[[\w.-]+\]\(([\w.-]+)\) \|", text_of("docs/decisions/README.md"))), pages)

    def test_panels_are_on_a_dashboard(self):
        titles = {panel["title"] for board in (ROOT / "dashboards").glob("*.json")
                  for panel in json.loads(board.read_text(encoding="utf-8"))["panels"]}
        self.check(r'panels? "([^"]+)"', 3, lambda _, panel: panel[1] in titles)

    def test_the_files_that_stop_moves_are_those_the_hosts_look_for(self):
        cluster = "/etc/pve" + re.search(r"(?m)^stop_file=\$pve(\S+)$", text_of("evaluator/node-migrate.sh"))[1]
        host = re.search(r"(?m)^stop_file=(\S+)$", text_of("deploy/hosts/node-limit.sh"))[1]
        named = {file for page in PAGES for file in re.findall(r"/etc/[\w./-]*\bstop\b", page.read_text(encoding="utf-8"))}
        self.assertEqual(named, {cluster, host})


if __name__ == "__main__":
    unittest.main()
