# shellcheck shell=bash
# The steps of tests/run.sh. Each writes to its log; those that hold counted tests print "counted: N passed, M
# failed" as a line of it, and any other step counts as one test.

passed=0
failed=0
failed_steps=()
jobs=${JOBS:-$(nproc)}

# step NAME COMMAND…: runs it with its output in a log; counts; shows the log's end when it failed.
step() {
  local name=$1 log began result=ok status=0 counted
  shift
  log=build/logs/${name//[^a-zA-Z0-9]/_}.log
  began=$SECONDS
  ("$@") >"$log" 2>&1 </dev/null || status=$?
  counted=$(sed -n 's/^counted: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log" |
    awk '{p += $1; f += $2} END {if (NR) print p, f}')
  if [ -n "$counted" ]; then
    passed=$((passed + ${counted% *}))
    failed=$((failed + ${counted#* }))
    [ "$status" -eq 0 ] || [ "${counted#* }" -gt 0 ] || failed=$((failed + 1))
  elif [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
  if [ "$status" -ne 0 ]; then
    result=FAILED
    failed_steps+=("$name")
  fi
  say "$(printf '%-34s %-7s %4d s  %s' "$name" "$result" $((SECONDS - began)) \
    "${counted:+${counted% *} passed, ${counted#* } failed}")"
  ! grep -q '^unsteady:' "$log" || say "  tried a second time: $(sed -n 's/^unsteady: //p' "$log" | paste -sd' ')"
  [ "$status" -eq 0 ] || { say "--- the end of $log"; tail -n "${LOG_TAIL:-60}" "$log"; say "---"; }
}

summary() {
  [ ${#failed_steps[@]} -eq 0 ] || say "failed: $(printf '%s; ' "${failed_steps[@]}")"
  say "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# list_tests: names from the sources alone, so that it is true before anything is built.
list_tests() {
  local file
  grep -hoE '^(TEST|TEST_F|TEST_P|TYPED_TEST)\([A-Za-z0-9_]+, *[A-Za-z0-9_]+' -r tests --include='*_test.cpp' |
    sed -E 's/^[A-Z_]+\(([A-Za-z0-9_]+), */\1./'
  for file in tests/*/test_*.py; do
    awk -v file="$file" '/^class / {split($2, name, /[(:]/); class = name[1]}
      /^    def test_/ {split($2, name, "("); print file ":" class "." name[1]}' "$file"
  done
  printf '%s\n' tests/rules/*.yml
  printf '%s\n' "check:format" "check:AddressSanitizer" "check:ThreadSanitizer" "check:clang-tidy"
}

build_preset() {  # PRESET [TARGET…]
  local preset=$1
  shift
  # One at a time: it may be on its way already (build_ahead).
  (flock 9 && cmake --preset "$preset" && nice cmake --build "build/$preset" -j "$jobs" ${1:+--target} "$@") \
    9>"build/.$preset.building"
}

# build_ahead PRESET: what a later step builds anyway, behind all else, while tests wait more than they work. Its
# output and its verdict are those of that step.
build_ahead() {
  local targets
  mapfile -t targets < <(sanitizer_targets "$1")
  (flock 9 && cmake --preset "$1" && exec nice -n 19 ninja -C "build/$1" -j "$jobs" "${targets[@]}") \
    9>"build/.$1.building" >"build/logs/${1}_ahead.log" 2>&1 </dev/null &
  trap 'jobs -rp | xargs -r kill' EXIT
}

run_ctest() {  # PRESET: every unit test; none is a failure
  local preset=$1 status=0 line total bad
  # The lab's tests make namespaces. Real servers and real time: what fails is tried once more, and named.
  as_root ctest --test-dir "build/$preset" -j "$jobs" --no-tests=error --output-on-failure --repeat until-pass:2 ||
    status=$?
  sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) \.+\**Failed.*/unsteady: \1/p' "$(log_of_running_step)" | sort -u
  line=$(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' \
    "$(log_of_running_step)" | tail -n 1)
  bad=${line% *} total=${line#* }
  [ -n "$line" ] && printf 'counted: %d passed, %d failed\n' $((total - bad)) "$bad"
  return "$status"
}

log_of_running_step() { readlink /proc/self/fd/2; }

run_python() {  # [--jobs N] FOLDER…: the unittest files in them
  local folder files=() status=0 output at_once=1
  if [ "$1" = --jobs ]; then at_once=$2; shift 2; fi
  for folder in "$@"; do
    while read -r file; do files+=("$file"); done < <(find "$folder" -maxdepth 1 -name 'test_*.py' 2>/dev/null | sort)
  done
  [ ${#files[@]} -gt 0 ] || { echo "no test_*.py in: $*"; return 1; }
  output=$(as_root env PYTHONDONTWRITEBYTECODE=1 python3 tests/run_python.py --jobs "$at_once" "${files[@]}") || status=$?
  printf '%s\n' "$output" | sed 's/^python:/counted:/'
  return "$status"
}

run_rule_tests() {
  local results good bad=0 status=0
  promtool check rules rules/*.yml || bad=1
  # shellcheck disable=SC2016  # $1 is of the inner shell
  results=$(printf '%s\n' tests/rules/*.yml | xargs -P "$jobs" -I{} sh -c '
    if said=$(promtool test rules "$1" 2>&1); then echo good; else printf "FAILED: %s\n%s\n" "$1" "$said"; echo bad; fi
    ' rules {})
  printf '%s\n' "$results" | grep -v '^good$' || true
  good=$(grep -c '^good$' <<<"$results" || true)
  bad=$((bad + $(grep -c '^bad$' <<<"$results" || true)))
  run_python tests/rules || status=1
  printf 'counted: %d passed, %d failed\n' "$good" "$bad"
  [ "$status" -eq 0 ] && [ "$bad" -eq 0 ] && [ "$good" -gt 0 ]
}

# Sanitizer builds hold the test programs only, not the two programs: CMake builds what these targets need. The
# one that runs longest comes first.
sanitizer_targets() {  # asan | tsan
  # What has threads: servers and loops.
  if [ "$1" = tsan ]; then printf '%s\n' evaluator_test common_test exporter_test; return; fi
  printf '%s\n' planner_test evaluator_test common_test exporter_test cluster_test
}

run_sanitized() {  # asan | tsan
  local preset=$1 targets target logs status=0 filter='*'
  mapfile -t targets < <(sanitizer_targets "$preset")
  # Death tests fork, which ThreadSanitizer cannot follow.
  [ "$preset" != tsan ] || filter='-*DeathTest*'
  build_preset "$preset" "${targets[@]}" || return 1
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
  # Each whole program in one process: starting one per test would cost more than the tests.
  logs=$(mktemp -d)
  for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
    { run_program "build/$preset/bin/$target" "$(sanitized_tests "$target" "$filter")" ||
      echo "FAILED: $target"; } >"$logs/$target" 2>&1 &
  done
  wait
  for target in "${targets[@]}"; do
    echo "== $target"
    cat "$logs/$target"
    ! grep -qx "FAILED: $target" "$logs/$target" || status=1
  done
  rm -rf "$logs"
  return "$status"
}

# The planner's searches over hundreds of clusters take minutes with sanitizers: they are for --long; the scenarios
# and the mutated documents stay.
sanitized_tests() {  # PROGRAM FILTER
  if [ "$1" = planner_test ] && [ "${mode:-}" != --long ]; then echo '-Oracle.*:Properties.*'; else echo "$2"; fi
}

# run_program PROGRAM FILTER: tests that failed, while the program itself came to its end, are tried once more.
run_program() {
  local output again
  output=$(mktemp)
  if "$1" --gtest_brief=1 --gtest_filter="$2" >"$output" 2>&1; then cat "$output"; rm -f "$output"; return 0; fi
  cat "$output"
  again=$(sed -nE 's/^\[  FAILED  \] ([A-Za-z0-9_/]+\.[A-Za-z0-9_/]+).*/\1/p' "$output" | sort -u | paste -sd:)
  grep -aqE '^\[=+\] [0-9]+ tests? from .* ran\.' "$output" && [ -n "$again" ] || { rm -f "$output"; return 1; }
  rm -f "$output"
  echo "unsteady: $again"
  "$1" --gtest_brief=1 --gtest_filter="$again"
}

run_sanitized_e2e() {
  build_preset asan && BALANCER_BIN=$PWD/build/asan/bin run_python tests/e2e
}

sources() {  # our own C++ files
  git ls-files -co --exclude-standard -- '*.cpp' '*.h' | grep -E '^(common|cluster|exporter|evaluator|tests)/'
}

check_format() { sources | xargs clang-format --dry-run -Werror; }

# The sources to tidy for the files named on stdin, in their order: a header stands for the source of its name.
tidied_by() {
  sed -n 's/\.h$/.cpp/; /^\(common\|cluster\|exporter\|evaluator\)\/.*\.cpp$/p' | awk '!seen[$0]++' |
    while read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
}

# What clang-tidy looks at: all, or what changed, newest first. On a branch that is what differs from TIDY_BASE
# (default: where the branch left main); on main itself, as in CI, the commits of the newest commit's last 24 h.
tidy_sources() {  # all | changed
  local base range
  if [ "$1" = all ]; then
    sources | tidied_by
    return
  fi
  base=${TIDY_BASE:-$(git merge-base HEAD origin/HEAD 2>/dev/null || git merge-base HEAD main 2>/dev/null || true)}
  range=$base..HEAD
  if [ -z "$base" ] || [ "$(git rev-parse "$base")" = "$(git rev-parse HEAD)" ]; then
    range=--since=$(($(git log -1 --format=%ct) - 86400))
  fi
  {
    git diff --name-only HEAD
    git ls-files -o --exclude-standard
    git log --format= --name-only "$range"
  } | tidied_by
}

run_tidy() {  # [all]
  local files all most=${TIDY_FILES:-20}
  files=$(tidy_sources "${1:-changed}")
  [ -n "$files" ] || { echo "no source changed"; return 0; }
  if [ "${1:-changed}" != all ] && [ "$(wc -l <<<"$files")" -gt "$most" ]; then
    all=$files
    files=$(head -n "$most" <<<"$all")
    echo "The $most sources that changed last; left out (tests/run.sh --long takes all):"
    tail -n +$((most + 1)) <<<"$all" | sed 's/^/  /'
  fi
  echo "clang-tidy over $(wc -l <<<"$files") sources:"
  # shellcheck disable=SC2016  # $1 is of the inner shell
  xargs -P "$jobs" -I{} nice bash -c 'began=$SECONDS; status=0
    clang-tidy --quiet -p build/dev "$1" || status=$?
    printf "%s: %s, %d s\n" "$1" "$([ "$status" -eq 0 ] && echo clean || echo FAILED)" $((SECONDS - began))
    exit "$status"' tidy {} <<<"$files"
}

run_fuzz() {  # every target from its corpus; the planner's from the scenarios as well
  local target program found status=0 folders
  build_preset fuzz || return 1
  found=$(mktemp -d)
  for target in document config collect planner; do
    program=build/fuzz/bin/fuzz_$target
    folders=("$found/$target" "tests/fuzz/corpus/$target")
    [ "$target" != planner ] || folders=("$found/$target" tests/fuzz/corpus/document tests/scenarios)
    mkdir "$found/$target"
    [ -d "${folders[1]}" ] || unset 'folders[1]'
    "$program" -max_total_time="${FUZZ_SECONDS:-60}" -rss_limit_mb=2048 -timeout=25 \
      -artifact_prefix="build/logs/fuzz_$target-" "${folders[@]}" || { status=1; echo "FAILED: $program"; }
  done
  rm -rf "$found"
  return "$status"
}
