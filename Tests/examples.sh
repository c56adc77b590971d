#!/bin/sh
# Runs every example as a user would, and compares it with the example's own expectation.
#
#   NCLOUD_REISSUE=.build/release/ncloud-reissue Tests/examples.sh
#
# PAYLOADS=DIR: also renders every *.json below DIR with all templates, and prints which one took it.
# PYTHON: the Python that has jsonschema (python3-jsonschema); python3. jq is needed too.
set -eu
cd "$(dirname "$0")/.."
: "${NCLOUD_REISSUE:?is the program to test}"
case $NCLOUD_REISSUE in
/*) ;;
*) NCLOUD_REISSUE=$PWD/$NCLOUD_REISSUE ;;
esac
export NCLOUD_REISSUE

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# Nothing of the user's own: no configuration, no credentials, no ledger, no network.
for name in $(env | sed -n 's/^\(NCLOUD_[A-Za-z0-9_]*\|ncloud_[A-Za-z0-9_]*\)=.*/\1/p'); do
  [ "$name" = NCLOUD_REISSUE ] || unset "$name"
done
unset CREDENTIALS_DIRECTORY STATE_DIRECTORY
export HOME="$scratch" XDG_CONFIG_HOME="$scratch/config" XDG_STATE_HOME="$scratch/state"

# No folder of compiled Python beside the tests.
export PYTHONDONTWRITEBYTECODE=1
failed=0
for step in schemas documents examples templates; do
  "${PYTHON:-python3}" Tests/examples.py "$step" || failed=1
done
"${PYTHON:-python3}" Tests/examples_guide.py || failed=1
if [ -n "${PAYLOADS:-}" ]; then
  "${PYTHON:-python3}" Tests/examples.py payloads "$PAYLOADS" || failed=1
else
  echo "payloads: not run, PAYLOADS is not set"
fi
exit "$failed"
