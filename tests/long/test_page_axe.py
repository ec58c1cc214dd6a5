"""The page held against axe-core, the rules for people who see, hear and move otherwise, in every view, light and dark."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import page_pictures  # noqa: E402
from browser import Browser  # noqa: E402
from chain import Chain  # noqa: E402

VIEWS = ("/", "/plan", "/plan?guest=files", "/running", "/history", "/history?show=alerts", "/history?show=messages",
         "/history?show=decisions", "/history?show=report",
         "/whatif?ask=drain&host=pve1", "/whatif?ask=lose&host=pve1", "/login")
AUDIT = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then((found) => done(found.violations.map((one) =>
  `${one.impact}: ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html + ' ' + node.failureSummary).join(' | ')}`)));
"""


def axe_core():
    """The source of axe-core, as npm has it."""
    with tempfile.TemporaryDirectory(prefix="balancer-axe-") as folder:
        subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "axe-core@4"], check=True,
                       capture_output=True, timeout=300)
        return (pathlib.Path(folder) / "node_modules/axe-core/axe.min.js").read_text()


class Axe(unittest.TestCase):
    def test_no_view_has_a_finding(self):
        source = axe_core()
        chain = Chain(page_pictures.CLUSTER, page_pictures.EVALUATOR)
        self.addCleanup(chain.down)
        chain.up()
        chain.lab.set("103", "cpu=7.6")
        with Browser() as browser:
            camera = page_pictures.Photographer(chain, browser, None)
            camera.log_in()
            camera.wait_for("/plan", "#plan", "A yes counts for")
            findings = []
            for scheme in ("light", "dark"):
                browser.scheme(scheme)
                for width in (390, 1400):
                    browser.size(width, 900)
                    for path in VIEWS:
                        camera.open(path)
                        browser.run(source)
                        findings += [f"{path} {scheme} {width}: {one}" for one in self.audit(browser)]
            self.assertEqual(findings, [])
            browser.run("document.documentElement.removeAttribute('lang');")
            self.assertIn("html-has-lang", str(self.audit(browser)), "what is wrong is found")

    def audit(self, browser):
        return browser.call("/execute/async", {"script": AUDIT, "args": []})


if __name__ == "__main__":
    unittest.main()
