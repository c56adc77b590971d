#!/bin/sh
# webhook runs this for each request: the event in, the result out, and an exit status that makes the
# caller repeat only failures that can succeed later.
#
#   EVENT_FILE        the request body, a file that webhook removes afterwards
#   STATE_DIRECTORY   the folder of ledger, results.ndjson and webhook.log (/var/lib/ncloud-reissue)
#   NCLOUD_REISSUE    the program (ncloud-reissue of the PATH)
#
# Arguments, if hooks.json passes any, go to ncloud-reissue.
set -u
umask 077

# webhook mixes both streams into its reply, so only the result goes to standard output.
state=${STATE_DIRECTORY:-/var/lib/ncloud-reissue}
state=${state%%:*}
export STATE_DIRECTORY="$state"
# Here 2 would count as a failure.
export NCLOUD_REISSUE_DETAILED_EXITCODE=false
# A line for each outcome in the log.
export NCLOUD_REISSUE_LOG_LEVEL="${NCLOUD_REISSUE_LOG_LEVEL:-info}"

"${NCLOUD_REISSUE:-ncloud-reissue}" run --result-file "$state/results.ndjson" \
  --log-format json "$@" <"${EVENT_FILE:-/dev/null}" 2>>"$state/webhook.log"

# webhook answers 200 to 0 and 500 to anything else, and a 500 is sent again.
case $? in
  0) ;;       # done, or nothing to do
  65 | 69) ;; # this event cannot be used, or refused for good: again would end the same
  *) exit 1 ;;
esac
