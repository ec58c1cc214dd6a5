#!/usr/bin/env python3
"""Rendering and serving against prometheus-cpp: its TextSerializer, and its Exposer in a program of its own.

Prints ratios with their bars and fails when a bar is missed; --short checks only that both serve the same series.
"""

import contextlib
import gzip
import math
import pathlib
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bench  # noqa: E402
import serving_slow  # noqa: E402

RENDER_BAR = 0.08    # of TextSerializer's time
EMPTY = 100          # series of a page that is next to nothing
SCRAPE_BAR = 10      # times less than the Exposer
MEMORY_BAR = 0.5     # of the Exposer's peak
DELAY_BAR_MS = 250   # 99th percentile while 200 clients are slow


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def started(command, page=b""):
    """A server that prints its port when it is ready; `page` goes to its standard input, which stays open without."""
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if page:
            process.stdin.write(page)
            process.stdin.close()
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"{command[0]} did not start")
        yield process.pid, int(line)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        if not page:
            process.stdin.close()


def scrape(port, encoding="gzip", accept="", source="127.0.0.1"):
    """(head, body as sent, seconds to its last byte), from the connect on."""
    wanted = f"GET /metrics HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: {encoding}\r\n"
    wanted += f"Accept: {accept}\r\n" if accept else ""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0)) as connection:
        connection.sendall((wanted + "\r\n").encode())
        received = bytearray()
        while True:
            end = received.find(b"\r\n\r\n")
            if end >= 0:
                break
            piece = connection.recv(262144)
            if not piece:
                raise ConnectionError("closed before the head was complete")
            received += piece
        head = bytes(received[:end]).decode("latin-1")
        length = next(int(line.split(":")[1]) for line in head.split("\r\n")
                      if line.lower().startswith("content-length:"))
        while len(received) < end + 4 + length:
            piece = connection.recv(262144)
            if not piece:
                raise ConnectionError("closed before the body was complete")
            received += piece
    return head, bytes(received[end + 4:]), time.perf_counter() - began


def series_of(page):
    """{name and labels: value}, without what the Exposer says of itself."""
    found = {}
    for line in page.decode().split("\n"):
        if line and not line.startswith("#") and not line.startswith("exposer_"):
            name, value = line.rsplit(" ", 1)
            found[name] = float(value)
    return found


def differences(ours, theirs):
    """Names whose series are not the same; prometheus-cpp writes 16 digits, one too few for some doubles."""
    return sorted(name for name in ours.keys() | theirs.keys()
                  if name not in ours or name not in theirs
                  or not math.isclose(ours[name], theirs[name], rel_tol=4e-15))


def peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def rendering(binaries, sizes, pairs):
    rows = [["rendering", "series", "ours ms", "TextSerializer ms", "ratio (wall)", "ratio (CPU)", "bar"]]
    missed = []
    for size in sizes:
        output = subprocess.run([binaries / "serving_render", str(size), str(pairs)], check=True,
                                capture_output=True, text=True).stdout.splitlines()
        series = int(output[0].split()[1])
        runs = [[float(word) for word in line.split()] for line in output[1:]]
        wall = bench.median([run[0] / run[2] for run in runs])
        cpu = bench.median([run[1] / run[3] for run in runs])
        rows.append(["whole page", f"{series:,}", f"{bench.median([run[0] for run in runs]):.2f}",
                     f"{bench.median([run[2] for run in runs]):.1f}", f"{wall:.3f}", f"{cpu:.3f}",
                     f"≤ {RENDER_BAR}"])
        if min(wall, cpu) > RENDER_BAR:
            missed.append(f"rendering {series:,} series takes {cpu:.3f} of TextSerializer's time")
    return [rows], missed


def serving(binaries, sizes, pairs):
    """The two tables: times, and peak memory."""
    times_rows = [["gzip scrape", "series", "ours ms", "Exposer ms", "times less", "bar"]]
    memory_rows = [["peak memory", "series", "ours MiB", "Exposer MiB", "ratio", "page: ours", "Exposer's", "ratio", "bar"]]
    missed = []
    bases = None  # the programs themselves: what each of them needs for next to no series
    for size in (EMPTY, *sizes):
        # Rendered and compressed anew each second while it is scraped, as by a poller with a very short interval.
        # Its peak must be that of gzip scrapes, like the other's: the plain page comes from another process.
        with started([binaries / "serving_own", size, 0]) as (_, port):
            page = scrape(port, "identity")[1]
        with started([binaries / "serving_own", size, 1000]) as (own_pid, own_port):
            with started([binaries / "serving_exposer", free_port()], page) as (their_pid, their_port):
                ours = series_of(gzip.decompress(scrape(own_port)[1]))
                theirs = series_of(gzip.decompress(scrape(their_port)[1]))
                wrong = differences(ours, theirs)
                if wrong or len(ours) < size:
                    raise SystemExit(f"{len(wrong)} of {len(ours)} series differ: {wrong[:3]}")
                times = [(scrape(own_port)[2] * 1e3, scrape(their_port)[2] * 1e3) for _ in range(pairs)]
                peaks = [peak_kib(own_pid) / 1024, peak_kib(their_pid) / 1024]
        if bases is None:
            bases = peaks
            continue
        less = bench.median([other / own for own, other in times])
        times_rows.append(["to the last byte", f"{len(ours):,}", f"{bench.median([own for own, _ in times]):.2f}",
                           f"{bench.median([other for _, other in times]):.1f}", f"{less:.0f}", f"≥ {SCRAPE_BAR}"])
        if less < SCRAPE_BAR:
            missed.append(f"a scrape of {len(ours):,} series takes only {less:.1f} times less than the Exposer's")
        pages = [peak - base for peak, base in zip(peaks, bases)]
        # A page so small that the program's own peak hides it has no ratio, and does not pass as one.
        ratio = pages[0] / pages[1] if pages[1] > 0 else math.inf
        memory_rows.append(["whole program", f"{len(ours):,}", *(f"{peak:.1f}" for peak in peaks),
                            f"{peaks[0] / peaks[1]:.2f}", *(f"{page:.1f}" for page in pages),
                            f"{ratio:.2f}", f"≤ {MEMORY_BAR}"])
        if ratio > MEMORY_BAR:
            missed.append(f"the page of {len(ours):,} series needs {ratio:.2f} of the Exposer's memory")
    return [times_rows, memory_rows], missed


def delays(binaries, scrapes):
    rows = [["200 slow clients", "scrapes", "failed", "median ms", "99 % ms", "slowest ms"]]
    missed = []
    for kind in ("none", *serving_slow.KINDS):
        for addresses in (1, 10) if kind != "none" else (1,):
            with started([binaries / "serving_own", 10000, 0]) as (_, port), \
                    serving_slow.clients(port, kind, 200, addresses):
                times, failed = [], 0
                for _ in range(scrapes):
                    began = time.perf_counter()
                    try:
                        head = scrape(port)[0]
                        failed += not head.startswith("HTTP/1.1 200 ")
                    except OSError:
                        failed += 1
                    times.append((time.perf_counter() - began) * 1e3)
            slow = bench.quantile(times, 0.99)
            rows.append([f"{kind}, {addresses} address{'es' if addresses > 1 else ''}" if kind != "none" else "none",
                         str(scrapes), str(failed), f"{bench.median(times):.1f}", f"{slow:.1f}", f"{max(times):.1f}"])
            if kind != "none" and (slow > DELAY_BAR_MS or failed):
                missed.append(f"{kind} from {addresses}: 99 % of scrapes took {slow:.0f} ms, {failed} failed")
    return [rows], missed


def main():
    chosen = bench.arguments(__doc__)
    binaries = bench.programs(chosen.short)
    sizes = (1500,) if chosen.short else (10000, 100000)
    lines, missed = [], []
    for tables, short_of in (rendering(binaries, sizes, chosen.pairs), serving(binaries, sizes, chosen.pairs),
                             delays(binaries, 20 if chosen.short else 400)):
        for rows in tables:
            lines += bench.table(rows) + [""]
        missed += short_of
    print("\n".join(lines))
    if chosen.write:
        bench.write_part("serving", lines)
    return 0 if chosen.short else bench.verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
