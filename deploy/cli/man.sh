#!/bin/sh
# The man page of a program, section 1, from its own --help.
#
#   deploy/cli/man.sh PROGRAM [DATE] > balancer-exporter.1
#
# Tested by tests/deploy/test_cli_documents.py: every option is in it, and mandoc finds no fault.
set -eu
program=$1
name=$(basename "$program")
version=$("$program" --version | head -n 1 | sed 's/.* //')

"$(dirname "$0")/table.sh" "$program" | awk -F'\t' -v name="$name" -v version="$version" -v date="${2:-}" '
  function plain(text) {  # for roff: nothing in it is a request or an escape
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/…/, "...", text)
    if (text ~ /^[.\047]/) text = "\\\\&" text
    return text
  }
  function option(names, argument, values, text,   head, i, n, each) {
    n = split(names, each, ",")
    head = ""
    for (i = 1; i <= n; i++) head = head (i > 1 ? ", " : "") "\\fB" plain(each[i]) "\\fR"
    if (argument != "-") {
      gsub(/ /, "|", values)
      head = head " " (values == "-" ? "\\fI" argument "\\fR" : plain(values))
    }
    return ".TP\n" head "\n" plain(text) "\n"
  }
  $1 == "about" { about = $2 }
  $1 == "command" { order[++commands] = $2; what[$2] = $3 }
  $1 == "option" && $2 == "-" { general = general option($3, $4, $5, $6) }
  $1 == "option" && $2 != "-" && $3 != "-h,--help" { own[$2] = own[$2] option($3, $4, $5, $6) }
  $1 == "operand" || $1 == "below" { operands[$2] = operands[$2] " \\fI" $3 "\\fR"; own[$2] = own[$2] ".TP\n\\fI" $3 "\\fR\n" plain($4) "\n" }
  $1 == "footer" { foot[$2] = foot[$2] $3 "\n" }
  END {
    lower = about; sub(/\.$/, "", lower)
    lower = tolower(substr(lower, 1, 1)) substr(lower, 2)
    printf ".TH %s 1 \"%s\" \"Proxmox Cluster Balancer %s\" \"Proxmox Cluster Balancer\"\n", toupper(name), date, version
    printf ".SH NAME\n%s \\- %s\n", plain(name), plain(lower)
    printf ".SH SYNOPSIS\n\\fB%s\\fR [\\fIOPTIONS\\fR]\n", plain(name)
    for (i = 1; i <= commands; i++) printf ".br\n\\fB%s %s\\fR [\\fIOPTIONS\\fR]%s\n", plain(name), plain(order[i]), operands[order[i]]
    printf ".SH DESCRIPTION\n%s\n", plain(about)
    printf ".SH OPTIONS\n%s", general
    if (commands) printf ".SH COMMANDS\n"
    for (i = 1; i <= commands; i++) printf ".SS %s\n%s\n%s", plain(order[i]), plain(what[order[i]]), own[order[i]]
    n = split(foot["-"], lines, "\n")
    open = 0
    for (i = 1; i < n; i++) {
      line = lines[i]
      if (line == "Examples:") { printf ".SH EXAMPLES\n.nf\n"; open = 1; continue }
      if (line == "" ) { if (open) printf ".fi\n"; open = 0; continue }
      if (line ~ /^Exit codes: /) { sub(/^Exit codes: /, "", line); printf ".SH EXIT STATUS\n%s\n", plain(line); continue }
      printf "%s\n", plain(line)
    }
    if (open) printf ".fi\n"
    printf ".SH FILES\n.TP\n/etc/proxmox\\-cluster\\-balancer/config.yaml\nThe configuration of both programs.\n"
    printf ".TP\n/usr/share/doc/proxmox\\-cluster\\-balancer/examples/config.yaml\nEvery setting, with its default and consequence.\n"
    printf ".SH SEE ALSO\n\\fB%s\\fR(1)\n", name == "balancer-exporter" ? "balancer\\-evaluator" : "balancer\\-exporter"
  }'
