#!/bin/sh
# From a fresh clone to the first reissue, without an account: builds the programs, starts the sandbox
# in place of the service, and sends it the Alertmanager example.
#
#   examples/quickstart.sh
#
# Everything it writes except .build is in a temporary folder, which it removes at the end.
set -eu
cd "$(dirname "$0")/.."
. ./examples/packages.sh

say() { printf '\n== %s\n' "$1"; }

say "what the build needs"
if ! command -v swift >/dev/null 2>&1; then
  echo "swift is missing: install version $(cat .swift-version) from https://www.swift.org/install/linux" >&2
  exit 1
fi
# shellcheck disable=SC2086 # a list of names
install_packages $build_packages
echo "all there"

say "build"
examples/build.sh
programs=$PWD/.build/release

work=$(mktemp -d)
sandbox=
finish() {
  if [ -n "$sandbox" ]; then
    kill "$sandbox" 2>/dev/null || true
    wait "$sandbox" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "the sandbox"
"$programs/ncloud-sandbox" --port 0 --journal "$work/journal.ndjson" >"$work/ready" &
sandbox=$!
tenths=0
until grep -q endpoint "$work/ready"; do
  tenths=$((tenths + 1))
  if [ "$tenths" -gt 100 ] || ! kill -0 "$sandbox" 2>/dev/null; then
    echo "the sandbox did not start" >&2
    exit 1
  fi
  sleep 0.1
done
endpoint=$(sed -n 's/.*"endpoint":"\([^"]*\)".*/\1/p' "$work/ready")
echo "listens at $endpoint"

# The user's own settings and credentials are not used.
reissue() {
  env -i PATH="$PATH" HOME="$work" STATE_DIRECTORY="$work/state" \
    NCLOUD_ACCESS_KEY=sandbox-access-key NCLOUD_SECRET_KEY=sandbox-secret-key \
    "$programs/ncloud-reissue" --config examples/alertmanager/config.json --endpoint "$endpoint" \
    "$@" <examples/alertmanager/event.json
}
mkdir -m 700 "$work/state"

say "ncloud-reissue --pretty < examples/alertmanager/event.json"
reissue --pretty

say "the same alert again: nothing is asked twice"
reissue >"$work/again"
sed 's/,"items":\[.*/, …}/' "$work/again"

say "what the service was asked"
sed -n 's/.*"method":"\([A-Z]*\)","target":"\([^"]*\)".*"answer":{"status":\([0-9]*\).*/\3  \1 \2/p' \
  "$work/journal.ndjson"
