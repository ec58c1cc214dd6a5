#!/usr/bin/env bash
# Installs what is missing, builds, runs every test that CI runs, and closes with "N passed, N failed".
#
#   tests/run.sh           everything CI runs
#   tests/run.sh --quick   dev build, unit tests, and the checks that take seconds: for work in between
#   tests/run.sh --long    all there is: fuzzing, sanitizers under the end-to-end tests, tests that take long
#   tests/run.sh --list    one test name a line; builds nothing
#
# A step that fails does not stop the others. Logs: build/logs/. Needs Debian 12, root or sudo (packages, and the
# lab makes network namespaces).
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/lib.sh
. tests/run_steps.sh

mode=${1:-default}
case $mode in
  --list) list_tests; exit 0 ;;
  default | --quick | --long) ;;
  -h | --help) sed -n '2,10s/^# \{0,1\}//p' tests/run.sh; exit 0 ;;
  *) warn "unknown option $mode: --quick, --long, --list"; exit 2 ;;
esac

require_debian
install_packages "to build the programs and run their tests" "${BUILD_PACKAGES[@]}" "${SERVER_PACKAGES[@]}" \
  "${LAB_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${PACKAGE_TEST_PACKAGES[@]}" "${LINT_PACKAGES[@]}" "${BROWSER_PACKAGES[@]}"
[ "$mode" != --long ] || install_packages "for fuzzing, and tests of the installation" "${FUZZ_PACKAGES[@]}" "${LONG_PACKAGES[@]}"

mkdir -p build/logs
step "dev build" build_preset dev
step "unit tests" run_ctest dev
step "format" check_format
[ "$mode" = --quick ] || build_ahead asan
step "layers, documents, configuration" run_python --jobs "$jobs" tests/layers tests/deploy tests/dashboards tests/bench
step "rules" run_rule_tests
if [ "$mode" != --quick ]; then
  # They wait more than they work.
  step "end to end" run_python --jobs "$jobs" tests/e2e
  step "endurance" run_python tests/endurance
  step "AddressSanitizer, UBSan" run_sanitized asan
  step "ThreadSanitizer" run_sanitized tsan
  if [ "$mode" = --long ]; then step "clang-tidy" run_tidy all; else step "clang-tidy" run_tidy; fi
fi
if [ "$mode" = --long ]; then
  step "fuzzing" run_fuzz
  step "end to end, with sanitizers" run_sanitized_e2e
  step "long tests" run_python tests/long
fi
summary
