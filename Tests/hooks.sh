#!/bin/sh
# The hooks with the real programs that call them, on loopback: a certificate is about to expire, and
# the sandbox's journal must show exactly the calls that ought to follow.
#
#   Tests/hooks.sh             every hook
#   Tests/hooks.sh webhook     one of them
#
#   PROGRAMS=FOLDER            where ncloud-reissue and ncloud-sandbox are (.build/release)
set -eu
cd "$(dirname "$0")/.."
root=$PWD
programs=${PROGRAMS:-$root/.build/release}
all="webhook prometheus queue cron icinga2 nagios sensu-go grafana pipelines"

work=$(mktemp -d)
chmod 700 "$work"
started=

# Ends what was started, the last first, and nothing else.
finish() {
  status=$?
  trap - EXIT
  if [ "$status" -ne 0 ]; then
    for log in "${here:-$work}"/*.log; do
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
  for pid in $started; do wait "$pid" 2>/dev/null || true; done
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

# Waits until a command succeeds, at most so long.
wait_for() { # seconds, what, command…
  limit=$(($1 * 10))
  what=$2
  shift 2
  tenths=0
  until "$@" >/dev/null 2>&1; do
    tenths=$((tenths + 1))
    [ "$tenths" -le "$limit" ] || fail "waited in vain for $what"
    sleep 0.1
  done
}

same() { # what, expected, actual
  [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
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

# A folder for one test with the Alertmanager example's configuration, and the sandbox in the place of
# the service. Sets: here, endpoint, journal.
begin() { # name
  here=$work/$1
  journal=$here/journal.ndjson
  mkdir -p "$here/state"
  cp -R examples/alertmanager "$here/etc"
  start sandbox "$programs/ncloud-sandbox" --port 0 --journal "$journal" \
    --seed "$here/etc/seed.json"
  wait_for 10 "the sandbox" grep -q endpoint "$here/sandbox.log"
  endpoint=$(sed -n 's/.*"endpoint":"\([^"]*\)".*/\1/p' "$here/sandbox.log")
}

# What every hook's program finds in its environment: no setting of whoever runs this test.
hook_environment() { # command…
  env -i PATH="$programs:$PATH" HOME="$here" STATE_DIRECTORY="$here/state" \
    NCLOUD_REISSUE_CONFIG="$here/etc/config.json" NCLOUD_REISSUE_ENDPOINT="$endpoint" \
    NCLOUD_ACCESS_KEY=sandbox-access-key NCLOUD_SECRET_KEY=sandbox-secret-key "$@"
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
api="200 /api/v2/certificate/55883/reissue api.example.net"
star="200 /api/v2/certificate/55884/reissue *.example.org"

# Sends a file to a hook of webhook; sets reply_status and reply.
post() { # hook, file, curl options…
  hook=$1
  file=$2
  shift 2
  reply_status=$(curl -s --max-time 30 -o "$here/reply" -w '%{http_code}' "$@" \
    -H 'Content-Type: application/json' --data-binary "@$file" \
    "http://127.0.0.1:$webhook_port/hooks/$hook")
  reply=$(cat "$here/reply")
}

signature() { # secret, file
  printf 'X-Hub-Signature-256: sha256=%s' "$(openssl dgst -sha256 -hmac "$1" -r "$2" | cut -d' ' -f1)"
}

start_webhook() {
  webhook_port=$(free_port)
  sed "s|/etc/ncloud-reissue/hooks/webhook|$root/hooks/webhook|" hooks/webhook/hooks.json \
    >"$here/hooks.json"
  start webhook hook_environment HOOK_TOKEN=token-of-a-test HOOK_SECRET=secret-of-a-test \
    webhook -verbose -ip 127.0.0.1 -port "$webhook_port" -template -hooks "$here/hooks.json"
  wait_for 10 "webhook" curl -s --max-time 1 "http://127.0.0.1:$webhook_port/"
}

# Sets alertmanager_port.
start_alertmanager() { # name, options of the cluster…
  name=$1
  shift
  alertmanager_port=$(free_port)
  printf 'token-of-a-test\n' >"$here/token"
  # Only addresses, paths and patience differ from what is shipped.
  sed "s|127.0.0.1:9000|127.0.0.1:$webhook_port|
    s|/etc/prometheus/ncloud-reissue-token|$here/token|
    s|group_wait: 30s|group_wait: 1s|; s|group_interval: 5m|group_interval: 2s|
    s|repeat_interval: 12h|repeat_interval: 2s|" hooks/webhook/alertmanager.yml \
    >"$here/alertmanager.yml"
  start "$name" prometheus-alertmanager --config.file="$here/alertmanager.yml" \
    --storage.path="$here/$name" --web.listen-address="127.0.0.1:$alertmanager_port" "$@"
  wait_for 15 "Alertmanager" \
    curl -sf --max-time 1 "http://127.0.0.1:$alertmanager_port/-/ready"
}

alert() { # JSON array of alerts
  same "Alertmanager's answer" 200 "$(curl -s --max-time 10 -o "$here/reply" -w '%{http_code}' \
    -H 'Content-Type: application/json' -d "$1" \
    "http://127.0.0.1:$alertmanager_port/api/v2/alerts")"
}

hook_webhook() {
  begin webhook
  start_webhook

  echo "an alert through Alertmanager is one call, its repeats are none"
  start_alertmanager alertmanager --cluster.listen-address=
  alert '[{"labels": {"alertname": "TLSCertExpiringSoon", "certificate_no": "55882",
    "instance": "https://shop.example.com"}}]'
  wait_for 30 "the call" posts_are "$shop"
  wait_for 30 "a repeated notification" results_are 2
  same "calls" "$shop" "$(posts)"
  same "results" "reissued skipped" "$(results | head -2 | jq -r .status | paste -sd' ')"
  same "why the repeat did nothing" cooldown "$(results | tail -1 | jq -r '.items[0].reason')"
  same "the new number" 56010 "$(results | head -1 | jq -r '.items[0].newCertificateNo')"
  same "mode of the results" 600 "$(stat -c %a "$here/state/results.ndjson")"
  same "what was sent" '["certificateName","commonName","csr","dnsName","validationMethod"]' \
    "$(jq -c 'select(.method == "POST") | .body | fromjson | keys' "$journal")"

  echo "another alert does not come here, a resolved one does nothing"
  alert '[{"labels": {"alertname": "InstanceDown", "instance": "https://api.example.net"}}]'
  alert '[{"labels": {"alertname": "TLSCertExpiringSoon", "certificate_no": "55882",
    "instance": "https://shop.example.com"}, "endsAt": "2020-01-01T00:00:00Z"}]'
  jq '.alerts |= map(.status = "resolved") | .status = "resolved"' \
    examples/alertmanager/event.json >"$here/resolved.json"
  post reissue "$here/resolved.json" -H 'Authorization: Bearer token-of-a-test'
  same "status of a resolved alert" 200 "$reply_status"
  same "result of a resolved alert" "skipped no-items" \
    "$(printf '%s' "$reply" | jq -r '"\(.status) \(.reason)"')"
  same "calls" "$shop" "$(posts)"

  echo "who cannot prove who they are is refused before anything runs"
  event=examples/alertmanager/event.json
  lines=$(results | wc -l)
  for header in 'X-None: 0' 'Authorization: Bearer wrong' 'Authorization: Bearer ' \
    'Authorization: token-of-a-test'; do
    post reissue "$event" -H "$header"
    same "status with '$header'" 401 "$reply_status"
  done
  for header in 'X-None: 0' "$(signature wrong "$event")" "$(signature '' "$event")" \
    "$(signature secret-of-a-test "$here/resolved.json")"; do
    post reissue-signed "$event" -H "$header"
    same "status with '$header'" 401 "$reply_status"
  done
  post reissue "$event" -X PUT -H 'Authorization: Bearer token-of-a-test'
  same "status of a PUT" 405 "$reply_status"
  same "results" "$lines" "$(results | wc -l)"
  same "calls" "$shop" "$(posts)"

  echo "a signed event of more than 128 KiB works"
  jq '.commonAnnotations.padding = ("x" * 200000)' "$event" >"$here/large.json"
  [ "$(wc -c <"$here/large.json")" -gt 200000 ] || fail "the large event is small"
  post reissue-signed "$here/large.json" -H "$(signature secret-of-a-test "$here/large.json")"
  same "status" 200 "$reply_status"
  same "result" "skipped reissued reissued" \
    "$(printf '%s' "$reply" | jq -r '.items[].status' | paste -sd' ')"
  same "calls" "$(printf '%s\n' "$shop" "$api" "$star" | sort)" "$(posts | sort)"
  same "the last line of the results" "$reply" "$(results | tail -1)"

  echo "only what is worth repeating becomes a failure"
  printf '{"version": ' >"$here/broken.json"
  post reissue "$here/broken.json" -H 'Authorization: Bearer token-of-a-test'
  same "status of a broken event" 200 "$reply_status"
  same "result of a broken event" failed "$(printf '%s' "$reply" | jq -r .status)"
  jq '.alerts |= (.[:1] | map(.labels.certificate_no = "1"))' "$event" \
    >"$here/stranger.json"
  post reissue "$here/stranger.json" -H 'Authorization: Bearer token-of-a-test'
  same "status of a refusal" 200 "$reply_status"
  same "code of a refusal" certificate.not-found \
    "$(printf '%s' "$reply" | jq -r '.items[0].error.code')"
  wrapper_exits

  grep -q '"level":"error"' "$here/state/webhook.log" || fail "the log holds no error"
  same "mode of the log" 600 "$(stat -c %a "$here/state/webhook.log")"
  if grep -rq sandbox-secret-key "$here/state" "$here/webhook.log"; then
    fail "the secret key was written somewhere"
  fi
}

# Each exit status as the wrapper tells it, with a stand-in for the program.
wrapper_exits() {
  mkdir "$here/stand-in"
  # shellcheck disable=SC2016 # the stand-in expands it
  printf '#!/bin/sh\nexit "$STAND_IN_STATUS"\n' >"$here/stand-in/ncloud-reissue"
  chmod +x "$here/stand-in/ncloud-reissue"
  for pair in 0:0 65:0 69:0 2:1 64:1 70:1 74:1 75:1 76:1 77:1 78:1 137:1; do
    got=0
    STAND_IN_STATUS=${pair%:*} NCLOUD_REISSUE=$here/stand-in/ncloud-reissue \
      STATE_DIRECTORY=$here/state EVENT_FILE=/dev/null hooks/webhook/reissue.sh || got=$?
    same "status of the wrapper for ${pair%:*}" "${pair#*:}" "$got"
  done
  got=0
  NCLOUD_REISSUE=$here/stand-in/missing STATE_DIRECTORY=$here/state EVENT_FILE=/dev/null \
    hooks/webhook/reissue.sh || got=$?
  same "status of the wrapper without a program" 1 "$got"
  got=0
  STATE_DIRECTORY=$here/missing EVENT_FILE=/dev/null hooks/webhook/reissue.sh 2>"$here/x.log" || got=$?
  same "status of the wrapper without a state folder" 1 "$got"
}

# Prometheus finds the certificate, two Alertmanagers tell, and both are heard: one reissue.
hook_prometheus() {
  begin prometheus
  start_expiring_server
  start_webhook

  printf 'modules:\n  tls: {prober: tcp, tcp: {tls: true, tls_config: {insecure_skip_verify: true}}}\n' \
    >"$here/blackbox.yml"
  blackbox_port=$(free_port)
  start blackbox prometheus-blackbox-exporter --config.file="$here/blackbox.yml" \
    --web.listen-address="127.0.0.1:$blackbox_port"

  # A pair that does not wait for each other sends everything twice: what a split network does.
  first=$(free_port)
  second=$(free_port)
  set -- --cluster.peer-timeout=1ms --cluster.gossip-interval=20ms
  start_alertmanager alertmanager-1 "$@" --cluster.listen-address="127.0.0.1:$first" \
    --cluster.advertise-address="127.0.0.1:$first" --cluster.peer="127.0.0.1:$second"
  alertmanagers="'127.0.0.1:$alertmanager_port'"
  other_port=$alertmanager_port
  start_alertmanager alertmanager-2 "$@" --cluster.listen-address="127.0.0.1:$second" \
    --cluster.advertise-address="127.0.0.1:$second" --cluster.peer="127.0.0.1:$first"
  alertmanagers="$alertmanagers, '127.0.0.1:$alertmanager_port'"

  sed 's|for: 10m|for: 0s|' hooks/webhook/prometheus-rules.yml >"$here/rules.yml"
  cat >"$here/prometheus.yml" <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ['$here/rules.yml']
alerting: {alertmanagers: [{static_configs: [{targets: [$alertmanagers]}]}]}
scrape_configs:
  - job_name: blackbox
    metrics_path: /probe
    params: {module: [tls], target: ['127.0.0.1:$tls_port']}
    static_configs: [{targets: ['127.0.0.1:$blackbox_port'], labels: {instance: '127.0.0.1:$tls_port', certificate_no: '55882'}}]
END
  prometheus_port=$(free_port)
  start prometheus prometheus --config.file="$here/prometheus.yml" \
    --storage.tsdb.path="$here/tsdb" --web.listen-address="127.0.0.1:$prometheus_port"

  echo "an expiring certificate is one call, though two Alertmanagers tell and repeat it"
  wait_for 60 "the call" posts_are "$shop"
  wait_for 60 "a repeat of one Alertmanager" has_notified "$alertmanager_port" 2
  wait_for 60 "a repeat of the other" has_notified "$other_port" 2
  same "calls" "$shop" "$(posts)"
  same "results" "1 reissued" "$(results | jq -r .status | grep -v skipped | sort | uniq -c | xargs)"
}
has_notified() { # port of an Alertmanager, how often at least
  curl -sf --max-time 1 "http://127.0.0.1:$1/metrics" |
    awk -v least="$2" '/^alertmanager_notifications_total.*"webhook"/ { if ($2 >= least) found = 1 }
      END { exit !found }'
}

hook_queue() {
  begin queue
  queue=$here/spool
  mkdir -p "$queue/tmp" "$queue/new" "$queue/work" "$queue/refused"
  event=examples/alertmanager/event.json

  echo "an event is safe once it was taken, and not when it was not"
  QUEUE=$queue hooks/systemd/enqueue.sh <"$event"
  same "events that wait" 1 "$(count new)"
  cmp -s "$queue"/new/*.json "$event" || fail "the event changed on its way"
  if QUEUE=$here/missing hooks/systemd/enqueue.sh <"$event" 2>"$here/x.log"; then
    fail "an event was taken without a queue"
  fi

  echo "what may succeed later stays, and is tried again"
  curl -sf -o "$here/reply" -d '{"kind": "gateway", "code": "410"}' "$endpoint/sandbox/faults"
  if drain --deadline 2s; then fail "a failed turn looks like a good one"; fi
  same "events that stay" "0 1 0" "$(count new) $(count work) $(count refused)"
  if posts | grep -q '^200'; then fail "a reissue was carried out"; fi
  curl -sf -o "$here/reply" -X DELETE "$endpoint/sandbox/faults"
  drain || fail "the second turn failed"
  same "events that stay" "0 0 0" "$(count new) $(count work) $(count refused)"
  same "calls" "$(printf '%s\n' "$shop" "$api" "$star" | sort)" "$(posts | grep '^200' | sort)"

  echo "what cannot be used is put aside, and holds nothing up"
  printf '{"version": ' | QUEUE=$queue hooks/systemd/enqueue.sh
  QUEUE=$queue hooks/systemd/enqueue.sh <"$event"
  drain || fail "an event that is put aside failed the turn"
  same "events that stay" "0 0 1" "$(count new) $(count work) $(count refused)"
  same "calls" 3 "$(posts | grep -c '^200')"
  same "the last result" skipped "$(results | tail -1 | jq -r .status)"

  echo "the unit is closed to what it does not need"
  systemd-analyze security --offline=true --threshold=15 \
    hooks/systemd/ncloud-reissue-queue.service >"$here/security.log" || fail "exposure of the unit"
}
count() { find "$queue/$1" -type f | wc -l; }
drain() {
  hook_environment QUEUE="$queue" hooks/systemd/drain.sh "$@" 2>>"$here/drain.log"
}

hook_cron() {
  begin cron
  cp hooks/cron/openssl.template.json "$here/etc/"
  hook_environment ncloud-reissue check "$here/etc/openssl.template.json" >"$here/check.log" ||
    fail "the template's own tests"
  start_expiring_server
  closed=$(free_port)

  echo "servers that answer are in the event, and those that do not"
  status=0
  hooks/cron/expiring.sh "127.0.0.1:$tls_port" "127.0.0.1:$closed" >"$here/event.json" \
    2>"$here/expiring.log" || status=$?
  same "status" 1 "$status"
  same "the event" "127.0.0.1 $tls_port true 127.0.0.1 $closed no certificate" \
    "$(jq -r '"\(.[0].host) \(.[0].port) \(.[0].notAfter | endswith(" GMT")) \(.[1].host) \(.[1].port) \(.[1].error)"' \
      "$here/event.json")"
  status=0
  hooks/cron/expiring.sh '127.0.0.1:1","x":"' >"$here/reply" 2>&1 || status=$?
  same "status for a name that would break out" 64 "$status"

  echo "what is due is asked for, once"
  for turn in 1 2; do
    hook_environment ncloud-reissue --template "$here/etc/openssl.template.json" \
      <"$here/event.json" >"$here/result.$turn" 2>>"$here/reissue.log"
  done
  same "results" "reissued skipped" \
    "$(jq -r .status "$here/result.1" "$here/result.2" | paste -sd' ')"
  same "calls" "$shop" "$(posts)"
}

# The service that Icinga and Nagios watch here, in check_http's words.
expiring="WARNING - Certificate 'shop.example.com' expires in 13 day(s) (Sat 05 Dec 2026 11:59:59 PM GMT)."

# A configuration with one template of examples/templates; the signing requests are the example's.
use_template() { # name
  mkdir "$here/templates"
  cp -R "examples/templates/$1" "$here/templates/"
  jq -n --arg here "$here" '{
    templates: "\($here)/templates", csrDirectory: "\($here)/etc/csr",
    storeDirectory: "\($here)/state/certificates"
  }' >"$here/etc/config.json"
}

# One reissue, and none for the repeats.
asked_once() {
  wait_for 60 "the call" posts_are "$shop"
  wait_for 60 "a repeated notification" results_are 2
  same "calls" "$shop" "$(posts)"
  same "results" "reissued skipped" "$(results | head -2 | jq -r .status | paste -sd' ')"
}

hook_icinga2() {
  begin icinga2
  use_template icinga2

  # Only paths and patience differ from what is shipped.
  sed "s|/etc/ncloud-reissue/hooks|$root/hooks|; s|interval = 12h|interval = 3s|" \
    hooks/icinga2/ncloud-reissue.conf >"$here/ncloud-reissue.conf"
  cat >"$here/icinga2.conf" <<END
const PluginDir = "/usr/lib/nagios/plugins"
const NodeName = "loopback"
const ZoneName = NodeName
include <itl>
include "ncloud-reissue.conf"
object CheckerComponent "checker" { }
object NotificationComponent "notification" { }
object CheckCommand "certificate" {
  command = [ PluginDir + "/check_dummy", "1", "$expiring" ]
}
object Host "shop-web" { check_command = "dummy" }
object Service "https-cert" {
  host_name = "shop-web"
  check_command = "certificate"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 3
  enable_active_checks = true
  vars.ncloud_reissue = true
}
object Service "not-ours" {
  host_name = "shop-web"
  check_command = "certificate"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}
END
  set --
  for folder in DataDir CacheDir LogDir InitRunDir SpoolDir; do
    mkdir -p "$here/icinga/$folder"
    set -- "$@" -D "$folder=$here/icinga/$folder"
  done
  for file in PidPath VarsPath ObjectsPath StatePath ModAttrPath; do
    set -- "$@" -D "$file=$here/icinga/$file"
  done
  start icinga hook_environment icinga2 daemon -c "$here/icinga2.conf" \
    -D RunAsUser="$(id -un)" -D RunAsGroup="$(id -gn)" "$@"

  echo "a service whose certificate expires is one call, repeated notifications are none"
  asked_once
  same "what the template made of it" icinga2 "$(results | head -1 | jq -r .template)"
}

hook_nagios() {
  begin nagios
  use_template nagios

  sed "s|/etc/ncloud-reissue/hooks|$root/hooks|" hooks/nagios/ncloud-reissue.cfg \
    >"$here/ncloud-reissue.cfg"
  cat >"$here/objects.cfg" <<END
define timeperiod {
  timeperiod_name 24x7
  alias always
  sunday 00:00-24:00
  monday 00:00-24:00
  tuesday 00:00-24:00
  wednesday 00:00-24:00
  thursday 00:00-24:00
  friday 00:00-24:00
  saturday 00:00-24:00
}
define command {
  command_name certificate
  command_line /usr/lib/nagios/plugins/check_dummy 1 "$expiring"
}
define command {
  command_name alive
  command_line /usr/lib/nagios/plugins/check_dummy 0 alive
}
define host {
  host_name shop-web
  address 127.0.0.1
  check_command alive
  check_interval 5
  max_check_attempts 1
  check_period 24x7
  notification_period 24x7
  contacts ncloud-reissue
}
define service {
  host_name shop-web
  service_description TLS certificate
  check_command certificate
  check_interval 1
  retry_interval 1
  max_check_attempts 2
  check_period 24x7
  notification_interval 3
  notification_period 24x7
  notification_options w,c,r
  contacts ncloud-reissue
}
END
  {
    for file in log_file object_cache_file precached_object_file status_file temp_file lock_file \
      command_file state_retention_file query_socket; do
      echo "$file=$here/nagios.$file"
    done
    mkdir "$here/checks" "$here/tmp"
    cat <<END
cfg_file=$here/objects.cfg
cfg_file=$here/ncloud-reissue.cfg
temp_path=$here/tmp
check_result_path=$here/checks
nagios_user=$(id -un)
nagios_group=$(id -gn)
check_external_commands=0
check_for_updates=0
execute_service_checks=1
enable_notifications=1
enable_environment_macros=1
notification_timeout=90
interval_length=1
illegal_macro_output_chars=\`~\$&|'"<>
END
  } >"$here/nagios.cfg"
  start nagios hook_environment nagios4 "$here/nagios.cfg"

  echo "a service whose certificate expires is one call, repeated notifications are none"
  asked_once
  same "what the template made of it" nagios "$(results | head -1 | jq -r .template)"
}

hook_sensu_go() {
  begin sensu-go
  use_template sensu-go
  command=$(sed -n 's/^  command: //p' hooks/sensu-go/handler.yml)

  echo "the handler's command, as the backend runs it"
  for event in event wrapped resolved silenced event; do
    hook_environment sh -c "$command" <"examples/templates/sensu-go/$event.json" \
      >>"$here/output" 2>>"$here/reissue.log" || fail "the handler failed on $event.json"
  done
  same "results" "reissued skipped skipped skipped skipped" \
    "$(results | jq -r .status | paste -sd' ')"
  same "calls" "$shop" "$(posts)"
  same "what the backend logs" "$(results)" "$(cat "$here/output")"
}

hook_grafana() {
  begin grafana
  use_template grafana
  start_webhook
  hook=$(sed -n 's|^ *url: http://127.0.0.1:9000/hooks/||p' hooks/grafana/contact-point.yml)
  same "scheme of the contact point" Bearer \
    "$(sed -n 's/^ *authorization_scheme: //p' hooks/grafana/contact-point.yml)"

  echo "a notification is one call, what is resolved and the test button are none"
  for event in event resolved test event; do
    post "$hook" "examples/templates/grafana/$event.json" -H 'Authorization: Bearer token-of-a-test'
    same "status of $event.json" 200 "$reply_status"
  done
  same "results" "reissued skipped skipped skipped" "$(results | jq -r .status | paste -sd' ')"
  same "calls" "$shop" "$(posts)"
}

hook_pipelines() {
  begin pipelines
  event=examples/alertmanager/event.json

  echo "an exit status to decide by, and the DNS records to set"
  for expected in 2 0; do
    status=0
    curl -sf "file://$root/$event" | jq '.alerts |= map(select(.labels.job == "blackbox"))' |
      hook_environment ncloud-reissue --detailed-exitcode >"$here/result.$expected" \
        2>>"$here/reissue.log" || status=$?
    same "status" "$expected" "$status"
  done
  same "calls" "$(printf '%s\n' "$shop" "$api" "$star" | sort)" "$(posts | sort)"
  jq -r '.items[].dns[]? | [.name, .type, .value] | @tsv' "$here/result.2" >"$here/records"
  same "DNS records" 5 "$(wc -l <"$here/records")"
  same "the first of them" "_dnsauth.shop.example.com TXT" \
    "$(head -1 "$here/records" | cut -f1,2 --output-delimiter=' ')"

  echo "a stream: a line for each event, and a bad one costs itself"
  status=0
  { jq -c . "$event" && echo '{"version": ' && jq . "$event"; } |
    hook_environment ncloud-reissue --stream >"$here/stream" 2>>"$here/reissue.log" || status=$?
  same "status" 65 "$status"
  same "results" "skipped failed skipped" "$(jq -r .status "$here/stream" | paste -sd' ')"
  same "calls" 3 "$(posts | wc -l)"
}

for name in ${1:-$all}; do
  echo "== $name"
  "hook_$(printf %s "$name" | tr - _)"
  stop_all
done
echo "hooks: all passed: ${1:-$all}"
