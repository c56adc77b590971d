#!/bin/sh
# The NotificationCommand: makes of Icinga's ICINGA_ variables the event that its own API would
# send (type Notification), and gives it to ncloud-reissue.
#
#   STATE_DIRECTORY         the folder of ledger, results.ndjson and icinga2.log (/var/lib/ncloud-reissue)
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

# jq writes the JSON: the output of a check is untrusted text.
jq -cn '{
  type: "Notification", notification_type: env.ICINGA_TYPE, host: env.ICINGA_HOST,
  service: env.ICINGA_SERVICE,
  check_result: { state: env.ICINGA_STATE | tonumber, output: env.ICINGA_OUTPUT }
}' 2>>"$state/icinga2.log" |
  "${NCLOUD_REISSUE:-ncloud-reissue}" run --result-file "$state/results.ndjson" \
    --log-format json "$@" 2>>"$state/icinga2.log"
