#!/usr/bin/env python3
"""The planner's time and memory by size, and its plans beside proven optima and other balancers' rules.

Tables of docs/planner.md; fails when a bar is missed. --only makes one table. Optima are HiGHS's through python3-scipy;
--short needs neither and checks only that everything runs. Times are of the processor, not of the clock.
"""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "planner")]
import bench  # noqa: E402

TABLES = ("time", "balance", "overload", "large", "relieve", "peers")
TIME_BARS_MS = {(16, 400): 50, (100, 10000): 1000, (1000, 30000): 5000}
BUDGETS = {(4, 40): (3, 6, 10, 25), (8, 120): (3, 8, 15, 25), (16, 400): (3, 10, 25)}
PEAK_BAR, RELAXATION_BAR, BOUND_BAR, COST_BAR, EXCESS_BAR = 1.02, 1.08, 0.98, 1.10, 0.1
SECONDS, LONG_SECONDS = 30, 240  # for one proof


class Planner:
    def __init__(self, program):
        self.program = program

    def numbers(self, *words):
        done = subprocess.run([self.program, *map(str, words)], capture_output=True, check=True, text=True)
        return [float(word) for word in done.stdout.split()]

    def case(self, goal, hosts, guests, seed, budget, fill=0.6):
        names = ("peak", "peak_bound", "overload", "overload_bound", "cost", "moves", "seconds", "crs_peak", "search",
                 "bound")
        return dict(zip(names, self.numbers("case", goal, hosts, guests, seed, fill, budget)))


def size(hosts, guests):
    return f"{hosts:,} × {guests:,}"


def times(planner, short):
    rows = [["hosts × guests", "goal", "moves", "ms", "ms per 1,000 guests", "bar", "bound / rest", "peak / bound",
             "heap, bytes per guest", "bar"]]
    missed = []
    sizes = [(4, 40), (16, 400)] if short else [(4, 40), (16, 400), (32, 1000), (64, 4000), (100, 10000), (1000, 30000)]
    for hosts, guests in sizes:
        for goal in ("relieve", "balance", "drain"):
            ms, moves, peak, limit, heap, _, bound = planner.numbers("time", goal, hosts, guests, 1 if short else 5)
            bar = TIME_BARS_MS.get((hosts, guests))
            room = 1024 * guests + 16 * guests * (hosts - 1)
            rows.append([size(hosts, guests), goal, f"{moves:.0f}", f"{ms:.1f}", f"{ms / guests * 1000:.0f}",
                         f"≤ {bar:,}" if bar else "", f"{bound / (ms - bound):.2f}", f"{peak / limit:.3f}",
                         f"{heap / guests:.0f}", f"≤ {room / guests:,.0f}"])
            where = f"{goal} of {size(hosts, guests)}"
            if bar and ms > bar:
                missed.append(f"{where} takes {ms:.0f} ms")
            if bound > ms - bound:
                missed.append(f"the bound of {where} takes longer than the plan")
            if heap > room:
                missed.append(f"{where} takes {heap} bytes")
    return [rows], missed


def clusters(planner, seeds):
    import exact
    for hosts, guests in BUDGETS:
        for seed in range(1, seeds + 1):
            yield hosts, guests, seed, exact.cluster(planner.program, hosts, guests, seed)


def balance(planner, _):
    """Budgets that end all overload: the peak against the least one proven."""
    import exact
    rows = [["hosts × guests", "seed", "K", "peak", "best known", "proven limit", "ratio", "CRS", "bound / relaxation"]]
    missed, ours, theirs = [], [], []
    for hosts, guests, seed, data in clusters(planner, 4):
        for budget in BUDGETS[hosts, guests]:
            made = planner.case("balance", hosts, guests, seed, budget)
            if made["overload"] > 1e-9:
                continue
            relaxed = exact.relaxed_peak(data, budget)
            proof = exact.best_peak(data, budget, made["peak"], relaxed, SECONDS)
            ratio = made["peak"] / (proof.best if proof.optimal else proof.limit)
            rows.append([size(hosts, guests), str(seed), str(budget), f"{made['peak']:.4f}", f"{proof.best:.4f}",
                         "the same" if proof.optimal else f"{proof.limit:.4f}", ("" if proof.optimal else "≤ ") + f"{ratio:.4f}",
                         f"{made['crs_peak'] / proof.best:.3f}", f"{made['peak_bound'] / relaxed:.4f}"])
            where = f"{size(hosts, guests)}, seed {seed}, K = {budget}"
            if proof.optimal:
                ours.append(ratio - 1)
                theirs.append(made["crs_peak"] / proof.best - 1)
            if ratio > PEAK_BAR * (1 + 1e-6):
                missed.append(f"{where}: the peak may be {ratio:.4f} times the best")
            if made["peak_bound"] < BOUND_BAR * relaxed:
                missed.append(f"{where}: the bound is {made['peak_bound'] / relaxed:.4f} of the relaxation")
    median, crs = bench.median(ours), bench.median(theirs)
    rows.append([f"median excess over {len(ours)} optima", "", "", f"{median:.4f}", "", "", "", f"{crs:.4f}", ""])
    if median > EXCESS_BAR * crs:
        missed.append(f"the median excess is {median / crs:.2f} of CRS's")
    return [rows], missed


def overload(planner, _):
    """Budgets too small to end all overload: then that is what counts first."""
    import exact
    rows = [["hosts × guests", "seed", "K", "overload left", "least proven", "relaxation", "bound / relaxation"]]
    missed = []
    for hosts, guests, seed, data in clusters(planner, 4):
        for budget in (1, 2, 3, 5):
            made = planner.case("balance", hosts, guests, seed, budget)
            if made["overload"] <= 1e-9:
                continue
            relaxed = exact.relaxed_overload(data, budget)
            least, limit = exact.least_overload(data, budget, LONG_SECONDS)
            bound = made["overload_bound"]
            rows.append([size(hosts, guests), str(seed), str(budget), f"{made['overload']:.6f}",
                         f"{limit:.6f}", f"{relaxed:.6f}", f"{bound / relaxed:.4f}" if relaxed > 1e-6 else "–"])
            where = f"{size(hosts, guests)}, seed {seed}, K = {budget}"
            if made["overload"] > PEAK_BAR * limit + 1e-6:
                missed.append(f"{where}: overload {made['overload']:.6f}, known {least}, proven at least {limit:.6f}")
            if bound < BOUND_BAR * relaxed and bound < relaxed - 1e-6:
                missed.append(f"{where}: the overload's bound is {bound / relaxed:.4f} of the relaxation")
    return [rows], missed


def large(planner, _):
    import exact
    rows = [["hosts × guests", "seed", "K", "peak", "relaxation", "ratio", "bar", "bound / relaxation", "ms"]]
    missed = []
    for seed in range(1, 6):
        data = exact.cluster(planner.program, 32, 1000, seed)
        made = planner.case("balance", 32, 1000, seed, 65)
        relaxed = exact.relaxed_peak(data, 65)
        ratio = made["peak"] / relaxed
        rows.append([size(32, 1000), str(seed), "65", f"{made['peak']:.4f}", f"{relaxed:.4f}", f"{ratio:.4f}",
                     f"≤ {RELAXATION_BAR}", f"{made['peak_bound'] / relaxed:.4f}", f"{made['seconds'] * 1e3:.0f}"])
        if ratio > RELAXATION_BAR:
            missed.append(f"32 × 1,000, seed {seed}: {ratio:.4f} times the relaxation")
        if made["peak_bound"] < BOUND_BAR * relaxed:
            missed.append(f"32 × 1,000, seed {seed}: the bound is {made['peak_bound'] / relaxed:.4f} of the relaxation")
    return [rows], missed


def relieve(planner, _):
    import exact
    rows = [["hosts × guests", "seed", "hosts over", "overload left", "cost", "least cost", "ratio", "bar"]]
    missed = []
    for hosts, guests, seed, data in clusters(planner, 8):
        if not data.hot.any():
            continue
        made = planner.case("relieve", hosts, guests, seed, 0)
        least, proven = exact.cheapest_relief(data, SECONDS)
        found = least is not None
        rows.append([size(hosts, guests), str(seed), str(int(data.hot.sum())), f"{made['overload']:.6f}",
                     f"{made['cost']:.3f}", (f"{least:.3f}" if proven else "no proof") if found else "none",
                     f"{made['cost'] / least:.4f}" if found else "–", f"≤ {COST_BAR}"])
        where = f"{size(hosts, guests)}, seed {seed}"
        if found and made["overload"] > 1e-9:
            missed.append(f"{where}: overload stays, though a plan exists")
        if found and made["cost"] > COST_BAR * least:
            missed.append(f"{where}: {made['cost'] / least:.3f} times the least cost")
    return [rows], missed


def peers(planner, short):
    """With as many moves as theirs. Where the limits ask for nothing, never a higher peak; where less overload asks for a
    higher one, it is proven."""
    rows = [["hosts × guests", "clusters", "beside", "moves", "peak", "theirs", "overload", "theirs", "worse", "higher peak",
             "peak alone", "higher", "GiB", "theirs"]]
    missed, proofs = [], []
    for hosts, guests in ((4, 40), (8, 120), (16, 400), (32, 1000)):
        found = {"CRS": [], "ProxLB": []}
        for seed in range(1, (2 if short else 50) + 1):
            numbers = planner.numbers("peers", hosts, guests, seed)
            for peer, part in (("CRS", numbers[:9]), ("ProxLB", numbers[9:])):
                _, peak, left, _, _, own_peak, own_left, _, alone = part
                higher, higher_alone = own_peak > peak * (1 + 1e-9), alone > peak * (1 + 1e-9)
                worse = own_left > left + 1e-9 or (own_left > left - 1e-9 and higher)
                found[peer].append((part, worse, higher, higher_alone))
                where = f"{size(hosts, guests)}, seed {seed}"
                if worse or higher_alone:
                    missed.append(f"{where}: worse than {peer}")
                elif higher and not short:
                    proofs.append((peer, hosts, guests, seed, part[:8]))
        for peer, made in found.items():
            median = [bench.median([part[i] for part, *_ in made]) for i in range(9)]
            rows.append([size(hosts, guests), str(len(made)), peer, f"{median[0]:.0f}", f"{median[5]:.3f}",
                         f"{median[1]:.3f}", f"{median[6]:.4f}", f"{median[2]:.4f}",
                         *(str(sum(one[i] for one in made)) for i in (1, 2)), f"{median[8]:.3f}",
                         str(sum(one[3] for one in made)), f"{median[7]:.0f}", f"{median[3]:.0f}"])
    tables = [rows]
    if proofs:
        tables.append(higher_peaks(planner, proofs, missed))
    return tables, missed


def higher_peaks(planner, proofs, missed):
    import exact
    rows = [["cluster with a higher peak", "beside", "moves", "peak", "theirs", "overload", "theirs",
             "least of all plans", "least with their peak"]]
    for peer, hosts, guests, seed, (moves, peak, left, _, _, own_peak, own_left, _) in proofs:
        data = exact.cluster(planner.program, hosts, guests, seed)
        _, least = exact.least_overload(data, int(moves), LONG_SECONDS)
        _, with_peak = exact.least_overload(data, int(moves), LONG_SECONDS, peak)
        rows.append([f"{size(hosts, guests)}, seed {seed}", peer, f"{moves:.0f}", f"{own_peak:.4f}", f"{peak:.4f}",
                     f"{own_left:.6f}", f"{left:.6f}", f"{least:.6f}", f"{with_peak:.6f}"])
        if own_left > least * (1 + 1e-4) + 1e-9 or with_peak <= own_left:
            missed.append(f"{size(hosts, guests)}, seed {seed}: a plan with {peer}'s peak leaves no more overload")
    return rows


def main():
    chosen = bench.arguments(__doc__, tables=TABLES)
    planner = Planner(bench.programs(chosen.short) / "planner_bench")
    makers = {"time": times, "balance": balance, "overload": overload, "large": large, "relieve": relieve, "peers": peers}
    missed = []
    for name in [chosen.only] if chosen.only else ("time", "peers") if chosen.short else TABLES:
        tables, short_of = makers[name](planner, chosen.short)
        lines = [line for rows in tables for line in bench.table(rows) + [""]]
        print("\n".join([f"-- {name}", *lines]), flush=True)
        if chosen.write:
            bench.write_part(f"planner {name}", lines, bench.ROOT / "docs/planner.md")
        missed += short_of
    return 0 if chosen.short else bench.verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
