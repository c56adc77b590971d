#!/bin/sh
# Sends every event of the queue, the oldest first. An event leaves the queue only after a final
# answer: one that may succeed later stays in work/ for the next run, one that was refused for good
# moves to refused/. Exit 1 while an event is in either.
#
#   QUEUE             the queue (/var/spool/ncloud-reissue)
#   STATE_DIRECTORY   the folder of ledger and results.ndjson (/var/lib/ncloud-reissue)
#   NCLOUD_REISSUE    the program (ncloud-reissue of the PATH)
#   DNS_PROVIDER, DNS_OPTIONS   for complete.sh, which sets DNS records at once
#
# Arguments go to ncloud-reissue. The service unit makes sure that only one runs at a time.
set -u
umask 077
here=$(dirname "$0")
# shellcheck source=hooks/functions.sh
. "$here/../functions.sh"
queue=${QUEUE:-/var/spool/ncloud-reissue}
state=${STATE_DIRECTORY:-/var/lib/ncloud-reissue}
state=${state%%:*}
export STATE_DIRECTORY="$state"
export NCLOUD_REISSUE_DETAILED_EXITCODE=false
# The event is the file of the queue, and nothing else.
unset NCLOUD_REISSUE_EVENT NCLOUD_REISSUE_EVENT_ENV NCLOUD_REISSUE_EVENT_FIELD NCLOUD_REISSUE_STREAM

# A file that is not an event would start the service again and again.
for other in "$queue"/new/*; do
  case $other in *.json) if [ -f "$other" ]; then continue; fi ;; esac
  if [ -e "$other" ] || [ -L "$other" ]; then
    mv "$other" "$queue/refused/" || {
      sleep 60
      exit 1
    }
  fi
done

# Events that arrive from now on start the service again; those in work/ do not.
for event in "$queue"/new/*.json; do
  if [ -f "$event" ]; then
    mv "$event" "$queue/work/" || {
      sleep 60
      exit 1
    }
  fi
done

results=$(mktemp) || exit 74
trap 'rm -f "$results"' EXIT
kept=0
for event in "$queue"/work/*.json; do
  [ -f "$event" ] || continue
  "${NCLOUD_REISSUE:-ncloud-reissue}" run --result-file "$state/results.ndjson" "$@" \
    <"$event" >>"$results"
  case $? in
    0) rm "$event" || exit 1 ;;
    65 | 69) mv "$event" "$queue/refused/" || exit 1 ;;
    *) kept=$((kept + 1)) ;;
  esac
done

# Validation takes a while, so the records are set now. Whether they are visible everywhere, follow.sh checks: a failure
# here is reported, and repeated there.
if [ -n "${DNS_PROVIDER:-}" ] && [ -s "$results" ]; then
  "$here/complete.sh" --wait 10s <"$results" >/dev/null
fi

# The unit fails as long as an event needs a person, so that it is seen.
status=0
[ "$kept" -eq 0 ] || {
  if [ "$kept" = 1 ]; then stay="1 event stays"; else stay="$kept events stay"; fi
  complain "$stay in $queue/work for the next run"
  status=1
}
refused=$(refused_events "$queue")
[ -z "$refused" ] || {
  complain "$refused"
  status=1
}
exit "$status"
