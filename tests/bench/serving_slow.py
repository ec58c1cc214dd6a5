#!/usr/bin/env python3
"""Clients that hold connections without ever finishing a request, in a process of their own.

    serving_slow.py PORT KIND COUNT ADDRESSES

Kinds: "slow body" sends a byte of a body now and then, "slow head" a byte of a header, "idle" nothing at all, "no
reader" asks for the whole page and takes none of it. A client sends every 0.1 s; one that is cut comes back when it
would have sent. Prints "ready" once all have connected; ends with the process that started it.
"""

import contextlib
import os
import select
import socket
import subprocess
import sys

KINDS = {
    "slow body": (b"POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "slow head": (b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"x"),
    "idle": (b"", b""),
    "no reader": (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b""),
}
EVERY_SECONDS = 0.1


def connect(port, address, first):
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.bind((address, 0))
    connection.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        connection.connect(("127.0.0.1", port))
    select.select([], [connection], [], 1)
    with contextlib.suppress(OSError):
        connection.send(first)
    return connection


def alive(connection, more):
    """Sends a little more; False when the server has cut this client."""
    try:
        if more:
            connection.send(more)
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def run(port, kind, count, addresses):
    first, more = KINDS[kind]
    own = [f"127.0.1.{1 + i % addresses}" if addresses > 1 else "127.0.0.1" for i in range(count)]
    connections = [connect(port, address, first) for address in own]
    print("ready", flush=True)
    parent = os.pidfd_open(os.getppid())
    # The clock is a part of what is measured: they are slow by sending now and then.
    while not select.select([parent], [], [], EVERY_SECONDS)[0]:
        for i, connection in enumerate(connections):
            # An answer means that it is over for this one, but for those that asked and do not read.
            if not alive(connection, more) or (kind != "no reader" and select.select([connection], [], [], 0)[0]):
                connection.close()
                connections[i] = connect(port, own[i], first)


@contextlib.contextmanager
def clients(port, kind, count, addresses):
    if kind == "none":
        yield
        return
    process = subprocess.Popen([sys.executable, __file__, str(port), kind, str(count), str(addresses)],
                               stdout=subprocess.PIPE)
    try:
        if process.stdout.readline() != b"ready\n":
            raise SystemExit("the slow clients did not start")
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
