#!/bin/sh
# The hooks with the real programs that call them, on loopback: a certificate expires soon, and
# the sandbox's journal must show exactly the expected calls.
#
#   Tests/hooks.sh             every hook
#   Tests/hooks.sh webhook     one of them
#
#   PROGRAMS=FOLDER            where ncloud-reissue and ncloud-sandbox are (.build/release)
set -eu
cd "$(dirname "$0")/.."
root=$PWD
programs=${PROGRAMS:-$root/.build/release}
all="webhook prometheus queue cron icinga2 nagios sensu-go grafana checkmk zabbix kapacitor
  consul uptime-kuma gatus ansible-eda stackstorm
  container argo-events tekton pipelines cgi dns deploy node-exporter circle"

. ./Tests/hooks/frame.sh
. ./Tests/hooks/http.sh
. ./Tests/hooks/monitoring.sh
. ./Tests/hooks/automation.sh
. ./Tests/hooks/cluster.sh
. ./Tests/hooks/local.sh
. ./Tests/hooks/cgi.sh
. ./Tests/hooks/dns.sh
. ./Tests/hooks/global_dns.sh
. ./Tests/hooks/deploy.sh
. ./Tests/hooks/metrics.sh
. ./Tests/hooks/circle.sh

for name in ${1:-$all}; do
  echo "== $name"
  "hook_$(printf %s "$name" | tr - _)"
  stop_all
done
echo "hooks: all passed: ${1:-$all}"
