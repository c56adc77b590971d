#!/bin/sh
# Run by Tests/systems.sh inside a booted system, as the only unit of its own: the package with its units under
# a real service manager, from the upgrade to the purge. The sandbox is in place of the service; there
# is no other network than loopback.
#
# /trial holds current.deb, ncloud-sandbox, the ledger of 1.0.0 and this script. An older package is installed.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive HOME=/root
state=/var/lib/ncloud-reissue
results=$state/results.ndjson
queue=/var/spool/ncloud-reissue
endpoint=http://127.0.0.1:8099
journal=/run/sandbox.ndjson
hooks=/usr/share/ncloud-reissue/hooks/systemd

fail() {
  echo "booted: $1" >&2
  journalctl -o short-precise --no-pager -n 60 -u 'ncloud-reissue-*' -u sandbox >&2 || true
  exit 1
}

same() { # what, expected, actual
  [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# Waits until a command succeeds, for 20 seconds.
wait_for() { # what, command…
  what=$1
  shift
  tenths=0
  until "$@" >/dev/null 2>&1; do
    tenths=$((tenths + 1))
    [ "$tenths" -le 200 ] || fail "waited 20 s for $what"
    sleep 0.1
  done
}

property() { systemctl show -P "$2" "ncloud-reissue-$1"; }
is() { [ "$(property "$1" "$2")" = "$3" ]; }
posts() { jq -r 'select(.method == "POST") | .target' "$journal" 2>/dev/null | wc -l; }
results_are() { [ "$(wc -l <"$results")" -eq "$1" ]; }
last_result() { tail -n 1 "$results" | jq -r "$1"; }
is_empty() { [ -z "$(ls "$queue/$1")" ]; }
event() { # number, name, host, names
  printf '{"certificate": %s, "name": "%s", "host": "%s", "names": [%s]}\n' "$@"
}
enqueue() { event "$@" | runuser -u member -- "$hooks/enqueue.sh"; }
sandbox() { curl -sf -o /dev/null "$@"; }

echo "the older package: its units are enabled and run"
# Without a minute of start-up jobs, which are not under test.
systemctl enable -q --now ncloud-reissue-queue.path ncloud-reissue-queue.timer ncloud-reissue-follow.timer
# Only the runs of this test: their results are counted.
mkdir -p /run/systemd/system/ncloud-reissue-follow.timer.d
printf '[Timer]\nOnCalendar=\nOnCalendar=hourly\n' >/run/systemd/system/ncloud-reissue-follow.timer.d/hourly.conf
systemctl daemon-reload
systemctl restart ncloud-reissue-follow.timer
older=$(dpkg-query -W -f '${Version}' ncloud-reissue)

echo "the upgrade keeps them enabled and running, and the ledger of 1.0.0"
apt-get install -qy /trial/current.deb >/trial/apt.log 2>&1 || fail "apt: $(tail -n 5 /trial/apt.log)"
current=$(dpkg-query -W -f '${Version}' ncloud-reissue)
dpkg --compare-versions "$older" lt "$current" || fail "no upgrade: $older to $current"
for unit in queue.path queue.timer follow.timer; do
  same "$unit is enabled" enabled "$(systemctl is-enabled "ncloud-reissue-$unit")"
  same "$unit is active" active "$(systemctl is-active "ncloud-reissue-$unit")"
done
for unit in queue.path queue.service queue.timer follow.service follow.timer; do
  same "file of $unit" "/usr/lib/systemd/system/ncloud-reissue-$unit" \
    "$(readlink -f "$(property "$unit" FragmentPath)")"
  same "$unit is loaded anew" no "$(property "$unit" NeedDaemonReload)"
done
same "records of 1.0.0" "order:ORDER-1001 issued" \
  "$(STATE_DIRECTORY=$state ncloud-reissue ledger list --json | jq -r '.records[] | "\(.key) \(.state)"')"

echo "exposure of at most 1.5"
for unit in /usr/lib/systemd/system/ncloud-reissue-*.service; do
  # They run programs of the administrator as root.
  case $unit in *-deploy.service | *-mail@.service) continue ;; esac
  systemd-analyze security --no-pager --threshold=15 "${unit##*/}" >/trial/security.log ||
    fail "exposure of $unit: $(tail -n 1 /trial/security.log)"
done

systemd-run -q --unit=sandbox /trial/ncloud-sandbox --port 8099 --journal "$journal"
wait_for "the sandbox" sandbox "$endpoint/sandbox/state"

echo "a member of the group may enqueue, another user may not"
useradd -m member && usermod -aG ncloud-reissue-queue member
useradd -m stranger
event 55882 shop shop.example.com '"www.shop.example.com"' >/trial/event.json
if runuser -u stranger -- "$hooks/enqueue.sh" </trial/event.json 2>/trial/refused.log; then
  fail "a stranger put an event into the queue"
fi
grep -qi 'permission denied' /trial/refused.log || fail "refused for another reason: $(cat /trial/refused.log)"
if runuser -u stranger -- ls "$queue/new" 2>/trial/refused.log; then fail "a stranger sees the queue"; fi

echo "what 1.0.0 asked for is not asked again"
enqueue 55882 shop shop.example.com '"www.shop.example.com"'
wait_for "the first result" results_are 1
same "result" "skipped cooldown issued" "$(last_result '"\(.status) \(.items[0].reason) \(.items[0].stage)"')"
same "requests" 0 "$(posts)"

echo "a reissue and its repeat: one request"
enqueue 55883 api api.example.com ''
wait_for "the second result" results_are 2
same "result" reissued "$(last_result .status)"
enqueue 55883 api api.example.com ''
wait_for "the third result" results_are 3
same "result of the repeat" "skipped cooldown" "$(last_result '"\(.status) \(.items[0].reason)"')"
same "requests" 1 "$(posts)"
wait_for "an empty queue" is_empty work
is_empty new || fail "events are left in new"

echo "credentials come from systemd: the user of the service cannot read them itself"
same "files of the key pair" "600 root 600 root" \
  "$(stat -c '%a %U' /etc/ncloud-reissue/access-key /etc/ncloud-reissue/secret-key | paste -sd' ')"

echo "the state belongs to a dynamic user, and to nobody else"
same "the folder" /var/lib/private/ncloud-reissue "$(readlink -f "$state")"
same "its mode" 700 "$(stat -L -c %a "$state")"
owner=$(stat -L -c %u "$state")
# Newer service managers map the user into the service's mount, and the disk says nobody (65534).
if [ "$owner" -ne 65534 ] && { [ "$owner" -lt 61184 ] || [ "$owner" -gt 65519 ]; }; then
  fail "its owner $owner is no dynamic user"
fi
if grep -q '^ncloud-reissue:' /etc/passwd; then fail "the dynamic user is in /etc/passwd"; fi
for file in "$results" "$state/ledger.sqlite3"; do
  same "owner and mode of $file" "$owner 600" "$(stat -c '%u %a' "$file")"
done

echo "follow brings the chain of what was issued, started by its timer, and it is deployed"
mkdir -p /etc/ncloud-reissue/deploy.d
# shellcheck disable=SC2016 # the program expands it
printf '#!/bin/sh\necho "$(id -un) $RENEWED_DOMAINS" >>/run/deployed\n' >/etc/ncloud-reissue/deploy.d/50-note
chmod 755 /etc/ncloud-reissue/deploy.d/50-note
sandbox -d '{}' "$endpoint/sandbox/issue"
printf '[Timer]\nOnCalendar=\nOnActiveSec=1s\nRandomizedDelaySec=0\nAccuracySec=100ms\n' \
  >/run/systemd/system/ncloud-reissue-follow.timer.d/soon.conf
systemctl daemon-reload
systemctl restart ncloud-reissue-follow.timer
wait_for "the turn of the timer" results_are 4
same "result" "follow issued" "$(last_result '"\(.command) \(.status)"')"
[ "$(find "$state/certificates/api.example.com/current/" -name '*chain*.pem' | wc -l)" -ge 1 ] ||
  fail "no chain in the store"
rm /run/systemd/system/ncloud-reissue-follow.timer.d/soon.conf
systemctl daemon-reload
systemctl restart ncloud-reissue-follow.timer
wait_for "the end of the turn" is follow.service ActiveState inactive
wait_for "the deployment" test -L "$state/certificates/api.example.com/deployed"
same "what is deployed" "root api.example.com" "$(cat /run/deployed)"

echo "timers know when they are due"
[ -n "$(property follow.timer NextElapseUSecRealtime)" ] || fail "follow.timer is never due"
[ "$(property queue.timer NextElapseUSecMonotonic)" != infinity ] || fail "queue.timer is never due"

echo "what failed for now stays in the queue, and the unit shows it"
sandbox -d '{"kind": "gateway", "code": "400", "status": "429"}' "$endpoint/sandbox/faults"
enqueue 55884 wildcard '*.example.com' '"example.com"'
wait_for "the failed unit" is queue.service ActiveState failed
is_empty work && fail "the event is gone"
sandbox -X DELETE "$endpoint/sandbox/faults"
systemctl start ncloud-reissue-queue.service || fail "the next turn failed"
is_empty work || fail "the event is still there"
same "result" reissued "$(last_result .status)"
same "requests that were carried out" 2 \
  "$(jq -r 'select(.method == "POST" and .answer.status == 200) | .target' "$journal" | wc -l)"

echo "the unit fails as long as a refused event is there"
printf '{"version": ' | runuser -u member -- "$hooks/enqueue.sh"
wait_for "the failed unit" is queue.service ActiveState failed
is_empty refused && fail "the event is not put aside"
if systemctl start ncloud-reissue-queue.service 2>/trial/start.log; then fail "the next turn does not show it"; fi
rm "$queue/refused"/*
systemctl start ncloud-reissue-queue.service || fail "it fails without a refused event"

echo "metrics of the account, where node_exporter reads them"
mkdir -p /var/lib/prometheus/node-exporter
if systemctl start ncloud-reissue-metrics.service 2>/trial/start.log; then fail "it may write to a folder of root"; fi
chgrp ncloud-reissue-metrics /var/lib/prometheus/node-exporter
chmod 2775 /var/lib/prometheus/node-exporter
systemctl start ncloud-reissue-metrics.service || fail "the metrics"
metrics=/var/lib/prometheus/node-exporter/ncloud-reissue.prom
same "mode" 644 "$(stat -c %a "$metrics")"
grep -qx 'ncloud_reissue_metrics_success 1' "$metrics" || fail "$(cat "$metrics")"
grep -q '^ncloud_reissue_certificate_expiry_timestamp_seconds{certificate_no="55882"' "$metrics" || fail "$(cat "$metrics")"

echo "without credentials the unit fails before anything is sent"
mv /etc/ncloud-reissue/secret-key /trial/secret-key
before=$(wc -l <"$journal")
if systemctl start ncloud-reissue-queue.service 2>/trial/start.log; then
  fail "it started without credentials"
fi
same "how it failed" CREDENTIALS "$(property queue.service ExecMainStatus | sed 's/^243$/CREDENTIALS/')"
same "requests" "$before" "$(wc -l <"$journal")"
mv /trial/secret-key /etc/ncloud-reissue/
systemctl reset-failed ncloud-reissue-queue.service

echo "a validation that failed makes follow fail"
failed=$(curl -sf "$endpoint/sandbox/state" |
  jq '[.certificates[] | select(.commonName == "*.example.com") | .certificateNo] | max')
sandbox -d "{\"certificateNo\": $failed, \"statusCode\": \"-3\"}" "$endpoint/sandbox/status"
if systemctl start ncloud-reissue-follow.service 2>/trial/start.log; then
  fail "follow does not fail"
fi
same "status of follow" 69 "$(property follow.service ExecMainStatus)"

echo "a check fails while something needs a person, and mails what"
cat >/usr/sbin/sendmail <<'END'
#!/bin/sh
{ echo "arguments: $*" && cat; } >/run/mail.new && mv /run/mail.new /run/mail
END
chmod 755 /usr/sbin/sendmail
# The command of the page, which runs as the user of the units.
as_service() {
  systemd-run -q --pipe --wait -p DynamicUser=yes -p User=ncloud-reissue -p StateDirectory=ncloud-reissue "$@" </dev/null
}
if systemctl start ncloud-reissue-check.service 2>/trial/start.log; then fail "the check finds nothing"; fi
same "status of the check" 1 "$(property check.service ExecMainStatus)"
wait_for "the mail" test -f /run/mail
same "the head of the mail" "arguments: -oi -t;To: root;Subject: ncloud-reissue-check.service failed on $(uname -n)" \
  "$(head -n 3 /run/mail | paste -sd';')"
grep -q '^NCLOUD_REISSUE WARNING - ' /run/mail || fail "the mail lacks the summary: $(cat /run/mail)"
grep -q "$failed" /run/mail || fail "the mail lacks the certificate: $(cat /run/mail)"
as_service ncloud-reissue ledger forget --yes "$failed" >/trial/forget.log 2>&1 || fail "forget: $(cat /trial/forget.log)"
systemctl start ncloud-reissue-check.service || fail "the check still reports: $(as_service ncloud-reissue ledger check)"

echo "the journal has the messages, by unit, identifier and priority"
# Priority 3 is an error, 4 a warning, 6 information.
lines() { journalctl -o json --no-pager -u "ncloud-reissue-$1.service" _TRANSPORT=stdout; }
lines queue | jq -r '"\(.PRIORITY) \(.SYSLOG_IDENTIFIER) \(.MESSAGE)"' >/trial/lines
lines follow | jq -r '"\(.PRIORITY) \(.SYSLOG_IDENTIFIER) \(.MESSAGE)"' >>/trial/lines
grep -q '^3 drain.sh ncloud-reissue: error: .*\[gateway.quota\]$' /trial/lines ||
  fail "no error of the quota: $(cat /trial/lines)"
grep -q '^3 drain.sh drain.sh: 1 event stays in /var/spool/ncloud-reissue/work' /trial/lines ||
  fail "no line about the event that stays: $(cat /trial/lines)"
grep -q '^3 ncloud-reissue ncloud-reissue: error: ' /trial/lines ||
  fail "no error of follow: $(cat /trial/lines)"
journalctl -o cat --no-pager -u ncloud-reissue-queue -p err _TRANSPORT=stdout >/trial/errors
same "errors of the queue" "$(jq -s '[.[] | select(.command == "run") | .error, .items[].error | select(.)] | length' "$results")" \
  "$(grep -c '^ncloud-reissue: error: ' /trial/errors)"
# With their hints.
if grep -vE '^(ncloud-reissue: (error: .*\]|hint: .*)|drain\.sh: [0-9]+ .*)$' /trial/errors; then
  fail "-p err shows more than the errors"
fi
outcomes=$(jq -s '[.[] | select(.command == "run").items[] | select(.status != "failed")] | length' "$results")
same "lines of outcomes" "$outcomes" "$(grep -c '^6 drain.sh ncloud-reissue: info: item ' /trial/lines)"
if grep -E '^[0-7] [^ ]+ (<[0-7]>|.*: (error|warning): )' /trial/lines | grep -vE '^3 .*: error: |^4 .*: warning: '; then
  fail "a line has not the priority of its level"
fi

echo "a removal stops the units and keeps the state"
apt-get remove -qy ncloud-reissue >/trial/apt.log 2>&1 || fail "remove: $(tail -n 5 /trial/apt.log)"
for unit in queue.path queue.timer follow.timer; do
  same "$unit after the removal" inactive "$(systemctl is-active "ncloud-reissue-$unit" || true)"
done
[ -f "$state/ledger.sqlite3" ] || fail "the ledger is gone"

echo "a purge forgets all but private keys"
apt-get purge -qy ncloud-reissue >/trial/apt.log 2>&1 || fail "purge: $(tail -n 5 /trial/apt.log)"
[ ! -e "$queue" ] || fail "the queue is still there"
same "what is left of the state" "" \
  "$(find /var/lib/private/ncloud-reissue -type f ! -path '*/certificates/*')"
[ -n "$(find /var/lib/private/ncloud-reissue/certificates -name '*key.pem')" ] || fail "keys are gone"
same "links of what was enabled" "" "$(find /etc/systemd/system -name 'ncloud-reissue*')"

echo "booted: all passed"
