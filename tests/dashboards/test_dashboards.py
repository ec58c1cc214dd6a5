"""Lint of the Grafana dashboards. That their queries return data is tested end to end (tests/e2e/)."""

import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import series  # noqa: E402
from dashboard import dashboards, filled, label_values, panels, queries  # noqa: E402

# Units of Grafana that are used here; "suffix:…" is its form for one of our own.
UNITS = {"none", "percentunit", "bytes", "s", "short"}


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
                self.assertTrue(units, panel["title"])
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
                self.assertTrue(used or "ALERTS" in expression, where)
                self.assertEqual(sorted(used - known), [], where)

    def test_promql_parses(self):
        rules = "groups:\n- name: x\n  rules:\n"
        count = 0
        for dashboard in self.each():
            for _, expression, _ in queries(dashboard):
                selector = label_values(expression)
                text = filled(selector[0] if selector else expression, {"cluster": "lab", "host": ["pve1", "pve2"]})
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
                    self.assertTrue(kept or (label == "id" and "id:balancer_" in expression), f"{where}: {label}")


if __name__ == "__main__":
    unittest.main()
