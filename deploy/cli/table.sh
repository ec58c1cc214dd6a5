#!/bin/sh
# The command line of a program as a table, read from its own --help: man pages and completions are made of it.
#
#   deploy/cli/table.sh PROGRAM     one line each, columns separated by tabs:
#     about    DESCRIPTION
#     command  NAME  DESCRIPTION
#     option   COMMAND (- for the program itself)  NAMES (-h,--help)  ARGUMENT or -  VALUES (a b c) or -  DESCRIPTION
#     operand  COMMAND  NAME  DESCRIPTION
#     below    COMMAND  NAME  DESCRIPTION     a command of a command
#     footer   COMMAND  LINE                    what stands below the options: examples, exit codes
#
# ARGUMENT is FILE, VALUE, … . VALUES are those that the help lists: "text or json", {text,json}.
# Tested by tests/deploy/test_cli_documents.py.
set -eu
program=$1

describe() { # COMMAND
  awk -v command="$1" '
    function flush(   values, text) {
      if (kind == "") return
      text = description
      gsub(/  +/, " ", text)
      if (kind == "option") {
        values = "-"
        if (match(type, /\{[^}]*\}/)) {
          values = substr(type, RSTART + 1, RLENGTH - 2)
          gsub(/,/, " ", values)
        } else if (type ~ /ENUM/ || text ~ /^[a-z]+ or [a-z]+$/) {
          values = text
          sub(/^.*: /, "", values)
          gsub(/,| or /, " ", values)
          gsub(/  +/, " ", values)
          if (values !~ /^[a-z ]+$/) values = "-"
        }
        printf "option\t%s\t%s\t%s\t%s\t%s\n", command, names, argument(type), values, text
      } else if (kind == "command" && command == "-") {
        printf "command\t%s\t%s\n", names, text
      } else {
        printf (kind == "command" ? "below" : "operand") "\t%s\t%s\t%s\n", command, names, text
      }
      kind = ""
    }
    function argument(type) {
      if (type == "") return "-"
      if (names ~ /--(config|cluster)$/) return "FILE"
      if (names ~ /--url$/) return "URL"
      if (type ~ /^(INT|UINT|FLOAT)/) return "NUMBER"
      return "VALUE"
    }
    /^Usage:/ { seen_usage = 1; next }
    !seen_usage { if ($0 != "" && command == "-") printf "about\t%s\n", $0; next }
    /^(Options|Subcommands|Positionals):$/ { flush(); section = $1; next }
    /^$/ { flush(); if (section != "footer") section = "gap"; else printf "footer\t%s\t\n", command; next }
    section == "gap" { section = "footer" }
    section == "footer" { printf "footer\t%s\t%s\n", command, $0; next }
    section != "" && /^  [^ ]/ {
      flush()
      line = substr($0, 3)
      kind = section == "Options:" ? "option" : section == "Subcommands:" ? "command" : "operand"
      # Names and type, then at least one blank at column 30; a longer left half stands on a line of its own.
      if (length($0) <= 30 || substr($0, 30, 1) != " ") { left = line; description = "" }
      else { left = substr(line, 1, 28); description = substr(line, 29) }
      if (length($0) > 30 && substr($0, 30, 1) != " " && match(line, /  +/)) {
        left = substr(line, 1, RSTART - 1); description = substr(line, RSTART + RLENGTH)
      }
      sub(/ +$/, "", left)
      sub(/^ +/, "", description)
      names = left
      type = ""
      if (match(left, / /)) { names = substr(left, 1, RSTART - 1); type = substr(left, RSTART + 1) }
      gsub(/ ?(Excludes|Needs|REQUIRED):? ?[-a-z,]*/, "", type)
      next
    }
    section != "" && /^ +[^ ]/ { text = $0; sub(/^ +/, "", text); description = description (description == "" ? "" : " ") text }
    END { flush() }'
}

"$program" --help | describe -
"$program" --help | describe - | awk -F'\t' '$1 == "command" {print $2}' | while read -r command; do
  "$program" "$command" --help | describe "$command"
done
