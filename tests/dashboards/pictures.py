"""Draws every dashboard from the figures of a cluster in the lab, and photographs each with a real browser.

    python3 tests/dashboards/pictures.py [--seconds 300] [--to docs/pictures] [--light] [--width 1500]

Needs root (the lab), the dev build, Prometheus, Alertmanager, and chromium. The times of the chain are those of the
end-to-end tests: measured every second, rates and means over seconds, so that minutes show what takes hours in earnest.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parents[0] / "e2e"))
import draw  # noqa: E402
from chain import ROOT, Chain, http_call, wait_until  # noqa: E402
from dashboard import INTERVALS, dashboards  # noqa: E402

# One host and one guest stand for the dashboards that show one.
CHOSEN = {"host.json": {"host": "pve3"}, "guest.json": {"guest": "lxc/103"}}
ALL_HOSTS = ["pve1", "pve2", "pve3"]
EVALUATOR = """\
  mode: approve
  limits: { quorum_pause: 0s }
"""
# Small enough to be shown on a page of the documents: the upper part, three quarters of the size.
SCALE, HIGHEST = 0.75, 1560


def answers_of(chain):
    def ask(path, parameters):
        status, text = http_call(chain.url("prometheus", f"/api/v1/{path}"), urllib.parse.urlencode(parameters))
        answer = json.loads(text)
        if status != 200:
            raise AssertionError(f"{parameters['query']}: {text}")
        return answer["data"]["result"]
    return ask


def variables_of(name):
    return {"cluster": "lab", "host": ALL_HOSTS, **CHOSEN.get(name, {})}


def photograph(html, height, width, path, folder):
    page = folder / "page.html"
    page.write_text(html)
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--force-device-scale-factor={SCALE}",
         f"--user-data-dir={folder}/browser", f"--window-size={width},{min(height, HIGHEST)}", f"--screenshot={path}", page.as_uri()],
        capture_output=True, text=True, timeout=120)
    if not path.exists():
        raise AssertionError(f"chromium drew nothing: {done.stderr[-2000:]}")


def draw_all(chain, started, to, light=False, width=1500):
    """Writes NAME.png for each dashboard; returns file name → HTML."""
    pages, end = {}, time.time()
    for name, board in dashboards().items():
        source = draw.Source(answers_of(chain), variables_of(name), started, end)
        html, height = draw.page(board, source, width, light)
        with tempfile.TemporaryDirectory() as folder:
            photograph(html, height, width, to / name.replace(".json", ".png"), pathlib.Path(folder))
        pages[name] = html
    return pages


def live(seconds):
    """A chain that has run for so long, and when it began; towards the end a person approves what is suggested."""
    INTERVALS.update({"$__rate_interval": "15s", "$__range": f"{seconds}s"})
    chain = Chain((HERE / "pictures.yaml").read_text(), EVALUATOR)
    try:
        chain.up()
        started, approved = time.time(), False

        def over():
            nonlocal approved
            if not approved and time.time() >= started + seconds * 0.7:
                approved = chain.evaluator_command("approve").returncode == 0
            return time.time() >= started + seconds
        wait_until(over, seconds + 60, "the time to pass")
    except BaseException:
        chain.down()
        raise
    return chain, started


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--to", type=pathlib.Path, default=ROOT / "docs/pictures")
    parser.add_argument("--light", action="store_true")
    parser.add_argument("--width", type=int, default=1500)
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    chain, started = live(given.seconds)
    try:
        draw_all(chain, started, given.to, given.light, given.width)
    finally:
        chain.down()


if __name__ == "__main__":
    main()
