# Sourced by Tests/hooks.sh: senders that post to webhook.
# shellcheck shell=sh disable=SC2154

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
  start webhook "$here/environment" HOOK_TOKEN=token-of-a-test HOOK_SECRET=secret-of-a-test \
    webhook -verbose -ip 127.0.0.1 -port "$webhook_port" -template -hooks "$here/hooks.json"
  wait_for 10 "webhook" curl -s --max-time 1 "http://127.0.0.1:$webhook_port/"
}

# Sets alertmanager_port.
start_alertmanager() { # name, options of the cluster…
  name=$1
  shift
  alertmanager_port=$(free_port)
  printf 'token-of-a-test\n' >"$here/token"
  # Only addresses, paths and time limits differ from the shipped files.
  sed "s|http://127.0.0.1:9000/hooks/reissue|${hook_url:-http://127.0.0.1:$webhook_port/hooks/reissue}|
    s|/etc/prometheus/ncloud-reissue-token|$here/token|
    s|group_wait: 30s|group_wait: 1s|; s|group_interval: 5m|group_interval: 2s|
    s|repeat_interval: 12h|repeat_interval: 2s|" hooks/webhook/alertmanager.yml \
    >"$here/alertmanager.yml"
  start "$name" prometheus-alertmanager --config.file="$here/alertmanager.yml" \
    --storage.path="$here/$name" --web.listen-address="127.0.0.1:$alertmanager_port" "$@"
  wait_for 15 "Alertmanager" \
    curl -sf --max-time 1 "http://127.0.0.1:$alertmanager_port/-/ready"
}

# Sets prometheus_port. The scrape configurations are standard input.
start_prometheus() { # rules, ports of Alertmanagers…
  rules=$1
  shift
  {
    printf "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: ['%s']\n" "$rules"
    printf "alerting: {alertmanagers: [{static_configs: [{targets: [%s]}]}]}\nscrape_configs:\n" \
      "$(printf "'127.0.0.1:%s', " "$@" | sed 's/, $//')"
    cat
  } >"$here/prometheus.yml"
  prometheus_port=$(free_port)
  start prometheus prometheus --config.file="$here/prometheus.yml" \
    --storage.tsdb.path="$here/tsdb" --web.listen-address="127.0.0.1:$prometheus_port"
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
  alert '[{"labels": {"alertname": "InstanceDown", "instance": "https://api.example.com"}}]'
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

# The wrapper's status for each exit status of the program, and on a machine that is not set up.
wrapper_exits() {
  exits_of hooks/webhook/reissue.sh 0:0 65:0 69:0 2:1 64:1 70:1 74:1 75:1 76:1 77:1 78:1 137:1
  got=0
  NCLOUD_REISSUE=$here/missing STATE_DIRECTORY=$here/state EVENT_FILE=/dev/null \
    hooks/webhook/reissue.sh || got=$?
  same "status of the wrapper without a program" 1 "$got"
  got=0
  STATE_DIRECTORY=$here/missing EVENT_FILE=/dev/null hooks/webhook/reissue.sh 2>"$here/x.log" || got=$?
  same "status of the wrapper without a state folder" 1 "$got"
}

# Sets blackbox_port.
start_blackbox() {
  printf 'modules:\n  tls: {prober: tcp, tcp: {tls: true, tls_config: {insecure_skip_verify: true}}}\n' \
    >"$here/blackbox.yml"
  blackbox_port=$(free_port)
  start blackbox prometheus-blackbox-exporter --config.file="$here/blackbox.yml" \
    --web.listen-address="127.0.0.1:$blackbox_port"
}

# Prometheus with the shipped rules watches a server on loopback as certificate 55882.
watch_server() { # port, ports of Alertmanagers…
  sed 's|for: 10m|for: 0s|' hooks/webhook/prometheus-rules.yml >"$here/rules.yml"
  watched=127.0.0.1:$1
  shift
  start_prometheus "$here/rules.yml" "$@" <<END
  - job_name: blackbox
    metrics_path: /probe
    params: {module: [tls], target: ['$watched']}
    static_configs: [{targets: ['127.0.0.1:$blackbox_port'], labels: {instance: '$watched', certificate_no: '55882'}}]
END
}

# Prometheus finds the certificate, two Alertmanagers report it: one reissue.
hook_prometheus() {
  begin prometheus
  start_expiring_server
  start_webhook

  start_blackbox

  # A pair that does not wait for each other sends everything twice, as in a split network.
  first=$(free_port)
  second=$(free_port)
  set -- --cluster.peer-timeout=1ms --cluster.gossip-interval=20ms
  start_alertmanager alertmanager-1 "$@" --cluster.listen-address="127.0.0.1:$first" \
    --cluster.advertise-address="127.0.0.1:$first" --cluster.peer="127.0.0.1:$second"
  other_port=$alertmanager_port
  start_alertmanager alertmanager-2 "$@" --cluster.listen-address="127.0.0.1:$second" \
    --cluster.advertise-address="127.0.0.1:$second" --cluster.peer="127.0.0.1:$first"

  watch_server "$tls_port" "$other_port" "$alertmanager_port"

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

# As Uptime Kuma's webhook provider does: the headers are a JSON text in the notification, the address
# and the type of the body are beside them.
hook_uptime_kuma() {
  begin uptime-kuma
  use_template uptime-kuma
  start_webhook
  notification=hooks/uptime-kuma/notification.json
  same "kind of notification" "webhook post json" \
    "$(jq -r '"\(.type) \(.httpMethod) \(.webhookContentType)"' "$notification")"
  hook=$(jq -r '.webhookURL | sub("http://127.0.0.1:9000/hooks/"; "")' "$notification")
  header=$(jq -r '.webhookAdditionalHeaders | fromjson | to_entries[] | "\(.key): \(.value)"' \
    "$notification" | sed 's/HOOK_TOKEN/token-of-a-test/')

  echo "a notice is one call; the chain, a down and the test button are none"
  for event in event a-monitor-is-down event; do
    post "$hook" "examples/templates/uptime-kuma/$event.json" -H "$header"
    same "status of $event.json" 200 "$reply_status"
  done
  for message in 'ncloud-reissue Testing' \
    '[Shop][https://shop.example.com] intermediate CA certificate Issuing CA will expire in 14 days'; do
    jq -n --arg msg "$message" '{heartbeat: null, monitor: null, $msg}' >"$here/event.json"
    post "$hook" "$here/event.json" -H "$header"
    same "status of '$message'" 200 "$reply_status"
  done
  same "results" "reissued skipped skipped skipped skipped" \
    "$(results | jq -r .status | paste -sd' ')"
  same "calls" "$shop" "$(posts)"
}

# As Gatus' custom provider does: texts in place of the words in brackets, in the body and the headers.
hook_gatus() {
  begin gatus
  use_template gatus
  start_webhook
  from_yaml hooks/gatus/config.yaml | jq '.[0].alerting.custom' >"$here/provider.json"
  hook=$(jq -r '.url | sub("http://127.0.0.1:9000/hooks/"; "")' "$here/provider.json")
  # shellcheck disable=SC2016 # Gatus expands it
  header=$(jq -r '"Authorization: \(.headers.Authorization)"' "$here/provider.json" |
    sed 's/${NCLOUD_REISSUE_HOOK_TOKEN}/token-of-a-test/')
  same "method and type" "POST application/json" \
    "$(jq -r '"\(.method) \(.headers["Content-Type"])"' "$here/provider.json")"

  echo "an alert is one call, its reminder, another condition and its end are none"
  for event in event event another-condition-failed resolved; do
    filled "examples/templates/gatus/$event.json" >"$here/body.json"
    same "what Gatus makes of $event.json" "$(jq -S . "examples/templates/gatus/$event.json")" \
      "$(jq -S . "$here/body.json")"
    post "$hook" "$here/body.json" -H "$header"
    same "status of $event.json" 200 "$reply_status"
  done
  same "results" "reissued skipped skipped skipped" "$(results | jq -r .status | paste -sd' ')"

  echo "a body that is broken by a name is told, and not sent again"
  jq '.endpoint = "the \"new\" shop"' examples/templates/gatus/event.json >"$here/event.json"
  filled "$here/event.json" >"$here/body.json"
  post "$hook" "$here/body.json" -H "$header"
  same "status of a broken body" 200 "$reply_status"
  same "its result" failed "$(printf '%s' "$reply" | jq -r .status)"
  same "calls" "$shop" "$(posts)"
}
# The body of the provider with the members of an event in place of Gatus' placeholders.
filled() { # event
  jq -r --slurpfile events "$1" '$events[0] as $event | reduce (
      {ENDPOINT_NAME: "endpoint", ENDPOINT_GROUP: "group", ENDPOINT_URL: "url",
        ALERT_TRIGGERED_OR_RESOLVED: "status", RESULT_ERRORS: "errors",
        RESULT_CONDITIONS: "conditions", ALERT_DESCRIPTION: "description"} | to_entries[]
    ) as $word (.body; split("[\($word.key)]") | join($event[$word.value]))' "$here/provider.json"
}
