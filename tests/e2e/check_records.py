#!/usr/bin/env python3
"""Judges what hosts did, from their own records: what the evaluators believed plays no part.

    check_records.py RECORD JOURNAL… [--times FILE]

RECORD is the lab's: one line a call, start, stop or move, "monotonic unix host what". The journals are asked for one
thing: whether an intent was on the disk before a host started. FILE holds lines "paused FROM TO" and
"silenced FROM TO" in Unix seconds: times in which nothing may start. Prints what is wrong, one thing a line; exit 1.
"""

import argparse
import re
import sqlite3
import sys

AT_ONCE = 2    # evaluator.limits.at_once
INTO_HOST = 1  # evaluator.limits.into_host_at_once


class Record:
    """Starts asked of hosts, and the time in which each guest was being moved."""

    def __init__(self, lines):
        self.starts = []  # (unix seconds, operation, guest's number)
        self.moves = []   # [guest's number, target, from, to]; to is None while it is under way
        under_way = {}
        units = {}        # what the host was asked last, by unit
        for line in lines:
            words = line.split(None, 3)
            if len(words) < 4:
                continue
            at, what = float(words[1]), words[3]
            asked = re.match(r"systemd-run begin .*--unit=balancer-migrate-(\d+)\S* --description=balancer (\w+) migrate", what)
            if asked:
                units[words[2], asked[1]] = asked[2]
            accepted = re.match(r"unit start balancer-migrate-(\d+)$", what)
            if accepted and (words[2], accepted[1]) in units:
                self.starts.append((at, units.pop((words[2], accepted[1])), accepted[1]))
            begun = re.match(r"migrate begin (\d+) \w+/(\d+) (\S+)", what)
            if begun:
                self.begin(under_way, (words[2], begun[1]), begun[2], begun[3], at)
            ended = re.match(r"(?:pct|qm) end (\d+) ", what)
            if ended:
                self.end(under_way, (words[2], ended[1]), at)
            queued = re.match(r"ha-migrate \w+:(\d+) (\S+)", what)
            if queued:
                self.begin(under_way, ("ha", queued[1]), queued[1], queued[2], at)
            moved = re.match(r"ha-done \w+:(\d+)", what)
            if moved:
                self.end(under_way, ("ha", moved[1]), at)

    def begin(self, under_way, key, guest, target, at):
        if key in under_way:  # queued twice: both are there at once
            self.moves.append([guest, target, at, at])
        else:
            under_way[key] = [guest, target, at, None]
            self.moves.append(under_way[key])

    @staticmethod
    def end(under_way, key, at):
        if key in under_way:
            under_way.pop(key)[3] = at


def overlapping(moves, move):
    """The moves that were under way when this one began, without it."""
    return [other for other in moves
            if other is not move and other[2] <= move[2] and (other[3] is None or other[3] > move[2] or other[2] == move[2])]


def intents(journals):
    """Operation → when its intent was written."""
    found = {}
    for path in journals:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as journal:
            found.update(journal.execute("SELECT id, intended_at FROM operations"))
    return found


def wrongs(record, intended, closed):
    for at, operation, guest in record.starts:
        if operation not in intended:
            yield f"{guest} was started as {operation}, of which no journal knows"
        elif intended[operation] > at + 0.1:
            yield f"{guest} was started before its intent was written"
        for why, since, until in closed:
            if since < at < until:
                yield f"{guest} was started at {at:.1f}, {why} since {since:.1f}"
    operations = [operation for _, operation, _ in record.starts]
    for operation in sorted({one for one in operations if operations.count(one) > 1}):
        yield f"{operation} was started {operations.count(operation)} times"
    for move in record.moves:
        others = overlapping(record.moves, move)
        if any(other[0] == move[0] for other in others):
            yield f"{move[0]} was moved twice at the same time, at {move[2]:.1f}"
        if len(others) + 1 > AT_ONCE:
            yield f"{len(others) + 1} moves at the same time, at {move[2]:.1f}"
        if sum(other[1] == move[1] for other in others) + 1 > INTO_HOST:
            yield f"several moves into {move[1]} at the same time, at {move[2]:.1f}"


def times_of(lines):
    return [(words[0], float(words[1]), float(words[2])) for words in (line.split() for line in lines) if words]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("record")
    parser.add_argument("journals", nargs="*")
    parser.add_argument("--times")
    given = parser.parse_args()
    with open(given.record, encoding="utf-8", errors="replace") as file:
        record = Record(file)
    closed = []
    if given.times:
        with open(given.times, encoding="utf-8") as file:
            closed = times_of(file)
    found = list(wrongs(record, intents(given.journals), closed))
    print("\n".join(found) or f"{len(record.starts)} starts, {len(record.moves)} moves: nothing is wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
