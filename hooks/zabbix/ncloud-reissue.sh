#!/bin/sh
# The alert script: its one argument is the message, NAME=VALUE a line; each line becomes a member of the
# event.
#
#   STATE_DIRECTORY         the folder of ledger, results.ndjson and zabbix.log (/var/lib/ncloud-reissue)
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

message=${1-}
# Shorter than the time that Zabbix gives a script.
set -- --deadline 30s --timeout 10s
carriage_return=$(printf '\r')
while IFS= read -r line; do
  line=${line%"$carriage_return"}
  # A repeated name is an error, so that no value can stand in for another.
  case $line in
    [a-z]*=*) set -- "$@" --event-field "$line" ;;
  esac
done <<END
$message
END

"${NCLOUD_REISSUE:-ncloud-reissue}" run "$@" --result-file "$state/results.ndjson" \
  --log-format json </dev/null 2>>"$state/zabbix.log"

# Zabbix tries again after any status except 0.
case $? in
  0) ;;
  65 | 69) ;;
  *) exit 1 ;;
esac
