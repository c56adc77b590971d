#!/bin/sh
# The action: its one argument is the event. StackStorm passes no standard input.
#
#   STATE_DIRECTORY         the folder of ledger and results.ndjson (/var/lib/ncloud-reissue)
#   CREDENTIALS_DIRECTORY   the folder of access-key and secret-key (/etc/ncloud-reissue/credentials)
#   NCLOUD_REISSUE          the program (ncloud-reissue of the PATH)
set -u
umask 077
state=${STATE_DIRECTORY:-/var/lib/ncloud-reissue}
export STATE_DIRECTORY="$state"
export CREDENTIALS_DIRECTORY="${CREDENTIALS_DIRECTORY:-/etc/ncloud-reissue/credentials}"
export NCLOUD_REISSUE_DETAILED_EXITCODE=false
# A line for each outcome in the log.
export NCLOUD_REISSUE_LOG_LEVEL="${NCLOUD_REISSUE_LOG_LEVEL:-info}"

# Standard output is the result, which StackStorm reads as JSON; standard error is kept beside it.
printf '%s' "${1-}" | "${NCLOUD_REISSUE:-ncloud-reissue}" run --result-file "$state/results.ndjson"

# The policy tries everything except 0 again.
case $? in
  0) ;;
  65 | 69) ;;
  *) exit 1 ;;
esac
