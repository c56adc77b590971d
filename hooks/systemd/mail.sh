#!/bin/sh
# Mails what a unit wrote in its last run: for OnFailure=.
#
#   mail.sh UNIT
#
#   MAIL_TO    the recipient (root)
#   SENDMAIL   a program with the interface of sendmail (/usr/sbin/sendmail)
set -u
[ $# -eq 1 ] || {
  echo "usage: mail.sh UNIT" >&2
  exit 64
}
unit=$1
journalctl --sync 2>/dev/null
run=$(systemctl show -P InvocationID "$unit")
{
  printf 'To: %s\nSubject: %s failed on %s\n' "${MAIL_TO:-root}" "$unit" "$(uname -n)"
  printf 'Auto-Submitted: auto-generated\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n\n'
  journalctl -o cat --no-pager -n 200 "_SYSTEMD_INVOCATION_ID=$run"
} | "${SENDMAIL:-/usr/sbin/sendmail}" -oi -t
