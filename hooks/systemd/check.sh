#!/bin/sh
# Fails while something needs a person: what `ncloud-reissue ledger check` reports, and events of the queue that were
# refused.
#
#   QUEUE             the queue (/var/spool/ncloud-reissue)
#   STATE_DIRECTORY   the folder of the ledger (/var/lib/ncloud-reissue)
#   NCLOUD_REISSUE    the program (ncloud-reissue of the PATH)
#
# Arguments go to `ledger check`. Exit 0: nothing to do. 1: something is reported. Else: the check itself failed.
set -u
# shellcheck source=hooks/functions.sh
. "$(dirname "$0")/../functions.sh"
queue=${QUEUE:-/var/spool/ncloud-reissue}
state=${STATE_DIRECTORY:-/var/lib/ncloud-reissue}
export STATE_DIRECTORY="${state%%:*}"

report=$("${NCLOUD_REISSUE:-ncloud-reissue}" ledger check "$@")
status=$?
# The ledger may be used without the queue.
refused=$(refused_events "$queue" 2>/dev/null)
if [ -n "$refused" ]; then
  # The summary is about the ledger alone, and may say that nothing is to be done.
  summary="NCLOUD_REISSUE WARNING - refused events in the queue: ${refused%% *}"
  case $report in
    "NCLOUD_REISSUE OK - "*) report="$summary |${report#*|}" ;;
    "NCLOUD_REISSUE WARNING - "*) report="$summary, ${report#NCLOUD_REISSUE WARNING - }" ;;
  esac
  [ "$status" -ne 0 ] || status=1
fi
for text in "$report" "$refused"; do
  [ -z "$text" ] || printf '%s\n' "$text"
done
exit "$status"
