"""Two exporters share the lab's hosts (`--shard 1/2`, `2/2`), with the rules of rules/ on a real Prometheus: every host and
guest is there once, also while a guest moves from one shard's host to the other's, and the evaluator plans with all."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import unittest

E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e"
sys.path.insert(0, str(E2E))
from chain import BIN, Chain, Process, free_port, http_call, samples, wait_until  # noqa: E402

from documents import ROOT, blocks_of  # noqa: E402

CLUSTER = (E2E / "cluster.yaml").read_text()
HOSTS = {"pve1", "pve2", "pve3"}


def shown(words):
    """The one configuration of docs/sharding.md that has these words."""
    [block] = [block for block in blocks_of(ROOT / "docs/sharding.md") if block.language == "yaml" and words in block.text]
    return block.text


class Shards(unittest.TestCase):
    def setUp(self):
        self.chain = Chain(CLUSTER)
        self.addCleanup(self.chain.down)
        self.chain.lab.up()
        self.chain.write_configuration()
        chain, folder = self.chain, self.chain.folder
        text = chain.config.read_text()
        self.urls, self.shards = [], []
        for number in (1, 2):
            port = free_port()
            own = folder / f"shard{number}.yaml"
            own.touch(0o600)
            own.write_text(text.replace(f"127.0.0.1:{chain.port['exporter']}", f"127.0.0.1:{port}"))
            self.urls.append(f"http://127.0.0.1:{port}")
            self.shards.append(Process(f"shard{number}", folder, BIN / "balancer-exporter", "--config", own, "--shard",
                                       f"{number}/2"))
        chain.config.write_text(text.replace("evaluator:\n", "evaluator:\n  cluster_urls: [" + ", ".join(
            f'"{url}/cluster"' for url in self.urls) + "]\n"))
        scrapes = (folder / "prometheus.yml").read_text()
        one = f'["127.0.0.1:{chain.port["exporter"]}"]'
        self.assertIn(one, scrapes)
        self.remote, self.federated = self.central("remote", "--web.enable-remote-write-receiver"), self.central("federated")
        written = shown("remote_write").replace("https://prometheus.example.org", self.remote.url)
        scrapes = scrapes.replace(one, json.dumps([url[7:] for url in self.urls]))
        (folder / "prometheus.yml").write_text(scrapes + written)
        fetched = shown("/federate").replace('"site-a.example.org:9090", "site-b.example.org:9090"',
                                             f'"127.0.0.1:{chain.port["prometheus"]}"')
        (folder / "federated.yml").write_text(fetched.replace("scrape_interval: 15s", "scrape_interval: 1s"))
        for central in (self.remote, self.federated):
            central.start()
            self.addCleanup(central.end)
            central.wait_ready(central.url + "/-/ready")
        for shard, url in zip(self.shards, self.urls):
            shard.start()
            self.addCleanup(shard.end)
            shard.wait_ready(url + "/-/ready")
        chain.start_part("prometheus")

    def central(self, name, *options):
        """The one Prometheus that the evaluator asks, beside the site's own."""
        folder, port = self.chain.folder, free_port()
        (folder / f"{name}.yml").write_text("global: {scrape_interval: 1s}\n")
        process = Process(name, folder, "prometheus", f"--config.file={folder}/{name}.yml",
                          f"--storage.tsdb.path={folder}/{name}", f"--web.listen-address=127.0.0.1:{port}", *options)
        process.url = f"http://127.0.0.1:{port}"
        return process

    def ids(self, name, url):
        return {labels["id"] for labels, _ in samples(http_call(url + "/metrics")[1], name)}

    def of_rule(self, expression):
        return [sample["metric"]["id"] for sample in self.chain.query(expression)]

    def test_two_exporters_are_one_cluster(self):
        self.each_has_its_own()
        self.checking_one_warns_of_no_other()
        wait_until(lambda: len(self.of_rule("id:balancer_cpu_used_cores")) == 13, 60,
                   lambda: self.of_rule("id:balancer_cpu_used_cores"))
        self.the_evaluator_plans_with_all()
        self.one_prometheus_has_the_figures_of_all_sites()
        self.a_guest_that_moves_is_one_in_the_rules()
        self.a_missing_shard_is_no_smaller_cluster()

    def each_has_its_own(self):
        first, second = (self.ids("pve_up", url) for url in self.urls)
        self.assertEqual({ident for ident in first | second if ident.startswith("node/")}, {f"node/{h}" for h in HOSTS})
        self.assertEqual(first & second, set())
        self.assertTrue(any(ident.startswith("node/") for ident in first), first)
        self.assertTrue(any(ident.startswith("node/") for ident in second), second)
        clusters = [samples(http_call(url + "/metrics")[1], "pve_cluster_info") for url in self.urls]
        self.assertEqual([len(found) for found in clusters], [1, 0])
        self.assertEqual(clusters[0][0][0]["nodes"], "3", "of the cluster, not of the shard")
        for url, ids in zip(self.urls, (first, second)):
            hosts = {ident[5:] for ident in ids if ident.startswith("node/")}
            self.assertEqual({entry["targets"][0] for entry in json.loads(http_call(url + "/sd")[1])}, hosts)
            document = json.loads(http_call(url + "/cluster")[1])
            self.assertEqual({host["name"] for host in document["hosts"]}, hosts)
            self.assertEqual({guest["host"] for guest in document["guests"]}, hosts)
            self.assertEqual([w for w in document.get("warnings", []) if "not read" in w], [])

    def checking_one_warns_of_no_other(self):
        for number, url in enumerate(self.urls, 1):
            own = {ident[5:] for ident in self.ids("pve_up", url) if ident.startswith("node/")}
            done = subprocess.run([BIN / "balancer-exporter", "--config", self.chain.folder / f"shard{number}.yaml", "--shard",
                                   f"{number}/2", "--check", "--connect"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual({line.split(":")[0] for line in done.stdout.splitlines() if ": good" in line}, own)
            self.assertNotIn("Warning", done.stdout)

    def the_evaluator_plans_with_all(self):
        done = self.chain.evaluator_command("plan", "--output", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        plan = json.loads(done.stdout)
        self.assertEqual(set(plan["before"]["hosts"]), HOSTS)
        self.assertEqual([(move["guest"], move["from"], move["to"]) for move in plan["moves"]],
                         [("lxc/103", "pve1", "pve2")])

    def one_prometheus_has_the_figures_of_all_sites(self):
        """As docs/sharding.md shows it: whatever the evaluator asks for, it gets from there."""
        text = self.chain.config.read_text()
        for central in (self.remote, self.federated):
            other = self.chain.folder / f"by-{central.name}.yaml"
            other.touch(0o600)
            other.write_text(text.replace(self.chain.url("prometheus"), central.url))
            command = [BIN / "balancer-evaluator", "check", "--config", other]

            def said():
                return subprocess.run(command, capture_output=True, text=True).stdout

            def answered():
                lines = [line for line in said().splitlines() if " Prometheus: " in line]
                return len(lines) == 7 and all(line.startswith("good") for line in lines)

            def hosts():
                found = json.loads(http_call(central.url + "/api/v1/query?query=pve_up")[1])["data"]["result"]
                return {(metric["id"], metric.get("cluster"), metric.get("job")) for metric in
                        (sample["metric"] for sample in found) if metric["id"].startswith("node/")}

            wait_until(answered, 90, lambda: f"{central.name}: {said()}")
            wait_until(lambda: hosts() == {(f"node/{host}", "lab", "balancer-exporter") for host in HOSTS}, 30, hosts)

    def a_guest_that_moves_is_one_in_the_rules(self):
        """pve1 and pve2 are in different shards; at every moment there is one series of it at most, on one host."""
        shard_of = {host: number for number, url in enumerate(self.urls)
                    for host in HOSTS if f"node/{host}" in self.ids("pve_up", url)}
        self.assertNotEqual(shard_of["pve1"], shard_of["pve2"])
        wrong, both, ended = [], [], threading.Event()

        def watch():
            while not ended.is_set():
                for rule in ("id:balancer_guest_info", "id:balancer_cpu_used_cores", "id:balancer_memory_used_ratio"):
                    found = self.chain.query(f'{rule}{{id="lxc/103"}}')
                    if len(found) > 1:
                        wrong.append((rule, found))
                if len(self.chain.query('pve_guest_info{id="lxc/103"}')) > 1:
                    both.append(True)

        watching = threading.Thread(target=watch)
        watching.start()
        lab = pathlib.Path(__file__).resolve().parents[1] / "lab/lab"
        subprocess.run([lab, "exec", "--dir", self.chain.lab.folder, "pve1", "pct", "migrate", "103", "pve2", "--restart"],
                       check=True, stdout=subprocess.DEVNULL, env=os.environ)

        def arrived():
            found = self.chain.query('id:balancer_guest_info{id="lxc/103"}')
            return len(found) == 1 and found[0]["metric"]["node"] == "pve2"

        wait_until(arrived, 60, lambda: self.chain.query('id:balancer_guest_info{id="lxc/103"}'))
        ended.set()
        watching.join()
        self.assertEqual(wrong, [])
        print(f"both shards showed it at once in {len(both)} of the looks", file=sys.stderr)

    def a_missing_shard_is_no_smaller_cluster(self):
        self.shards[1].end()
        done = self.chain.evaluator_command("plan")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertIn(self.urls[1], done.stderr)


if __name__ == "__main__":
    unittest.main()
