"""What the benches share: where the programs are, medians, aligned tables, and the parts of docs/performance.md.

Two ways of doing one thing are measured in turns, in one run, and compared pair by pair: the median of the pairs'
ratios holds on a busy machine, where single times do not.
"""

import argparse
import datetime
import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/performance.md"


def programs(short):
    """The folder of the programs; times count in a release build only."""
    return pathlib.Path(os.environ.get("BALANCER_BIN", ROOT / ("build/dev/bin" if short else "build/release/bin")))


def arguments(description, pairs=11, tables=()):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--short", action="store_true", help="small, in seconds: shows that everything runs")
    parser.add_argument("--write", action="store_true", help="write the tables into the document that shows them")
    parser.add_argument("--pairs", type=int, default=0, help=f"runs of each way (default: {pairs}, short: 1)")
    if tables:
        parser.add_argument("--only", choices=tables, help="this table alone")
    chosen = parser.parse_args()
    chosen.pairs = chosen.pairs or (1 if chosen.short else pairs)
    return chosen


def verdict(missed):
    """Says which bars were missed; the exit code."""
    print("\n".join("MISSED: " + one for one in missed) or "every bar is met")
    return 1 if missed else 0


def circumstances():
    """When, and how busy the machine was with other things: a sentence for the document."""
    return (f"Measured on {datetime.date.today()}, {os.cpu_count()} cores, load before it {os.getloadavg()[0]:.1f}.")


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(rows):
    """Lines of a Markdown table; rows of strings, the first one is the head. Numbers stand to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) if column == 0 else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("| " + " | ".join(cells) + " |")
        if number == 0:
            lines.append("|" + "|".join("-" * (width + 2) if column == 0 else "-" * (width + 1) + ":"
                                        for column, width in enumerate(widths)) + "|")
    return lines


def write_part(name, lines, document=DOCUMENT):
    """Replaces what stands between <!-- NAME: begin --> and <!-- NAME: end --> in the document."""
    text = document.read_text()
    pattern = re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.S)
    if not pattern.search(text):
        raise SystemExit(f"{document} has no part {name}")
    document.write_text(pattern.sub(lambda match: match.group(1) + "\n".join(lines) + "\n" + match.group(2), text))
