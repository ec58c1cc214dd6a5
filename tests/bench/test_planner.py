"""The planner's bench runs and writes its tables, on the programs of the dev build; nothing here judges times."""

import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import bench  # noqa: E402
import planner_bench  # noqa: E402


class PlannerBench(unittest.TestCase):
    def test_runs_and_is_never_worse_than_its_peers(self):
        done = subprocess.run([sys.executable, HERE / "planner_bench.py", "--short"], capture_output=True, text=True,
                              check=False, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("-- time", done.stdout)
        self.assertIn("ProxLB", done.stdout)
        self.assertNotIn("worse than", done.stdout)

    def test_the_documents_tables_are_those_of_the_bench(self):
        document = (bench.ROOT / "docs/planner.md").read_text()
        for name in planner_bench.TABLES:
            self.assertIn(f"<!-- planner {name}: begin -->", document)
            self.assertIn(f"--only {name}", document)


if __name__ == "__main__":
    unittest.main()
