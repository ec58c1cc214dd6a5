"""A cluster that stands still: exporter and Prometheus as the evaluator asks them, out of one cluster document.

/cluster is the document, taken now. /api/v1/query answers the evaluator's load queries with the document's own figures,
at once; /metrics has them for a real Prometheus to scrape. /api/v2/alerts is what `listed` holds. Messages posted
anywhere else are taken and kept. Tested by tests/bench/test_intake.py.
"""

import contextlib
import http.server
import json
import re
import threading
import time
import urllib.parse

CPU_LIMIT = 0.8  # of a host's cores: what the planner takes where the document names none
POINTS = 60      # of each series in the window
AGE_SECONDS = 1


def _answer(values):
    result = [{"metric": {"id": name}, "value": [0, str(value)]} for name, value in values.items()]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


class World:
    """`document`: a cluster document in which every guest has its use; the hosts' own is the sum of it."""

    def __init__(self, document):
        self.cpu = {f"node/{host['name']}": 0.0 for host in document["hosts"]}
        self.memory = dict(self.cpu)
        self.cores = {f"node/{host['name']}": host["cpu_cores"] for host in document["hosts"]}
        self.memory_size = {f"node/{host['name']}": host["memory_bytes"] for host in document["hosts"]}
        for guest in document["guests"]:
            for values, use in ((self.cpu, guest["cpu_used_cores"]), (self.memory, guest["memory_used_bytes"])):
                values[guest["id"]] = use
                values[f"node/{guest['host']}"] += use
        self.cluster_name = document["cluster"]
        text = json.dumps({**document, "taken_at": "NOW"})
        self._before_time, self._after_time = text.split('"NOW"')
        self.answers = {"points": _answer(dict.fromkeys(self.cpu, POINTS)),
                        "age": _answer(dict.fromkeys(self.cpu, AGE_SECONDS)),
                        "cpu": _answer(self.cpu), "memory": _answer(self.memory)}
        self.page = self._page()
        self.listed = []    # the body of /api/v2/alerts
        self.messages = []  # bodies of what was posted
        self.looks = 0      # times that /cluster was asked for
        world = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.reply(world.get(self.path))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.reply(world.post(self.path, body))

            def reply(self, body):
                self.send_response(200 if body is not None else 404)
                kind = "text/plain" if self.path == "/metrics" else "application/json"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):  # who asked was ended
                    self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.address}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def end(self):
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def most_overloaded(self):
        """The host that is farthest above its CPU limit."""
        share, name = max((self.cpu[name] / cores, name) for name, cores in self.cores.items())
        if share <= CPU_LIMIT:
            raise AssertionError(f"no host is overloaded: the highest is {name} with {share:.2f}")
        return name.removeprefix("node/")

    def get(self, path):
        if path == "/cluster":
            self.looks += 1
            return f"{self._before_time}{time.time():.3f}{self._after_time}".encode()
        return {"/metrics": self.page, "/api/v2/alerts": json.dumps(self.listed).encode()}.get(path)

    def post(self, path, body):
        if path != "/api/v1/query":
            self.messages.append(body)
            return b""
        query = urllib.parse.parse_qs(body.decode())["query"][0]
        if query.startswith("time()"):
            return self.answers["age"]
        if query.startswith("count_over_time"):
            return self.answers["points"]
        return self.answers["memory" if re.search(r"\bpve_memory_", query) else "cpu"]

    def _page(self):
        lines = []
        for name, used in self.cpu.items():
            own = f'{{id="{name}"}}'
            cores = self.cores.get(name, 1)
            lines += [f"pve_cpu_usage_ratio{own} {used / cores}", f"pve_cpu_usage_limit{own} {cores}",
                      f"pve_cpu_seconds_total{own} 1"]
            if name in self.memory_size:
                lines += [f"pve_memory_size_bytes{own} {self.memory_size[name]}",
                          f"pve_memory_available_bytes{own} {self.memory_size[name] - self.memory[name]}"]
            else:
                lines.append(f"pve_memory_needed_bytes{own} {self.memory[name]}")
        return "\n".join(lines + [""]).encode()


def relieve_alert(cluster, host, resource="cpu", number=1):
    """As it stands in a webhook's `alerts`."""
    return {"status": "firing", "labels": {"alertname": "HostCpuOverloaded", "cluster": cluster, "id": f"node/{host}",
                                           "resource": resource, "severity": "info", "balancer": "relieve"},
            "annotations": {"summary": f"{host} is over its limit"}, "startsAt": "2026-11-22T16:43:30.323Z",
            "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": f"{number:016x}"}


def webhook(alerts):
    """The body that Alertmanager posts."""
    return json.dumps({"version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing",
                       "receiver": "balancer", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
                       "externalURL": "http://127.0.0.1:9093", "alerts": alerts}).encode()
