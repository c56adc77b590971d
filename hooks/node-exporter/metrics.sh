#!/bin/sh
# Writes metrics of the account's certificates and of the ledger for the textfile collector of node_exporter.
#
#   metrics.sh FILE   such as /var/lib/prometheus/node-exporter/ncloud-reissue.prom
#
#   NCLOUD_REISSUE    the program (ncloud-reissue of the PATH)
#
# If the program fails, the file keeps what it says about certificates and ledger, and ncloud_reissue_metrics_success is
# 0. The exit status is that of the program, 64 for wrong usage, 74 if the file cannot be written, or 78 without jq.
set -u
umask 022
usage() {
  echo "usage: metrics.sh FILE, such as /var/lib/prometheus/node-exporter/ncloud-reissue.prom" >&2
  exit 64
}

[ $# -eq 1 ] || usage
case $1 in '' | -*) usage ;; esac
file=$1
# node_exporter reads only names that end in .prom.
new=$file.new
# shellcheck source=hooks/functions.sh
. "$(dirname "$0")/../functions.sh"
need jq jq
begin_work

own_metric() { # name, value, help
  printf '# HELP ncloud_reissue_metrics_%s %s\n# TYPE ncloud_reissue_metrics_%s gauge\nncloud_reissue_metrics_%s %s\n' \
    "$1" "$3" "$1" "$1" "$2"
}

now=$(date +%s)
success=1
"${NCLOUD_REISSUE:-ncloud-reissue}" certificates --json >"$work/answer"
status=$?
if [ "$status" = 0 ] && jq -r -f "$(dirname "$0")/metrics.jq" "$work/answer" >"$work/metrics" 2>/dev/null; then
  own_metric last_success_timestamp_seconds "$now" "When metrics.sh could last read account and ledger." >>"$work/metrics"
else
  success=0
  [ "$status" != 0 ] || {
    complain "the answer of ncloud-reissue certificates --json has not the form that metrics.jq reads"
    status=70
  }
  grep -vE 'ncloud_reissue_metrics_(success|last_run)' "$file" >"$work/metrics" 2>/dev/null
fi
own_metric success "$success" "Whether the last run of metrics.sh could read account and ledger." >>"$work/metrics"
own_metric last_run_timestamp_seconds "$now" "When metrics.sh last ran." >>"$work/metrics"
# The rename shows the file whole or not at all.
{ cp "$work/metrics" "$new" && mv -T "$new" "$file"; } 2>/dev/null || die 74 "$file cannot be written"
exit "$status"
