#!/bin/sh
# Looks at accepted requests, and completes them: DNS records are set, and removed after the issue. Run every five
# minutes, by ncloud-reissue-follow.timer or cron. It works every time while something is pending, otherwise once an hour.
#
#   DNS_PROVIDER      the provider of ../dns/set.sh; without it no DNS record is set
#   DNS_OPTIONS       options of ../dns/set.sh, such as --wait 5m
#   STATE_DIRECTORY   the folder of results.ndjson and what is remembered (/var/lib/ncloud-reissue, or for a user who
#                     cannot write there ~/.local/share/ncloud-reissue)
#   NCLOUD_REISSUE    the program (ncloud-reissue of the PATH)
#
# Prints the result. The exit status is that of ncloud-reissue, or else that of set.sh.
set -u
umask 077
here=$(dirname "$0")
# shellcheck source=hooks/functions.sh
. "$here/../functions.sh"
state=$(state_folder)
mkdir -p "$state" || die 74 "$state cannot be made"

program=${NCLOUD_REISSUE:-ncloud-reissue}

# Whether a request waits, whichever hook sent it. If the ledger cannot be read, follow reports it.
is_pending() {
  waiting=$("$program" ledger list --state claimed --state unknown --state accepted 2>/dev/null) || return 0
  [ -n "$waiting" ]
}

recently=$(find "$state/followed" -mmin -58 2>/dev/null)
remembered=$(find "$state/dns" -maxdepth 1 -type f -name '*.*' 2>/dev/null)
if [ -n "$recently" ] && [ -z "$remembered" ] && ! is_pending; then exit 0; fi

begin_work
"$program" follow --result-file "$state/results.ndjson" "$@" >"$work/result"
status=$?
# After a failure that may end soon, the next run does not wait for an hour.
case $status in
  75 | 76) rm -f "$state/followed" ;;
  *) : >"$state/followed" || exit 74 ;;
esac

if [ -n "${DNS_PROVIDER:-}" ]; then
  "$here/complete.sh" <"$work/result"
  completed=$?
  [ "$status" != 0 ] || status=$completed
else
  cat "$work/result"
fi
exit "$status"
