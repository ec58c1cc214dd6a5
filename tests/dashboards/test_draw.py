"""The drawing of dashboards (draw.py) without a browser: every kind of panel, from answers that are made up here."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import draw  # noqa: E402
from dashboard import ROOT, dashboards, panels  # noqa: E402
from units import written  # noqa: E402

HOSTILE = "<script>alert(1)</script>"


def answer(value=0.5):
    """Every query gets one series with every label that a legend or a table asks for."""
    labels = {name: HOSTILE for name in ("host", "name", "id", "node", "storage", "code", "cure", "reason", "resource", "state",
                                         "alertname", "alertstate", "severity", "result", "goal", "sink", "mode", "job",
                                         "volume", "plugintype")}

    def ask(path, parameters):
        if path == "query":
            return [{"metric": labels, "value": [parameters["time"], str(value)]}]
        times = [parameters["start"] + index * float(parameters["step"]) for index in range(3)]
        return [{"metric": labels, "values": [[at, str(value)] for at in times + [parameters["end"]]]}]
    return ask


def drawn(board, ask, **more):
    variables = {"cluster": "lab", "host": ["pve1"], "guest": "lxc/101"}
    return draw.page(board, draw.Source(ask, variables, 1764000000, 1764003600), **more)


class Drawing(unittest.TestCase):
    def test_every_panel_is_drawn(self):
        for name, board in dashboards().items():
            with self.subTest(name):
                page, _ = drawn(board, answer())
                self.assertNotIn("No data", page)
                for panel in panels(board):
                    self.assertIn(draw.escaped(panel["title"]), page)
                self.assertEqual(page.count("<section"), sum(panel["type"] != "row" for panel in panels(board)))

    def test_no_data_is_said(self):
        board = dashboards()["storages.json"]
        page, _ = drawn(board, lambda path, parameters: [])
        self.assertEqual(page.count("No data"), sum(panel["type"] != "row" for panel in panels(board)))

    def test_names_of_guests_stay_text(self):
        for name, board in dashboards().items():
            with self.subTest(name):
                page, _ = drawn(board, answer())
                self.assertNotIn("<script", page)
                self.assertIn("&lt;script&gt;", page)

    def test_on_a_phone_panels_stand_under_each_other(self):
        board = dashboards()["cluster.json"]
        wide, low = drawn(board, answer())
        narrow, high = drawn(board, answer(), width=400)
        self.assertGreater(high, 2 * low)
        self.assertEqual({part.split("px")[0] for part in narrow.split('<section style="left:')[1:]}, {"8"})

    def test_an_unknown_kind_of_panel_is_refused(self):
        board = {**dashboards()["cluster.json"], "panels": [dict(dashboards()["cluster.json"]["panels"][0], type="piechart")]}
        with self.assertRaises(KeyError):
            drawn(board, answer())

    def test_the_documents_show_a_picture_of_each(self):
        text = (ROOT / "docs/dashboards.md").read_text()
        for name in dashboards():
            picture = f"pictures/{name.replace('.json', '.png')}"
            self.assertIn(f"]({picture})", text)
            content = (ROOT / "docs" / picture).read_bytes()
            self.assertEqual(content[:8], b"\x89PNG\r\n\x1a\n")
            self.assertLess(len(content), 150 * 1024, f"{picture}: too large for a page")

    def test_values_are_written_with_their_unit(self):
        for value, unit, text in ((0.925, "percentunit", "92 %"), (3221225472, "bytes", "3.0 GiB"), (1500000, "Bps", "1.5 MB/s"),
                                  (90, "s", "1.5 min"), (0.012, "s", "12 ms"), (4.9, "suffix: cores", "4.9 cores"),
                                  (float("nan"), "short", "–")):
            self.assertEqual(written(value, unit), text)


if __name__ == "__main__":
    unittest.main()
