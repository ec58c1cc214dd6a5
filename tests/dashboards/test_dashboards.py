"""Lint of the Grafana dashboards. That their queries return data is tested end to end (tests/e2e/)."""

import copy
import json
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "dashboards/source"))
import make  # noqa: E402
import schema  # noqa: E402
import series  # noqa: E402
from dashboard import ROOT, dashboards, filled, label_values, panels, queries, query_result, variable_choices  # noqa: E402

SCHEMAS = json.loads(pathlib.Path(__file__).with_name("grafana_schema.json").read_text())
# The form in which the Prometheus data source keeps its annotation queries; Grafana's own type does not list them.
OF_PROMETHEUS = {"expr", "step", "titleFormat", "textFormat", "tagKeys"}

# Units of Grafana that are used here; "suffix:…" is its form for one of our own.
UNITS = {"none", "percentunit", "bytes", "Bps", "s", "short"}


class Dashboards(unittest.TestCase):
    def each(self):
        found = dashboards()
        self.assertTrue(found)
        for name, dashboard in found.items():
            with self.subTest(name):
                yield dashboard

    def test_ids_are_unique(self):
        self.assertEqual(len({d["uid"] for d in dashboards().values()}), len(dashboards()))
        for dashboard in self.each():
            ids = [panel["id"] for panel in panels(dashboard)]
            self.assertEqual(len(ids), len(set(ids)))
            for panel in panels(dashboard):
                references = [target["refId"] for target in panel.get("targets", [])]
                self.assertEqual(len(references), len(set(references)), panel["title"])

    def test_panels_stay_on_the_grid_and_do_not_overlap(self):
        for dashboard in self.each():
            taken = {}
            for panel in dashboard["panels"]:
                place = panel["gridPos"]
                self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
                for x in range(place["x"], place["x"] + place["w"]):
                    for y in range(place["y"], place["y"] + place["h"]):
                        self.assertNotIn((x, y), taken, f"{panel['title']} lies on {taken.get((x, y))}")
                        taken[x, y] = panel["title"]

    def test_each_panel_says_what_it_shows(self):
        for dashboard in self.each():
            for panel in panels(dashboard):
                if panel["type"] != "row":
                    self.assertGreater(len(panel["description"]), 30, panel["title"])
                    self.assertTrue(panel["targets"], panel["title"])

    def test_each_panel_has_units(self):
        for dashboard in self.each():
            for panel in panels(dashboard):
                if panel["type"] == "row":
                    continue
                units = [panel["fieldConfig"]["defaults"].get("unit")]
                for override in panel["fieldConfig"]["overrides"]:
                    units += [p["value"] for p in override["properties"] if p["id"] == "unit"]
                units = [unit for unit in units if unit]
                shows_names_alone = panel["type"] == "table" and panel["transformations"][1]["options"]["excludeByName"].get("Value")
                self.assertTrue(units or shows_names_alone, panel["title"])
                for unit in units:
                    self.assertTrue(unit in UNITS or unit.startswith("suffix:"), f"{panel['title']}: {unit}")

    def test_the_data_source_is_always_the_variable(self):
        for dashboard in self.each():
            for panel in panels(dashboard):
                if panel["type"] != "row":
                    for holder in [panel, *panel["targets"]]:
                        self.assertEqual(holder["datasource"]["uid"], "${datasource}", panel["title"])

    def test_variables(self):
        for dashboard in self.each():
            names = [variable["name"] for variable in dashboard["templating"]["list"]]
            self.assertEqual(names[:3], ["datasource", "cluster", "host"])
            for where, expression, _ in queries(dashboard):
                rest = filled(expression, {name: "x" for name in names})
                self.assertNotRegex(rest.replace('"$1"', ""), r"\$", where)
                if where != "variable cluster":
                    self.assertIn('cluster="$cluster"', expression, where)

    def test_every_series_exists(self):
        known = series.catalogue() | series.recorded() | series.FROM_PROMETHEUS
        for dashboard in self.each():
            for where, expression, _ in queries(dashboard):
                used = series.names_in(expression)
                self.assertTrue(used or "ALERTS" in expression or "up{" in expression, where)
                self.assertEqual(sorted(used - known), [], where)

    def test_promql_parses(self):
        rules = "groups:\n- name: x\n  rules:\n"
        count = 0
        for dashboard in self.each():
            for _, expression, _ in queries(dashboard):
                selector = label_values(expression)
                text = filled(selector[0] if selector else query_result(expression) or expression,
                              {"cluster": "lab", "host": ["pve1", "pve2"], "guest": "lxc/101"})
                rules += f"  - record: x{count}\n    expr: |\n      {text}\n"
                count += 1
        done = subprocess.run(["promtool", "check", "rules", "/dev/stdin"], input=rules, capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{count} rules found", done.stdout)

    def test_legends_name_labels_that_the_query_keeps(self):
        for dashboard in self.each():
            for where, expression, legend in queries(dashboard):
                for label in re.findall(r"{{\s*(\w+)\s*}}", legend):
                    kept = re.search(rf'(by|group_left) \([^)]*\b{label}\b|"{label}", "\$1"', expression)
                    plain = label in ("id", "storage", "node") and not re.search(r"\bby \(", expression)
                    self.assertTrue(kept or plain or f"{label}," in where or "balancer_move_info" in expression or
                                    (label == "id" and "id:balancer_" in expression), f"{where}: {label}")

    def test_the_json_is_what_the_source_makes(self):
        written = {path.name: path.read_text() for path in (ROOT / "dashboards").glob("*.json")}
        self.assertEqual(sorted(written), sorted(make.texts()))
        for name, text in make.texts().items():
            self.assertTrue(text == written[name], f"{name}: run python3 dashboards/source/make.py")

    def faults(self, dashboard):
        bare = copy.deepcopy(dashboard)
        for annotation in bare["annotations"]["list"]:
            for name in OF_PROMETHEUS:
                annotation.pop(name, None)
        return schema.dashboard_faults(bare, SCHEMAS)

    def test_the_form_is_what_grafana_publishes(self):
        for dashboard in self.each():
            self.assertEqual(self.faults(dashboard), [])

    def test_what_grafana_does_not_know_is_found(self):
        first = copy.deepcopy(dashboards()["cluster.json"])
        stat = next(panel for panel in first["panels"] if panel["type"] == "stat")
        lines = next(panel for panel in first["panels"] if panel["type"] == "timeseries")
        for change, word in ((lambda: stat.update(colour="red"), "colour does not exist"),
                             (lambda: stat["gridPos"].update(h="4"), "'4' is no number"),
                             (lambda: stat["options"].update(colorMode="loud"), "'loud'"),
                             (lambda: lines["fieldConfig"]["defaults"]["custom"].update(drawStyle="lines"), "'lines'"),
                             (lambda: first.update(graphTooltip="yes"), "graphTooltip")):
            self.assertFalse(any(word in fault for fault in self.faults(first)), word)
            change()
            self.assertTrue(any(word in fault for fault in self.faults(first)), (word, self.faults(first)))

    def test_links_lead_to_our_dashboards_and_their_variables(self):
        known = {board["uid"]: {variable["name"] for variable in board["templating"]["list"]} for board in dashboards().values()}
        count = 0
        for dashboard in self.each():
            self.assertEqual([link["tags"] for link in dashboard["links"]], [["balancer"]])
            self.assertIn("balancer", dashboard["tags"])
            for uid, rest in re.findall(r'"/d/([\w-]+)\?([^"]*)"', json.dumps(dashboard)):
                self.assertIn(uid, known)
                for name in re.findall(r"var-(\w+)=", rest) + re.findall(r"\$\{(\w+):queryparam\}", rest):
                    self.assertIn(name, known[uid])
                    count += 1
        self.assertGreater(count, 10)

    def test_a_phone_can_show_it(self):
        """Grafana puts the panels of a dashboard under each other on a narrow screen and keeps their heights: a table
        must not need more width than there is, and fixed columns leave room for the others."""
        for dashboard in self.each():
            for panel in panels(dashboard):
                if panel["type"] != "table":
                    continue
                widths = [entry["value"] for override in panel["fieldConfig"]["overrides"]
                          for entry in override["properties"] if entry["id"] == "custom.width"]
                self.assertLess(sum(widths), 700, panel["title"])

    def test_colours_fit_dark_and_light(self):
        """Names of Grafana's palette are drawn to suit the theme; a colour by number is not. (The one of Grafana's own
        annotation is what Grafana itself writes.)"""
        for dashboard in self.each():
            text = json.dumps({**dashboard, "annotations": None})
            self.assertNotRegex(text, r'"#[0-9a-fA-F]{3,8}"|"rgba?\(')

    def test_the_guest_variable_shows_names_and_means_ids(self):
        regex = next(v["regex"] for v in dashboards()["guest.json"]["templating"]["list"] if v["name"] == "guest")
        answer = [{"metric": {"__name__": "id:balancer_guest_info", "cluster": "lab", "id": "lxc/101", "name": "web",
                              "node": "pve1", "type": "lxc"}, "value": [1764000000, "1"]}]
        self.assertEqual(variable_choices(answer, regex), [("web", "lxc/101")])


if __name__ == "__main__":
    unittest.main()
