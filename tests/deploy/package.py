"""The Debian package, built once for all tests from the development build.

Several files of tests run at once, each in a process of its own: one at a time makes what all of them read.
"""

import contextlib
import fcntl
import functools
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/dev"
PROGRAMS = ("balancer-exporter", "balancer-evaluator")


@contextlib.contextmanager
def alone():
    with open(BUILD / ".packaging.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@functools.cache
def built():
    """The programs with their man pages and completions; gives the folder of the latter."""
    with alone():
        done = subprocess.run(["cmake", "--build", BUILD, "--target", "packaging"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stdout)
    return BUILD / "package"


@functools.cache
def package():
    built()
    with alone():
        done = subprocess.run(["cpack", "-G", "DEB", "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip"], cwd=BUILD,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    packages = sorted(BUILD.glob("proxmox-cluster-balancer_*.deb"), key=lambda path: path.stat().st_mtime)
    if done.returncode != 0 or not packages:
        raise AssertionError(done.stdout)
    return packages[-1]


def output(*command):
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout
