"""Which series names exist, and which ones a PromQL expression or a rule file uses."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Prometheus makes these itself.
FROM_PROMETHEUS = {"up", "ALERTS", "ALERTS_FOR_STATE", "scrape_duration_seconds"}

PREFIX = re.compile(r"\b(?:(?:id|cluster|storage):balancer_\w+(?::\w+)?|(?:pve|balancer|process)_\w+)")


def catalogue():
    """The names in the programs' own table, cluster/metric_catalogue.cpp."""
    text = (ROOT / "cluster/metric_catalogue.cpp").read_text()
    names = set(re.findall(r'"((?:pve|balancer|process)_\w+)"', text))
    # A histogram is scraped as three series.
    return names | {name + suffix for name in names for suffix in ("_bucket", "_sum", "_count")}


def recorded():
    names = set()
    for path in (ROOT / "rules").glob("*.yml"):
        names |= set(re.findall(r"- record: (\S+)", path.read_text()))
    return names


def names_in(expression):
    """The series names in PromQL. Label values are cut out first: "balancer-exporter" is none."""
    return set(PREFIX.findall(re.sub(r'"[^"]*"|\'[^\']*\'', '""', expression)))


def names_in_rules(text):
    """The series names in a rule file, those in annotation queries included."""
    without_comments = re.sub(r"(?m)^\s*#.*$", "", text)
    without_names = re.sub(r"(?m)^\s*(- record|- name|job|- alert|runbook_url):.*$", "", without_comments)
    queries = " ".join(re.findall(r'printf "((?:[^"\\]|\\.)*)"', without_names))
    return names_in(re.sub(r'printf "(?:[^"\\]|\\.)*"', "", without_names)) | names_in(queries)
