#!/bin/sh
# Measures the program beside its peers, all in one go and side by side, and prints a Markdown table.
#
#   Tests/Benchmarks/run.sh                        builds for release first; takes some twenty minutes
#   PROGRAMS=FOLDER Tests/Benchmarks/run.sh        uses ncloud-reissue and ncloud-sandbox of that folder
#   Tests/Benchmarks/run.sh --rounds 20 alert tls  some groups; --help lists the rest
#
# Needs curl, jq, openssl, nginx, python3, python3-requests, valgrind, a C compiler and libjansson-dev.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

missing=
for command in curl jq openssl nginx python3 cc strip; do
  command -v "$command" >/dev/null || missing="$missing $command"
done
python3 -c 'import requests' 2>/dev/null || missing="$missing python3-requests"
if [ -n "$missing" ]; then
  echo "missing:$missing" >&2
  exit 69
fi

# TLS is measured with an authority that the system trusts; a mount namespace of its own keeps that from the system.
if [ -z "${BENCHMARK_NAMESPACE:-}" ]; then
  for how in -m -rm; do
    if unshare "$how" true 2>/dev/null; then
      BENCHMARK_NAMESPACE=$how exec unshare "$how" "$0" "$@"
    fi
  done
fi

case " $* " in *" --help "* | *" -h "*) exec python3 "$here/benchmark.py" "$@" ;; esac

if [ -z "${PROGRAMS:-}" ]; then
  "$here/../../examples/build.sh" >&2
  PROGRAMS=$here/../../.build/release
fi
NCLOUD_REISSUE=$PROGRAMS/ncloud-reissue NCLOUD_SANDBOX=$PROGRAMS/ncloud-sandbox
export NCLOUD_REISSUE NCLOUD_SANDBOX PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/benchmark.py" "$@"
