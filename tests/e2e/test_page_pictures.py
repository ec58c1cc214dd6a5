"""The page as it looks: every view of tests/golden/pages in a real browser, wide and on a phone, light and dark, held
against the pictures that are kept there. PCB_BLESS=1 takes them anew.

The views are files that a unit test keeps true (tests/evaluator/page_golden_test.cpp); style and script are the page's
own. Fonts, their smoothing and the clock are fixed here, so that a picture is the same on every machine but for small
differences of the browser, which the comparison leaves room for.
"""

import base64
import http.server
import os
import pathlib
import sys
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from browser import Browser  # noqa: E402

PAGES = ROOT / "tests/golden/pages"
ASSETS = ROOT / "evaluator/page/assets"
LOOKS = {"": (1200, "light"), "-dark": (1200, "dark"), "-phone": (390, "light"), "-phone-dark": (390, "dark")}
BOTH_ON_A_PHONE = ("overview", "plan")  # of the others what is dark is seen wide
HIGHEST = 1800
SMALLER = 4  # a picture is kept with so much less width and height
# A square of so many kept pixels each way differs when the mean of one of its colours is further off than this, of 255;
# of a picture so many may. Other smoothing of letters: at most 0.3 %; a button without its colour: 0.6 %.
SQUARE, FAR, SHARE = 3, 24, 0.004
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>/usr/share/fonts/truetype/lato</dir><cachedir>{folder}/cache</cachedir>
<match target="font"><edit name="hinting" mode="assign"><bool>{hinting}</bool></edit>
<edit name="hintstyle" mode="assign"><const>{style}</const></edit>
<edit name="antialias" mode="assign"><bool>true</bool></edit>
<edit name="rgba" mode="assign"><const>{rgba}</const></edit></match></fontconfig>
"""
# Put before the page's script: the time stands still, and nothing is asked for again.
STILL = """
Date.now = () => 1795365810000;
const start = window.setTimeout;
window.setTimeout = (work, ms, ...more) => ms >= 5000 ? 0 : start(work, ms, ...more);
"""
# (kept, new) as base64 → [why it cannot be compared, share of squares that differ].
COMPARE = """
const [kept, taken, by, far] = arguments, done = arguments[arguments.length - 1];
const pixels = async (png) => {
  const bitmap = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), context = canvas.getContext('2d');
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
};
(async () => {
  const [a, b] = [await pixels(kept), await pixels(taken)];
  if (a.width !== b.width || Math.abs(a.height - b.height) > 2) return [`${a.width}x${a.height}, now ${b.width}x${b.height}`, 1];
  const width = Math.floor(a.width / by), height = Math.floor(Math.min(a.height, b.height) / by);
  let differ = 0;
  for (let y = 0; y < height; ++y) for (let x = 0; x < width; ++x) {
    const off = [0, 0, 0];
    for (let v = 0; v < by; ++v) for (let u = 0; u < by; ++u) for (const c of [0, 1, 2]) {
      const at = 4 * ((y * by + v) * a.width + x * by + u) + c;
      off[c] += a.data[at] - b.data[at];
    }
    differ += Math.max(...off.map(Math.abs)) > far * by * by ? 1 : 0;
  }
  return ['', differ / (width * height)];
})().then(done, (error) => done([String(error), 1]));
"""
# A picture as base64, made smaller by a whole number: each pixel is the mean of those it stands for.
SHRINK = """
const [png, by] = arguments, done = arguments[arguments.length - 1];
(async () => {
  const bitmap = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
  const whole = new OffscreenCanvas(bitmap.width, bitmap.height), context = whole.getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const from = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const width = Math.floor(bitmap.width / by), height = Math.floor(bitmap.height / by);
  const to = new ImageData(width, height);
  for (let y = 0; y < height; ++y) for (let x = 0; x < width; ++x) for (let c = 0; c < 4; ++c) {
    let sum = 0;
    for (let v = 0; v < by; ++v) for (let u = 0; u < by; ++u) sum += from.data[4 * ((y * by + v) * from.width + x * by + u) + c];
    to.data[4 * (y * width + x) + c] = c === 3 ? 255 : Math.round(sum / (by * by) / 8) * 8;
  }
  const small = document.createElement('canvas');
  [small.width, small.height] = [width, height];
  small.getContext('2d').putImageData(to, 0, 0);
  return small.toDataURL('image/png').split(',')[1];
})().then(done, (error) => done('!' + error));
"""


class Pages(http.server.BaseHTTPRequestHandler):
    style = None  # in place of page.css

    def do_GET(self):
        name = self.path.split("?")[0]
        file = ASSETS / name.rsplit("/", 1)[-1] if name.startswith("/assets/") else PAGES / f"{name.strip('/')}.html"
        body = file.read_bytes() if file.is_file() else b""
        if name.endswith(".css") and self.style is not None:
            body = self.style.encode()
        kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".html": "text/html; charset=utf-8"}
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kinds.get(file.suffix, "text/plain"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def pictures_of(names):
    """(name, look) of all pictures that are kept."""
    return [(name, look) for name in names for look in LOOKS if look != "-phone-dark" or name in BOTH_ON_A_PHONE]


class Camera:
    """A browser with fonts of its own, and the pages it looks at."""

    def __init__(self, test, hinting="false", style="hintnone", rgba="none"):
        folder = tempfile.TemporaryDirectory(prefix="balancer-fonts-")
        test.addClassCleanup(folder.cleanup)
        fonts = pathlib.Path(folder.name) / "fonts.conf"
        fonts.write_text(FONTS.format(folder=folder.name, hinting=hinting, style=style, rgba=rgba))
        self.browser = Browser(environment={"FONTCONFIG_FILE": str(fonts)})
        test.addClassCleanup(self.browser.close)
        self.browser.devtools("Page.addScriptToEvaluateOnNewDocument", source=STILL)

    def take(self, url, look):
        """The picture of a page in its kept size, as base64."""
        width, scheme = LOOKS[look]
        self.browser.scheme(scheme)
        self.browser.size(width, 800)
        self.browser.open(url)
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            self.browser.picture(file.name, HIGHEST)
            whole = base64.b64encode(pathlib.Path(file.name).read_bytes()).decode()
        return self.ask(SHRINK, whole, SMALLER)

    def ask(self, script, *values):
        return self.browser.call("/execute/async", {"script": script, "args": list(values)})


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        cls.url = f"http://127.0.0.1:{server.server_address[1]}/"
        cls.camera = Camera(cls)

    def difference(self, name, look, camera=None):
        """(why it cannot be compared, share of it that differs) of a view and its kept picture."""
        taken = (camera or self.camera).take(self.url + name, look)
        kept = base64.b64encode((PAGES / f"{name}{look}.png").read_bytes()).decode()
        fault, share = self.camera.ask(COMPARE, kept, taken, SQUARE, FAR)
        return fault, share

    def test_every_view_looks_as_it_did(self):
        names = sorted(path.stem for path in PAGES.glob("*.html"))
        self.assertGreater(len(names), 6)
        if os.environ.get("PCB_BLESS") == "1":
            for name, look in pictures_of(names):
                (PAGES / f"{name}{look}.png").write_bytes(base64.b64decode(self.camera.take(self.url + name, look)))
            return
        kept = {path.stem for path in PAGES.glob("*.png")}
        self.assertEqual(kept, {name + look for name, look in pictures_of(names)})
        wrong = []
        for name, look in pictures_of(names):
            fault, share = self.difference(name, look)
            if fault or share > SHARE:
                wrong.append(f"{name}{look}: {fault or f'{share:.1%} of it differ'}")
        self.assertEqual(wrong, [], "look at it, then take the pictures anew with PCB_BLESS=1")

    def test_a_style_that_is_broken_in_one_place_is_seen(self):
        style = (ASSETS / "page.css").read_text()
        self.addCleanup(setattr, Pages, "style", None)
        for name, look, was, becomes in (("overview", "", ".even { fill: var(--even); }", ""),
                                         ("plan", "-phone", "display: flow-root; border: 0;", "display: block; padding: 0 !important;"),
                                         ("plan", "", "button.yes, .button { background: var(--link);", "button.yes, .button {"),
                                         ("running", "-dark", "--ground: #121619;", "--ground: #f5f6f8;"),
                                         ("history", "", "th, td { text-align: left; padding: .4rem .6rem;", "th, td {")):
            self.assertEqual(style.count(was), 1, was)
            Pages.style = style.replace(was, becomes)
            fault, share = self.difference(name, look)
            print(f"{name}{look} without {was!r}: {fault or f'{share:.1%}'}", file=sys.stderr)
            self.assertTrue(fault or share > SHARE, was)

    def test_how_letters_are_smoothed_makes_no_difference(self):
        other = Camera(type(self), hinting="true", style="hintfull", rgba="rgb")
        for name, look in (("plan", ""), ("whatif", "-dark"), ("overview", "-phone")):
            fault, share = self.difference(name, look, other)
            print(f"{name}{look} with other smoothing: {fault or f'{share:.2%}'}", file=sys.stderr)
            self.assertFalse(fault)
            self.assertLessEqual(share, SHARE)


if __name__ == "__main__":
    unittest.main()
