"""Photographs every view of the page, on a cluster in the lab in which a container is moved: wide and narrow, light and
dark.

    python3 tests/e2e/page_pictures.py [--to docs/pictures]

Needs root (the lab), the dev build, Prometheus, Alertmanager, and chromium with its driver.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import ROOT, Chain, wait_until  # noqa: E402
from browser import Browser  # noqa: E402

# A phase takes long enough to be photographed.
CLUSTER = (ROOT / "tests/dashboards/pictures.yaml").read_text().replace("version: 8.4.1", "version: 8.4.1\nphase: 2s")
EVALUATOR = """\
  mode: approve
  limits: { quorum_pause: 0s }
"""
SCALE = 0.75  # of what a screen shows: small files
WIDE, PHONE = (1280, 800), (390, 800)
HIGHEST = {WIDE: 1500, PHONE: 1700}
LOOKS = {"": (WIDE, "light"), "-dark": (WIDE, "dark"), "-phone": (PHONE, "light"), "-phone-dark": (PHONE, "dark")}


class Photographer:
    def __init__(self, chain, browser, to):
        self.chain, self.browser, self.to = chain, browser, to

    def open(self, path):
        self.browser.open(self.chain.url("evaluator", path))

    def log_in(self):
        self.open("/login?next=/plan")
        self.browser.write("#user", "alice")
        self.browser.write("#token", (self.chain.folder / "state/operator_token").read_text().strip())
        self.browser.click("main button")
        self.browser.wait_for("header", "alice")

    def take(self, name, path, looks=("", "-dark", "-phone")):
        for look in looks:
            size, scheme = LOOKS[look]
            self.browser.scheme(scheme)
            self.browser.size(*size)
            self.open(path)
            self.browser.picture(self.to / f"page-{name}{look}.png", HIGHEST[size], SCALE)

    def wait_for(self, path, selector, text, seconds=120):
        def there():
            self.open(path)
            return text in self.browser.text(selector)
        wait_until(there, seconds, lambda: f"{path}: {selector} says {text!r}; it says {self.browser.text(selector)!r}")


def photograph(to):
    to.mkdir(parents=True, exist_ok=True)
    chain = Chain(CLUSTER, EVALUATOR)
    try:
        chain.up()
        chain.lab.set("103", "cpu=7.6")
        with Browser() as browser:
            camera = Photographer(chain, browser, to)
            camera.log_in()
            camera.wait_for("/plan", "#plan", "A yes counts for")
            camera.take("plan", "/plan", LOOKS)
            camera.take("overview", "/", LOOKS)
            camera.take("whatif", "/whatif?ask=drain&host=pve2")
            camera.wait_for("/plan", "#plan", "A yes counts for")
            browser.click("#plan button.yes")
            camera.wait_for("/running", "#under-way pre", "shutdown")
            camera.take("running", "/running")
            camera.wait_for("/running", "#ended", "done")
            camera.take("history", "/history")
    finally:
        chain.down()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--to", type=pathlib.Path, default=ROOT / "docs/pictures")
    photograph(parser.parse_args().to)


if __name__ == "__main__":
    main()
