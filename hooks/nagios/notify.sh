#!/bin/sh
# The notification command: makes the event of Nagios' environment macros and gives it to ncloud-reissue.
#
#   STATE_DIRECTORY         the folder of ledger, results.ndjson and nagios.log (/var/lib/ncloud-reissue)
#   CREDENTIALS_DIRECTORY   the folder of access-key and secret-key (/etc/ncloud-reissue/credentials)
#   NCLOUD_REISSUE          the program (ncloud-reissue of the PATH)
#
# Arguments go to ncloud-reissue.
set -u
umask 077
state=${STATE_DIRECTORY:-/var/lib/ncloud-reissue}
export STATE_DIRECTORY="$state"
export CREDENTIALS_DIRECTORY="${CREDENTIALS_DIRECTORY:-/etc/ncloud-reissue/credentials}"
export NCLOUD_REISSUE_DETAILED_EXITCODE=false
# A line for each outcome in the log.
export NCLOUD_REISSUE_LOG_LEVEL="${NCLOUD_REISSUE_LOG_LEVEL:-info}"

exec "${NCLOUD_REISSUE:-ncloud-reissue}" run --event-env NAGIOS_ \
  --result-file "$state/results.ndjson" --log-format json "$@" 2>>"$state/nagios.log"
