"""Exact answers on seeded clusters (HiGHS through scipy): what the best plan of at most K moves attains.

Nothing of the planner is used. The order of steps is dropped, so the optimum here is never above the true one. Three
things make proofs possible where the plain program has none:
- a host must give away a whole number of guests: the least such number per host, found alone and exactly, is a cut,
  and the sum of them over all hosts is a limit on the peak by itself;
- what the planner reached is an upper limit, so only better plans are looked for;
- where the optimum itself is not proven, that nothing is 2 % better may still be: a program of its own.
"""
import dataclasses
import json
import subprocess

import numpy as np
from scipy.optimize import LinearConstraint, Bounds, linprog, milp
from scipy.sparse import coo_matrix

EDGE = 1e-7  # what counts as above a limit


@dataclasses.dataclass
class Data:
    limit: np.ndarray  # host × (cpu, memory)
    capacity: np.ndarray
    load: np.ndarray  # guest × (cpu, memory)
    home: np.ndarray
    base: np.ndarray  # host × (cpu, memory), before any move
    vm: np.ndarray

    @property
    def hot(self):
        return (self.base > self.limit * (1 + 1e-9)).any(axis=1)


def cluster(bench, hosts, guests, seed, fill=0.6):
    text = subprocess.run([bench, "write", str(hosts), str(guests), str(seed), str(fill)], capture_output=True, check=True).stdout
    document = json.loads(text)
    index = {h["name"]: i for i, h in enumerate(document["hosts"])}
    capacity = np.array([[h["cpu_cores"], h["memory_bytes"]] for h in document["hosts"]], float)
    load = np.array([[g["cpu_used_cores"], g["memory_used_bytes"]] for g in document["guests"]])
    home = np.array([index[g["host"]] for g in document["guests"]])
    base = np.zeros((len(capacity), 2))
    np.add.at(base, home, load)
    vm = np.array([g["id"].startswith("qemu/") for g in document["guests"]])
    return Data(capacity * [0.8, 0.85], capacity, load, home, base, vm)


class Program:
    """Columns: one per guest and other host (1: it goes there), then named single ones. Rows are added as needed."""

    def __init__(self, data, extra=0, targets=None):
        hosts = len(data.limit)
        guest, target = np.repeat(np.arange(len(data.load)), hosts), np.tile(np.arange(hosts), len(data.load))
        keep = target != data.home[guest]
        if targets is not None:
            keep &= targets[target]
        self.data, self.guest, self.target = data, guest[keep], target[keep]
        self.count = len(self.guest)
        self.width = self.count + extra
        self.rows, self.columns, self.values, self.low, self.high = [], [], [], [], []
        self.lower, self.upper = np.zeros(self.width), np.ones(self.width)
        self.whole = np.ones(self.width)
        self.cost = np.zeros(self.width)

    def row(self, columns, values, low, high):
        self.rows.append(np.full(len(columns), len(self.low)))
        self.columns.append(np.asarray(columns))
        self.values.append(np.asarray(values, float))
        self.low.append(low)
        self.high.append(high)

    def use(self, host, resource):
        """Columns and values of use / limit of a host, without its base."""
        comes, goes = np.flatnonzero(self.target == host), np.flatnonzero(self.data.home[self.guest] == host)
        share = self.data.load[:, resource] / self.data.limit[host, resource]
        return np.concatenate([comes, goes]), np.concatenate([share[self.guest[comes]], -share[self.guest[goes]]])

    def once_each(self):
        for g in range(len(self.data.load)):
            columns = np.flatnonzero(self.guest == g)
            if len(columns) > 1:
                self.row(columns, np.ones(len(columns)), -np.inf, 1)

    def moves(self, budget):
        self.row(np.arange(self.count), np.ones(self.count), -np.inf, budget)

    def leave_at_least(self, host, number):
        columns = np.flatnonzero(self.data.home[self.guest] == host)
        self.row(columns, np.ones(len(columns)), number, np.inf)

    def matrix(self):
        return coo_matrix((np.concatenate(self.values), (np.concatenate(self.rows), np.concatenate(self.columns))),
                          shape=(len(self.low), self.width)).tocsr()

    def relaxed(self):
        """The least cost where parts of guests may move; single columns have no upper limit."""
        bounds = [(0, 1)] * self.count + [(0, None)] * (self.width - self.count)
        return linprog(self.cost, A_ub=self.matrix(), b_ub=np.array(self.high), bounds=bounds, method="highs").fun

    def solve(self, seconds, gap=1e-4):
        return milp(self.cost, constraints=LinearConstraint(self.matrix(), np.array(self.low), np.array(self.high)),
                    integrality=self.whole, bounds=Bounds(self.lower, self.upper),
                    options={"time_limit": seconds, "mip_rel_gap": gap})


def fewest_leaving(data, host, peak):
    """How many guests at least must leave one host so that it ends at most at `peak` of its limits."""
    above = data.base[host] / data.limit[host] - peak
    share = data.load[data.home == host] / data.limit[host]
    if (above <= EDGE).all():
        return 0
    needed = [r for r in range(2) if above[r] > EDGE]
    if (share.sum(axis=0)[needed] < above[needed]).any():
        return len(data.load) + 1
    found = milp(np.ones(len(share)), constraints=LinearConstraint(share[:, needed].T, above[needed] - EDGE, np.inf),
                 integrality=np.ones(len(share)), bounds=Bounds(0, 1))
    return int(round(found.fun))


def leaving(data, peak):
    return [fewest_leaving(data, h, peak) for h in range(len(data.limit))]


def limit_by_counts(data, budget, low, high):
    """No plan of `budget` moves is below this: whole guests leave, and the hosts' numbers add up."""
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        if sum(leaving(data, middle)) > budget:
            low = middle
        else:
            high = middle
    return low


def relaxed_peak(data, budget):
    """The planner's relaxation, solved exactly: parts of guests move."""
    program = Program(data, 1)
    for h in range(len(data.limit)):
        for r in range(2):
            columns, values = program.use(h, r)
            program.row(np.append(columns, program.count), np.append(values, -1), -np.inf, -data.base[h, r] / data.limit[h, r])
    program.once_each()
    program.moves(budget)
    program.cost[-1] = 1
    return program.relaxed()


def relaxed_overload(data, budget):
    """The same for what is left above the limits, as a share of the cluster."""
    hosts = len(data.limit)
    program = Program(data, 2 * hosts)
    total = data.capacity.sum(axis=0)
    for h in range(hosts):
        for r in range(2):
            columns, values = program.use(h, r)
            column = program.count + 2 * h + r
            program.row(np.append(columns, column), np.append(values, -1), -np.inf, 1 - data.base[h, r] / data.limit[h, r])
            program.cost[column] = data.limit[h, r] / total[r]
    program.once_each()
    program.moves(budget)
    return program.relaxed()


def receivers_end_allowed(program):
    """Who receives ends within its limits; only hosts over a limit at the start need a choice for it."""
    data = program.data
    for h in range(len(data.limit)):
        if not data.hot[h]:
            continue
        comes = np.flatnonzero(program.target == h)
        chosen = program.count + int(np.flatnonzero(np.flatnonzero(data.hot) == h)[0])
        program.row(np.append(comes, chosen), np.append(np.ones(len(comes)), -len(comes)), -np.inf, 0)
        for r in range(2):
            columns, values = program.use(h, r)
            start = data.base[h, r] / data.limit[h, r]
            room = max(0.0, start - 1)
            program.row(np.append(columns, chosen), np.append(values, room), -np.inf, 1 + room - start)


def least_overload(data, budget, seconds, peak=None):
    """(overload, proven limit below it): what K moves leave above the limits, as a share of the cluster; `peak`: only
    plans that end at most there."""
    hot = np.flatnonzero(data.hot)
    if len(hot) == 0:
        return 0.0, 0.0
    program = Program(data, len(hot) + 2 * len(hot))
    total = data.capacity.sum(axis=0)
    program.once_each()
    program.moves(budget)
    receivers_end_allowed(program)
    for h in range(len(data.limit)):
        if peak is not None and data.hot[h]:
            program.leave_at_least(h, fewest_leaving(data, h, peak))
        for r in range(2):
            columns, values = program.use(h, r)
            start = data.base[h, r] / data.limit[h, r]
            if peak is not None:
                program.row(columns, values, -np.inf, peak - start)
            if not data.hot[h]:
                program.row(columns, values, -np.inf, 1 - start)
                continue
            column = program.count + len(hot) + 2 * int(np.flatnonzero(hot == h)[0]) + r
            program.row(np.append(columns, column), np.append(values, -1), -np.inf, 1 - start)
            program.whole[column], program.upper[column] = 0, np.inf
            program.cost[column] = data.limit[h, r] / total[r]
    found = program.solve(seconds, 1e-6)
    if found.x is None:
        return None, 0.0
    return found.fun, found.fun if found.status == 0 else max(0.0, found.mip_dual_bound or 0.0)


def peak_program(data, top, counts, fixed):
    """Every host at most at `top` (below 1), or at the variable peak (not fixed); `counts`: guests that must leave."""
    program = Program(data, 0 if fixed else 1)
    for h in range(len(data.limit)):
        for r in range(2):
            columns, values = program.use(h, r)
            start = data.base[h, r] / data.limit[h, r]
            if fixed:
                program.row(columns, values, -np.inf, top - start)
            else:
                program.row(np.append(columns, program.count), np.append(values, -1), -np.inf, -start)
        if counts[h] > 0:
            program.leave_at_least(h, counts[h])
    program.once_each()
    return program


@dataclasses.dataclass
class Proof:
    best: float  # the best peak known
    limit: float  # proven: nothing is below
    optimal: bool


def best_peak(data, budget, reached, relaxed, seconds):
    """The least peak of plans that end all overload. `reached` is what one such plan attains."""
    low = limit_by_counts(data, budget, relaxed, reached)
    if low >= reached * (1 - 2e-4):
        return Proof(reached, low, True)
    counts = leaving(data, reached)
    program = peak_program(data, reached, counts, False)
    program.moves(budget)
    program.cost[-1] = 1
    program.whole[-1], program.lower[-1], program.upper[-1] = 0, low, reached * (1 + 1e-6)
    found = program.solve(seconds)
    if found.status == 2:  # nothing at or below: rounding
        return Proof(reached, reached, True)
    best = min(reached, found.fun) if found.x is not None else reached
    if found.status == 0:
        return Proof(best, best, True)
    low = max(low, found.mip_dual_bound or 0)
    if reached / low > 1.02:
        # Fewest moves to 2 % below what was reached: more than the budget is a proof, too.
        level = reached / 1.02
        program = peak_program(data, level, leaving(data, level), True)
        program.moves(budget)
        program.cost[:program.count] = 1
        found = program.solve(seconds)
        if found.status == 2 or (found.x is None and (found.mip_dual_bound or 0) > budget + EDGE):
            low = max(low, level)
        elif found.x is not None:
            best = min(best, level)
    return Proof(best, low, False)


def cheapest_relief(data, seconds):
    """All hosts over their limit down to low water, targets filled to low water only, at least cost."""
    program = Program(data, 0, ~data.hot)  # a host over its limit that receives: left out on both sides
    top = np.where(data.hot[:, None], 0.9, np.maximum(0.9, data.base / data.limit))
    for h in range(len(data.limit)):
        for r in range(2):
            columns, values = program.use(h, r)
            program.row(columns, values, -np.inf, top[h, r] - data.base[h, r] / data.limit[h, r])
        if data.hot[h]:
            program.leave_at_least(h, fewest_leaving(data, h, 0.9))
    program.once_each()
    cost = 1 + np.where(data.vm, data.load[:, 1] / 2**33 + 0.05, 1.0)
    program.cost[:program.count] = cost[program.guest]
    found = program.solve(seconds)
    if found.x is None:
        return None, found.status == 2
    return found.fun, found.status == 0
