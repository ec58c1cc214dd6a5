"""Reading a Grafana dashboard: its panels, its queries, and a query with Grafana's variables filled in."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What Grafana itself puts in.
INTERVALS = {"$__rate_interval": "1m", "$__interval": "15s", "$__range": "30m"}


def dashboards():
    return {path.name: json.loads(path.read_text()) for path in sorted((ROOT / "dashboards").glob("*.json"))}


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def queries(dashboard):
    """(where, expression, legend) of each panel's targets, each variable, and each annotation of our own."""
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            yield f"{panel['title']} / {target['refId']}", target["expr"], target.get("legendFormat", "")
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable {variable['name']}", variable["query"]["query"], ""
    for annotation in dashboard["annotations"]["list"]:
        if not annotation.get("builtIn"):
            legend = " ".join("{{%s}}" % label for label in annotation["tagKeys"].split(","))
            yield f"annotation {annotation['name']}", annotation["expr"], legend


def columns_that_meet(dashboard):
    """(title, expression, the labels a column must have) of each column of each table with several."""
    for panel in panels(dashboard):
        if panel["type"] == "table" and len(panel["targets"]) > 1:
            options = panel["transformations"][1]["options"]
            named = set(options["indexByName"]) | set(options["excludeByName"])
            labels = {name for name in named if name != "Time" and not name.startswith("Value")}
            for target in panel["targets"]:
                yield panel["title"], target["expr"], labels


def label_values(expression):
    """(selector, label) of Grafana's label_values(), or None."""
    found = re.fullmatch(r"label_values\((.*),\s*(\w+)\)", expression)
    return found.groups() if found else None


def query_result(expression):
    """The expression in Grafana's query_result(), or None."""
    found = re.fullmatch(r"query_result\((.*)\)", expression)
    return found.group(1) if found else None


def variable_choices(series, regex):
    """What Grafana offers for a query_result() variable: [(text, value)], from the answer's series written as it does."""
    pattern = re.compile(regex.strip("/").replace("(?<", "(?P<"))
    found = []
    for one in series:
        labels = ",".join(f'{name}="{value}"' for name, value in one["metric"].items() if name != "__name__")
        match = pattern.search(f"{one['metric'].get('__name__', '')}{{{labels}}} {one['value'][1]} {one['value'][0]}")
        if match:
            found.append((match.group("text"), match.group("value")))
    return found


def filled(expression, variables):
    """`variables`: name → value; a list becomes an alternative, as Grafana writes it for Prometheus."""
    for name, value in INTERVALS.items():
        expression = expression.replace(name, value)
    for name, value in variables.items():
        text = value if isinstance(value, str) else "(" + "|".join(re.escape(part) for part in value) + ")"
        expression = re.sub(rf"\$\{{{name}\}}|\${name}\b", lambda _: text, expression)
    return expression
