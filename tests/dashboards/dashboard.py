"""Reading a Grafana dashboard: its panels, its queries, and a query with Grafana's variables filled in."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What Grafana itself puts in.
INTERVALS = {"$__rate_interval": "1m", "$__interval": "15s", "$__range": "1h"}


def dashboards():
    return {path.name: json.loads(path.read_text()) for path in sorted((ROOT / "dashboards").glob("*.json"))}


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def queries(dashboard):
    """(where, expression, legend) of each panel's targets and each variable."""
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            yield f"{panel['title']} / {target['refId']}", target["expr"], target.get("legendFormat", "")
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable {variable['name']}", variable["query"]["query"], ""


def label_values(expression):
    """(selector, label) of Grafana's label_values(), or None."""
    found = re.fullmatch(r"label_values\((.*),\s*(\w+)\)", expression)
    return found.groups() if found else None


def filled(expression, variables):
    """`variables`: name → value; a list becomes an alternative, as Grafana writes it for Prometheus."""
    for name, value in INTERVALS.items():
        expression = expression.replace(name, value)
    for name, value in variables.items():
        text = value if isinstance(value, str) else "(" + "|".join(re.escape(part) for part in value) + ")"
        expression = re.sub(rf"\$\{{{name}\}}|\${name}\b", lambda _: text, expression)
    return expression
