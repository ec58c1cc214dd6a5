#!/bin/sh
# Puts the verified, unpacked source of Debian's civetweb package into a directory.
#
#   fetch-civetweb.sh TARGET_DIR CACHE_DIR VERSION FILE=SHA256...
#
# The package's files are looked for in $PCB_CIVETWEB_DIR (a directory you filled yourself, for builds without
# network), then in CACHE_DIR, then fetched by apt-get through a private apt directory, whose source lines are made
# from this machine's own: nothing under /etc/apt or /var/lib/apt is touched and no root rights are needed.
# Every file must match its SHA-256 on every run. Runs side by side wait for each other on a lock in CACHE_DIR.
set -eu

target=$1
cache=$2
version=$3
shift 3

say() { echo "civetweb: $*" >&2; }
fail() { say "$@"; exit 1; }

for tool in apt-get dpkg-source flock sha256sum; do
  command -v "$tool" >/dev/null || fail "$tool is missing; install dpkg-dev, apt, util-linux and coreutils"
done

mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] ||
  fail "cannot write to $cache; set XDG_CACHE_HOME to a directory you may write to"
exec 9>"$cache/.lock"
flock 9

matches() {  # matches DIR FILE=SHA256...: every file is there and is the right one
  dir=$1
  shift
  for pair in "$@"; do
    [ -f "$dir/${pair%%=*}" ] || return 1
    [ "$(sha256sum <"$dir/${pair%%=*}")" = "${pair#*=}  -" ] || return 1
  done
}

private_sources() {  # this machine's sources as deb-src, into $1
  mkdir -p "$1"
  found=0
  for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$list" ] || continue
    # The options in brackets (signed-by) stay; a line that is deb-src already stays too.
    sed -nE 's/^[[:space:]]*deb(-src)?[[:space:]]+/deb-src /p' "$list" | sort -u >"$1/$(basename "$list" .list)_own.list"
    found=1
  done
  for stanzas in /etc/apt/sources.list.d/*.sources; do
    [ -f "$stanzas" ] || continue
    sed -E 's/^[Tt]ypes:.*/Types: deb-src/' "$stanzas" >"$1/$(basename "$stanzas")"
    found=1
  done
  [ "$found" = 1 ] || fail "this machine has no apt sources; put the package's files into a directory and set PCB_CIVETWEB_DIR to it"
}

fetch() {
  work=$(mktemp -d "$cache/fetch.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  private_sources "$work/sources"
  mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/files"
  {
    echo "Dir::Etc::sourcelist \"/dev/null\";"
    echo "Dir::Etc::sourceparts \"$work/sources\";"
    echo "Dir::State \"$work/state\";"
    echo "Dir::State::status \"/dev/null\";"
    echo "Dir::Cache \"$work/cache\";"
    echo "APT::Sandbox::User \"\";"  # the sandbox user may not read a private directory
    echo "#clear APT::Update::Pre-Invoke;"
    echo "#clear APT::Update::Post-Invoke;"
    echo "#clear APT::Update::Post-Invoke-Success;"
  } >"$work/apt.conf"
  say "fetching the source of civetweb $version through apt"
  # An update that fails in part may still have what is needed; the next step tells.
  apt-get -q -c "$work/apt.conf" update >"$work/update.log" 2>&1 || true
  if ! (cd "$work/files" && apt-get -q -c "$work/apt.conf" source --download-only "civetweb=$version") >"$work/source.log" 2>&1; then
    grep -h '^[EW]:' "$work/update.log" "$work/source.log" >&2 || true
    fail "apt cannot fetch the source package civetweb $version. It is in Debian 12: build there with network, or put its three files into a directory and set PCB_CIVETWEB_DIR to it"
  fi
  matches "$work/files" "$@" ||
    fail "the fetched files do not have the SHA-256 sums pinned in cmake/civetweb.cmake; nothing was used"
  for pair in "$@"; do
    mv "$work/files/${pair%%=*}" "$cache/"
  done
}

if [ -n "${PCB_CIVETWEB_DIR:-}" ]; then
  matches "$PCB_CIVETWEB_DIR" "$@" ||
    fail "PCB_CIVETWEB_DIR=$PCB_CIVETWEB_DIR lacks a file of civetweb $version or holds a different one"
  files=$PCB_CIVETWEB_DIR
else
  matches "$cache" "$@" || fetch "$@"
  files=$cache
fi

files=$(cd "$files" && pwd)
rm -rf "$target"
mkdir -p "$(dirname "$target")"
cd "$(dirname "$target")"  # dpkg-source leaves a copy of the tar file where it runs
dpkg-source --no-check -x "$files/civetweb_$version.dsc" "$target" >/dev/null 2>"$target.log" ||
  fail "dpkg-source cannot unpack the package: $(cat "$target.log")"
touch "$target/.unpacked-$version"
