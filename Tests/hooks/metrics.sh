# Sourced by Tests/hooks.sh: hooks/node-exporter with Debian's node_exporter, Prometheus and Alertmanager.
# shellcheck shell=sh disable=SC2154

hook_node_exporter() {
  begin node-exporter
  use_template alertmanager
  metrics_file=$here/textfile/ncloud-reissue.prom
  mkdir "$here/textfile"
  metrics_of_the_account
  metrics_of_a_stand_in
  metrics_expressions
  metrics_circle
}

# MARK: The script

write_metrics() { hook_environment "$root/hooks/node-exporter/metrics.sh" "$metrics_file" 2>"$here/metrics.log"; }

# The value of a series, which is the beginning of its line.
value_of() { # series
  grep -F "$1" "$metrics_file" | grep -v '^#' | sed 's/.* //'
}

metrics_are_sound() {
  promtool check metrics <"$metrics_file" >"$here/promtool.log" 2>&1 || fail "promtool: $(cat "$here/promtool.log")"
}

metrics_of_the_account() {
  echo "metrics of the account, in the form that Prometheus asks for"
  write_metrics || fail "$(cat "$here/metrics.log")"
  metrics_are_sound
  hook_environment ncloud-reissue certificates --json >"$here/certificates"
  jq -r '.certificates[] | select(.notAfter) | "\(.certificateNo) \(.notAfter | fromdate)"' "$here/certificates" |
    while read -r number end; do
      same "the end of $number" "$end" \
        "$(value_of "ncloud_reissue_certificate_expiry_timestamp_seconds{certificate_no=\"$number\"")"
    done
  same "certificates in a normal state" "$(jq '[.certificates[] | select(.state == "normal")] | length' "$here/certificates")" \
    "$(value_of 'ncloud_reissue_certificates{state="normal"}')"
  same "success" 1 "$(value_of 'ncloud_reissue_metrics_success ')"
  same "mode" 644 "$(stat -c %a "$metrics_file")"
  same "files" ncloud-reissue.prom "$(ls "$here/textfile")"

  echo "without the name of a file, and with one too many, it says how it is called"
  for arguments in "" "$metrics_file other" --help; do
    status=0
    # shellcheck disable=SC2086 # none or several
    hook_environment "$root/hooks/node-exporter/metrics.sh" $arguments 2>"$here/metrics.log" || status=$?
    same "status for '$arguments'" 64 "$status"
    same "what it says" "usage: metrics.sh FILE, such as /var/lib/prometheus/node-exporter/ncloud-reissue.prom" \
      "$(cat "$here/metrics.log")"
  done
}

metrics_of_a_stand_in() {
  echo "everything that the document has, with any text in a name"
  cp "$metrics_file" "$here/of-the-account"
  cat >"$here/document" <<'END'
{"version":1,"certificates":[
 {"certificateNo":"1","orderId":"A","certificateName":"a \"b\" \\n c\nd","commonName":"shop.example.com","state":"normal",
  "notAfter":"2027-01-01T00:00:00.500Z","representative":true,"stage":"issued","next":{"action":"deploy"}},
 {"certificateNo":"2","certificateName":"x","commonName":"api.example.com","state":"in progress","stage":"waiting-for-dns",
  "next":{"action":"set-dns"}}],
 "ledger":{"outcomes":{"accepted":3,"issued":1,"validationFailed":2,"refused":0,"unknown":0,"claimed":0},
  "oldestWaitingSince":"2020-01-01T00:00:00Z","lastSuccessAt":"2026-11-29T00:00:00Z"}}
END
  # shellcheck disable=SC2016 # the stand-in expands it
  printf '#!/bin/sh\necho "ncloud-reissue: error: no network" >&2\ncat "$DOCUMENT"\nexit "$STAND_IN_STATUS"\n' >"$here/stand-in"
  chmod +x "$here/stand-in"
  stand_in 0 || fail "$(cat "$here/metrics.log")"
  metrics_are_sound
  same "a name" 1798761600 "$(value_of 'ncloud_reissue_certificate_expiry_timestamp_seconds{certificate_no="1",certificate_name="a \"b\" \\n c\nd"')"
  for pair in stage=issued:1 stage=waiting-for-dns:1 stage=accepted:0 action=deploy:1 action=set-dns:1 action=settle:0; do
    name=${pair%%=*} rest=${pair#*=}
    same "$pair" "${rest#*:}" "$(value_of "ncloud_reissue_certificates_by_$name{$name=\"${rest%:*}\"}")"
  done
  same "outcomes" "3 2" "$(value_of 'ncloud_reissue_outcomes{status="accepted"}') $(value_of 'ncloud_reissue_outcomes{status="validation-failed"}')"
  same "the last success" 1795910400 "$(value_of 'ncloud_reissue_last_success_timestamp_seconds ')"
  [ "$(value_of 'ncloud_reissue_oldest_waiting_age_seconds ')" -gt 100000000 ] || fail "the age of what waits"
  sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$metrics_file" >"$here/names"

  echo "if the program fails, what it said stays, and the metrics show the failure"
  own='_metrics_\(success\|last_run\)'
  grep -v "$own" "$metrics_file" >"$here/before"
  sed -i 's/_last_run_timestamp_seconds [0-9]*$/_last_run_timestamp_seconds 1/' "$metrics_file"
  same "status" 75 "$(stand_in 75 || echo "$?")"
  metrics_are_sound
  same "the rest" "$(cat "$here/before")" "$(grep -v "$own" "$metrics_file")"
  same "success" 0 "$(value_of 'ncloud_reissue_metrics_success ')"
  [ "$(value_of 'ncloud_reissue_metrics_last_run_timestamp_seconds ')" -gt 1 ] || fail "the time of the run is the old one"
  echo '{"version":1,"certificates":[{}]}' >"$here/document"
  same "status for a document that is not complete" 70 "$(stand_in 0 || echo "$?")"
  same "what it says" "metrics.sh: the answer of ncloud-reissue certificates --json has not the form that metrics.jq reads" \
    "$(tail -n +2 "$here/metrics.log")"
  same "the rest" "$(cat "$here/before")" "$(grep -v "$own" "$metrics_file")"
  rm "$metrics_file"
  same "status without a file before" 75 "$(stand_in 75 || echo "$?")"
  metrics_are_sound
  same "success" 0 "$(value_of 'ncloud_reissue_metrics_success ')"
  mv "$here/textfile" "$here/elsewhere"
  same "status without the folder" 74 "$(stand_in 75 || echo "$?")"
  mv "$here/elsewhere" "$here/textfile"
  mv "$here/of-the-account" "$metrics_file"
}

stand_in() { # status of the program
  hook_environment STAND_IN_STATUS="$1" DOCUMENT="$here/document" NCLOUD_REISSUE="$here/stand-in" \
    "$root/hooks/node-exporter/metrics.sh" "$metrics_file" 2>"$here/metrics.log"
}

# MARK: Rules and dashboard

metrics_expressions() {
  echo "alerts and dashboard: every expression names metrics that the script writes, and no other"
  dashboard=hooks/node-exporter/dashboard.json
  jq -r '.panels[] | .targets[].expr' "$dashboard" >"$here/expressions"
  same "panels without an expression" 0 "$(jq '[.panels[] | select(.targets | length == 0)] | length' "$dashboard")"
  jq -R -n '{groups: [{name: "dashboard", rules: [inputs | {record: "dashboard:x", expr: .}]}]}' "$here/expressions" >"$here/dashboard.yml"
  for file in hooks/node-exporter/rules.yml "$here/dashboard.yml"; do
    promtool check rules --lint=none "$file" >"$here/promtool.log" 2>&1 || fail "promtool: $(cat "$here/promtool.log")"
  done
  from_yaml hooks/node-exporter/rules.yml | jq -r '.[].groups[].rules[].expr' >>"$here/expressions"
  while IFS= read -r expression; do
    printf '%s\n' "$expression" | grep -oE '\bncloud_[a-z_]+' >"$here/used" || fail "no metric: $expression"
    while IFS= read -r name; do
      grep -qxF "$name" "$here/names" || fail "metrics.sh does not write $name: $expression"
    done <"$here/used"
  done <"$here/expressions"
  same "metrics that neither use" ncloud_reissue_metrics_last_success_timestamp_seconds \
    "$(while IFS= read -r name; do grep -qw "$name" "$here/expressions" || echo "$name"; done <"$here/names")"

  echo "the alerts fire when they should, and not before"
  sed "s|RULES|$root/hooks/node-exporter/rules.yml|" Tests/hooks/metrics_rules.yml >"$here/rules_test.yml"
  promtool test rules "$here/rules_test.yml" >"$here/promtool.log" 2>&1 || fail "promtool: $(cat "$here/promtool.log")"
}

# MARK: The whole way

metrics_circle() {
  echo "the account raises the alert that starts the hook: textfile, node_exporter, Prometheus, Alertmanager, webhook, reissue"
  hook_environment ncloud-reissue certificates --inventory >"$here/templates/alertmanager/inventory.json" 2>"$here/reissue.log"
  start_webhook
  start_alertmanager alertmanager --cluster.listen-address=
  write_metrics || fail "$(cat "$here/metrics.log")"
  exporter_port=$(free_port)
  start exporter prometheus-node-exporter --web.listen-address="127.0.0.1:$exporter_port" --collector.disable-defaults \
    --collector.textfile --collector.textfile.directory="$here/textfile"
  # Only the time limit differs from the shipped file.
  sed 's|for: 20m|for: 0s|' hooks/node-exporter/rules.yml >"$here/rules.yml"
  start_prometheus "$here/rules.yml" "$alertmanager_port" <<END
  - job_name: node
    static_configs: [{targets: ['127.0.0.1:$exporter_port']}]
END
  # Two more expire soon: one is in progress already, and the order of the other ends.
  expected=$(printf '%s\n' "$shop" "$api" "$star" "200 /api/v2/certificate/55885/reissue mail.example.com" | sort)
  wait_for 60 "the calls" posts_are_sorted "$expected"
  wait_for 60 "a repeat" has_notified "$alertmanager_port" 3
  same "calls" "$expected" "$(posts | sort)"
  same "alerts" 6 "$(count_firing AccountCertificateExpiring)"

  echo "the alerts end when the new certificates are issued, except that of the order that ends"
  curl -sf -o "$here/reply" -d '{}' "$endpoint/sandbox/issue"
  hook_environment ncloud-reissue follow >"$here/followed" 2>>"$here/reissue.log"
  write_metrics || fail "$(cat "$here/metrics.log")"
  wait_for 30 "the end of the alerts" firing_are AccountCertificateExpiring 1
  same "calls" "$expected" "$(posts | sort)"
}
posts_are_sorted() { [ "$(posts | sort)" = "$1" ]; }
count_firing() { # name
  curl -sf --max-time 2 "http://127.0.0.1:$prometheus_port/api/v1/alerts" |
    jq --arg name "$1" '[.data.alerts[] | select(.labels.alertname == $name and .state == "firing")] | length'
}
firing_are() { [ "$(count_firing "$1")" = "$2" ]; }
