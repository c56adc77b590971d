# Sourced by Tests/hooks.sh: starting and ending processes, waiting, comparing, and the sandbox in place
# of the service.
# shellcheck shell=sh
# Variables are set here and used in the files beside.
# shellcheck disable=SC2034,SC2154

work=$(mktemp -d)
chmod 700 "$work"
started=

# Ends what was started, the last first, and nothing else.
finish() {
  status=$?
  trap - EXIT
  if [ "$status" -ne 0 ]; then
    for log in "${here:-$work}"/*.log "${here:-$work}"/state/*.log; do
      [ -s "$log" ] || continue
      echo "--- the end of $log"
      tail -n 20 "$log"
    done >&2
  fi
  stop_all
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

stop_all() {
  for pid in $started; do kill "$pid" 2>/dev/null || true; done
  for pid in $started; do
    tenths=0
    while kill -0 "$pid" 2>/dev/null; do
      tenths=$((tenths + 1))
      [ "$tenths" -le 150 ] || kill -9 "$pid" 2>/dev/null || true
      sleep 0.1
    done
    wait "$pid" 2>/dev/null || true
  done
  started=
}

fail() {
  printf 'hooks: %s\n' "$1" >&2
  exit 1
}

# Starts a program in the background; its output goes to a log of that name.
start() { # name, command…
  log=$here/$1.log
  shift
  "$@" >"$log" 2>&1 &
  started="$! $started"
}

# Waits until a command succeeds, up to a number of seconds.
wait_for() { # seconds, what, command…
  limit=$(($1 * 10))
  what=$2
  shift 2
  tenths=0
  until "$@" >/dev/null 2>&1; do
    tenths=$((tenths + 1))
    [ "$tenths" -le "$limit" ] || fail "timeout while waiting for $what"
    sleep 0.1
  done
}

same() { # what, expected, actual
  [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# The documents of a YAML file as a JSON array. Another Python may lack the module for YAML.
from_yaml() { # file
  python=python3
  "$python" -c 'import yaml' 2>/dev/null || python=/usr/bin/python3
  "$python" -c 'import json, sys, yaml
print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))' "$1"
}

# A TLS server whose certificate expires in ten days. Sets tls_port.
start_expiring_server() {
  tls_port=$(free_port)
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10 -subj /CN=localhost \
    -keyout "$here/key.pem" -out "$here/cert.pem" 2>"$here/openssl.log"
  start server openssl s_server -accept "127.0.0.1:$tls_port" -cert "$here/cert.pem" \
    -key "$here/key.pem" -quiet
  wait_for 10 "the TLS server" hooks/cron/expiring.sh "127.0.0.1:$tls_port"
  # In the inventory it goes by the name of this machine.
  jq '{"127.0.0.1": ."shop.example.com"}' "$here/etc/inventory.json" >"$here/inventory.json"
  mv "$here/inventory.json" "$here/etc/inventory.json"
}

# A folder for one test with the Alertmanager example's configuration, and the sandbox in place of
# the service. Sets: here, endpoint, journal.
begin() { # name, options of the sandbox…
  here=$work/$1
  shift
  journal=$here/journal.ndjson
  mkdir -p "$here/state"
  cp -R examples/alertmanager "$here/etc"
  start sandbox "$programs/ncloud-sandbox" --port 0 --journal "$journal" "$@"
  wait_for 10 "the sandbox" grep -q endpoint "$here/sandbox.log"
  endpoint=$(sed -n 's/.*"endpoint":"\([^"]*\)".*/\1/p' "$here/sandbox.log")
  write_environment
}

# Runs a command with the environment of every hook's program. A command in the background
# is started by the script itself, which becomes the command, so that ending it ends what it started.
hook_environment() { "$here/environment" "$@"; }

write_environment() {
  cat >"$here/environment" <<END
#!/bin/sh
# Settings of the user who runs this test are ignored.
exec env -i PATH="$programs:$PATH" HOME="$here" STATE_DIRECTORY="$here/state" \\
  NCLOUD_REISSUE_CONFIG="$here/etc/config.json" NCLOUD_REISSUE_ENDPOINT="$endpoint" \\
  NCLOUD_ACCESS_KEY=sandbox-access-key NCLOUD_SECRET_KEY=sandbox-secret-key "\$@"
END
  chmod +x "$here/environment"
}

# The POSTs so far, one line each: status, path, common name.
posts() {
  [ -f "$journal" ] || return 0
  jq -r 'select(.method == "POST") | "\(.answer.status) \(.target) \(.body | fromjson | .commonName)"' \
    "$journal"
}
posts_are() { [ "$(posts)" = "$1" ]; }

results() { cat "$here/state/results.ndjson" 2>/dev/null || true; }
results_are() { [ "$(results | wc -l)" -eq "$1" ]; }

shop="200 /api/v2/certificate/55882/reissue shop.example.com"
api="200 /api/v2/certificate/55883/reissue api.example.com"
star="200 /api/v2/certificate/55884/reissue *.example.com"

# A configuration with one template of examples/templates, and the sources of signing requests
# that templates use: the example's files, a key, and a store for new ones.
use_template() { # name
  mkdir -m 700 "$here/etc/keys"
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
    -out "$here/etc/keys/shop.example.com.pem"
  mkdir "$here/templates"
  cp -R "examples/templates/$1" "$here/templates/"
  jq -n --arg here "$here" '{
    templates: "\($here)/templates", csrDirectory: "\($here)/etc/csr",
    storeDirectory: "\($here)/state/certificates"
  }' >"$here/etc/config.json"
}

# Each exit status as a wrapper passes it on, with a substitute for the program.
exits_of() { # script, STATUS:EXPECTED…
  script=$1
  shift
  # shellcheck disable=SC2016 # the stand-in expands it
  printf '#!/bin/sh\nexit "$STAND_IN_STATUS"\n' >"$here/stand-in"
  chmod +x "$here/stand-in"
  for pair in "$@"; do
    got=0
    STAND_IN_STATUS=${pair%:*} NCLOUD_REISSUE=$here/stand-in STATE_DIRECTORY=$here/state \
      EVENT_FILE=/dev/null "$script" || got=$?
    same "status of ${script##*/} for ${pair%:*}" "${pair#*:}" "$got"
  done
}
