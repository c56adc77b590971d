#!/bin/sh
# Attacks the program for a given time, and writes a report of one page.
#
#   Tests/soak.sh [20m]      minutes (m) or seconds (s), without the time for builds and for proofs that always run in
#                            full: system calls, suspended owners, damage, waits
#
# PAYLOADS=DIR adds the hostile events in DIR. SANITIZE=no skips the two sanitizer runs of the unit tests. Every part
# runs even if an earlier one failed; the exit status is 1 if any part failed.
# shellcheck disable=SC2317 # the functions that `part` calls
set -u
cd "$(dirname "$0")/.." || exit 70
export PYTHONDONTWRITEBYTECODE=1

budget=${1:-5m}
case $budget in
*m) seconds=${budget%m} unit=60 ;;
*) seconds=${budget%s} unit=1 ;;
esac
case $seconds in
*[!0-9]* | '')
  echo "usage: Tests/soak.sh [20m]" >&2
  exit 64
  ;;
esac
seconds=$((seconds * unit))
[ "$seconds" -ge 60 ] || {
  echo "a minute at least" >&2
  exit 64
}

logs=$(mktemp -d "${TMPDIR:-/tmp}/soak.XXXXXX")
report=$logs/report
found=0

# part TITLE COMMAND…: runs the command and adds its summary, or the end of its log, to the report.
part() {
  title=$1
  name=$(printf %s "$title" | tr -c 'a-z0-9\n' -)
  shift
  echo "-- $title"
  began=$(date +%s)
  status=0
  "$@" >"$logs/$name" 2>&1 </dev/null || status=$?
  took=$(($(date +%s) - began))
  if [ "$status" = 0 ]; then
    verdict="nothing found"
  else
    verdict="FOUND SOMETHING: exit $status, $logs/$name"
    found=1
  fi
  printf '%-34s %5s s  %s\n' "$title" "$took" "$verdict" | tee -a "$report"
  summary "$logs/$name" >>"$report"
}

# The summary in a log: the count of a fuzzer, the table of a proof, the last line of the tests.
summary() {
  grep -aE '^Done [0-9]+ runs|^Test run with|Test run with [0-9]+ tests|NOT SHOWN|NOT TRIED|hostile events were tried' "$1" |
    cut -c1-150 | sed 's/^[^A-Za-z0-9]*/    /'
  grep -aE '^ +[0-9]+ [a-z]' "$1" | cut -c1-110 | sed 's/^ */    /' | head -n 40
}

# A percentage of the time.
share() { echo $((seconds * $1 / 100)); }

build() {
  examples/build.sh
  swift build --build-tests
}

# Without leak detection, since the test library frees its memory only at the end of the process; the proofs of keys
# and requests detect leaks.
sanitized() {
  ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=1 \
    swift test --disable-xctest --sanitize="$1" --scratch-path ".build-$1" --filter "$2"
}

fuzz() { FUZZ_FOLDER="$logs/fuzz-$1" Tests/Fuzz/run.sh "$1" "$2"; }

{
  echo "soak of $(date -u +%Y-%m-%dT%H:%MZ), $budget, $(nproc) processors, $(uname -sr)"
  echo "$(swift --version 2>/dev/null | head -n 1), revision $(git rev-parse --short HEAD)"
  echo
} | tee "$report"

part "build" build
part "fuzzer: expressions, ASan" fuzz expression "$(share 10)"
part "fuzzer: templates, ASan" fuzz template "$(share 10)"
part "fuzzer: keys and requests, ASan" fuzz crypto "$(share 5)"
part "races" Tests/Proof/races.py --rounds 50 --seconds "$(share 10)"
part "crashes" Tests/Proof/crashes.py --seconds "$(share 20)"
part "twins" Tests/Proof/twins.py --seconds "$(share 5)"
part "faults of system calls" Tests/Proof/syscalls.py
part "suspended owners" Tests/Proof/suspended.py
part "damaged ledgers" Tests/Proof/damage.py
part "proofs that must fail" Tests/Proof/can_fail.py
part "years of a fleet" Tests/Proof/years.py --seconds "$(share 20)"
part "years, 47-day certificates" Tests/Proof/years.py --seconds "$(share 5)" --certificate-days 47 --certificates 8 \
  --years 1 --patient
part "waits" Tests/Proof/waits.py
part "disks of the ledger" Tests/Proof/disks.py
part "kills while keys are made" Tests/Proof/store_kills.py 500 --seconds "$(share 8)"
part "disks of the store" Tests/Proof/store_disks.py
part "bad services, proxies, terminals" Tests/Proof/network.py
part "bounds of time and memory" Tests/Proof/bounds.py --quick
part "streams" Tests/Proof/streams.py --events 10000 --early 2000
part "every fault, every hostile event" swift test --disable-xctest --skip-build \
  --filter 'OutcomeTableTests|LookTableTests|FaultConnectionTests|HostileTests'
if [ "${SANITIZE:-yes}" = yes ]; then
  part "reading and parsing, ASan" sanitized address '^(JSON|PCRE|SQLite|Platform|JMESPath|Crypto)Tests'
  part "reading and parsing, TSan" sanitized thread '^(JSON|PCRE|SQLite|Platform|JMESPath|Crypto)Tests'
fi
{
  echo
  echo "not run: UndefinedBehaviorSanitizer, which SwiftPM refuses on Linux"
  [ "$found" = 0 ] && echo "nothing was found" || echo "something was found: see above"
  echo "logs: $logs"
} >>"$report"

echo
cat "$report"
exit "$found"
