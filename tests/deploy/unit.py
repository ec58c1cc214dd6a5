"""Runs what a systemd unit says, where no systemd runs: user, credentials, state directory, notify and watchdog.

Not the sandbox: tests/deploy/test_units.py holds that with systemd-analyze; here every system call is compared with
the unit's filter.
"""

import os
import pathlib
import re
import shlex
import socket
import subprocess
import time


STRACE = ("strace", "-D", "-f", "-qq", "-o")  # -D: the traced program is the child, and gets the signals


def read_unit(text):
    """Directives of all sections: name → list of values."""
    found = {}
    for line in text.splitlines():
        if line and line[0] not in "#[;":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def allowed_calls(unit):
    """The system calls that SystemCallFilter= lets through, as systemd-analyze expands its sets."""

    def expand(name):
        if not name.startswith("@"):
            return {name}
        listed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], check=True,
                                stdout=subprocess.PIPE, text=True).stdout.split("\n")[1:]
        members = (line.split("#")[0].strip() for line in listed)
        return {call for member in members if member for call in expand(member)}

    allowed = set()
    for line in unit["SystemCallFilter"]:
        calls = {call for name in line.lstrip("~").split() for call in expand(name)}
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


class RunningUnit:
    """Starts ExecStart= of a unit in `root`; `until(STATE)` waits for what the program tells its manager."""

    def __init__(self, root, name, watchdog_seconds=2):
        self.root = root
        unit = self.unit = read_unit(root.file(f"/lib/systemd/system/{name}.service").read_text())
        user, group = unit["User"][0], unit["Group"][0]
        credentials = root.file(f"/run/credentials/{name}.service")
        credentials.mkdir(parents=True)
        fallbacks = dict(value.split(":", 1) for value in unit.get("SetCredential", []))
        for value in unit.get("LoadCredential", []):
            identifier, path = value.split(":", 1)
            source = root.file(path)
            if not source.exists() and identifier not in fallbacks:
                raise AssertionError(f"{name}: systemd would not start it without {path}")
            target = credentials / identifier
            target.write_bytes(source.read_bytes() if source.exists() else fallbacks[identifier].encode())
            # An access list for the user, as systemd sets it, shows as the mode of the group.
            target.chmod(0o440)
            root.run("chgrp", group, f"/run/credentials/{name}.service/{identifier}")
        for value in unit.get("StateDirectory", []):
            root.run("install", "-d", "-m", unit["StateDirectoryMode"][0], "-o", user, "-g", group, f"/var/lib/{value}")
        self.states = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify = f"/run/notify-{name}"
        self._socket.bind(str(root.file(notify)))
        root.file(notify).chmod(0o666)
        environment = {"PATH": "/usr/bin:/bin", "CREDENTIALS_DIRECTORY": f"/run/credentials/{name}.service",
                       "NOTIFY_SOCKET": notify, "WATCHDOG_USEC": str(int(watchdog_seconds * 1e6))}
        command = shlex.split(unit["ExecStart"][0])
        self.log = pathlib.Path(str(root.path) + f"-{name}.log")
        self._calls = pathlib.Path(str(root.path) + f"-{name}.calls")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*STRACE, self._calls, *root.command("/usr/bin/setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups",
                                        "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", *command)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, umask=0o077)

    def until(self, state, count=1, seconds=60):
        """Waits until the program has told `state` that often."""
        deadline = time.monotonic() + seconds
        while sum(state in told for told in self.states) < count:
            self._socket.settimeout(max(0.05, min(1.0, deadline - time.monotonic())))
            try:
                self.states.append(self._socket.recv(4096).decode())
            except socket.timeout:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"no {state}; exit {self.process.poll()}; told {self.states}:\n"
                                     + self.log.read_text(errors="replace"))

    def refused_calls(self):
        """Names of system calls of the program itself that the unit's filter would have refused."""
        lines = self._calls.read_text(errors="replace").splitlines()
        began = next(at for at, line in enumerate(lines) if 'execve("/usr/bin/balancer-' in line)
        made = {found[1] for line in lines[began:] if (found := re.match(r"\d+ +([a-z_0-9]+)\(", line))}
        if len(made) < 30:
            raise AssertionError(f"strace saw only {sorted(made)}")
        return made - allowed_calls(self.unit)

    def stop(self, seconds=30):
        if self.process.poll() is None:
            os.kill(self.process.pid, 15)
        code = self.process.wait(seconds)
        self._socket.close()
        return code
