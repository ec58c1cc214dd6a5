"""Man pages and completions: made from --help, and nothing that --help has is missing from them."""

import gzip
import re
import subprocess
import unittest

from package import BUILD, PROGRAMS, built, output

OPTION = re.compile(r"^  (-[-a-zA-Z,]+)", re.MULTILINE)


def options_of(help_text):
    return {name for names in OPTION.findall(help_text) for name in names.split(",")}


def commands_of(help_text):
    listed = re.search(r"^Subcommands:\n((?:  .*\n)+)", help_text, re.MULTILINE)
    return re.findall(r"^  ([a-z][-a-z]*) ", listed.group(1), re.MULTILINE) if listed else []


def command_lines(program):
    """(command or "", its options) as --help tells them."""
    path = BUILD / "bin" / program
    top = output(path, "--help")
    yield "", options_of(top)
    for command in commands_of(top):
        yield command, options_of(output(path, command, "--help"))


class ManPages(unittest.TestCase):
    def test_every_command_and_option_is_in_the_man_page(self):
        for program in PROGRAMS:
            page = gzip.decompress((built() / f"{program}.1.gz").read_bytes()).decode().replace("\\-", "-")
            sections = re.split(r"^\.SS (.+)$", page, flags=re.MULTILINE)
            parts = {"": sections[0], **dict(zip(sections[1::2], sections[2::2]))}
            count = 0
            for command, options in command_lines(program):
                for option in options - ({"-h", "--help"} if command else set()):
                    count += 1
                    self.assertRegex(parts[command], rf"\\fB{re.escape(option)}\\fR", f"{program} {command}")
            self.assertGreater(count, 8)
            for title in ("NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "EXAMPLES", "EXIT STATUS", "FILES", "SEE ALSO"):
                self.assertIn(f"\n.SH {title}\n", page)

    def test_mandoc_finds_no_fault(self):
        for program in PROGRAMS:
            page = gzip.decompress((built() / f"{program}.1.gz").read_bytes())
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=page, stdout=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))


class Completions(unittest.TestCase):
    def complete(self, program, *words):
        """What bash offers after `words`, the last of which is being typed."""
        function = "_" + program.replace("-", "_")
        script = f'. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); {function}; printf "%s\\n" "${{COMPREPLY[@]}}"'
        return set(output("bash", "-c", script, "bash", built() / f"{program}.bash", program, *words).split())

    def test_bash_offers_every_command_and_option(self):
        for program in PROGRAMS:
            commands = [command for command, _ in command_lines(program) if command]
            for command, options in command_lines(program):
                typed = [command, ""] if command else [""]
                below = commands_of(output(BUILD / "bin" / program, command, "--help")) if command else commands
                wanted = options | set(below)
                self.assertEqual(self.complete(program, *typed), wanted, f"{program} {command}")

    def test_bash_offers_listed_values_and_what_was_begun(self):
        self.assertEqual(self.complete("balancer-exporter", "--once", "--output", ""), {"metrics", "cluster", "sd", "text"})
        self.assertEqual(self.complete("balancer-evaluator", "plan", "--output", "j"), {"json"})
        self.assertEqual(self.complete("balancer-evaluator", "--log-format", "json", "his"), {"history"})
        self.assertEqual(self.complete("balancer-evaluator", "plan", "--goal", ""), set())

    def test_zsh_and_fish_know_every_option_and_take_the_files(self):
        for program in PROGRAMS:
            zsh = (built() / f"{program}.zsh").read_text()
            fish = (built() / f"{program}.fish").read_text()
            for command, options in command_lines(program):
                for option in options:
                    self.assertIn(f"'{option}[", zsh)
                    mark = f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"
                    condition = f'-n "__fish_seen_subcommand_from {command}"' if command else ""
                    self.assertTrue(any(mark in line and condition in line for line in fish.splitlines()), option)
            subprocess.run(["zsh", "-n", built() / f"{program}.zsh"], check=True)
            subprocess.run(["fish", "-n", built() / f"{program}.fish"], check=True)

    def test_fish_offers_commands(self):
        script = f"source {built()}/balancer-evaluator.fish; complete -C 'balancer-evaluator '"
        offered = {line.split("\t")[0] for line in output("fish", "--no-config", "-c", script).splitlines()}
        self.assertTrue({"serve", "plan", "status"} <= offered, offered)


if __name__ == "__main__":
    unittest.main()
