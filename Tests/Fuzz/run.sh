#!/bin/sh
# Builds a fuzzer and runs it under AddressSanitizer; an input that makes it stop is kept beside the log.
#
#   Tests/Fuzz/run.sh expression 600     # or template, crypto; seconds (60)
set -eu
cd "$(dirname "$0")/../.."

subject=${1:-}
seconds=${2:-60}
case $subject in
expression) product=FuzzExpression longest=2048 ;;
template) product=FuzzTemplate longest=4096 ;;
crypto) product=FuzzCrypto longest=4096 ;;
*)
  echo "usage: Tests/Fuzz/run.sh expression|template|crypto [SECONDS]" >&2
  exit 64
  ;;
esac

work=${FUZZ_FOLDER:-${TMPDIR:-/tmp}/fuzz-$subject}
mkdir -p "$work/corpus"

# The coverage is named since SwiftPM passes the two sanitizers in no fixed order, and the compiler then
# may leave it out; the default linker crashes on it.
FUZZ=1 swift build -c release --product "$product" --scratch-path .build-fuzz \
  --sanitize=address --sanitize=fuzzer -Xswiftc -use-ld=lld \
  -Xswiftc -sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table

# First inputs: those written by hand here, and the templates that users start with.
seeds() {
  case $subject in
  expression) cp Tests/Fuzz/corpus/expression/* "$work/corpus/" ;;
  template)
    cp Tests/Fuzz/corpus/template/* "$work/corpus/"
    for file in examples/templates/*/template.json; do
      cp "$file" "$work/corpus/$(basename "$(dirname "$file")")"
    done
    ;;
  crypto) Tests/Fuzz/crypto-seeds.sh "$work/corpus" ;;
  esac
}
seeds

dictionary=$work/dictionary
cat Tests/Fuzz/expression.dict >"$dictionary"
[ "$subject" != template ] || cat Tests/Fuzz/template.dict >>"$dictionary"
[ "$subject" != crypto ] || cat Tests/Fuzz/crypto.dict >"$dictionary"

# Killed if it does not end by itself: a crash whose output was piped has hung for minutes.
status=0
timeout -s KILL $((seconds + 120)) ".build-fuzz/release/$product" -max_total_time="$seconds" \
  -max_len=$longest -timeout=10 -rss_limit_mb=2048 -dict="$dictionary" -artifact_prefix="$work/" \
  "$work/corpus" >"$work/log" 2>&1 </dev/null || status=$?
tail -n 4 "$work/log"
[ "$status" -eq 0 ] || echo "status $status: see $work/log, and the input beside it" >&2
exit "$status"
