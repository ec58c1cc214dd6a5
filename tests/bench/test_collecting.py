"""The collecting bench runs, and what it measures with does what it says: the delaying proxy, the fleet's CPU time."""

import pathlib
import socket
import subprocess
import sys
import threading
import time
import unittest
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support"))
import bench  # noqa: E402
import collecting_ways  # noqa: E402
import fleet  # noqa: E402
import growth_picture  # noqa: E402
from waiting import wait_until  # noqa: E402

BINARIES = bench.programs(short=True)


class Bench(unittest.TestCase):
    def test_runs_and_reads_every_host(self):
        done = subprocess.run([sys.executable, HERE / "collecting_bench.py", "--short"], capture_output=True, text=True,
                              timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| OpenSSH ControlMaster", done.stdout)
        self.assertIn("| 4     |             6 |", done.stdout)

    def test_leaves_nothing_behind(self):
        with fleet.Fleet(2, 2) as hosts:
            folder, cgroup = hosts.folder, hosts.cgroup.path
            # Until the connections that asked whether sshd accepts are gone.
            wait_until(lambda: [len(hosts.processes_of(host)) for host in ("pve1", "pve2")] == [1, 1], 60,
                       "one sshd for each host and nothing else")
            self.assertEqual(len(hosts.cgroup.processes()), 2)
            listeners = [listener.pid for listener in hosts.listeners]
        self.assertFalse(folder.exists() or cgroup.exists())
        self.assertEqual([pid for pid in listeners if pathlib.Path(f"/proc/{pid}").exists()], [])

    def test_says_when_a_way_did_not_start(self):
        with self.assertRaises(SystemExit):
            collecting_ways.Way("/bin/echo", "no")


class Delay(unittest.TestCase):
    def test_holds_every_byte_back_and_keeps_their_order(self):
        text = bytes(range(256)) * 4096
        with socket.create_server(("127.0.0.1", 0)) as server:
            def echo():
                connection = server.accept()[0]
                with connection:
                    while piece := connection.recv(65536):
                        connection.sendall(piece)
            thread = threading.Thread(target=echo)
            thread.start()
            with collecting_ways.Delayed(BINARIES, 40, [server.getsockname()[1]]) as ports:
                with socket.create_connection(("127.0.0.1", ports[0]), timeout=30) as client:
                    began = time.monotonic()
                    client.sendall(b"x")
                    self.assertEqual(client.recv(1), b"x")
                    self.assertGreaterEqual(time.monotonic() - began, 0.08)
                    sender = threading.Thread(target=lambda: (client.sendall(text), client.shutdown(socket.SHUT_WR)))
                    sender.start()
                    received = b"".join(iter(lambda: client.recv(65536), b""))
                    sender.join()
                    self.assertEqual(received, text)
                thread.join()


class Cpu(unittest.TestCase):
    def test_counts_what_has_ended(self):
        group = fleet.Cgroup("test-cpu")
        try:
            subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.2: pass"], check=True,
                           preexec_fn=group.enter)
            self.assertGreater(group.cpu_seconds(), 0.19)
        finally:
            group.end()


class Picture(unittest.TestCase):
    def test_is_well_formed_and_holds_a_line_for_each_number_of_guests(self):
        points = [(hosts, guests, hosts * guests / 10, hosts * guests / 50) for hosts in (10, 50) for guests in (1, 30)]
        root = xml.etree.ElementTree.fromstring(growth_picture.draw(points))
        lines = root.findall(".//{http://www.w3.org/2000/svg}polyline")
        self.assertEqual(len(lines), 4)  # two charts
        heights = [float(point.split(",")[1]) for point in lines[0].get("points").split()]
        self.assertGreater(heights[0], heights[1], "more hosts stand higher")


if __name__ == "__main__":
    unittest.main()
