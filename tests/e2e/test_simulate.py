"""`simulate --from-prometheus` on a real Prometheus whose history promtool has written: two days of four hosts as
prometheus-pve-exporter would have shown them."""

import json
import math
import pathlib
import subprocess
import tempfile
import time
import unittest

from chain import BIN, Process, free_port, http_call, wait_until

GIB = 2**30
SCRAPE_SECONDS = 60
DAYS = 2
HOSTS = {"pve1": (16, 64), "pve2": (16, 64), "pve3": (8, 32)}


def guests():
    """id → (name, first host, cores, GiB)."""
    made = {f"lxc/{101 + i}": (f"office-{i}", "pve1", 4, 6) for i in range(6)}
    made["qemu/201"] = ("database", "pve2", 8, 16)
    made["lxc/301"] = ("visitor", "pve3", 2, 2)
    return made


def cores_used(name, hour):
    if name.startswith("office"):
        return 0.3 + (2.6 if 9 <= hour < 17 else 0)
    return 1.5 if name == "database" else 0.2


class History:
    """The metrics page of every minute as one OpenMetrics text with timestamps."""

    def __init__(self, end, cluster="home", offset=0):
        self.families = {}
        self.cluster, self.offset = cluster, offset
        begin = end - DAYS * 86400
        for at in range(int(begin), int(end) + 1, SCRAPE_SECONDS):
            self.add_page(at, (at - begin) / 86400)

    def add(self, family, labels, value, at):
        text = ",".join(f'{key}="{value_}"' for key, value_ in labels.items())
        self.families.setdefault(family, {}).setdefault(text, []).append(f"{value} {at}")

    def add_page(self, at, day):
        hour = time.gmtime(at).tm_hour
        used = {host: [0.5, 3 * GIB] for host in HOSTS}
        self.add("pve_cluster_info", {"id": f"cluster/{self.cluster}", "nodes": 3, "quorate": 1}, 1, at)
        for guest, (name, host, cores, gib) in guests().items():
            if name == "visitor" and day >= 1:  # somebody moved it on the second day
                host = "pve2"
            number = guest.split("/")[0] + "/" + str(int(guest.split("/")[1]) + self.offset)
            off = name == "visitor" and 0.25 <= day < 0.5
            cpu, memory = (0, 0) if off else (cores_used(name, hour), 0.8 * gib * GIB)
            used[host][0] += cpu
            used[host][1] += memory
            self.add("pve_guest_info", {"id": number, "node": host, "name": name, "type": number.split("/")[0],
                                        "template": 0, "tags": "x"}, 1, at)
            self.add("pve_up", {"id": number}, 0 if off else 1, at)
            self.add("pve_cpu_usage_ratio", {"id": number}, cpu / cores, at)
            self.add("pve_cpu_usage_limit", {"id": number}, cores, at)
            self.add("pve_memory_usage_bytes", {"id": number}, memory, at)
            self.add("pve_memory_size_bytes", {"id": number}, gib * GIB, at)
        for host, (cores, gib) in HOSTS.items():
            self.add("pve_node_info", {"id": f"node/{host}", "name": host}, 1, at)
            self.add("pve_up", {"id": f"node/{host}"}, 1, at)
            self.add("pve_cpu_usage_ratio", {"id": f"node/{host}"}, min(1, used[host][0] / cores), at)
            self.add("pve_cpu_usage_limit", {"id": f"node/{host}"}, cores, at)
            self.add("pve_memory_usage_bytes", {"id": f"node/{host}"}, used[host][1], at)
            self.add("pve_memory_size_bytes", {"id": f"node/{host}"}, gib * GIB, at)

    def text(self, *others):
        lines = []
        for family in self.families:
            lines.append(f"# TYPE {family} gauge")
            for part in (self, *others):
                job = f'job="{part.cluster}",instance="127.0.0.1:9221"'
                for labels, samples in part.families[family].items():
                    lines += [f"{family}{{{labels},{job}}} {sample}" for sample in samples]
        return "\n".join(lines) + "\n# EOF\n"


class Prometheus(Process):
    def __init__(self, folder, openmetrics):
        (folder / "history.om").write_text(openmetrics)
        data = folder / "data"
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "history.om", data],
                       check=True, capture_output=True, timeout=300)
        (folder / "prometheus.yml").write_text("global: {scrape_interval: 1m}\n")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__("prometheus", folder, "prometheus", f"--config.file={folder}/prometheus.yml",
                         f"--storage.tsdb.path={data}", f"--web.listen-address=127.0.0.1:{self.port}",
                         "--storage.tsdb.retention.time=60d")
        self.start()
        self.wait_ready(self.url + "/-/ready", 60)
        wait_until(lambda: '"result":[{' in http_call(self.url + "/api/v1/query?query=pve_up")[1], 60,
                   "Prometheus shows the history")


def simulate(*words):
    return subprocess.run([BIN / "balancer-evaluator", "simulate", *words], capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL)


class FromPrometheus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="pcb-simulate-")
        cls.addClassCleanup(cls.folder.cleanup)
        # The newest sample is of this minute: Prometheus looks back five.
        cls.end = math.floor(time.time() / 60) * 60
        history = History(cls.end)
        cls.prometheus = Prometheus(pathlib.Path(cls.folder.name), history.text(History(cls.end, "lab", 1000)))
        cls.addClassCleanup(cls.prometheus.end)

    def test_the_history_becomes_a_trace_and_is_replayed(self):
        trace = pathlib.Path(self.folder.name) / "written.trace"
        ran = simulate("--from-prometheus", self.prometheus.url, "--since", "2d", "--matchers", 'job="home"',
                       "--write-trace", trace, "--output", "json")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(ran.stderr, "")
        replay = json.loads(ran.stdout)
        self.assertEqual((replay["hosts"], replay["guests"]), (3, 8))
        ways = {way["way"]: way for way in replay["ways"]}
        # Six offices of 2.9 cores on 16 from 9 to 17: 8 hours on each of two days, above 80 %.
        self.assertAlmostEqual(ways["nothing"]["over_cpu_threshold_host_hours"], 16, delta=0.5)
        self.assertGreater(ways["balancer"]["moves"], 0)
        self.assertEqual(ways["balancer"]["returns"], 0)
        self.assertLess(ways["balancer"]["over_threshold_host_hours"], 1.5)
        self.assertTrue(any("storage" in sentence for sentence in replay["unknown"]))
        self.assertTrue(any("the 1 moves in this history" in sentence for sentence in replay["unknown"]))
        lines = trace.read_text().splitlines()
        series = {entry["id"]: entry for entry in map(json.loads, lines[2:])}
        self.assertEqual(json.loads(lines[0])["step_seconds"], 300)
        visitor = series["lxc/301"]["cpu_cores"]
        self.assertIsNone(visitor[len(visitor) * 3 // 16], "a stopped guest has no load")
        self.assertAlmostEqual(visitor[-10], 0.2, places=3)
        # A host's own load is what its guests do not use, wherever they were then; the step of a move is a mix.
        own = series["node/pve2"]["cpu_cores"]
        odd = [value for value in own[:-1] if value is None or abs(value - 0.5) > 0.05]
        self.assertLessEqual(len(odd), 2, odd)
        again = simulate("--trace", trace, "--output", "json")
        for way, before in zip(json.loads(again.stdout)["ways"], replay["ways"]):
            self.assertEqual(way["moves"], before["moves"])  # a written trace is rounded to a ten-thousandth of a core
            self.assertAlmostEqual(way["mean_peak"], before["mean_peak"], places=4)

    def test_two_clusters_are_refused_with_the_way_out(self):
        ran = simulate("--from-prometheus", self.prometheus.url, "--since", "6h")
        self.assertEqual((ran.returncode, ran.stdout), (1, ""))
        self.assertIn("2 clusters (cluster/home, cluster/lab)", ran.stderr)
        self.assertIn("--matchers", ran.stderr)

    def test_matchers_that_match_nothing_say_so(self):
        ran = simulate("--from-prometheus", self.prometheus.url, "--matchers", 'job="nowhere"')
        self.assertEqual((ran.returncode, ran.stdout), (1, ""))
        self.assertIn("no series pve_up", ran.stderr)

    def test_broken_matchers_are_prometheus_s_own_words(self):
        ran = simulate("--from-prometheus", self.prometheus.url, "--matchers", "job=home")
        self.assertEqual((ran.returncode, ran.stdout), (1, ""))
        self.assertIn("parse error", ran.stderr)


if __name__ == "__main__":
    unittest.main()
