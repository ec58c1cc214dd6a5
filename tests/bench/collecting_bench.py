#!/usr/bin/env python3
"""Reading hosts: one cycle over real sshd, against other ways to read the same files, near and far, few and many.

Prints ratios with their bars and fails when a bar is missed; --short reads three hosts, once, and leaves out what needs
python3-paramiko and prometheus-node-exporter. Needs root.
"""

import contextlib
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import bench  # noqa: E402
import collecting_ways as ways  # noqa: E402
import fleet  # noqa: E402
import growth_picture  # noqa: E402

TITLES = {"own": "balancer-exporter", "seed": "paramiko, 8 commands, hosts in turn",
          "seed20": "the same, 20 threads", "persistent": "paramiko, persistent, 20 threads",
          "master": "OpenSSH ControlMaster, 20 at a time"}
WALL_BARS = {"seed": 100, "seed20": 10, "master": 2}  # times the wall time of ours
CLIENT_BAR = 0.3      # of paramiko's with persistent connections
HOST_BAR = 0.5        # of one scrape of node_exporter
ROUND_TRIP_MS = 50
ROUND_TRIPS_BAR = 1.3
AGENT_CYCLES = 20     # one in ten asks for df, too: a mean over whole turns of them


def measured(way, hosts):
    """{wall and client in ms, host in ms a host} of one cycle."""
    before = hosts.cgroup.cpu_seconds()
    wall, client, *rest = way.cycle()
    return {"wall": wall, "client": client, "host": (hosts.cgroup.cpu_seconds() - before) * 1e3 / len(hosts.names),
            "rest": rest}


def compare(binaries, hosts, pairs, peers):
    """Every way after one of ours, in turns."""
    runs = {name: [] for name in peers}
    with contextlib.ExitStack() as stack:
        own = stack.enter_context(ways.own(binaries, hosts))
        series = int(own.ready[2])
        others = {name: stack.enter_context(ways.peer(name, hosts)) for name in peers}
        for _ in range(pairs):
            for name, way in others.items():
                runs[name].append((measured(own, hosts), measured(way, hosts)))
    for name, taken in runs.items():
        files = {pair[1]["rest"][0] for pair in taken}
        if len(files) != 1 and max(files) - min(files) > len(hosts.names):
            raise SystemExit(f"{name} did not read the same in every cycle: {files} files")
    rows = [["50 hosts, 30 guests each" if len(hosts.names) == 50 else f"{len(hosts.names)} hosts", "wall ms",
             "times ours", "bar", "client CPU ms", "ours of it", "bar", "host CPU ms a host"]]
    all_own = [pair[0] for taken in runs.values() for pair in taken]
    rows.append([TITLES["own"]] + [f"{bench.median([run['wall'] for run in all_own]):.0f}", "", ""]
                + [f"{bench.median([run['client'] for run in all_own]):.0f}", "", "",
                   f"{bench.median([run['host'] for run in all_own]):.1f}"])
    missed = []
    for name, taken in runs.items():
        times = bench.median([other["wall"] / own_run["wall"] for own_run, other in taken])
        share = bench.median([own_run["client"] / other["client"] for own_run, other in taken])
        client_bar = CLIENT_BAR if name == "persistent" else None
        rows.append([TITLES[name], f"{bench.median([other['wall'] for _, other in taken]):,.0f}", f"{times:.1f}",
                     f"≥ {WALL_BARS[name]}" if name in WALL_BARS else "",
                     f"{bench.median([other['client'] for _, other in taken]):,.0f}", f"{share:.2f}",
                     f"≤ {client_bar}" if client_bar else "",
                     f"{bench.median([other['host'] for _, other in taken]):.1f}"])
        if times < WALL_BARS.get(name, 0):
            missed.append(f"{TITLES[name]}: only {times:.1f} times our wall time")
        if client_bar and share > client_bar:
            missed.append(f"our client CPU is {share:.2f} of {TITLES[name]}")
    return rows, missed, series


def against_agent(binaries, hosts, _):
    """A cycle and a scrape in turns, so that neither finds its own files warm from the one before."""
    own_ms, agent_ms = [], []
    with ways.own(binaries, hosts) as own, ways.NodeExporter() as agent:
        agent.scrape()  # its first is dearer
        for _ in range(AGENT_CYCLES):
            own_ms.append(measured(own, hosts)["host"])
            before = agent.cpu_seconds()
            agent.scrape()
            agent_ms.append((agent.cpu_seconds() - before) * 1e3)
    own_mean, agent_mean = statistics.mean(own_ms), statistics.mean(agent_ms)
    share = own_mean / agent_mean
    rows = [["CPU on the host, mean", "ms", "ratio", "bar"],
            [f"one cycle, {hosts.guests} guests, sshd included", f"{own_mean:.2f}", f"{share:.2f}", f"≤ {HOST_BAR}"],
            ["one scrape of node_exporter", f"{agent_mean:.2f}", "", ""]]
    return rows, [f"the host's CPU is {share:.2f} of a node_exporter scrape"] if share > HOST_BAR else []


def far_away(binaries, hosts, pairs):
    """Cycles near and far in turns; what the way adds, in round trips."""
    near_ms, far_ms, added = [], [], []
    with ways.Delayed(binaries, ROUND_TRIP_MS / 2, hosts.ports) as ports, ways.own(binaries, hosts) as near, \
            ways.own(binaries, hosts, ports) as far:
        for _ in range(pairs):
            near_ms.append(measured(near, hosts)["wall"])
            far_ms.append(measured(far, hosts)["wall"])
            added.append((far_ms[-1] - near_ms[-1]) / ROUND_TRIP_MS)
    more = bench.median(added)
    rows = [["round trip", "wall ms a cycle", "round trips added", "bar"],
            ["none", f"{bench.median(near_ms):.0f}", "", ""],
            [f"{ROUND_TRIP_MS} ms", f"{bench.median(far_ms):.0f}", f"{more:.2f}", f"≤ {ROUND_TRIPS_BAR}"]]
    return rows, [f"a cycle takes {more:.2f} round trips"] if more > ROUND_TRIPS_BAR else []


def growth(binaries, host_counts, guest_counts, pairs):
    rows = [["hosts", "guests a host", "series", "wall ms", "client CPU ms", "client CPU ms a host",
             "host CPU ms a host", "peak MiB"]]
    points = []
    for count in host_counts:
        for guests in guest_counts:
            with fleet.Fleet(count, guests) as hosts, ways.own(binaries, hosts) as own:
                runs = [measured(own, hosts) for _ in range(pairs)]
                if int(own.ready[1]) != count or any(run["rest"][0] != count for run in runs):
                    raise SystemExit(f"of {count} hosts {own.ready[1]} answered")
            median = {key: bench.median([run[key] for run in runs]) for key in ("wall", "client", "host")}
            points.append((count, guests, median["wall"], median["client"]))
            rows.append([str(count), str(guests), f"{int(own.ready[2]):,}", f"{median['wall']:.0f}",
                         f"{median['client']:.1f}", f"{median['client'] / count:.2f}", f"{median['host']:.2f}",
                         f"{max(run['rest'][2] for run in runs) / 1024:.0f}"])
    return rows, points


def main():
    chosen = bench.arguments(__doc__, pairs=7)
    binaries = bench.programs(chosen.short)
    small = chosen.short
    lines, missed = [bench.circumstances(), ""], []
    with fleet.Fleet(*((3, 6) if small else (50, 30))) as hosts:
        compared, short_of, series = compare(binaries, hosts, chosen.pairs,
                                              ways.PEERS if not small else ("master",))
        lines += bench.table(compared) + ["", f"Our cycle includes parsing, and rendering the page of {series:,} series.",
                                          ""]
        missed += short_of
        for part in (far_away,) if small else (against_agent, far_away):
            rows, short_of = part(binaries, hosts, chosen.pairs)
            lines += bench.table(rows) + [""]
            missed += short_of
    print("\n".join(lines), flush=True)
    if chosen.write:
        bench.write_part("collecting", lines)
    rows, points = growth(binaries, *(((2, 4), (3, 6)) if small else ((10, 50, 200), (10, 30, 100))), chosen.pairs)
    grown = bench.table(rows) + ["", "![How a cycle grows](growth.svg)", ""]
    print("\n".join(grown))
    if chosen.write:
        bench.write_part("growth", grown)
        (bench.DOCUMENT.parent / "growth.svg").write_text(growth_picture.draw(points))
    return 0 if small else bench.verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
