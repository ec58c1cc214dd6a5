"""docs/troubleshooting.md and the programs say the same: what it quotes is printed, and what is printed of the closed sets,
and by the sources that speak of faults alone, is quoted."""

import re
import unittest

from messages import ROOT, all_literals, literals

PAGE = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
PLACE = r"\b(?:GUEST|FROM|TO|UNIT|DETAIL)\b"  # in the sentences of evaluator/decide/migrate_answer.cpp

# Sources whose every sentence is about a fault: (path, sentences that are not).
FAULTS = (
    ("common/ssh/connection.cpp", ()),
    ("common/ssh/connection_connect.cpp", ("exec sh -c 'read -r first; echo \"",)),
    ("common/ssh/session.cpp", ()),
    ("common/ssh/host_trust.cpp", ("ssh-keyscan -t ed25519 -p ", "), or no cipher that libssh2 ")),
    ("common/ssh/key_file.cpp", ("make one with: ssh-keygen -t ed25519 -N '' -f ",
                                 "_ed25519, and add its .pub to the hosts with: ssh-copy-id -i ")),
    ("common/ssh/agent.cpp", ()),
    ("common/ssh/dial.cpp", ()),
    ("common/ssh/tunnels.cpp", ()),
    ("common/node_script.cpp", ()),
    ("common/mail/smtp.cpp", ("a CA this system trusts, or name the CA's file",
                              ": cannot set up the mail client: not enough memory")),
    ("evaluator/decide/chain_lint.cpp", ("rule for hosts short of CPU", "rule for hosts short of memory")),
    ("evaluator/decide/hold.cpp", ()),
    ("exporter/shard.cpp", ()),
)


def section(title):
    return re.search(rf"(?ms)^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE)[1]


def rows(title):
    """The first column's code of each row of a section's tables."""
    return [code for row in re.findall(r"(?m)^\| ((?:`\w+`(?:, )?)+) \|", section(title))
            for code in re.findall(r"`(\w+)`", row)]


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def named(path, beginning, end):
    """The quoted words between two texts of a source."""
    return re.findall(r'"(\w+)"', text_of(path).split(beginning, 1)[1].split(end, 1)[0])


def quotes():
    """What the tables quote, in whose column of messages it is."""
    found = []
    for row in re.findall(r"(?m)^\| (.*) \|$", PAGE):
        cells = row.split(" | ")
        columns = 2 if len(cells) == 3 else 1
        found += [quote for cell in cells[:columns] for quote in re.findall(r"`([^`]+)`", cell)]
    return [quote for quote in found if " " in quote]


class Troubleshooting(unittest.TestCase):
    maxDiff = None

    def test_what_is_quoted_is_printed(self):
        said_by_hosts = re.findall(r'echo "(\w+ )', text_of("deploy/hosts/node-limit.sh"))
        printed = "\0".join(re.sub(PLACE, "…", text) for text in all_literals() + said_by_hosts)
        pieces = {piece for text in printed.split("\0") for piece in (text, *text.split("…"))}
        printed = "\0" + "\0".join(sorted(pieces)) + "\0"

        def is_printed(piece, parts=3):
            """In one literal, or where the end of one meets the beginning of another: context + ": " + reason."""
            return piece in printed or parts > 1 and any(
                f"{piece[:at]}\0" in printed and is_printed("\0" + piece[at:].lstrip("\0"), parts - 1)
                for at in range(len(piece) - 2, 1, -1))

        wrong = [f"{quote}: {piece!r}" for quote in quotes() for piece in quote.split("…")
                 if piece.strip() and not is_printed(piece)]
        self.assertGreater(len(quotes()), 250)
        self.assertEqual(wrong, [])

    def test_each_quote_holds_enough_to_be_found(self):
        self.assertEqual([quote for quote in quotes() if max(map(len, quote.split("…"))) < 5], [])

    def test_each_reason_of_a_scrape_has_an_entry(self):
        reasons = named("exporter/host_state.cpp", "kNames = {", "};")
        self.assertEqual(len(reasons), 15)
        self.assertEqual(set(rows("A host cannot be read")), set(reasons) - {"none"})

    def test_each_reason_for_no_suggestion_has_an_entry(self):
        reasons = set(literals("evaluator/decide/hold.cpp")) - {"none", "evaluator/decide/hold.h"}
        self.assertEqual(len(reasons), 15)
        self.assertEqual(set(rows("Nothing is suggested")), reasons)

    def test_each_reason_of_the_safety_layer_has_an_entry(self):
        reasons = named("evaluator/decide/restraint.cpp", "kNames{", "};")
        self.assertGreater(len(reasons), 30)
        self.assertEqual(rows("A move is not started"), reasons)

    def test_each_refusal_of_the_host_has_an_entry_with_its_sentence(self):
        table = text_of("evaluator/decide/migrate_answer.cpp").split("kRefusals{", 1)[1].split("\n};", 1)[0]
        codes = re.findall(r'Refusal\{"(\w+)"', table)
        self.assertGreater(len(codes), 25)
        codes += re.findall(r'echo "(node_\w+) ', text_of("deploy/hosts/node-limit.sh"))
        self.assertEqual(rows("The host refuses a move"), codes)
        words = set(re.findall(r"fault=(\w+)|error (\w+)", text_of("evaluator/node-migrate.sh")))
        told = set(re.findall(r"`(\w+)`", section("The host refuses a move").rsplit("refused the request", 1)[1]))
        self.assertLessEqual({word for pair in words for word in pair if word} - {"WORD"}, told)

    def test_each_code_of_a_rejection_is_named(self):
        names = [name for name in named("evaluator/planner/code.h", "kCodeNames[] = {", "};") if name]
        blockers = re.findall(r'(?m)^    \{"(\w+)", "', text_of("cluster/blocker_codes.h"))
        self.assertGreater(min(len(names), len(blockers)), 20)
        told = section("A guest stays: the codes of `rejected`").split("A `blocker` has", 1)
        self.assertEqual(re.findall(r"`(\w+)`", told[0].split(":", 1)[1]), names)
        self.assertEqual(re.findall(r"`(\w+)`", told[1].split(":", 1)[1]), blockers)

    def test_each_exit_code_has_an_entry(self):
        codes = re.findall(r"constexpr int kExit\w+ = (\d+);", text_of("common/cli/command_line.h"))
        self.assertGreater(len(codes), 4)
        self.assertEqual(rows("Exit codes"), codes)

    def test_each_sentence_of_the_sources_of_faults_is_quoted(self):
        missing = []
        for path, others in FAULTS:
            for text in literals(path):
                said = re.split(r"; | \(", text)[0].strip(" :,(")
                if len(said.split()) > 3 and text not in others and said not in PAGE:
                    missing.append(f"{path}: {text}")
        self.assertEqual(missing, [])


if __name__ == "__main__":
    unittest.main()
