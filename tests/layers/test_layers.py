"""The shape of the house: who includes whom, how long files are, and what must not stand in them.

The link already refuses a wrong layer's symbols; this refuses the include itself, also where only a constant or an
inline function is used.
"""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Folder → layers it may include. The longest matching folder decides.
MAY_INCLUDE = {
    "common": ["common"],
    "cluster": ["common", "cluster"],
    "exporter": ["common", "cluster", "exporter"],
    "evaluator": ["common", "cluster", "evaluator"],
    "evaluator/planner": ["common", "cluster", "evaluator/planner"],
    "evaluator/decide": ["common", "cluster", "evaluator/planner", "evaluator/decide"],
    "evaluator/setup": ["common", "cluster", "evaluator/setup"],
    "evaluator/access": ["common", "evaluator/access"],
    "evaluator/simulate": ["common", "cluster", "evaluator/planner", "evaluator/decide", "evaluator/simulate"],
}

# Pure code: text and time come in as arguments.
PURE = ["cluster", "exporter", "exporter/parse", "evaluator/planner", "evaluator/decide", "evaluator/simulate", "evaluator/setup"]
# The files of pure folders that touch the world on purpose; their headers say so.
NOT_PURE = re.compile(r"(^|/)main\.cpp$|^cluster/config_load\w*\.(h|cpp)$")
IMPURE_INCLUDE = re.compile(
    r'#include\s+("common/(http|ssh|log)/|<(thread|mutex|condition_variable|future|atomic|fstream|filesystem|iostream'
    r"|unistd\.h|sys/[a-z]+\.h|netdb\.h|poll\.h|fcntl\.h|curl/[a-z]+\.h|libssh2\.h|sqlite3\.h|spdlog/[^>]*)>)")
CLOCK = re.compile(r"\b(system_clock|steady_clock|high_resolution_clock)::now\b|\bstd::time\(|[^_.:\w]time\((nullptr|NULL|0)\)")

# A third-party type stays behind our headers.
THIRD_PARTY = re.compile(r"#include\s+[<\"](libssh2|CLI|spdlog|fmt|yaml-cpp|nlohmann|curl|sqlite3|civetweb|CivetServer|openssl)[/.\w-]*")

LIMITS = [(re.compile(r"(^|/)main\.cpp$"), 80), (re.compile(r"^(?!tests/).*\.h$"), 120),
          (re.compile(r"\.(cpp|h|sh|py)$"), 400)]

# Written with brackets so that this file does not find itself.
FORBIDDEN = [
    (re.compile(r"/[w]ork/(main|wt|shared|tools)|\.\./[s]hared/|/tmp/[b]ash_jobs"), "a path of somebody's machine"),
    (re.compile(r"deb\.[d]ebian\.org|[p]ypi\.org|registry\.[n]pmjs|proxy\.[g]olang"), "a package registry's host"),
    (re.compile(r"\b([T]ODO|[F]IXME|[X]XX)\b"), "unfinished work"),
    (re.compile(r"\b[G]TEST_SKIP|\b[D]ISABLED_\w|@unittest\.[s]kip|\.[s]kipTest\("), "a test that does not run"),
]
SLEEP = re.compile(r"\bsleep_[f]or\(|\bu?[s]leep\(\d|time\.[s]leep\(")


def files(*suffixes):
    for path in sorted(ROOT.rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in suffixes and path.is_file() and not re.match(r"(build|\.git|\.cache)/|.*node_modules/", name):
            yield name, path.read_text(encoding="utf-8", errors="replace")


def cpp_files():
    for name, text in files(".cpp", ".h"):
        if name.split("/")[0] in ("common", "cluster", "exporter", "evaluator"):
            yield name, text


def lines_matching(text, pattern):
    return [f"{number}: {line.strip()}" for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


class Layers(unittest.TestCase):
    def test_there_are_sources_to_check(self):
        self.assertGreater(len(list(cpp_files())), 10)

    def test_no_include_against_the_direction(self):
        wrong = []
        for name, text in cpp_files():
            folder = max((f for f in MAY_INCLUDE if name.startswith(f + "/")), key=len)
            for included in re.findall(r'#include\s+"([^"]+)"', text):
                if not any(included.startswith(allowed + "/") for allowed in MAY_INCLUDE[folder]):
                    wrong.append(f"{name} includes {included}")
        self.assertEqual(wrong, [])

    def test_pure_code_sees_no_socket_file_thread_clock_or_logger(self):
        wrong = []
        for name, text in cpp_files():
            if str(pathlib.PurePosixPath(name).parent) in PURE and not NOT_PURE.search(name):
                wrong += [f"{name}:{hit}" for hit in lines_matching(text, IMPURE_INCLUDE) + lines_matching(text, CLOCK)]
        self.assertEqual(wrong, [])

    def test_headers_show_no_third_party_type(self):
        wrong = []
        for name, text in cpp_files():
            if name.endswith(".h"):
                wrong += [f"{name}:{hit}" for hit in lines_matching(text, THIRD_PARTY)]
        self.assertEqual(wrong, [])

    def test_headers_open_with_a_contract(self):
        wrong = [name for name, text in cpp_files() if name.endswith(".h") and not text.startswith(("// ", "/* "))]
        self.assertEqual(wrong, [])

    def test_headers_name_tests_that_are_there(self):
        wrong = []
        for name, text in cpp_files():
            for test in re.findall(r"tests/[A-Za-z0-9_/]+_test\.cpp", text):
                if not (ROOT / test).exists():
                    wrong.append(f"{name} names {test}")
        self.assertEqual(wrong, [])


class Files(unittest.TestCase):
    def test_length(self):
        wrong = []
        for name, text in files(".cpp", ".h", ".sh", ".py"):
            limit = next(limit for pattern, limit in LIMITS if pattern.search(name))
            length = len(text.splitlines())
            if length > limit:
                wrong.append(f"{name}: {length} lines, at most {limit}")
        self.assertEqual(wrong, [])

    def test_nothing_forbidden(self):
        wrong = []
        for name, text in files(".cpp", ".h", ".sh", ".py", ".md", ".yml", ".yaml", ".json", ".txt", ".cmake"):
            for pattern, meaning in FORBIDDEN:
                wrong += [f"{name}:{hit} ({meaning})" for hit in lines_matching(text, pattern)]
        self.assertEqual(wrong, [])

    def test_no_test_sleeps_for_luck(self):
        """A pause is allowed inside a loop that waits for a condition, nowhere else."""
        wrong = []
        for name, text in files(".cpp", ".py"):
            lines = text.splitlines()
            for number, line in enumerate(lines):
                in_loop = re.search(r"\b(while|for|until)\b", "\n".join(lines[max(0, number - 4):number + 1]))
                if name.startswith("tests/") and SLEEP.search(line) and not in_loop:
                    wrong.append(f"{name}:{number + 1}: {line.strip()}")
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
