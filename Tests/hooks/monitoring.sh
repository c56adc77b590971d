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
  sed "s|/etc/ncloud-reissue/hooks|$root/hooks|; s|interval = 12h|interval = 3s|" \
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
}

hook_nagios() {
  begin nagios
  use_template nagios

  sed "s|/etc/ncloud-reissue/hooks|$root/hooks|" hooks/nagios/ncloud-reissue.cfg \
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
  host_name shop-web
  service_description TLS certificate
  check_command certificate
  check_interval 1
  retry_interval 1
  max_check_attempts 2
  check_period 24x7
  notification_interval 3
  notification_period 24x7
  notification_options w,c,r
  contacts ncloud-reissue
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
