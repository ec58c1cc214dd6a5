#!/usr/bin/env python3
"""The planner beside an exact solver (HiGHS through scipy) on seeded clusters.

exact.py PLANNER_BENCH [--limit SECONDS] prints three tables: balance with a budget against the proven best peak and
against CRS's rule, the bound against the relaxation solved exactly, and relieve against the cheapest plan.
Needs python3-scipy.
"""
import argparse
import json
import statistics
import subprocess
import time

import numpy as np
from scipy.optimize import LinearConstraint, Bounds, linprog, milp
from scipy.sparse import coo_matrix


def cluster(bench, hosts, guests, seed):
    text = subprocess.run([bench, "write", str(hosts), str(guests), str(seed)], capture_output=True, check=True).stdout
    document = json.loads(text)
    index = {h["name"]: i for i, h in enumerate(document["hosts"])}
    limit = np.array([[0.8 * h["cpu_cores"], 0.85 * h["memory_bytes"]] for h in document["hosts"]])
    load = np.array([[g["cpu_used_cores"], g["memory_used_bytes"]] for g in document["guests"]])
    home = np.array([index[g["host"]] for g in document["guests"]])
    base = np.zeros((len(limit), 2))
    np.add.at(base, home, load)
    vm = np.array([g["id"].startswith("qemu/") for g in document["guests"]])
    return limit, load, home, base, vm


def pairs(limit, load, home):
    guest, target = np.repeat(np.arange(len(load)), len(limit)), np.tile(np.arange(len(limit)), len(load))
    keep = target != home[guest]
    return guest[keep], target[keep]


def matrix(limit, load, home, guest, target, extra):
    """Rows: use / limit of each host and resource, one per guest, the number of moves; `extra` columns behind."""
    hosts, variables = len(limit), np.arange(len(guest))
    rows, columns, values = [], [], []
    for r in range(2):
        rows += [target * 2 + r, home[guest] * 2 + r]
        columns += [variables, variables]
        values += [load[guest, r] / limit[target, r], -load[guest, r] / limit[home[guest], r]]
    rows += [2 * hosts + guest, np.full(len(guest), 2 * hosts + len(load))]
    columns += [variables, variables]
    values += [np.ones(len(guest)), np.ones(len(guest))]
    for column in range(extra):
        rows.append(np.arange(2 * hosts))
        columns.append(np.full(2 * hosts, len(guest) + column))
        values.append(-np.ones(2 * hosts))
    shape = (2 * hosts + len(load) + 1, len(guest) + extra)
    return coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape).tocsr()


def best_peak(data, budget, limit_seconds, whole):
    limit, load, home, base, _ = data
    guest, target = pairs(limit, load, home)
    a = matrix(limit, load, home, guest, target, 1)
    upper = np.concatenate([-(base / limit).reshape(-1), np.ones(len(load)), [budget]])
    cost = np.zeros(len(guest) + 1)
    cost[-1] = 1
    if not whole:
        found = linprog(cost, A_ub=a, b_ub=upper, bounds=[(0, 1)] * len(guest) + [(0, None)], method="highs")
        return found.fun, True
    found = milp(cost, constraints=LinearConstraint(a, -np.inf, upper),
                 integrality=np.concatenate([np.ones(len(guest)), [0]]),
                 bounds=Bounds(np.zeros(len(cost)), np.concatenate([np.ones(len(guest)), [np.inf]])),
                 options={"time_limit": limit_seconds, "mip_rel_gap": 1e-4})
    return (found.fun, found.status == 0) if found.x is not None else (None, False)


def cheapest_relief(data, limit_seconds):
    """All hosts over their limit down to low water, targets filled to low water only, at least cost."""
    limit, load, home, base, vm = data
    guest, target = pairs(limit, load, home)
    hot = (base > limit).any(axis=1)
    keep = ~hot[target]  # a host over its limit receives only what leaves it below low water: left out on both sides
    guest, target = guest[keep], target[keep]
    a = matrix(limit, load, home, guest, target, 0)
    top = np.where(hot[:, None], 0.9, np.maximum(0.9, base / limit))
    upper = np.concatenate([(top - base / limit).reshape(-1), np.ones(len(load)), [len(load)]])
    cost = 1 + np.where(vm, load[:, 1] / 2**33 + 0.05, 1.0)
    found = milp(cost[guest], constraints=LinearConstraint(a, -np.inf, upper), integrality=np.ones(len(guest)),
                 bounds=Bounds(0, 1), options={"time_limit": limit_seconds, "mip_rel_gap": 1e-4})
    return (found.fun, found.status == 0) if found.x is not None else (None, False)


def ours(bench, goal, hosts, guests, seed, budget):
    line = subprocess.run([bench, goal, str(hosts), str(guests), str(seed), str(budget)], capture_output=True, check=True)
    return [float(x) for x in line.stdout.split()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    sizes = [(4, 40, (3, 6, 10)), (8, 120, (3, 8, 15)), (16, 400, (3, 10, 25))]
    print("| hosts × guests | K | peak ours | best proven | ratio | CRS ratio | relaxation | bound / relaxation | solver s | ours s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    excess, crs_excess = [], []
    for hosts, guests, budgets in sizes:
        for seed in range(1, options.seeds + 1):
            data = cluster(options.bench, hosts, guests, seed)
            for budget in budgets:
                peak, bound, _, seconds, crs, _, _ = ours(options.bench, "balance", hosts, guests, seed, budget)
                relaxed, _ = best_peak(data, budget, options.limit, False)
                start = time.time()
                best, proven = best_peak(data, budget, options.limit, True)
                took = time.time() - start
                if proven:
                    excess.append(peak / best - 1)
                    crs_excess.append(crs / best - 1)
                shown = f"{best:.4f} | {peak / best:.4f} | {crs / best:.3f}" if proven else "no proof | – | –"
                print(f"| {hosts} × {guests} | {budget} | {peak:.4f} | {shown} | {relaxed:.4f} | {bound / relaxed:.4f} | {took:.1f} | {seconds:.4f} |",
                      flush=True)
    if excess:
        print(f"\nmedian excess over the proven best: ours {statistics.median(excess):.4f}, CRS {statistics.median(crs_excess):.4f};"
              f" most: ours {max(excess):.4f}\n")
    data = cluster(options.bench, 32, 1000, 1)
    peak, bound, _, seconds, *_ = ours(options.bench, "balance", 32, 1000, 1, 65)
    relaxed, _ = best_peak(data, 65, options.limit, False)
    print(f"32 × 1,000, K = 65: peak {peak:.4f}, relaxation {relaxed:.4f}, ratio {peak / relaxed:.4f}, "
          f"bound / relaxation {bound / relaxed:.4f}, {seconds:.3f} s\n")
    print("| hosts × guests | seed | overload left | cost ours | cheapest proven | ratio |\n|---|---|---|---|---|---|")
    for hosts, guests, _ in sizes:
        for seed in range(1, options.seeds + 1):
            data = cluster(options.bench, hosts, guests, seed)
            *_, overload, cost = ours(options.bench, "relieve", hosts, guests, seed, 0)
            best, proven = cheapest_relief(data, options.limit)
            shown = f"{best:.3f} | {cost / best:.3f}" if proven and best > 0 else "no proof | –"
            print(f"| {hosts} × {guests} | {seed} | {overload:.6f} | {cost:.3f} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
