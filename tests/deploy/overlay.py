"""A root file system of its own to install packages in: this machine's, with everything written kept aside.

What is installed here is there; what is written goes to a tmpfs and is gone at the end. Needs root, as the lab does.
"""

import pathlib
import subprocess
import tempfile


class OverlayRoot:
    """`with OverlayRoot() as root: root.run("dpkg", "-i", …)`. `lower` is another root than the machine's own."""

    def __init__(self, lower="/"):
        self.lower = str(lower)

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="pcb-root-")
        self._base = pathlib.Path(self._folder.name)
        self.path = self._base / "root"
        self.path.mkdir()
        self._mounted = []
        try:
            self._mount("-t", "tmpfs", "tmpfs", self._base / "root")
            for name in ("upper", "work", "merged"):
                (self._base / "root" / name).mkdir()
            inner = self._base / "root"
            self.upper, self.path = inner / "upper", inner / "merged"
            self._mount("-t", "overlay", "overlay", "-o",
                        f"lowerdir={self.lower},upperdir={self.upper},workdir={inner / 'work'}", self.path)
            self._mount("-t", "proc", "proc", self.path / "proc")
            self._mount("--bind", "/dev", self.path / "dev")
            self._mount("-t", "tmpfs", "tmpfs", self.path / "run")
            self._mount("-t", "tmpfs", "tmpfs", self.path / "tmp")
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for target in reversed(self._mounted):
            subprocess.run(["umount", "--lazy", str(target)], check=False)
        self._folder.cleanup()

    def _mount(self, *arguments):
        subprocess.run(["mount", *map(str, arguments)], check=True)
        self._mounted.append(arguments[-1])

    def command(self, *arguments):
        return ["/usr/sbin/chroot", str(self.path), *map(str, arguments)]

    def run(self, *arguments, check=True, **options):
        result = subprocess.run(
            self.command("/usr/bin/env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", *arguments),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
        if check and result.returncode != 0:
            raise AssertionError(f"{arguments} gave {result.returncode}:\n{result.stdout}")
        return result

    def file(self, name):
        return self.path / name.lstrip("/")

    def written(self):
        """What differs from the machine's own, without what dpkg and adduser keep for themselves."""
        ignored = ("var/lib/dpkg", "var/log", "var/cache", "var/lib/systemd/deb-systemd", "tmp", "run", "proc", "dev")
        found = []
        for path in sorted(self.upper.rglob("*")):
            name = str(path.relative_to(self.upper))
            if name.startswith(ignored) or path.is_dir() and not path.is_symlink() and (
                    pathlib.Path(self.lower) / name).is_dir():
                continue
            if name.startswith("etc/") and name.endswith("-"):  # what adduser saves before it writes
                continue
            below = pathlib.Path(self.lower) / name
            if path.is_file() and below.is_file() and path.read_bytes() == below.read_bytes():
                continue
            if path.is_char_device() and not below.exists():  # the mark of something removed that never was below
                continue
            found.append(name)
        return found
