"""Codes that users see: the lists in the code, the places that give them, and the documents say the same."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def listed_blockers():
    table = re.search(r"kBlockerCodes\[\] = \{(.*?)\n\};", text_of("cluster/blocker_codes.h"), re.S)[1]
    return re.findall(r'^    \{"(\w+)", "', table, re.M)


def found_blockers():
    """What exporter/movability.cpp calls the blockers it finds."""
    return set(re.findall(r'\b(?:add|find_passed_through)\(\s*"(\w+)"', text_of("exporter/movability.cpp")))


def rejection_codes():
    names = re.search(r"kCodeNames\[\] = \{(.*?)\};", text_of("evaluator/planner/code.h"), re.S)[1]
    return [name for name in re.findall(r'"(\w*)"', names) if name]


def documented_rejections():
    return re.findall(r"^\| `(\w+)` \|", text_of("docs/rejection-codes.md"), re.M)


class Codes(unittest.TestCase):
    def test_the_exporter_finds_the_blockers_that_are_listed(self):
        self.assertGreater(len(found_blockers()), 20)
        self.assertEqual(sorted(listed_blockers()), sorted(found_blockers()))

    def test_the_planners_rejections_are_documented_in_the_order_they_are_checked(self):
        self.assertGreater(len(rejection_codes()), 20)
        self.assertEqual(rejection_codes(), documented_rejections())

    def test_each_name_of_a_rejection_has_its_value(self):
        values = re.search(r"enum class Code[^{]*\{(.*?)\};", text_of("evaluator/planner/code.h"), re.S)[1]
        values = [value for value in re.findall(r"\w+", values) if value != "none"]
        self.assertEqual([value.removeprefix("is_") for value in values], rejection_codes())

    def test_the_page_explains_each_in_the_words_of_the_document(self):
        table = text_of("evaluator/page/code_words.cpp")
        shown = dict(re.findall(r'\{"(\w+)",\s*"([^"]+)"\}', table.replace('"\n     "', "")))
        documented = dict(re.findall(r"^\| `(\w+)` \| (.*?) \| ", text_of("docs/rejection-codes.md"), re.M))
        del documented["blocker"]  # each blocker has words of its own
        self.assertEqual(shown, {code: words.replace("`", "") for code, words in documented.items()})


if __name__ == "__main__":
    unittest.main()
