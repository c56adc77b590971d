#!/bin/sh
# The NotificationCommand: what Icinga says in ICINGA_ variables becomes the event that its own API would
# send (type Notification), and goes to ncloud-reissue.
#
#   STATE_DIRECTORY         where ledger, results.ndjson and icinga2.log lie (/var/lib/ncloud-reissue)
#   CREDENTIALS_DIRECTORY   where access-key and secret-key lie (/etc/ncloud-reissue/credentials)
#   NCLOUD_REISSUE          the program (ncloud-reissue of the PATH)
#
# Arguments go to ncloud-reissue.
set -u
umask 077
state=${STATE_DIRECTORY:-/var/lib/ncloud-reissue}
export STATE_DIRECTORY="$state"
export CREDENTIALS_DIRECTORY="${CREDENTIALS_DIRECTORY:-/etc/ncloud-reissue/credentials}"
export NCLOUD_REISSUE_DETAILED_EXITCODE=false

# jq writes the JSON: the output of a check is text of others.
jq -cn '{
  type: "Notification", notification_type: env.ICINGA_TYPE, host: env.ICINGA_HOST,
  service: env.ICINGA_SERVICE,
  check_result: { state: env.ICINGA_STATE | tonumber, output: env.ICINGA_OUTPUT }
}' 2>>"$state/icinga2.log" |
  "${NCLOUD_REISSUE:-ncloud-reissue}" run --result-file "$state/results.ndjson" \
    --log-format json "$@" 2>>"$state/icinga2.log"
