"""The whole chain on real parts: the lab's hosts, exporter, Prometheus, Alertmanager, evaluator, and a receiver of its
messages. Everything listens on free loopback ports and lives in one temporary folder.

Times are short, the rules are the ones of rules/: only their durations are rewritten.
"""

import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from waiting import wait_until  # noqa: E402

BIN = pathlib.Path(os.environ.get("BALANCER_BIN", ROOT / "build/dev/bin"))
TOKEN = "e2e-token-0123456789"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def http_call(url, body=None, headers=None, timeout=10):
    """(status, text); status 0 when nobody answers."""
    data = body.encode() if isinstance(body, str) else body
    request = urllib.request.Request(url, data=data, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")
    except OSError as error:
        return 0, str(error)


def samples(page, name):
    """[(labels, value)] of one metric in the text form."""
    found = []
    for match in re.finditer(rf'^{name}(?:\{{(.*)\}})? (\S+)', page, re.M):
        labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(1) or ""))
        found.append((labels, float(match.group(2))))
    return found


class Process:
    """A program with its output in a file; ended by SIGTERM, and by SIGKILL when that takes more than 10 s."""

    def __init__(self, name, folder, *command):
        self.name, self.command = name, [str(part) for part in command]
        self.log_path = folder / f"{name}.log"
        self.process = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def end(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        return self.process.returncode if self.process else None

    def wait_ready(self, url, seconds=30):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.log()[-3000:]}")
            return 200 <= http_call(url, timeout=2)[0] < 300
        wait_until(ready, seconds, lambda: f"{self.name} answers at {url}; its log:\n{self.log()[-3000:]}")


# What a chain in mode suggest cannot bring about, as the evaluator's page would have it: see recorded_series().
RECORDED = ROOT / "tests/dashboards/recorded.metrics"


def recorded_series():
    """tests/dashboards/recorded.metrics with a move that is always a new one."""
    return RECORDED.read_text().replace("OPERATION", str(int(time.time()) // 30))


class Receiver:
    """Takes the evaluator's JSON messages; serves the recorded series to Prometheus."""

    def __init__(self):
        self.messages = []
        messages = self.messages

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                messages.append(json.loads(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                body = recorded_series().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/message"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def texts(self):
        return [json.dumps(message, ensure_ascii=False) for message in list(self.messages)]

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class Lab:
    """tests/lab/lab in a folder of its own."""

    def __init__(self, folder, cluster):
        self.folder = folder / "lab"
        self.file = folder / "cluster.yaml"
        self.file.write_text(cluster)

    def call(self, *words, check=True):
        done = subprocess.run([str(ROOT / "tests/lab/lab"), *words], capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"lab {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def up(self):
        self.call("up", str(self.file), "--dir", str(self.folder))

    def down(self):
        self.call("down", "--dir", str(self.folder))

    def status(self):
        return json.loads(self.call("status", "--dir", str(self.folder)))

    def set(self, *words):
        self.call("set", "--dir", str(self.folder), *words)

    def fault(self, *words):
        self.call("fault", "--dir", str(self.folder), *words)


class Chain:
    def __init__(self, cluster, evaluator="", recorded=False, window="1m"):
        self.recorded = recorded
        self.window = window  # prometheus.window
        self.more_of_evaluator = evaluator  # further lines of its section in config.yaml
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="balancer-e2e-"))
        self.lab = Lab(self.folder, cluster)
        self.receiver = Receiver()
        self.port = {name: free_port() for name in ("exporter", "evaluator", "prometheus", "alertmanager")}
        self.config = self.folder / "config.yaml"
        self.parts = {
            "exporter": Process("exporter", self.folder, BIN / "balancer-exporter", "--config", self.config),
            "evaluator": Process("evaluator", self.folder, BIN / "balancer-evaluator", "serve", "--config",
                                 self.config),
            "prometheus": Process(
                "prometheus", self.folder, "prometheus", f"--config.file={self.folder}/prometheus.yml",
                f"--storage.tsdb.path={self.folder}/tsdb", f"--web.listen-address=127.0.0.1:{self.port['prometheus']}"),
            "alertmanager": Process(
                "alertmanager", self.folder, "prometheus-alertmanager", f"--config.file={self.folder}/alertmanager.yml",
                f"--storage.path={self.folder}/am", f"--web.listen-address=127.0.0.1:{self.port['alertmanager']}",
                "--cluster.listen-address="),
        }

    READY = {"exporter": "/-/ready", "evaluator": "/-/healthy", "prometheus": "/-/ready", "alertmanager": "/-/ready"}

    def url(self, part, path=""):
        return f"http://127.0.0.1:{self.port[part]}{path}"

    def start_part(self, name):
        self.parts[name].start()
        self.parts[name].wait_ready(self.url(name, self.READY[name]))

    def up(self):
        self.lab.up()
        self.write_configuration()
        for name in self.parts:
            self.start_part(name)

    def down(self):
        try:
            for process in reversed(self.parts.values()):
                process.end()
            self.receiver.end()
            self.lab.down()
        finally:
            if not os.environ.get("KEEP_E2E"):
                shutil.rmtree(self.folder, ignore_errors=True)

    def write_configuration(self):
        token = self.folder / "token"
        token.touch(0o600)
        token.write_text(TOKEN)
        self.config.touch(0o600)
        self.config.write_text((self.lab.folder / "config.yaml").read_text() + f"""
exporter: {{ listen: "127.0.0.1:{self.port['exporter']}", interval: 1s }}
prometheus: {{ url: "{self.url('prometheus')}", window: {self.window} }}
alertmanager: {{ urls: ["{self.url('alertmanager')}"] }}
evaluator:
  listen: "127.0.0.1:{self.port['evaluator']}"
  interval: 1s
  stale_after: 10s
  state_directory: {self.folder}/state
  webhook: {{ bearer_token_file: {token} }}
{self.more_of_evaluator}
notify:
  webhooks:
    - {{ name: test, url: "{self.receiver.url}" }}
""")
        (self.folder / "state").mkdir(mode=0o700)
        rules = self.folder / "rules"
        rules.mkdir()
        for path in (ROOT / "rules").glob("*.yml"):
            text = re.sub(r"(?m)^( +)(for|keep_firing_for): .*$", r"\1\2: 3s", path.read_text())
            (rules / path.name).write_text(re.sub(r"\[(5|15)m\]", "[10s]", text))
        text = (ROOT / "deploy/prometheus.yml").read_text().replace("../rules/", f"{rules}/")
        text = re.sub(r"(scrape|evaluation)_interval: 15s", r"\1_interval: 1s", text)
        text = text.replace("cluster: homelab", "cluster: lab")
        if self.recorded:
            text += f"""
  - job_name: recorded
    metrics_path: /recorded
    static_configs:
      - targets: ["{self.receiver.url.split('/')[2]}"]
        labels: {{cluster: lab, job: balancer-evaluator}}
"""
        (self.folder / "prometheus.yml").write_text(self.own_ports(text))
        text = (ROOT / "deploy/alertmanager.yml").read_text()
        text = re.sub(r"credentials_file: .*", f"credentials_file: {token}", text)
        text = re.sub(r"group_wait: \S+", "group_wait: 1s", text)
        text = re.sub(r"group_interval: \S+", "group_interval: 2s", text)
        text = re.sub(r"repeat_interval: \S+", "repeat_interval: 10s", text)
        (self.folder / "alertmanager.yml").write_text(self.own_ports(text))

    def own_ports(self, text):
        for name, default in (("exporter", 9722), ("evaluator", 9723), ("alertmanager", 9093)):
            text = text.replace(f"127.0.0.1:{default}", f"127.0.0.1:{self.port[name]}")
        return text

    # ---- asking ----
    def metrics(self, part):
        return http_call(self.url(part, "/metrics"))[1]

    def hold(self):
        """The reasons for which the evaluator holds back now."""
        return sorted(labels["reason"] for labels, value in samples(self.metrics("evaluator"), "balancer_hold") if value)

    def query(self, expression):
        status, text = http_call(self.url("prometheus", "/api/v1/query"),
                                 urllib.parse.urlencode({"query": expression}))
        answer = json.loads(text)
        if status != 200 or answer["status"] != "success":
            raise AssertionError(f"{expression}: {text}")
        return answer["data"]["result"]

    def label_values(self, label, selector):
        parameters = urllib.parse.urlencode({"match[]": selector})
        return json.loads(http_call(self.url("prometheus", f"/api/v1/label/{label}/values?{parameters}"))[1])["data"]

    def post_webhook(self, body, token=TOKEN):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return http_call(self.url("evaluator", "/webhook"), body, headers)

    def evaluator_command(self, *words, timeout=30):
        return subprocess.run([str(BIN / "balancer-evaluator"), *words, "--config", str(self.config)],
                              capture_output=True, text=True, timeout=timeout)

    def amtool(self, *words):
        done = subprocess.run(["amtool", f"--alertmanager.url={self.url('alertmanager')}", *words],
                              capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise AssertionError(f"amtool {' '.join(words)}: {done.stderr}")
        return done.stdout.strip()
