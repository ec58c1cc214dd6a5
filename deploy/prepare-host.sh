#!/bin/sh
# Prepares a Proxmox host so that the balancer's keys can do there what they must, and nothing else.
#
#   prepare-host.sh --read-key FILE --read-from ADDRESS[,…]          a user that may only read (for the exporter)
#                   [--migrate-key FILE --migrate-from ADDRESS[,…]]  a user that may start migrations (for the evaluator)
#                   [--moves-per-hour N] [--never GUEST[,…]|none] [--only-to HOST[,…]|all]
#                                     the host's own limits: at first 4, none, all; then what is not given stays
#                   [--with-sudo]     installs the package sudo where it is missing
#   prepare-host.sh --update          puts the scripts that lie beside this file in the place of the installed ones
#   prepare-host.sh --status          what is installed
#   prepare-host.sh --remove          takes everything away again
#
#   --on HOST   does it there, over ssh as root (may be given for several hosts); without it, on this machine
#   --ssh-config FILE   how ssh reaches them (ssh -F), where that is not in your own ~/.ssh/config
#
# It makes the users balancer-read and balancer-migrate without passwords, root-owned scripts in
# /usr/lib/proxmox-cluster-balancer, keys in /etc/ssh/balancer-keys that are bound to one command and to addresses, two
# rules for sudo, and a part of sshd's configuration. Root's own login, and what Proxmox uses among its hosts, is not
# touched. Run again with other keys or limits, it changes those and no others. Tested by tests/deploy/test_prepare_host.py.
set -eu
umask 022
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
LC_ALL=C
export LC_ALL

library=/usr/lib/proxmox-cluster-balancer
keys=/etc/ssh/balancer-keys
settings=/etc/proxmox-cluster-balancer-node.conf
stop_file=/etc/proxmox-cluster-balancer-node.stop
sudo_rules=/etc/sudoers.d/proxmox-cluster-balancer
sshd_part=/etc/ssh/sshd_config.d/proxmox-cluster-balancer.conf
users="balancer-read balancer-migrate"

say() { printf '%s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
wrong() { printf 'error: %s\nSee %s --help\n' "$*" "$0" >&2; exit 2; }

here=$(cd "$(dirname "$0")" && pwd)
# Beside this file in the package and on the host; in the sources each in its own folder.
find_script() {
  for place in "$here/$1" "$here/hosts/$1" "$here/../exporter/$1" "$here/../evaluator/$1"; do
    [ ! -f "$place" ] || { printf '%s' "$place"; return; }
  done
}
scripts_of_read="forced-command node-collect.sh"
scripts_of_migrate="node-limit.sh node-migrate.sh"

# --- the command line ---------------------------------------------------------------------------------------------
action=install hosts='' ssh_config='' read_key='' read_from='' migrate_key='' migrate_from='' with_sudo=no
moves_per_hour='' never='' only_to=''

# The key's type and text alone: a comment is nobody's business on the host.
public_key() {
  [ -r "$1" ] || fail "cannot read $1"
  case $(head -n 1 "$1") in *PRIVATE*) fail "$1 is the private key; give the one that ends in .pub" ;; esac
  found=$(sed -nE 's/^((ssh-ed25519|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+\/]+=*)( .*)?$/\1/p' "$1" | head -n 1)
  [ -n "$found" ] || fail "$1 holds no public ed25519 or ecdsa key; make one with: ssh-keygen -t ed25519 -f KEY"
  printf '%s' "$found"
}
only_of() { # PATTERN-OF-CHARACTERS NAME VALUE
  case $3 in "" | *[!$1]*) wrong "$2 cannot be \"$3\"" ;; esac
}

while [ $# -gt 0 ]; do
  option=$1
  case $option in
    --update | --status | --remove) action=${option#--}; shift; continue ;;
    --with-sudo) with_sudo=yes; shift; continue ;;
    -h | --help) sed -n '2,22s/^# \{0,1\}//p' "$0"; exit 0 ;;
  esac
  [ $# -ge 2 ] || wrong "unknown or unfinished option: $option"
  value=$2
  shift 2
  case $option in
    --read-key) read_key=$(public_key "$value") ;;
    --migrate-key) migrate_key=$(public_key "$value") ;;
    --read-from) only_of '0-9A-Fa-f.:/,' "$option" "$value"; read_from=$value ;;
    --migrate-from) only_of '0-9A-Fa-f.:/,' "$option" "$value"; migrate_from=$value ;;
    --moves-per-hour) only_of '0-9' "$option" "$value"; moves_per_hour=$value ;;
    --never) only_of 'a-z0-9/,' "$option" "$value"; never=$value ;;
    --only-to) only_of 'A-Za-z0-9,-' "$option" "$value"; only_to=$value ;;
    --ssh-config) ssh_config=$value ;;
    --on) case $value in -* | *[!A-Za-z0-9._:@-]*) wrong "$option cannot be \"$value\"" ;; esac; hosts="$hosts $value" ;;
    *) wrong "unknown option: $option" ;;
  esac
done
if [ "$action" = install ]; then
  [ -n "$read_key$migrate_key" ] || wrong "give --read-key, --migrate-key or both; or --update, --status, --remove"
  [ -z "$read_key" ] || [ -n "$read_from" ] || wrong "--read-key needs --read-from: the exporter's address"
  [ -z "$migrate_key" ] || [ -n "$migrate_from" ] || wrong "--migrate-key needs --migrate-from: the evaluator's address"
  [ "$read_key" != "$migrate_key" ] || wrong "the two programs need two keys: one that leaks must not do for the other"
fi

# --- on other hosts -------------------------------------------------------------------------------------------------
on_host() { # HOST: this script and what it installs, run there from a folder that is gone afterwards
  folder=$(mktemp -d)
  cp "$here/$(basename "$0")" "$folder/prepare-host.sh"
  for name in $scripts_of_read $scripts_of_migrate; do
    found=$(find_script "$name")
    [ -z "$found" ] || cp "$found" "$folder/"
  done
  set --
  case $action in
    install)
      if [ -n "$read_key" ]; then
        printf '%s\n' "$read_key" >"$folder/read.pub"
        set -- "$@" --read-key read.pub --read-from "$read_from"
      fi
      if [ -n "$migrate_key" ]; then
        printf '%s\n' "$migrate_key" >"$folder/migrate.pub"
        set -- "$@" --migrate-key migrate.pub --migrate-from "$migrate_from"
        [ -z "$moves_per_hour" ] || set -- "$@" --moves-per-hour "$moves_per_hour"
        [ -z "$never" ] || set -- "$@" --never "$never"
        [ -z "$only_to" ] || set -- "$@" --only-to "$only_to"
      fi
      [ $with_sudo = no ] || set -- "$@" --with-sudo
      ;;
    *) set -- "--$action" ;;
  esac
  status=0
  # Every word is of a grammar without blanks or quotes.
  tar -C "$folder" -cf - . | ssh ${ssh_config:+-F "$ssh_config"} -o BatchMode=yes "$host" \
    "set -e; d=\$(mktemp -d); trap 'rm -rf \"\$d\"' EXIT; tar -C \"\$d\" -xf -; cd \"\$d\"; sh prepare-host.sh $*" || status=$?
  rm -rf "$folder"
  return $status
}
if [ -n "$hosts" ]; then
  failed=''
  for host in $hosts; do
    case $host in *@*) ;; *) host=root@$host ;; esac
    say "== $host"
    on_host || failed="$failed $host"
  done
  [ -z "$failed" ] || fail "not done on:$failed"
  exit 0
fi

# --- on this host ---------------------------------------------------------------------------------------------------
[ "$(id -u)" = 0 ] || fail "run it as root"

# install_file MODE TARGET: from stdin; readers see the old file or the new one.
install_file() {
  cat >"$2.new"
  chown root:root "$2.new"
  chmod "$1" "$2.new"
  mv "$2.new" "$2"
}

reload_sshd() {
  if systemctl reload ssh.service 2>/dev/null; then return; fi
  [ -s /run/sshd.pid ] || fail "cannot tell sshd to read its configuration; do: systemctl reload ssh"
  kill -HUP "$(cat /run/sshd.pid)"
}

need_tools() {
  if ! command -v sudo >/dev/null || ! command -v visudo >/dev/null; then
    [ $with_sudo = yes ] || fail "sudo is not installed here; run: apt-get install sudo (or give --with-sudo)"
    apt-get -qq -y --no-install-recommends install sudo >/dev/null || fail "apt-get could not install sudo"
  fi
  for tool in useradd userdel sshd flock; do
    command -v $tool >/dev/null || fail "$tool is missing on this host"
  done
  grep -qiE '^[[:space:]]*Include[[:space:]]+(/etc/ssh/)?sshd_config\.d/\*\.conf' /etc/ssh/sshd_config ||
    fail "/etc/ssh/sshd_config does not read sshd_config.d; put this at its top: Include /etc/ssh/sshd_config.d/*.conf"
}

make_user() {
  getent passwd "$1" >/dev/null || useradd --system --user-group --no-create-home --home-dir $library --shell /bin/sh "$1"
  # A password that nothing matches: unlike a locked account, sshd lets its keys in.
  usermod -p '*' "$1"
}

install_scripts() { # NAME…
  mkdir -p $library
  chown root:root $library
  chmod 0755 $library
  for name; do
    found=$(find_script "$name")
    [ -n "$found" ] || fail "$name is not beside $(basename "$0")"
    if [ -f "$library/$name" ] && cmp -s "$found" "$library/$name"; then
      say "  $name is up to date"
    else
      install_file 0755 "$library/$name" <"$found"
      say "  $name installed"
    fi
  done
}

install_key() { # USER KEY FROM ROLE
  mkdir -p $keys
  chmod 0755 $keys
  printf 'restrict,from="%s",command="%s/forced-command %s" %s %s\n' "$3" $library "$4" "$2" "$1" |
    install_file 0644 "$keys/$1"
}

write_sudo_rules() {
  {
    say '# Written by prepare-host.sh. One script each, without arguments.'
    [ ! -f $keys/balancer-read ] || printf '%s\n' \
      'Defaults:balancer-read !requiretty, env_reset, !setenv, secure_path="/usr/sbin:/usr/bin:/sbin:/bin"' \
      "balancer-read ALL=(root) NOPASSWD: $library/node-collect.sh \"\""
    [ ! -f $keys/balancer-migrate ] || printf '%s\n' \
      'Defaults:balancer-migrate !requiretty, env_reset, !setenv, secure_path="/usr/sbin:/usr/bin:/sbin:/bin"' \
      "balancer-migrate ALL=(root) NOPASSWD: $library/node-limit.sh \"\""
  } >$sudo_rules.new
  chmod 0440 $sudo_rules.new
  visudo -cqf $sudo_rules.new || { rm -f $sudo_rules.new; fail "visudo refuses the rules; nothing of sudo was changed"; }
  mkdir -p "${sudo_rules%/*}"
  mv $sudo_rules.new $sudo_rules
}

write_sshd_part() {
  mkdir -p "${sshd_part%/*}"
  install_file 0644 $sshd_part <<END
# Written by prepare-host.sh: what the two users of the balancer may do. Nothing here is about anybody else.
Match User balancer-read,balancer-migrate
    AuthorizedKeysFile $keys/%u
    AuthenticationMethods publickey
    DisableForwarding yes
    PermitTTY no
    PermitUserRC no
    MaxSessions 4
    ClientAliveInterval 15
    ClientAliveCountMax 4
Match all
END
  sshd -t || { rm -f $sshd_part; fail "sshd refuses the configuration; $sshd_part was taken away again"; }
}

# limit_of NAME GIVEN WORD: what is given, where WORD lifts the limit; else what the host has: a new key lifts none.
limit_of() {
  case $2 in
    "$3") ;;
    "") sed -n "s/^$1=//p" $settings 2>/dev/null | tail -n 1 ;;
    *) printf '%s' "$2" | tr ',' ' ' ;;
  esac
}

write_settings() {
  moves_per_hour=$(limit_of moves_per_hour "$moves_per_hour" -)
  moves_per_hour=${moves_per_hour:-4}
  never=$(limit_of never "$never" none)
  only_to=$(limit_of only_to "$only_to" all)
  install_file 0600 $settings <<END
# The host's own limits of migrations, whatever the evaluator asks. Read at every start; never evaluated.
moves_per_hour=$moves_per_hour
never=$never
only_to=$only_to
END
}

prepare() {
  need_tools
  if [ -n "$read_key" ]; then
    # shellcheck disable=SC2086
    install_scripts $scripts_of_read
    make_user balancer-read
    install_key balancer-read "$read_key" "$read_from" collect
    say "  balancer-read may read, from $read_from"
  fi
  if [ -n "$migrate_key" ]; then
    # shellcheck disable=SC2086
    install_scripts forced-command $scripts_of_migrate
    make_user balancer-migrate
    write_settings
    install_key balancer-migrate "$migrate_key" "$migrate_from" migrate
    say "  balancer-migrate may start $moves_per_hour migrations an hour, from $migrate_from"
  fi
  write_sudo_rules
  write_sshd_part
  reload_sshd
}

update() {
  [ -d $library ] || fail "this host is not prepared; see --help"
  for name in $scripts_of_read $scripts_of_migrate; do
    [ ! -f "$library/$name" ] || install_scripts "$name"
  done
  # Sessions that stand run the old scripts: they end, and the programs connect again.
  end_sessions
}

end_sessions() {
  for user in $users; do
    if getent passwd "$user" >/dev/null; then pkill -KILL -u "$user" 2>/dev/null || true; fi
  done
}

status() {
  [ -d $library ] || { say "  not prepared"; return; }
  for user in $users; do
    [ ! -f "$keys/$user" ] || say "  $user, $(sed -nE 's/.*from="([^"]*)".*/from \1/p' "$keys/$user")"
  done
  for name in $scripts_of_read $scripts_of_migrate; do
    [ ! -f "$library/$name" ] || say "  $name $(sha256sum <"$library/$name" | cut -c 1-12)"
  done
  [ ! -f $settings ] || sed -n '/^[a-z]/s/^/  /p' $settings
  [ ! -e $stop_file ] || say "  $stop_file is there: nothing starts"
}

remove() {
  # The keys first: from here on nobody comes in.
  rm -rf $keys $sudo_rules $sudo_rules.new
  if [ -e $sshd_part ]; then
    rm -f $sshd_part
    reload_sshd
  fi
  end_sessions
  for user in $users; do
    if getent passwd "$user" >/dev/null; then userdel -f "$user" 2>/dev/null || fail "cannot remove the user $user"; fi
    if getent group "$user" >/dev/null; then groupdel "$user"; fi
  done
  rm -rf $library /run/balancer-node /run/balancer-node.lock $settings $stop_file
  say "  nothing of the balancer is left, but for the logs of migrations in /run/balancer-migrate, gone at the next boot"
}

case $action in
  install) prepare ;;
  *) $action ;;
esac
