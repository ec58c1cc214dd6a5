#!/usr/bin/env python3
"""From Alertmanager's POST to the disk, and to the stored plan.

Prints the tables with their bars and fails when a bar is missed; --short runs every part small, and judges no times.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "e2e"))
sys.path.insert(0, str(HERE.parent / "support"))
import bench  # noqa: E402
import chain  # noqa: E402
import serving_bench  # noqa: E402
import static_world  # noqa: E402
from one_evaluator import Evaluator  # noqa: E402
from waiting import wait_until  # noqa: E402

DURABLE_BAR = 2          # times (one commit + one echo)
TURNS_A_PAIR = 5
GROUP_BAR = 3            # times the acknowledgements without group commit
STORM_BAR_MS = 300       # 99 % of the webhooks
STORM_EVERY_MS = 60      # 1,000 a minute
LARGE_BAR_SECONDS = 1
PLAN_BAR_SECONDS = 2
MIB = 1 << 20            # the largest webhook that is taken


def load(binaries, port, path, clients, count, every_ms=0, token=""):
    """(ms of each acknowledged webhook, refused, seconds)"""
    done = subprocess.run([str(part) for part in (binaries / "intake_load", port, path, token, clients, count, every_ms)],
                          check=True, capture_output=True, text=True).stdout.splitlines()
    _, refused, seconds = done[0].split()
    return [float(line) for line in done[1:]], int(refused), float(seconds)


def commits(binaries, folder, count):
    done = subprocess.run([binaries / "intake_own", "commit", folder, str(count)], check=True, capture_output=True,
                          text=True)
    return [float(line) for line in done.stdout.split()]


def intake(binaries, folder, way):
    folder.mkdir(exist_ok=True)
    return serving_bench.started([binaries / "intake_own", "serve", folder, way])


def durable(binaries, folder, pairs, count):
    """One client: a webhook against a commit and an echo, in short turns, for a disk is now quick and now slow."""
    runs = []
    with intake(binaries, folder / "one", "together") as (_, port):
        for _ in range(TURNS_A_PAIR * pairs):
            commit = bench.median(commits(binaries, folder, count))
            echo = bench.median(load(binaries, port, "/echo", 1, count)[0])
            webhook = bench.median(load(binaries, port, "/webhook", 1, count)[0])
            runs.append((commit, echo, webhook, webhook / (commit + echo)))
    commit, echo, webhook, ratio = (bench.median(column) for column in zip(*runs))
    rows = [["one client, p50", "commit ms", "echo ms", "webhook ms", "webhook of commit + echo", "bar"],
            ["acknowledged", f"{commit:.2f}", f"{echo:.2f}", f"{webhook:.2f}", f"{ratio:.2f}", f"≤ {DURABLE_BAR}"]]
    return rows, [f"a webhook takes {ratio:.2f} times a commit and an echo"] if ratio > DURABLE_BAR else []


def grouped(binaries, folder, pairs, count):
    """64 clients: group commit against a transaction for each webhook."""
    runs = []
    with intake(binaries, folder / "together", "together") as (_, on), intake(binaries, folder / "alone", "alone") as (_, off):
        for _ in range(pairs):
            rates = []
            for port in (on, off):
                ms, refused, seconds = load(binaries, port, "/webhook", 64, count)
                rates += [len(ms) / seconds, refused]
            runs.append((*rates, rates[0] / rates[2]))
    together, refused, alone, alone_refused, ratio = (bench.median(column) for column in zip(*runs))
    rows = [["64 clients", "acknowledged a second", "refused", "times"],
            ["a transaction for each", f"{alone:.0f}", f"{alone_refused:.0f}", ""],
            ["group commit", f"{together:.0f}", f"{refused:.0f}", f"{ratio:.1f} (bar: ≥ {GROUP_BAR})"]]
    return rows, [f"group commit gives {ratio:.1f} times the acknowledgements"] if ratio < GROUP_BAR else []


def world_of(binaries, hosts, guests):
    text = subprocess.run([binaries / "planner_bench", "write", str(hosts), str(guests), "1", "0.6"], check=True,
                          capture_output=True, text=True).stdout
    world = static_world.World(json.loads(text))
    host = world.most_overloaded()
    # As Alertmanager's own list has it: nothing is silenced.
    alert = static_world.relieve_alert(world.cluster_name, host)
    world.listed = [{**alert, "receivers": [{"name": "balancer"}],
                     "status": {"state": "active", "silencedBy": [], "inhibitedBy": []}}]
    return world, static_world.webhook([alert])


def plans(evaluator):
    return evaluator.get("/api/v1/plans?limit=1")["plans"]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def taken(evaluator, body):
    """Posts until it is taken, as Alertmanager does; the time goes on. 503: the disk took too long."""
    status, text = wait_until(lambda: (answer := evaluator.post(body))[0] != 503 and answer, 60, "no answer but 503")
    if status != 200:
        raise SystemExit(f"a webhook of {len(body)} bytes is answered with {status}: {text}")


def storm(binaries, folder, hosts, guests, count):
    """Webhooks at a steady pace while the evaluator plans again and again."""
    world, relieve = world_of(binaries, hosts, guests)
    with world, Evaluator(folder / "storm", world, binaries, interval="1s") as evaluator:
        taken(evaluator, relieve)
        evaluator.wait_for(lambda: plans(evaluator), "a plan", 120)
        planned, cpu = evaluator.sample("balancer_plans_total"), cpu_seconds(evaluator.process.process.pid)
        ms, refused, seconds = load(binaries, evaluator.port, "/webhook", 32, count, STORM_EVERY_MS, chain.TOKEN)
        planned = evaluator.sample("balancer_plans_total") - planned
        cpu = cpu_seconds(evaluator.process.process.pid) - cpu
    slow = bench.quantile(ms, 0.99)
    rows = [["webhooks while it plans", "a minute", "refused", "median ms", "99 % ms", "slowest ms", "bar", "plans", "its CPU"],
            [f"{hosts} × {guests:,}", f"{60 * len(ms) / seconds:.0f}", str(refused), f"{bench.median(ms):.1f}",
             f"{slow:.1f}", f"{max(ms):.1f}", f"≤ {STORM_BAR_MS}", f"{planned:.0f}", f"{100 * cpu / seconds:.0f} %"]]
    missed = [f"99 % of the webhooks took {slow:.0f} ms, {refused} refused"] if slow > STORM_BAR_MS or refused else []
    return rows, missed + ([] if planned else ["no plan was made during the storm"])


def large_webhook(count, number):
    """`count` alerts that are told, together as large as a webhook may be."""
    def alerts(padding):
        return [{**static_world.relieve_alert("bench", "host1", number=1_000_000 * number + i),
                 "labels": {"alertname": "GuestMemoryHigh", "cluster": "bench", "id": f"lxc/{100 + i}"},
                 "annotations": {"summary": "x" * padding}} for i in range(count)]
    room = MIB - len(static_world.webhook(alerts(0)))
    return static_world.webhook(alerts(room // count))


@contextlib.contextmanager
def prometheus_of(world, folder, points):
    """A real one that scrapes the world each second, once it has `points` of each series."""
    folder.mkdir()
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n  - job_name: balancer-exporter\n"
        f"    static_configs: [{{targets: ['{world.address}'], labels: {{cluster: {world.cluster_name}}}}}]\n")
    url = f"http://127.0.0.1:{chain.free_port()}"
    process = chain.Process("prometheus", folder, "prometheus", f"--config.file={folder}/prometheus.yml",
                            f"--storage.tsdb.path={folder}/data", f"--web.listen-address={url.removeprefix('http://')}")
    process.start()
    try:
        process.wait_ready(f"{url}/-/ready")
        query = f"{url}/api/v1/query?query=min(count_over_time(pve_cpu_seconds_total[1m]))>={points}"
        wait_until(lambda: '"value"' in chain.http_call(query.replace(">", "%3E"))[1], 150,
                   lambda: f"{points} points of each series; its log:\n{process.log()[-3000:]}")
        yield url
    finally:
        process.end()


def to_plan(binaries, folder, hosts, guests, pairs, points, alerts):
    """The worst moment for a webhook is right behind a tick: the next one waits. So it is posted then."""
    world, relieve = world_of(binaries, hosts, guests)
    seconds, large = [], []
    with world, prometheus_of(world, folder / "prometheus", points) as prometheus:
        for number in range(pairs):
            looks, listed = world.looks, world.listed
            world.listed = []  # it is new
            with Evaluator(folder / f"plan{number}", world, binaries, prometheus=prometheus) as evaluator:
                evaluator.wait_for(lambda: world.looks > looks, "the first tick")
                if plans(evaluator):
                    raise SystemExit("there is a plan before there is an alert")
                with concurrent.futures.ThreadPoolExecutor(1) as pool:
                    world.listed = listed
                    began = time.perf_counter()
                    posted = pool.submit(taken, evaluator, relieve)
                    evaluator.wait_for(lambda: plans(evaluator), "a plan", 60)
                    seconds.append(time.perf_counter() - began)
                    posted.result()
                body = large_webhook(alerts, number + 1)
                if len(body) > MIB:
                    raise SystemExit(f"a webhook of {len(body)} bytes is too large")
                began = time.perf_counter()
                taken(evaluator, body)
                large.append(time.perf_counter() - began)
    rows = [["from the POST", "median s", "slowest s", "bar"],
            [f"to the stored plan, {hosts} × {guests:,}", f"{bench.median(seconds):.2f}", f"{max(seconds):.2f}",
             f"≤ {PLAN_BAR_SECONDS}"],
            [f"of {alerts:,} alerts, 1 MiB, to the 2xx", f"{bench.median(large):.2f}", f"{max(large):.2f}",
             f"≤ {LARGE_BAR_SECONDS}"]]
    missed = [f"{what} took {found:.2f} s" for what, found, bar in (
        ("the stored plan", bench.median(seconds), PLAN_BAR_SECONDS),
        (f"{alerts:,} alerts", bench.median(large), LARGE_BAR_SECONDS)) if found > bar]
    return rows, missed


def main():
    chosen = bench.arguments(__doc__)
    binaries = bench.programs(chosen.short)
    short = chosen.short
    lines, missed = ["" if short else bench.circumstances(), ""], []
    with tempfile.TemporaryDirectory(prefix="balancer-intake-") as temporary:
        folder = pathlib.Path(temporary)
        for rows, short_of in (
                durable(binaries, folder, chosen.pairs, 3 if short else 10),
                grouped(binaries, folder, chosen.pairs, 128 if short else 640),
                storm(binaries, folder, *((5, 25, 20) if short else (100, 10000, 1000))),
                to_plan(binaries, folder, *((5, 25, 1, 3, 50) if short else (100, 3000, 5, 55, 1000)))):
            lines += bench.table(rows) + [""]
            missed += short_of
    print("\n".join(lines))
    if chosen.write:
        bench.write_part("intake", lines)
    return 0 if short else bench.verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
