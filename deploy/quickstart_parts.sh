# shellcheck shell=bash
# The parts of deploy/quickstart.sh: building, configuration, starting and ending, and what is shown.
# Uses $folder (all files), $own_config (empty: the lab), $started (SECONDS at the start).

declare -A port=()
pids=()
lab_is_up=no
LAB_TARGETS=(pcb-lab)

build_release() {
  say "Building the release (the first time takes some minutes)"
  mkdir -p build
  if [ -t 1 ]; then
    cmake --preset release >build/quickstart-build.log 2>&1 && compile ||
      { tail -n 40 build/quickstart-build.log; fail "the build failed"; }
  else
    { cmake --preset release && compile; } >build/quickstart-build.log 2>&1 ||
      { tail -n 40 build/quickstart-build.log; fail "the build failed; all of it is in build/quickstart-build.log"; }
  fi
}
compile() { cmake --build build/release -j "$(nproc)" --target balancer-exporter balancer-evaluator "${LAB_TARGETS[@]}"; }

# ---- ports ----
port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

choose_ports() {
  local part wanted candidate
  for part in exporter:9722 evaluator:9723 prometheus:9090 alertmanager:9093; do
    wanted=${part#*:} part=${part%:*} candidate=${part:+$wanted}
    while port_is_taken "$candidate"; do candidate=$((candidate + 100)); done
    [ "$candidate" = "$wanted" ] || say "Port $wanted is taken: $part listens on $candidate"
    port[$part]=$candidate
  done
}

# ---- configuration ----
# require_block_style FILE: set_key understands no more than a key on a line of its own. What else YAML allows is left
# alone, and the line is named.
require_block_style() {
  local found
  found=$(awk '
    function wrong() { print "line " NR ": " $0; exit }
    { sub(/\r$/, "") }
    /^[ \t]*(#.*)?$/ || /^---[ \t]*(#.*)?$/ { next }
    /^ / && !seen || /^[^A-Za-z_"'\'' ]/ && !(seen && /^-( |$)/) { wrong() }
    { seen = 1 }
    /^[^ -]/ {
      inside = ($0 ~ /^["'\'']?(exporter|evaluator|prometheus|alertmanager)["'\'']?[ \t]*:/); indent = 0
      if (inside && $0 !~ /^[a-z]+:[ \t]*(#.*)?$/) wrong()
      next
    }
    inside {
      match($0, /^ */)
      if (!indent) indent = RLENGTH
      if (RLENGTH == indent && $0 !~ /^ +([a-z_]+:( |$)|- |[]}])/) wrong()
    }' "$1")
  [ -z "$found" ] || fail "$1, $found
The quick start puts its own ports and folders into a copy of this file. It can do so only where exporter, evaluator,
prometheus and alertmanager begin a line, and each of their keys stands below, indented, on a line of its own:
  exporter:
    interval: 15s
Nothing was started or changed. Write it so, or start the programs by hand (docs/getting-started.md)."
}

# set_key FILE SECTION KEY VALUE: sets `KEY: VALUE` in a top-level section of block style, which is made if absent.
set_key() {
  local text
  text=$(awk -v section="$2" -v key="$3" -v value="$4" '
    function write() { print "  " key ": " value; written = 1 }
    { sub(/\r$/, "") }
    /^[^ #]/ {
      if (inside && !written) write()
      inside = ($0 ~ "^" section ":[ \t]*(#.*)?$"); skipping = own = 0
      print; next
    }
    inside && !own && /^ +[^ #]/ { match($0, /^ +/); own = RLENGTH }
    inside && $0 ~ "^ +" key ":" && match($0, /^ +/) && RLENGTH == own { indent = RLENGTH; skipping = 1; next }
    skipping { match($0, /^ */); if (RLENGTH > indent || $0 ~ "^ *(- |[]}])") next; skipping = 0 }
    inside && !written && /^ +[^ #]/ { match($0, /^ +/); if (!written) { printf "%*s%s: %s\n", RLENGTH, "", key, value; written = 1 } }
    { print }
    END { if (!written) { if (!inside) print section ":"; print "  " key ": " value } }' "$1")
  printf '%s\n' "$text" >"$1"
}

cluster_name() { sed -nE "s/^cluster: *[\"']?([^\"'# ]+).*/\1/p" "$folder/balancer.yaml"; }

write_configuration() {
  local config=$folder/balancer.yaml rule
  chmod 600 "$config"
  (umask 077 && head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$folder/webhook_token")
  set_key "$config" exporter listen "127.0.0.1:${port[exporter]}"
  set_key "$config" evaluator listen "127.0.0.1:${port[evaluator]}"
  [ -z "$own_config" ] || set_key "$config" evaluator mode suggest
  set_key "$config" evaluator state_directory "$folder/state"
  set_key "$config" evaluator webhook "{ bearer_token_file: $folder/webhook_token }"
  set_key "$config" prometheus url "http://127.0.0.1:${port[prometheus]}"
  set_key "$config" alertmanager urls "[\"http://127.0.0.1:${port[alertmanager]}\"]"

  mkdir -p "$folder/state" "$folder/rules"
  chmod 700 "$folder/state"
  cp rules/*.yml "$folder/rules/"
  sed -e "s|\.\./rules/|$folder/rules/|" -e "s|127.0.0.1:9093|127.0.0.1:${port[alertmanager]}|" \
    -e "s|127.0.0.1:9722|127.0.0.1:${port[exporter]}|" -e "s|127.0.0.1:9723|127.0.0.1:${port[evaluator]}|" \
    -e "s|cluster: homelab|cluster: \"$(cluster_name)\"|" deploy/prometheus.yml >"$folder/prometheus.yml"
  sed -e "s|127.0.0.1:9723|127.0.0.1:${port[evaluator]}|" \
    -e "s|credentials_file: .*|credentials_file: $folder/webhook_token|" \
    deploy/alertmanager.yml >"$folder/alertmanager.yml"

  if [ -z "$own_config" ]; then
    say "For the demonstration everything is made quick: alerts wait 15 s (not 2 to 15 minutes), figures are means over"
    say "1 minute (not 5 and 15), hosts are read every 5 s (not 15), Alertmanager waits 1 s. With --config: normal times."
    set_key "$config" exporter interval 5s
    set_key "$config" evaluator interval 5s
    set_key "$config" prometheus window 1m
    for rule in "$folder"/rules/*.yml; do
      sed -i -E -e 's/^( +)for: .*/\1for: 15s/' -e 's/^( +)keep_firing_for: .*/\1keep_firing_for: 15s/' \
        -e 's/\[(5|15)m\]/[1m]/' "$rule"
    done
    sed -i -E -e 's/(scrape|evaluation)_interval: 15s.*/\1_interval: 5s/' "$folder/prometheus.yml"
    sed -i -E -e 's/group_wait: .*/group_wait: 1s/' -e 's/group_interval: .*/group_interval: 5s/' \
      -e 's/repeat_interval: .*/repeat_interval: 1m/' "$folder/alertmanager.yml"
  fi
}

# ---- starting and ending ----
start_lab() {
  lab_is_up=yes
  tests/lab/lab up tests/lab/example.yaml --dir "$folder/lab" >"$folder/lab.log" 2>&1 9>&- ||
    { tail -n 20 "$folder/lab.log"; fail "the lab did not start"; }
}

start() {  # NAME COMMAND…: in a session of its own, so that Ctrl-C reaches only this script
  local name=$1
  shift
  setsid "$@" >"$folder/$name.log" 2>&1 </dev/null 9>&- &
  pids+=("$!")
  printf '%s\n' "${pids[@]}" >"$folder/pids"
}

wait_for() {  # NAME URL: until it answers 2xx
  local name=$1 url=$2 deadline=$((SECONDS + 30))
  until curl -fsS -o /dev/null --max-time 2 "$url" 2>/dev/null; do
    if ! kill -0 "${pids[-1]}" 2>/dev/null || [ $SECONDS -ge $deadline ]; then
      tail -n 20 "$folder/$name.log"
      fail "$name does not answer at $url; its log is $folder/$name.log"
    fi
    sleep 0.2
  done
}

start_parts() {
  local bin=${BALANCER_BIN:-$PWD/build/release/bin}
  start exporter "$bin/balancer-exporter" --config "$folder/balancer.yaml"
  wait_for exporter "http://127.0.0.1:${port[exporter]}/-/healthy"
  start alertmanager prometheus-alertmanager --config.file="$folder/alertmanager.yml" \
    --storage.path="$folder/alertmanager" --web.listen-address="127.0.0.1:${port[alertmanager]}" \
    --cluster.listen-address=
  wait_for alertmanager "http://127.0.0.1:${port[alertmanager]}/-/ready"
  start evaluator "$bin/balancer-evaluator" serve --config "$folder/balancer.yaml"
  wait_for evaluator "http://127.0.0.1:${port[evaluator]}/-/healthy"
  start prometheus prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/prometheus" \
    --storage.tsdb.retention.time=2d --web.listen-address="127.0.0.1:${port[prometheus]}"
  wait_for prometheus "http://127.0.0.1:${port[prometheus]}/-/ready"
}

end_process() {  # PID: TERM, and KILL after 10 s
  local pid=$1 deadline=$((SECONDS + 10))
  kill "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do
    [ $SECONDS -lt $deadline ] || { kill -9 "$pid" 2>/dev/null || true; return 0; }
    sleep 0.1
  done
}

stop_all() {
  local status=$? index
  # Whatever fails from here on, also that nobody reads what is said any more: all of it is ended.
  set +e
  trap '' INT TERM HUP PIPE
  trap - EXIT
  [ ! -t 1 ] || printf '\033[?25h\n'
  say "Ending all of it"
  for ((index = ${#pids[@]} - 1; index >= 0; index--)); do end_process "${pids[index]}"; done
  wait 2>/dev/null || true
  rm -f "$folder/pids"
  if [ $lab_is_up = yes ]; then
    tests/lab/lab down --dir "$folder/lab" >>"$folder/lab.log" 2>&1 || warn "the lab did not end well: $folder/lab.log"
  fi
  say "Nothing runs any more. Logs and data: $folder"
  exit "$status"
}

# What a run that was killed left behind. A number in the file may be another process by now: the folder tells.
end_leftovers() {
  local pid
  if [ -r "$folder/pids" ]; then
    while read -r pid; do
      ! tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$folder/" || end_process "$pid"
    done <"$folder/pids"
    rm -f "$folder/pids"
  fi
  if [ -z "$own_config" ] && [ -d "$folder/lab" ]; then
    tests/lab/lab down --dir "$folder/lab" >"$folder/lab.log" 2>&1 || true
  fi
}

# ---- what is shown ----
show_addresses() {
  say ""
  say "Evaluator     http://127.0.0.1:${port[evaluator]}/      what it suggests and why"
  say "Exporter      http://127.0.0.1:${port[exporter]}/metrics"
  say "Prometheus    http://127.0.0.1:${port[prometheus]}/"
  say "Alertmanager  http://127.0.0.1:${port[alertmanager]}/"
  say "Files and logs: $folder"
  say ""
}

# The rules' own series, in the text form that awk can read.
federate() {
  curl -fsS --max-time 3 -G "http://127.0.0.1:${port[prometheus]}/federate" \
    --data-urlencode 'match[]={__name__=~"id:balancer_(up|threshold_ratio|(cpu|memory)_used_ratio:mean5m)",id=~"node/.+"}' \
    --data-urlencode 'match[]=ALERTS{alertname!="BalancerHeartbeat"}' 2>/dev/null
}

# host_table LAYOUT: one line a host. `table` has columns, `line` is for a log.
host_table() {
  awk -v layout="$1" -v colour="$2" '
    function label(name) { return match($0, "[{,]" name "=\"[^\"]*") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : "" }
    function percent(value) { return value == "" ? "    -" : sprintf("%3.0f %%", 100 * value) }
    function mark(text, bad) { return bad && colour == "yes" ? "\033[31m" text "\033[0m" : text }
    /^#/ { next }
    {
      host = label("id"); sub(/^node\//, "", host); value = $(NF - 1)
      if ($0 ~ /^ALERTS/) {
        name = label("alertname") (label("alertstate") == "pending" ? " (pending)" : "")
        if (label("id") !~ /^node\// && host != "") { name = name " " host; host = "" }
        alerts[host] = alerts[host] (alerts[host] ? ", " : "") name
        next
      }
      hosts[host] = 1
      if ($0 ~ /^id:balancer_up/) up[host] = value
      else if ($0 ~ /^id:balancer_threshold/) threshold[host, label("resource")] = value
      else if ($0 ~ /^id:balancer_cpu/) cpu[host] = value
      else memory[host] = value
    }
    END {
      if (layout == "table") printf "%-12s %-17s %-17s %s\n", "HOST", "CPU (limit)", "MEMORY (limit)", "ALERTS"
      count = 0; for (host in hosts) sorted[++count] = host
      for (i = 1; i <= count; i++) for (j = i + 1; j <= count; j++)
        if (sorted[j] < sorted[i]) { swap = sorted[i]; sorted[i] = sorted[j]; sorted[j] = swap }
      for (i = 1; i <= count; i++) {
        host = sorted[i]
        what = up[host] == 0 ? "cannot be read" : alerts[host]
        c = percent(cpu[host]) " (" percent(threshold[host, "cpu"]) ")"
        m = percent(memory[host]) " (" percent(threshold[host, "memory"]) ")"
        if (layout == "table")
          printf "%-12s %s %s %s\n", host, mark(sprintf("%-17s", c), cpu[host] > threshold[host, "cpu"]),
            mark(sprintf("%-17s", m), memory[host] > threshold[host, "memory"]), mark(what, what != "")
        else
          printf "%s: CPU %s, memory %s%s\n", host, c, m, (what ? ", " what : "")
      }
      if (alerts[""]) printf "%s: %s\n", "also", alerts[""]
    }'
}

suggestions() { grep -o 'Suggesting to migrate .*' "$folder/evaluator.log" | awk '!seen[$0]++' || true; }

# Ends when one of the parts does.
check_parts() {
  local pid
  for pid in "${pids[@]}"; do
    kill -0 "$pid" 2>/dev/null || { warn "a part has ended by itself; see $folder/*.log"; tail -n 5 "$folder"/*.log; exit 1; }
  done
}

show_lines() {
  local shown=0 count last=-100
  while :; do
    check_parts
    count=$(suggestions | wc -l)
    [ "$count" -le "$shown" ] || { suggestions | tail -n +$((shown + 1)); shown=$count; }
    if [ $((SECONDS - last)) -ge 10 ]; then
      last=$SECONDS
      federate | host_table line no | sed "s/^/$((SECONDS - started)) s  /"
    fi
    sleep 1
  done
}

show_live() {
  local colour=yes screen
  [ -z "${NO_COLOR:-}" ] || colour=no
  printf '\033[?25l'
  while :; do
    check_parts
    screen=$(
      say "Proxmox Cluster Balancer, quick start: $((SECONDS - started)) s. Ctrl-C ends all of it."
      show_addresses
      federate | host_table table $colour
      say ""
      suggestions | tail -n 5
    )
    printf '\033[H\033[J%s\n' "$screen"
    sleep 2
  done
}
