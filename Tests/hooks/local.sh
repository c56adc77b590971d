# Sourced by Tests/hooks.sh: callers on the same machine that are not monitoring systems.
# shellcheck shell=sh disable=SC2154

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
  same "why" "drain.sh: 1 event stays in $queue/work for the next run" "$(tail -n 1 "$here/drain.log")"
  same "events that stay" "0 1 0" "$(count new) $(count work) $(count refused)"
  if posts | grep -q '^200'; then fail "a reissue was carried out"; fi
  curl -sf -o "$here/reply" -X DELETE "$endpoint/sandbox/faults"
  drain || fail "the second turn failed"
  same "events that stay" "0 0 0" "$(count new) $(count work) $(count refused)"
  same "calls" "$(printf '%s\n' "$shop" "$api" "$star" | sort)" "$(posts | grep '^200' | sort)"

  echo "what cannot be used is put aside, and holds nothing up"
  printf '{"version": ' | QUEUE=$queue hooks/systemd/enqueue.sh
  QUEUE=$queue hooks/systemd/enqueue.sh <"$event"
  : >"$here/drain.log"
  if drain; then fail "an event that was refused does not show"; fi
  same "why" "drain.sh: 1 refused event is in $queue/refused: remove it, or move it to $queue/new to try it again" \
    "$(tail -n 1 "$here/drain.log")"
  same "events that stay" "0 0 1" "$(count new) $(count work) $(count refused)"
  same "calls" 3 "$(posts | grep -c '^200')"
  same "the last result" skipped "$(results | tail -1 | jq -r .status)"

  echo "what is no event does not start the service again and again"
  mkdir "$queue/new/folder"
  echo other >"$queue/new/event.txt"
  if drain; then fail "what was put aside does not show"; fi
  same "what is left in new" "" "$(ls "$queue/new")"
  if [ ! -d "$queue/refused/folder" ] || [ ! -f "$queue/refused/event.txt" ]; then
    fail "it was not put aside"
  fi
  same "the check" "1 3 refused events" "$(queue_check)"
  same "its first line" "NCLOUD_REISSUE WARNING - refused events in the queue: 3 " "$(head -n 1 "$here/reply" | cut -d '|' -f 1)"
  if grep -q 'OK\|nothing needs' "$here/reply"; then fail "the check contradicts itself: $(cat "$here/reply")"; fi
  same "the check of a ledger with findings" "1 3 refused events" "$(queue_check --waiting 0s)"
  same "its first line" "NCLOUD_REISSUE WARNING - refused events in the queue: 3, 3 waiting " \
    "$(head -n 1 "$here/reply" | cut -d '|' -f 1)"
  same "the check if it fails itself" "64 3 refused events" "$(queue_check --no-such-option)"
  rm -r "$queue/refused"/*
  drain || fail "the turn fails after a person has removed them"
  same "the check" 0 "$(queue_check)"
  same "its first line" "NCLOUD_REISSUE OK - nothing needs an operator, records: 3 " \
    "$(head -n 1 "$here/reply" | cut -d '|' -f 1)"
  same "the check without a queue" 0 "$(queue=$here/missing queue_check)"

  same "the mail without a unit" "usage: mail.sh UNIT 64" "$({ hooks/systemd/mail.sh 2>&1 || echo "$?"; } | paste -sd' ')"

  echo "the units are closed to what they do not need"
  for unit in hooks/systemd/*.service; do
    # They run programs of the administrator as root.
    case $unit in *-deploy.service | *-mail@.service) continue ;; esac
    systemd-analyze security --offline=true --threshold=15 "$unit" >"$here/security.log" ||
      fail "exposure of $unit"
  done

  echo "what was accepted is followed"
  unit=hooks/systemd/ncloud-reissue-follow.service
  command=$(sed -n "s|/etc/ncloud-reissue/hooks|$root/hooks|; s/^ExecStart=//p" "$unit")
  curl -sf -o "$here/reply" -d '{}' "$endpoint/sandbox/issue"
  hook_environment sh -c "$command" >"$here/result" 2>>"$here/drain.log" || fail "the unit's command"
  same "stages" "issued issued issued" "$(jq -r '.items[].stage' "$here/result" | paste -sd' ')"
  same "what the next run within the hour does" "" "$(hook_environment sh -c "$command")"
}
# The status of the unit's check, and the beginning of its last line if that is about the queue.
queue_check() { # arguments of the check…
  status=0
  hook_environment QUEUE="$queue" hooks/systemd/check.sh "$@" >"$here/reply" 2>>"$here/drain.log" || status=$?
  echo "$status $(tail -n 1 "$here/reply" | grep -o '^[0-9]* refused events')" | sed 's/ $//'
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
  cron_results
}

cron_results() {
  echo "the crontab's lines keep all results in one file"
  if [ -w /var/lib/ncloud-reissue ]; then
    echo "not shown: this user can write to /var/lib/ncloud-reissue, where follow.sh keeps them then"
    return
  fi
  # The lines are those of a user who is not root.
  mkdir "$here/bin"
  printf '#!/bin/sh\necho 1000\n' >"$here/bin/id"
  chmod +x "$here/bin/id"
  # As the file says, `| …/set.sh …` is left out.
  sed -n 's/^17 6 . . . reissue //p; s/^\*.5 . . . . reissue //p' hooks/cron/ncloud-reissue.cron |
    sed "s|/etc/ncloud-reissue/hooks|$root/hooks|; s/ | [^ ]*set.sh .*//
      s|shop.example.com api.example.com:8443|127.0.0.1:$tls_port|
      s|ncloud-reissue --result|ncloud-reissue --template $here/etc/openssl.template.json --result|" >"$here/crontab.sh"
  same "lines" 2 "$(wc -l <"$here/crontab.sh")"
  hook_environment env -u STATE_DIRECTORY PATH="$here/bin:$programs:$PATH" sh -e "$here/crontab.sh" >"$here/reply" \
    2>"$here/crontab.log" || fail "the crontab: $(cat "$here/crontab.log")"
  same "the files" "$here/.local/share/ncloud-reissue/results.ndjson" \
    "$(find "$here" -name results.ndjson -not -path "$here/state/*")"
  same "what they hold" "run follow" \
    "$(jq -r .command "$here/.local/share/ncloud-reissue/results.ndjson" | paste -sd' ')"
  same "mode of their folder" 700 "$(stat -c %a "$here/.local/share/ncloud-reissue")"
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

  pipelines_page

  echo "a stream: a line for each event, and a bad one costs itself"
  status=0
  { jq -c . "$event" && echo '{"version": ' && jq . "$event"; } |
    hook_environment ncloud-reissue --stream >"$here/stream" 2>>"$here/reissue.log" || status=$?
  same "status" 65 "$status"
  same "results" "skipped failed skipped" "$(jq -r .status "$here/stream" | paste -sd' ')"
  same "calls" 3 "$(posts | wc -l)"
  pipelines_history
}

# A block of the page by a word in it; programs named in here are written by the test.
pipelines_block() { # word
  awk -v word="$1" '/^```sh$/ { block = ""; inside = 1; next } /^```$/ { if (index(block, word)) printf "%s", block; inside = 0 }
    inside { block = block $0 "\n" }' hooks/pipelines/README.md >"$here/block"
  [ -s "$here/block" ] || fail "the page has no block with $1"
  (cd "$here" && hook_environment PATH="$here/bin:$programs:$PATH" HERE="$here" CHAT_WEBHOOK=https://chat.example.com/hook \
    sh "$here/block" >"$here/block.out" 2>"$here/block.log") || fail "the block with $1: $(cat "$here/block.log")"
}

pipelines_page() {
  echo "people are notified of what needs them"
  mkdir "$here/bin"
  # shellcheck disable=SC2016 # the stand-ins expand it
  for tool in mail curl; do
    printf '#!/bin/sh\n{ printf "%%s;" "$@" && cat; } >"$HERE/%s.call"\n' "$tool" >"$here/bin/$tool"
    chmod +x "$here/bin/$tool"
  done
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nexec "%s/ncloud-reissue" "$@" --waiting 0s\n' "$programs" >"$here/bin/ncloud-reissue"
  chmod +x "$here/bin/ncloud-reissue"
  pipelines_block CHAT_WEBHOOK
  rm "$here/bin/ncloud-reissue"
  grep -q '^-s;NCLOUD_REISSUE WARNING - [^|]*;ops@example.com;NCLOUD_REISSUE WARNING - ' "$here/mail.call" ||
    fail "the mail: $(cat "$here/mail.call")"
  same "the text of the message" "$(cat "$here/report")" "$(sed '1s/^[^{]*//' "$here/curl.call" | jq -r .text)"
  sed 's/{.*//' "$here/curl.call" | grep -qF 'https://chat.example.com/hook;' || fail "the message: $(cat "$here/curl.call")"
}

pipelines_history() {
  echo "what happened since last evening: outcomes of the ledger, and what failed before"
  jq -c '.startedAt = "2020-01-01T00:00:00.000Z"' "$here/stream" 2>/dev/null | cat - "$here/stream" >"$here/results.ndjson"
  pipelines_block 'ledger list --since'
  same "certificates" 3 "$(grep -cE '^[^ ]+ .*(shop|api|\*)\.example\.com' "$here/block.out")"
  same "failed events" 1 "$(grep -c '	event\.' "$here/block.out")"
}
