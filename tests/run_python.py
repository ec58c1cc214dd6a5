"""Runs unittest files and closes with one line that tests/run.sh adds up.

    tests/run_python.py FILE…

Every file runs in this one process, after another; a file that holds no test, or that cannot be imported, is a
failure. Real servers and real time: a file with failures is run once more, and what had failed is named as unsteady.
The closing line is "python: N passed, M failed".
"""

import importlib.util
import pathlib
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


def main(names):
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
        bad = len(result.failures) + len(result.errors)
        if bad:
            for test, _ in result.failures + result.errors:
                print(f"unsteady: {test}", file=sys.stderr)
            suite = load(pathlib.Path(name).resolve())
            result = unittest.TextTestRunner(verbosity=2, resultclass=TimedResult).run(suite)
            bad = len(result.failures) + len(result.errors)
        if result.testsRun == 0 and bad == 0:
            print(f"{name}: holds no test", file=sys.stderr)
            bad = 1
        failed += bad
        passed += max(0, result.testsRun - bad)
    print(f"python: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
