"""The exporter's pages as others read them: prometheus-cpp, a real Prometheus, and strace, which sees no file opened.

Over serving_own: the exporter's server, routes and renderer with a made-up cluster, one of whose guests has a name
that needs every escape.
"""

import contextlib
import gzip
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support"))
import bench  # noqa: E402
import serving_bench  # noqa: E402
from waiting import wait_until  # noqa: E402

BINARIES = bench.programs(short=True)
SERIES = 1500


def own():
    return serving_bench.started([BINARIES / "serving_own", SERIES, 0])


class Bench(unittest.TestCase):
    def test_runs_and_both_serve_the_same_series(self):
        done = subprocess.run([sys.executable, HERE / "serving_bench.py", "--short"], capture_output=True, text=True,
                              timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| to the last byte ", done.stdout)

    def test_would_name_a_difference(self):
        ours = serving_bench.series_of(b'a{x="1"} 1\nb 2\n')
        self.assertEqual(serving_bench.differences(ours, dict(ours)), [])
        self.assertEqual(serving_bench.differences(ours, {**ours, "b": 2.1}), ["b"])
        self.assertEqual(serving_bench.differences(ours, {"b": 2}), ['a{x="1"}'])


class Page(unittest.TestCase):
    def test_head_says_what_get_sends(self):
        with own() as (_, port):
            for encoding in ("gzip", "identity"):
                head, body, _ = serving_bench.scrape(port, encoding)
                with serving_bench.socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                    connection.sendall(f"HEAD /metrics HTTP/1.1\r\nAccept-Encoding: {encoding}\r\n\r\n".encode())
                    answer = b"".join(iter(lambda: connection.recv(65536), b""))
                self.assertTrue(answer.endswith(b"\r\n\r\n"), "a body behind HEAD")
                undated = [re.sub(r"Date: .*", "", text.strip()) for text in (head, answer.decode("latin-1"))]
                self.assertEqual(undated[0], undated[1])
                self.assertEqual("Content-Encoding: gzip" in head, encoding == "gzip")
                self.assertIn(f"Content-Length: {len(body)}", head)

    def test_gzip_and_plain_and_openmetrics_hold_the_same_series(self):
        with own() as (_, port):
            plain = serving_bench.scrape(port, "identity")[1]
            self.assertEqual(gzip.decompress(serving_bench.scrape(port)[1]), plain)
            head, packed, _ = serving_bench.scrape(port, accept="application/openmetrics-text;version=1.0.0")
            self.assertIn("Content-Type: application/openmetrics-text; version=1.0.0", head)
            text = gzip.decompress(packed)
            self.assertTrue(text.endswith(b"# EOF\n"))
            self.assertEqual(serving_bench.series_of(text), serving_bench.series_of(plain))

    def test_collect_chooses_families(self):
        with own() as (_, port):
            def names(query):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics{query}", timeout=10) as answer:
                    return set(re.findall(r"^# TYPE (\S+)", answer.read().decode(), re.M))
            every, some = names(""), names("?collect[]=storage")
            self.assertLess({"pve_storage_info"}, some)
            self.assertLess(some, every)
            self.assertEqual(names("?collect[]=storage&collect[]=ha"), some | {"pve_ha_state"})
            with self.assertRaises(urllib.error.HTTPError) as refused:
                names("?collect[]=nonsense")
            self.assertEqual(refused.exception.code, 400)
            refused.exception.close()


class RealPrometheus(unittest.TestCase):
    def test_takes_every_sample_in_openmetrics(self):
        with contextlib.ExitStack() as stack:
            port = stack.enter_context(own())[1]
            expected = len(serving_bench.series_of(gzip.decompress(serving_bench.scrape(port)[1])))
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            (folder / "prometheus.yml").write_text(
                "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
                f"scrape_configs: [{{job_name: own, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n")
            web = serving_bench.free_port()
            log = stack.enter_context(open(folder / "log", "w+", encoding="utf-8"))
            process = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{web}", "--log.level=debug"], stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)

            def query(expression):
                url = f"http://127.0.0.1:{web}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
                try:
                    with urllib.request.urlopen(url, timeout=10) as answer:
                        return json.load(answer)["data"]["result"]
                except OSError:
                    return []

            def value(expression):
                found = query(expression)
                return float(found[0]["value"][1]) if found else None

            # A scrape that a busy machine lets run out of time takes the series away until the next one.
            for count in ("scrape_samples_scraped{job='own'}", "count({job='own', __name__!~'up|scrape_.*'})"):
                wait_until(lambda count=count: value(count) == expected, 30,
                           lambda count=count: f"{value(count)} of {expected}:\n{(folder / 'log').read_text()[-3000:]}")
            # What its name needs in escapes is lost on the way to nobody.
            guest = wait_until(lambda: query("pve_guest_info{id='qemu/100'}"), 30, "the guest's series")[0]["metric"]
            self.assertEqual(guest["name"], 'a "b" \\c \u00e4 \ufffd\n{}#')
            for word in ("dropped", "Append failed", "out of order", "duplicate", "invalid"):
                self.assertNotIn(word, (folder / "log").read_text())


class NoFileIsOpened(unittest.TestCase):
    """No request reaches the file system, whatever its path."""

    REQUESTS = [b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in (
        b"/metrics", b"/metrics?collect[]=storage", b"/cluster", b"/cluster?anonymize=1", b"/", b"/-/healthy",
        b"/..%2f..%2fetc/passwd", b"/../../etc/passwd", b"//etc/passwd", b"/metrics%00", b"/etc/passwd",
        b"/" + b"a" * 8000, b"/index.html", b"/cgi-bin/x.cgi", b"/.htpasswd", b"/metrics/../../etc/passwd")] + [
        b"PUT /x HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", b"DELETE /metrics HTTP/1.1\r\n\r\n",
        b"PROPFIND / HTTP/1.1\r\n\r\n", b"GET /metrics HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n",
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", b"nonsense\r\n\r\n"]

    # glibc's malloc asks this once in the life of a process, when it first gives memory of a thread back.
    OF_THE_C_LIBRARY = 'openat(AT_FDCWD, "/proc/sys/vm/overcommit_memory", O_RDONLY|O_CLOEXEC)'

    def test_by_any_request(self):
        with own() as (pid, port), tempfile.TemporaryDirectory() as folder:
            trace = pathlib.Path(folder, "trace")
            tracer = subprocess.Popen(["strace", "-f", "-p", str(pid), "-o", trace, "-e", "trace=%file,accept,accept4"],
                                      stderr=subprocess.PIPE, text=True)
            try:
                self.assertIn("attached", tracer.stderr.readline())
                statuses = []
                for request in self.REQUESTS:
                    with serving_bench.socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                        connection.sendall(request)
                        connection.shutdown(serving_bench.socket.SHUT_WR)
                        statuses.append(b"".join(iter(lambda: connection.recv(65536), b""))[9:12])
            finally:
                tracer.send_signal(signal.SIGINT)
                tracer.wait(timeout=20)
                tracer.stderr.close()
            lines = trace.read_text().splitlines()
        self.assertGreaterEqual(statuses.count(b"200"), 7)
        accepted = [line for line in lines if "accept" in line and "= -1" not in line]
        self.assertGreaterEqual(len(accepted), len(self.REQUESTS), "the trace did not follow the server")
        touched = [line for line in lines if re.search(r"^\d+ +(?!accept|\+\+\+|---|<\.\.\. accept)\w+\(", line)]
        self.assertEqual([line for line in touched if self.OF_THE_C_LIBRARY not in line], [])


if __name__ == "__main__":
    unittest.main()
