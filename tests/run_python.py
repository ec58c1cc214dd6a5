"""Runs unittest files and closes with one line that tests/run.sh adds up.

    tests/run_python.py [--jobs N] FILE…

With --jobs, N files at a time, each in a process of its own; else all in this one, one after another. A file that
holds no test, or that cannot be imported, is a failure. Real servers and real time: tests that failed are run once
more, and are named as unsteady.
The closing line is "python: N passed, M failed".
"""

import argparse
import concurrent.futures
import importlib.util
import pathlib
import re
import subprocess
import sys
import time
import unittest


class TimedResult(unittest.TextTestResult):
    """One line a test, with the seconds it took: slow tests are seen."""

    def startTest(self, test):
        self._began = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.stream.writeln(f"ok ({time.monotonic() - self._began:.1f} s)")

    def addSkip(self, test, reason):
        # What the machine lacks fails loudly: there is no third result.
        self.addFailure(test, (AssertionError, AssertionError(f"skipped: {reason}"), None))


def load(path):
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def each(suite):
    for part in suite:
        yield from each(part) if isinstance(part, unittest.TestSuite) else (part,)


def to_repeat(path, failed):
    """The tests that failed, loaded anew; the whole file where what failed is none of them, as a setUpClass."""
    suite = load(path)
    names = {getattr(test, "test_case", test).id() for test in failed}  # a subTest stands for its test
    chosen = [test for test in each(suite) if test.id() in names]
    return unittest.TestSuite(chosen) if len(chosen) == len(names) else suite


def run_here(names):
    """(passed, failed) of these files, in this process."""
    passed = failed = 0
    for name in names:
        print(f"== {name}", file=sys.stderr, flush=True)
        try:
            suite = load(pathlib.Path(name).resolve())
        except Exception as error:  # whatever an import can raise, it is this file's failure
            print(f"{name}: {error!r}", file=sys.stderr)
            failed += 1
            continue
        result = unittest.TextTestRunner(verbosity=2, resultclass=TimedResult).run(suite)
        ran, bad = result.testsRun, result.failures + result.errors
        if bad:
            for test, _ in bad:
                print(f"unsteady: {test}", file=sys.stderr)
            suite = to_repeat(pathlib.Path(name).resolve(), [test for test, _ in bad])
            result = unittest.TextTestRunner(verbosity=2, resultclass=TimedResult).run(suite)
            ran, bad = max(ran, result.testsRun), result.failures + result.errors
        if ran == 0 and not bad:
            print(f"{name}: holds no test", file=sys.stderr)
            failed += 1
        failed += len(bad)
        passed += max(0, ran - len(bad))
    return passed, failed


def run_there(name):
    """(passed, failed) of one file, in a process of its own; its output is shown whole, when it has ended."""
    ran = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True)
    sys.stderr.write(ran.stderr)
    sys.stderr.flush()
    told = re.search(r"^python: (\d+) passed, (\d+) failed$", ran.stdout, re.MULTILINE)
    if told is None:
        print(f"{name}: ended with {ran.returncode} in the middle", file=sys.stderr)
        return 0, 1
    return int(told[1]), int(told[2])


def main(arguments):
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("files", nargs="+")
    options = options.parse_args(arguments)
    if options.jobs > 1:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            counts = list(pool.map(run_there, options.files))
        passed, failed = (sum(count) for count in zip(*counts))
    else:
        passed, failed = run_here(options.files)
    print(f"python: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
