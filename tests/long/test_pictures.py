"""The pictures of the dashboards, drawn from a cluster in the lab and photographed with a real browser."""

import pathlib
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "dashboards"))
import pictures  # noqa: E402
from dashboard import dashboards  # noqa: E402

# Panels that have nothing to show in the first minute of a cluster in which nothing was moved.
MAY_BE_EMPTY = {"Duration and downtime of moves", "Guests that rest", "Why guests could not move", "Plans", "Peak: now and predicted",
                "Messages to people"}


class Pictures(unittest.TestCase):
    def test_every_dashboard_is_drawn_and_no_panel_is_empty(self):
        chain, started = pictures.live(60)
        self.addCleanup(chain.down)
        with tempfile.TemporaryDirectory() as folder:
            for light, width in ((False, 1500), (True, 400)):
                pages = pictures.draw_all(chain, started, pathlib.Path(folder), light, width)
                self.assertEqual(sorted(pages), sorted(dashboards()))
                for name, page in pages.items():
                    empty = {part.split("<")[0] for part in page.split("<h3>")[1:] if "No data" in part}
                    self.assertEqual(empty - MAY_BE_EMPTY, set(), name)
                    picture = (pathlib.Path(folder) / name.replace(".json", ".png")).read_bytes()
                    self.assertEqual(struct.unpack(">I", picture[16:20])[0], int(width * pictures.SCALE), name)
                    self.assertGreater(len(picture), 20000, name)


if __name__ == "__main__":
    unittest.main()
