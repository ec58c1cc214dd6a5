"""A real browser for tests: Debian's chromium, headless, driven through chromium-driver by the W3C WebDriver protocol.

    with Browser() as browser:
        browser.open("http://127.0.0.1:9723/")
        browser.click("button.yes")

Needs the packages chromium and chromium-driver. Leaves nothing behind: driver, browser and profile end with it.
"""

import base64
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from waiting import wait_until  # noqa: E402

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key WebDriver gives elements
OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
           "--disable-background-networking", "--disable-component-update", "--no-first-run"]
KEYS = {"tab": "\ue004", "enter": "\ue007"}


class Browser:
    def __init__(self, width=1400, height=1000, dark=False, script=True, environment=None):
        self.folder = tempfile.TemporaryDirectory(prefix="balancer-browser-")
        self.words = pathlib.Path(self.folder.name) / "driver.log"
        self.environment = {**os.environ, **(environment or {})}
        self._start_driver()
        self.session = None
        try:
            self.port = wait_until(self._own_port, 60, lambda: f"chromedriver takes a port: {self.words.read_text()}")
            wait_until(self._answers, 60, "chromedriver answers")
            options = [*OPTIONS, f"--user-data-dir={self.folder.name}/profile", f"--window-size={width},{height}"]
            preferences = {} if script else {"profile.managed_default_content_settings.javascript": 2}
            wanted = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"},
                      "goog:chromeOptions": {"args": options, "prefs": preferences}}
            made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}}, timeout=90)
            self.session = f"/session/{made['sessionId']}"
            self.size(width, height)
            self.scheme("dark" if dark else "light")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.session:
            with contextlib.suppress(OSError, AssertionError):
                self._call("DELETE", self.session)
        self.driver.send_signal(signal.SIGTERM)
        try:
            self.driver.wait(10)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait(10)
        self.folder.cleanup()

    def _start_driver(self):
        with self.words.open("wb") as words:
            self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=words, stderr=words,
                                           start_new_session=True, env=self.environment)

    def _own_port(self):
        """The free one that it took itself: nobody else can have taken it in between. It takes one for IPv6, and ends when
        somebody has the same one for IPv4: then it is started again."""
        ended = self.driver.poll() is not None
        told = re.search(r"started successfully on port (\d+)", self.words.read_text())
        if ended and "port not available" in self.words.read_text():
            self._start_driver()
        elif ended:
            raise AssertionError(f"chromedriver has ended: {self.words.read_text()}")
        return int(told[1]) if told and not ended else None

    def _answers(self):
        with contextlib.suppress(OSError):
            return self._call("GET", "/status", timeout=2)["ready"]
        return False

    def _call(self, method, path, body=None, timeout=60):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode('utf-8', 'replace')[:600]}") from None

    def call(self, path, body=None):
        return self._call("POST", self.session + path, body or {})

    def devtools(self, command, **parameters):
        return self.call("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height, scale=1):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                      mobile=width < 600)

    def scheme(self, name):
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, url):
        self.call("/url", {"url": url})

    def run(self, script, *values):
        """What the function body `script` returns; its arguments are `arguments`."""
        return self.call("/execute/sync", {"script": script, "args": list(values)})

    def find(self, selector):
        return self.call("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def _upon(self, selector, deed, body=None):
        """Does it to the element that is there now: a view that renews itself may put a new one in its place."""
        def done():
            try:
                self.call(f"/element/{self.find(selector)}/{deed}", body)
            except AssertionError as error:
                if "stale element reference" not in str(error):
                    raise
                return False
            return True
        wait_until(done, 30, f"{deed} of {selector}, which is always another one")

    def click(self, selector):
        self._upon(selector, "click")

    def write(self, selector, text):
        self._upon(selector, "value", {"text": text})

    def press(self, *keys):
        """Keys go to what has the focus."""
        actions = [action for key in keys for action in ({"type": "keyDown", "value": KEYS.get(key, key)},
                                                         {"type": "keyUp", "value": KEYS.get(key, key)})]
        self.call("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def text(self, selector="body"):
        return self.run("const e = document.querySelector(arguments[0]); return e ? e.innerText : '';", selector)

    def wait_for(self, selector, text, seconds=30):
        wait_until(lambda: text in self.text(selector), seconds,
                   lambda: f"{selector} says {text!r}; it says {self.text(selector)!r}")

    def picture(self, path, most=100000, scale=1):
        """The whole page as PNG, at most so many pixels high."""
        height = min(most, self.run("return document.documentElement.scrollHeight;"))
        width = self.run("return window.innerWidth;")
        self.size(width, height, scale)
        shot = self.call_get("/screenshot")
        pathlib.Path(path).write_bytes(base64.b64decode(shot))

    def call_get(self, path):
        return self._call("GET", self.session + path)

    def complaints(self):
        """What the console has as errors: refused by the policy, not found, thrown."""
        return [entry["message"] for entry in self.call("/se/log", {"type": "browser"}) if entry["level"] == "SEVERE"]
