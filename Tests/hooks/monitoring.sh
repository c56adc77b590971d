# Sourced by Tests/hooks.sh: monitoring systems that run a command.
# shellcheck shell=sh disable=SC2154

# The service that Icinga and Nagios watch here, in check_http's words.
expiring="WARNING - Certificate 'shop.example.com' expires in 13 day(s) (Sat 05 Dec 2026 11:59:59 PM GMT)."

# One reissue, and none for the repeats.
asked_once() {
  wait_for 60 "the call" posts_are "$shop"
  wait_for 60 "a repeated notification" results_are 2
  same "calls" "$shop" "$(posts)"
  same "results" "reissued skipped" "$(results | head -2 | jq -r .status | paste -sd' ')"
}

hook_icinga2() {
  begin icinga2
  use_template icinga2

  # Only paths and time limits differ from the shipped files.
  sed "s|/etc/ncloud-reissue/hooks|$root/hooks|; s|interval = 12h|interval = 3s|; s|check_interval = 15m|check_interval = 1s|" \
    hooks/icinga2/ncloud-reissue.conf >"$here/ncloud-reissue.conf"
  cat >"$here/icinga2.conf" <<END
const PluginDir = "/usr/lib/nagios/plugins"
const NodeName = "loopback"
const ZoneName = NodeName
include <itl>
include "ncloud-reissue.conf"
object CheckerComponent "checker" { }
object NotificationComponent "notification" { }
object CheckCommand "certificate" {
  command = [ PluginDir + "/check_dummy", "1", "$expiring" ]
}
object Host "shop-web" { check_command = "dummy" }
object Host NodeName {
  check_command = "dummy"
  vars.ncloud_reissue_waiting = "1s"
}
object PerfdataWriter "checks" {
  service_temp_path = "$here/checks"
  service_perfdata_path = "$here/checked"
  host_temp_path = "$here/checks.host"
  host_perfdata_path = "$here/checked.host"
  service_format_template = "\$service.name\$ \$service.state_id\$ \$service.perfdata\$ \$service.output\$"
  rotation_interval = 1s
}
object Service "https-cert" {
  host_name = "shop-web"
  check_command = "certificate"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 3
  enable_active_checks = true
  vars.ncloud_reissue = true
}
object Service "not-ours" {
  host_name = "shop-web"
  check_command = "certificate"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}
END
  set --
  for folder in DataDir CacheDir LogDir InitRunDir SpoolDir; do
    mkdir -p "$here/icinga/$folder"
    set -- "$@" -D "$folder=$here/icinga/$folder"
  done
  for file in PidPath VarsPath ObjectsPath StatePath ModAttrPath; do
    set -- "$@" -D "$file=$here/icinga/$file"
  done
  start icinga "$here/environment" icinga2 daemon -c "$here/icinga2.conf" \
    -D RunAsUser="$(id -un)" -D RunAsGroup="$(id -gn)" "$@"

  echo "a service whose certificate expires is one call, repeated notifications are none"
  asked_once
  same "what the template made of it" icinga2 "$(results | head -1 | jq -r .template)"

  echo "the service that checks the ledger warns of a request that waits for too long"
  # shellcheck disable=SC2016 # the inner shell expands it
  wait_for 30 "the warning" sh -c 'grep -hE "^ncloud-reissue 1 [a-z_]+=[0-9].* NCLOUD_REISSUE WARNING - " "$1"/checked.*' sh "$here"
}

hook_nagios() {
  begin nagios
  use_template nagios

  sed "s|/etc/ncloud-reissue/hooks|$root/hooks|; s|!24h|!1s|; s|localhost|shop-web|" hooks/nagios/ncloud-reissue.cfg \
    >"$here/ncloud-reissue.cfg"
  cat >"$here/objects.cfg" <<END
define timeperiod {
  timeperiod_name 24x7
  alias always
  sunday 00:00-24:00
  monday 00:00-24:00
  tuesday 00:00-24:00
  wednesday 00:00-24:00
  thursday 00:00-24:00
  friday 00:00-24:00
  saturday 00:00-24:00
}
define command {
  command_name certificate
  command_line /usr/lib/nagios/plugins/check_dummy 1 "$expiring"
}
define command {
  command_name alive
  command_line /usr/lib/nagios/plugins/check_dummy 0 alive
}
define host {
  host_name shop-web
  address 127.0.0.1
  check_command alive
  check_interval 5
  max_check_attempts 1
  check_period 24x7
  notification_period 24x7
  contacts ncloud-reissue
}
define service {
  name generic-service
  register 0
  check_interval 1
  retry_interval 1
  check_period 24x7
  notification_interval 3
  notification_period 24x7
  notification_options w,c,r
  contacts nobody
}
define service {
  use generic-service
  host_name shop-web
  service_description TLS certificate
  check_command certificate
  max_check_attempts 2
  contacts ncloud-reissue
}
define contact {
  contact_name nobody
  service_notification_period 24x7
  service_notification_options n
  service_notification_commands alive
  host_notification_period 24x7
  host_notification_options n
  host_notification_commands alive
}
END
  {
    for file in log_file object_cache_file precached_object_file status_file temp_file lock_file \
      command_file state_retention_file query_socket; do
      echo "$file=$here/nagios.$file"
    done
    mkdir "$here/checks" "$here/tmp"
    cat <<END
cfg_file=$here/objects.cfg
cfg_file=$here/ncloud-reissue.cfg
temp_path=$here/tmp
check_result_path=$here/checks
nagios_user=$(id -un)
nagios_group=$(id -gn)
check_external_commands=0
check_for_updates=0
execute_service_checks=1
enable_notifications=1
enable_environment_macros=1
notification_timeout=90
interval_length=1
illegal_macro_output_chars=\`~\$&|'"<>
END
  } >"$here/nagios.cfg"
  start nagios "$here/environment" nagios4 "$here/nagios.cfg"

  echo "a service whose certificate expires is one call, repeated notifications are none"
  asked_once
  same "what the template made of it" nagios "$(results | head -1 | jq -r .template)"

  echo "the service that checks the ledger warns of a request that waits for too long"
  wait_for 30 "the warning" grep -F "SERVICE ALERT: shop-web;NAVER Cloud reissues;WARNING;HARD;1;NCLOUD_REISSUE WARNING - " \
    "$here/nagios.log_file"
  plugin_states
}

# The plugin's status and first line for what the program may answer.
plugin_states() {
  echo "the plugin passes OK and WARNING on, and anything else is UNKNOWN"
  # shellcheck disable=SC2016 # the stand-in expands it
  printf '#!/bin/sh\necho "ncloud-reissue: warning: a | b" >&2\necho "$STAND_IN_OUTPUT"\nexit "$STAND_IN_STATUS"\n' \
    >"$here/stand-in"
  chmod +x "$here/stand-in"
  for state in 0:0:OK 1:1:WARNING 74:3:UNKNOWN 127:3:UNKNOWN; do
    got=0
    STAND_IN_STATUS=${state%%:*} STAND_IN_OUTPUT="NCLOUD_REISSUE ${state##*:} - x | y=1" NCLOUD_REISSUE=$here/stand-in \
      STATE_DIRECTORY=$here/state hooks/nagios/check_ncloud_reissue >"$here/plugin" || got=$?
    same "status for ${state%%:*}" "$(echo "$state" | cut -d: -f2)" "$got"
    head -n 1 "$here/plugin" | grep -q "^NCLOUD_REISSUE ${state##*:} - " || fail "first line: $(cat "$here/plugin")"
    [ "$got" != 3 ] || same "bars" 0 "$(grep -c '|' "$here/plugin")"
  done
  got=0
  STAND_IN_STATUS=1 STAND_IN_OUTPUT='' NCLOUD_REISSUE=$here/stand-in STATE_DIRECTORY=$here/state \
    hooks/nagios/check_ncloud_reissue >"$here/plugin" || got=$?
  same "status without a report" 3 "$got"
}

hook_sensu_go() {
  begin sensu-go
  use_template sensu-go
  command=$(sed -n 's/^  command: //p' hooks/sensu-go/handler.yml)

  echo "the handler's command, as the backend runs it"
  for event in event wrapped resolved silenced event; do
    hook_environment sh -c "$command" <"examples/templates/sensu-go/$event.json" \
      >>"$here/output" 2>>"$here/reissue.log" || fail "the handler failed on $event.json"
  done
  same "results" "reissued skipped skipped skipped skipped" \
    "$(results | jq -r .status | paste -sd' ')"
  same "calls" "$shop" "$(posts)"
  same "what the backend logs" "$(results)" "$(cat "$here/output")"
}

# The members of a JSON object, NAME=VALUE a line.
members() { jq -r 'to_entries[] | "\(.key)=\(.value)"' "$1"; }

# Runs a command with the members of a JSON object in its environment.
with_members() { # file, command…
  members "$1" >"$here/members"
  shift
  # env takes names that no shell does, such as NOTIFY_HOSTLABEL_cert/no.
  while IFS= read -r member; do set -- "$member" "$@"; done <"$here/members"
  hook_environment env "$@"
}

hook_checkmk() {
  begin checkmk
  use_template checkmk
  script=$root/hooks/checkmk/ncloud-reissue

  echo "a problem is one call, its repeat and its end are none"
  for event in event event recovery; do
    with_members "examples/templates/checkmk/$event.json" NCLOUD_REISSUE="$programs/ncloud-reissue" \
      "$script" >>"$here/output" || fail "the script failed on $event.json"
  done
  same "results" "reissued skipped skipped" "$(results | jq -r .status | paste -sd' ')"
  same "calls" "$shop" "$(posts)"
  exits_of "$script" 0:0 65:2 69:2 2:1 64:1 70:1 74:1 75:1 76:1 77:1 78:1 127:1

  echo "the line of mrpe.cfg, as the agent reads it"
  # As documented: a name without blanks, options in parentheses, and the command line.
  grep -v '^#' hooks/checkmk/mrpe.cfg | while read -r name interval command; do
    same "name and interval" "NCLOUD_reissues (interval=900)" "$name $interval"
    same "the user's options" "/usr/bin/systemd-run -q --pipe --wait -p DynamicUser=yes -p User=ncloud-reissue -p StateDirectory=ncloud-reissue" \
      "${command% *}"
    got=0
    hook_environment sh -c "$root/hooks/${command##*/hooks/} --waiting 0s" >"$here/mrpe" || got=$?
    same "status" 1 "$got"
    grep -qE '^NCLOUD_REISSUE WARNING - .* \| .*[a-z]=[0-9]' "$here/mrpe" || fail "the plugin prints $(cat "$here/mrpe")"
  done
}

hook_zabbix() {
  begin zabbix
  use_template zabbix
  script=$root/hooks/zabbix/ncloud-reissue.sh

  echo "a problem is one call, its repeat and its end are none"
  for event in event event recovered; do
    hook_environment "$script" "$(members "examples/templates/zabbix/$event.json")" \
      >>"$here/output" || fail "the script failed on $event.json"
  done
  # Lines may end as those of a mail do.
  hook_environment "$script" "$(members examples/templates/zabbix/event.json | sed 's/$/\r/')" \
    >>"$here/output" || fail "the script failed on lines that end in CR LF"
  same "results" "reissued skipped skipped skipped" "$(results | jq -r .status | paste -sd' ')"
  same "reasons" "cooldown no-items cooldown" \
    "$(results | tail -3 | jq -r '.reason // .items[0].reason' | paste -sd' ')"
  same "calls" "$shop" "$(posts)"

  echo "no line of a message passes for another member"
  status=0
  hook_environment "$script" "$(members examples/templates/zabbix/event.json)
event_value=0" >"$here/output" || status=$?
  same "status for a member that comes twice" 1 "$status"
  same "code" usage.option "$(jq -r .error.code "$here/output")"
  same "calls" "$shop" "$(posts)"
  exits_of "$script" 0:0 65:0 69:0 2:1 64:1 70:1 74:1 75:1 76:1 77:1 78:1 127:1
}

hook_kapacitor() {
  begin kapacitor
  use_template kapacitor
  sed -n 's/^  prog: //p; s/^    - //p' hooks/kapacitor/handler.yml >"$here/command"
  as_shipped event ok event
}

hook_consul() {
  begin consul
  use_template consul-checks
  jq -r '.watches[0].args[]' hooks/consul/watch.json >"$here/command"
  as_shipped event all-pass event
}

# Runs the words of a shipped command, a line each, with one event after the other on standard input: the
# first is a problem, the second is not, the third is the first again. Only paths are replaced.
as_shipped() { # three events
  events="$1 $2 $3"
  echo "the shipped command: a problem is one call, its repeat and its end are none"
  set --
  while IFS= read -r word; do set -- "$@" "$word"; done <<END
$(sed "s|/var/lib/ncloud-reissue|$here/state|; s|/etc/ncloud-reissue|$here|" "$here/command")
END
  for event in $events; do
    hook_environment "$@" <"$(echo "$here"/templates/*)/$event.json" >>"$here/output" \
      2>>"$here/reissue.log" || fail "the command failed on $event.json"
  done
  same "results" "reissued skipped skipped" "$(results | jq -r .status | paste -sd' ')"
  same "calls" "$shop" "$(posts)"
}
