"""What takes the place of other exporters, with a real Prometheus: its discovery, /probe and /pve; and members of the
cluster that are found, join and leave."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import BIN, Lab, Process, free_port, http_call, samples, wait_until  # noqa: E402

CLUSTER = r"""
cluster: lab
phase: 1500ms
hosts:
  pve1: {cores: 4, memory: 16GiB, version: 7.4.19}
  pve2: {cores: 4, memory: 16GiB, version: 8.4.1}
  pve3: {cores: 4, memory: 16GiB, version: 9.1.2}
guests:
  101: {name: web, host: pve1, cores: 2, memory: 1GiB, cpu: 0.5, memory_used: 512MiB}
  102: {name: 'd"b\<i>&é', host: pve2, cores: 2, memory: 1GiB, cpu: 0.5, memory_used: 512MiB}
"""

PROMETHEUS = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: node
    metrics_path: /probe
    http_sd_configs:
      - url: http://127.0.0.1:{port}/sd
        refresh_interval: 1s
    relabel_configs: &probe
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{source_labels: [__param_target], target_label: instance}}
      - {{target_label: __address__, replacement: "127.0.0.1:{port}"}}
  - job_name: pve
    metrics_path: /pve
    params: {{module: [default], cluster: ["1"], node: ["1"]}}
    static_configs:
      - targets: [pve1]
    relabel_configs: *probe
"""

lab = exporter = prometheus = None
ports = {}


def setUpModule():
    global lab, exporter, prometheus
    temporary = tempfile.TemporaryDirectory(prefix="balancer-e2e-")
    unittest.addModuleCleanup(temporary.cleanup)
    folder = pathlib.Path(temporary.name)
    lab = Lab(folder, CLUSTER)
    unittest.addModuleCleanup(lab.down)
    lab.up()
    ports.update(exporter=free_port(), prometheus=free_port())
    text = (lab.folder / "config.yaml").read_text()
    # One listed host is enough: the others come from .members.
    hosts = re.search(r"(?ms)^proxmox_hosts:\n.*?(?=^\S|\Z)", text)
    first = re.match(r"(?s)(proxmox_hosts:\n.*?)(?=\n\s*- name: pve2)", hosts[0])[1] + "\n"
    config = folder / "one.yaml"
    config.touch(0o600)
    config.write_text(text.replace(hosts[0], first) +
                      f'\nexporter: {{listen: "127.0.0.1:{ports["exporter"]}", interval: 1s, discover: true}}\n')
    (folder / "prometheus.yml").write_text(PROMETHEUS.format(port=ports["exporter"]))
    exporter = Process("exporter", folder, BIN / "balancer-exporter", "--config", config)
    prometheus = Process("prometheus", folder, "prometheus", f"--config.file={folder}/prometheus.yml",
                         f"--storage.tsdb.path={folder}/tsdb",
                         f"--web.listen-address=127.0.0.1:{ports['prometheus']}")
    for process, part, path in ((exporter, "exporter", "/-/ready"), (prometheus, "prometheus", "/-/ready")):
        process.start()
        unittest.addModuleCleanup(process.end)
        process.wait_ready(url(part, path))


def url(part, path):
    return f"http://127.0.0.1:{ports[part]}{path}"


def get(path):
    return http_call(url("exporter", path))


def targets():
    """Job and host of every target, with its health."""
    active = json.loads(http_call(url("prometheus", "/api/v1/targets"))[1])["data"]["activeTargets"]
    return {(one["labels"]["job"], one["labels"]["instance"]): one for one in active}


def healthy():
    return {key for key, one in targets().items() if one["health"] == "up"}


class Compatibility(unittest.TestCase):
    def test_prometheus_finds_every_host_and_scrapes_probe_and_pve(self):
        wanted = {("node", "pve1"), ("node", "pve2"), ("node", "pve3"), ("pve", "pve1")}
        wait_until(lambda: healthy() == wanted, 60, "every member is a healthy target")
        self.assertEqual({one["labels"].get("cluster") for (job, _), one in targets().items() if job == "node"}, {"lab"})
        for host, cores in (("pve1", 4), ("pve3", 4)):
            page = get(f"/probe?target={host}")[1]
            self.assertEqual(len({labels["cpu"] for labels, _ in samples(page, "node_cpu_seconds_total")}), cores)
            self.assertEqual(samples(page, "node_memory_MemTotal_bytes")[0][1], 16 * 2**30)
        names = {labels["id"] for labels, _ in samples(get("/pve?target=pve2")[1], "pve_guest_info")}
        self.assertEqual(names, {"lxc/101", "lxc/102"})

    def test_a_host_that_cannot_be_read_is_down_and_stays_a_target(self):
        wait_until(lambda: ("node", "pve3") in healthy(), 60, "pve3 is a healthy target")
        lab.fault("pve3", "network")
        try:
            wait_until(lambda: targets()["node", "pve3"]["health"] == "down", 60, "pve3 is down")
            self.assertIn("503", targets()["node", "pve3"]["lastError"])
            self.assertIn(("node", "pve2"), healthy())
            page = get("/pve?target=pve3")
            self.assertEqual(page[0], 200)
            self.assertIn(({"id": "node/pve3"}, 0), samples(page[1], "pve_up"))
        finally:
            lab.call("heal", "--dir", str(lab.folder), "all")
        wait_until(lambda: ("node", "pve3") in healthy(), 90, "pve3 is read again")

    def test_members_stay_when_the_configured_host_is_down_and_another_tells_of_them(self):
        wait_until(lambda: [get(f"/probe?target=pve{n}")[0] for n in (1, 2, 3)] == [200] * 3, 60, "all are read")
        lab.fault("pve1", "network")
        try:
            wait_until(lambda: get("/probe?target=pve1")[0] == 503, 60, "pve1 is not read")
            # Over several rounds: who tells of the members may change from one to the next.
            rounds = set()

            def five_rounds():
                self.assertEqual([get(f"/probe?target=pve{n}")[0] for n in (2, 3)], [200, 200])
                rounds.add(samples(get("/metrics")[1], "balancer_snapshot_timestamp_seconds")[0][1])
                return len(rounds) >= 5

            wait_until(five_rounds, 60, "five rounds")
        finally:
            lab.call("heal", "--dir", str(lab.folder), "all")
        wait_until(lambda: get("/probe?target=pve1")[0] == 200, 90, "pve1 is read again")

    def test_a_member_that_leaves_goes_and_one_that_joins_comes(self):
        def known():
            page = get("/metrics")[1]
            up = {labels["id"]: value for labels, value in samples(page, "pve_up") if labels["id"].startswith("node/")}
            return up, {target for one in json.loads(get("/sd")[1]) for target in one["targets"]}

        all_three = ({"node/pve1": 1, "node/pve2": 1, "node/pve3": 1}, {"pve1", "pve2", "pve3"})
        wait_until(lambda: known() == all_three, 60, "all are read")
        lab.fault("pve3", "left")
        try:
            wait_until(lambda: known() == ({"node/pve1": 1, "node/pve2": 1}, {"pve1", "pve2"}), 60, "pve3 is forgotten")
            self.assertEqual(get("/probe?target=pve3")[0], 404)
            self.assertNotIn("pve3", get("/cluster")[1])
        finally:
            lab.call("heal", "--dir", str(lab.folder), "all")
        wait_until(lambda: known() == all_three, 60, "pve3 has joined")

    def test_a_guest_that_moves_is_told_once_at_every_moment(self):
        wait_until(lambda: len(samples(get("/metrics")[1], "pve_guest_info")) == 2, 60, "both guests are told")
        text = (lab.folder / "config.yaml").read_text()
        address, key, known = (re.search(rf"{name}: (\S+)", text)[1] for name in ("address", "key_path", "known_hosts"))
        move = subprocess.Popen(["ssh", "-i", key, "-o", f"UserKnownHostsFile={known}", f"root@{address}",
                                 "pct migrate 101 pve2 --restart"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        seen = set()

        def arrived():
            page = get("/metrics")[1]
            places = [labels["node"] for labels, _ in samples(page, "pve_guest_info") if labels["id"] == "lxc/101"]
            documents = [guest for guest in json.loads(get("/cluster")[1])["guests"] if guest["id"] == "lxc/101"]
            self.assertEqual((len(places), len(documents)), (1, 1), page)
            for name in ("pve_up", "pve_memory_size_bytes", "pve_onboot_status"):
                self.assertEqual(sum(labels["id"] == "lxc/101" for labels, _ in samples(page, name)), 1, name)
            seen.add((documents[0].get("lock", ""), places[0]))
            return move.poll() is not None and places == ["pve2"] and documents[0]["status"] == "running"

        try:
            wait_until(arrived, 60, "lxc/101 is on pve2 and runs")
            self.assertEqual(move.wait(), 0, move.stdout.read())
        finally:
            move.stdout.close()
        self.assertTrue({("", "pve1"), ("migrate", "pve1"), ("", "pve2")} <= seen, seen)

    def test_a_hostile_name_reaches_prometheus_as_it_is(self):
        query = url("prometheus", "/api/v1/query?query=" + urllib.parse.quote('pve_guest_info{id="lxc/102"}'))

        def names():
            return {one["metric"]["name"] for one in json.loads(http_call(query)[1])["data"]["result"]}

        wait_until(names, 60, "Prometheus has the guest")
        self.assertEqual(names(), {'d"b\\<i>&é'})

    def test_a_cluster_of_three_versions_is_read_whole(self):
        wait_until(lambda: len(samples(get("/metrics")[1], "pve_guest_info")) == 2, 60, "both guests are told")
        page = get("/metrics")[1]
        self.assertEqual({labels["version"] for labels, _ in samples(page, "pve_version_info")},
                         {"7.4.19", "8.4.1", "9.1.2"})
        document = json.loads(get("/cluster")[1])
        for host in document["hosts"]:
            self.assertEqual((host["state"], host["memory_bytes"]), ("online", 16 * 2**30), host["name"])
            sizes = {storage["name"]: storage.get("total_bytes", 0) for storage in host["storages"]}
            self.assertGreater(sizes["ceph"], 0, "the row of .rrd, whichever the version's key")
        self.assertEqual([guest["status"] for guest in document["guests"]], ["running", "running"])
        failed = [labels for labels, value in samples(page, "balancer_collect_success") if value != 1]
        self.assertEqual(failed, [])

    def test_a_guest_is_told_once(self):
        wait_until(lambda: len(samples(get("/metrics")[1], "pve_guest_info")) == 2, 60, "both guests are told")
        places = {labels["id"]: labels["node"] for labels, _ in samples(get("/metrics")[1], "pve_guest_info")}
        self.assertEqual(places, {"lxc/101": "pve1", "lxc/102": "pve2"})


if __name__ == "__main__":
    unittest.main()
