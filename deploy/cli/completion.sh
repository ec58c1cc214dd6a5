#!/bin/sh
# Completion of a program's command line for a shell, from the program's own --help.
#
#   deploy/cli/completion.sh PROGRAM bash|zsh|fish
#
# Commands, their options, the values that the help lists, and files where a file is wanted. Tested by
# tests/deploy/test_cli_documents.py.
set -eu
program=$1
name=$(basename "$program")
table=$("$(dirname "$0")/table.sh" "$program")

bash_completion() {
  printf '%s\n' "$table" | awk -F'\t' -v name="$name" '
    $1 == "command" { commands = commands (commands == "" ? "" : " ") $2 }
    $1 == "below" { words[$2] = words[$2] " " $3 }
    $1 == "option" {
      if (!known[$2]++) order[++levels] = $2
      n = split($3, each, ",")
      for (i = 1; i <= n; i++) options[$2] = options[$2] (options[$2] == "" ? "" : " ") each[i]
      if ($4 != "-") {
        if (!seen[each[n]]++) with = with "|" each[n]
        if ($5 != "-") listed[++lists] = "    \"" each[n] " " $2 "\") mapfile -t COMPREPLY < <(compgen -W \"" $5 "\" -- \"$current\"); return ;;"
        if ($4 != "FILE") { if (!plain[each[n]]++) others = others "|" each[n] }
        else if (!file[each[n]]++) files = files "|" each[n]
      }
    }
    END {
      f = "_" name; gsub(/-/, "_", f)
      printf "# bash completion for %s\n%s() {\n", name, f
      printf "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=- word skip=\n"
      printf "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD - 1}\"; do\n"
      printf "    if [ -n \"$skip\" ]; then skip=; continue; fi\n"
      printf "    case $word in\n"
      printf "      %s) skip=1 ;;\n", substr(with, 2)
      if (commands != "") { c = commands; gsub(/ /, "|", c); printf "      %s) command=$word ;;\n", c }
      printf "    esac\n  done\n"
      printf "  case \"$previous $command\" in\n"
      for (i = 1; i <= lists; i++) print listed[i]
      printf "  esac\n  case $previous in\n"
      if (files != "") printf "    %s) mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); compopt -o filenames 2>/dev/null; return ;;\n", substr(files, 2)
      if (others != "") printf "    %s) COMPREPLY=(); return ;;\n", substr(others, 2)
      printf "  esac\n  local words\n  case $command in\n"
      for (i = 1; i <= levels; i++) if (order[i] != "-") printf "    %s) words=\"%s\" ;;\n", order[i], options[order[i]] words[order[i]]
      printf "    *) words=\"%s\" ;;\n  esac\n", options["-"] (commands == "" ? "" : " " commands)
      printf "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n}\ncomplete -F %s %s\n", f, name
    }'
}

zsh_completion() {
  printf '%s\n' "$table" | awk -F'\t' -v name="$name" -v quote="'" '
    function safe(text) {
      gsub(/\\/, "", text)
      gsub(quote, "", text)
      gsub(/[\]\[:]/, "\\\\&", text)
      return text
    }
    function spec(names, argument, values, text,   each, n, i, action, out) {
      n = split(names, each, ",")
      action = ""
      if (argument != "-") action = ":" tolower(argument) ":" (values != "-" ? "(" values ")" : argument == "FILE" ? "_files" : "")
      for (i = 1; i <= n; i++) out = out " \\\n    " quote each[i] "[" safe(text) "]" action quote
      return out
    }
    $1 == "command" { order[++commands] = $2; what[$2] = $3 }
    $1 == "option" { options[$2] = options[$2] spec($3, $4, $5, $6) }
    $1 == "operand" { options[$2] = options[$2] " \\\n    " quote ":" tolower($3) ":" quote }
    END {
      f = "_" name
      printf "#compdef %s\n# zsh completion for %s\n%s() {\n  local context state line\n  typeset -A opt_args\n", name, name, f
      if (!commands) { printf "  _arguments -s%s\n", options["-"] }
      else {
        printf "  _arguments -C -s%s \\\n    %s1:command:->command%s \\\n    %s*::argument:->argument%s\n", options["-"], quote, quote, quote, quote
        printf "  case $state in\n    command)\n      local -a commands=("
        for (i = 1; i <= commands; i++) printf "\n        %s%s:%s%s", quote, order[i], safe(what[order[i]]), quote
        printf "\n      )\n      _describe command commands\n      ;;\n    argument)\n      case $line[1] in\n"
        for (i = 1; i <= commands; i++) printf "        %s) _arguments -s%s ;;\n", order[i], options[order[i]]
        printf "      esac\n      ;;\n  esac\n"
      }
      printf "}\n%s \"$@\"\n", f
    }'
}

fish_completion() {
  printf '%s\n' "$table" | awk -F'\t' -v name="$name" -v quote="'" '
    function safe(text) { gsub(/\\/, "", text); gsub(quote, "", text); return quote text quote }
    $1 == "command" { commands = commands " " $2; line[++lines] = "-f -n __fish_use_subcommand -a " $2 " -d " safe($3) }
    $1 == "option" {
      n = split($3, each, ",")
      text = $2 == "-" ? "" : "-n \"__fish_seen_subcommand_from " $2 "\""
      for (i = 1; i <= n; i++) text = text " " (each[i] ~ /^--/ ? "-l " substr(each[i], 3) : "-s " substr(each[i], 2))
      if ($4 == "FILE") text = text " -r -F"
      else if ($4 != "-") text = text " -x" ($5 != "-" ? " -a \"" $5 "\"" : "")
      line[++lines] = text " -d " safe($6)
    }
    END {
      printf "# fish completion for %s\ncomplete -c %s -f\n", name, name
      for (i = 1; i <= lines; i++) printf "complete -c %s %s\n", name, line[i]
    }'
}

case ${2:-} in
  bash) bash_completion ;;
  zsh) zsh_completion ;;
  fish) fish_completion ;;
  *) echo "usage: $0 PROGRAM bash|zsh|fish" >&2; exit 2 ;;
esac
