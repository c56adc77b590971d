# Sourced by Tests/hooks.sh: hooks/dns with real name servers on loopback, BIND as the primary and NSD as a secondary.
# shellcheck shell=sh disable=SC2154,SC2034

hook_dns() {
  begin dns
  start_name_servers
  stranger='"set by someone else"'

  dns_servers=$both
  dns_circle
  dns_lag
  # The rest is about the primary.
  dns_servers=127.0.0.1:$primary_port
  dns_input
  dns_values
  dns_aliases
  dns_refusals
  dns_providers
  dns_global
  dns_lock
  dns_kills
  dns_kills_at_update
  dns_memory
  dns_check
  dns_page
  dns_service
  dns_own_servers
}

# MARK: Servers

# A port that is free for both transports of DNS.
free_dns_port() {
  python3 - <<'END'
import socket
while True:
    stream = socket.socket()
    stream.bind(("127.0.0.1", 0))
    port = stream.getsockname()[1]
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(("127.0.0.1", port))
        break
    except OSError:
        pass
print(port)
END
}

write_zone() { # name, lines…
  zone_name=$1
  shift
  {
    # shellcheck disable=SC2016 # a directive of zone files
    printf '$TTL 60\n@ SOA ns1 host 1 3600 60 3600 1\n@ NS ns1\nns1 A 127.0.0.1\n'
    printf '%s\n' "$@"
  } >"$here/$zone_name.zone"
}

start_name_servers() {
  primary_port=$(free_dns_port) secondary_port=$(free_dns_port)
  tsig-keygen update >"$here/update.key"
  tsig-keygen update >"$here/wrong.key"
  write_zone example.com '_dnsauth.shop TXT "set by someone else"' 'api NS ns1.api' 'ns1.api A 127.0.0.1' \
    '_dnsauth.away CNAME away.validation.example.net.' '_occupied CNAME _old.cm.naverncp.com.' \
    '*.wild CNAME lb.example.net.' '_dnsauth.loop CNAME _loop.loop' '_loop.loop CNAME _dnsauth.loop' \
    '_dnsauth.nowhere CNAME _x.elsewhere.example.org.' \
    '@ CAA 0 issue "another-ca.example"' 'admitted CAA 0 issue "navercloudtrust.com; validationmethods=dns-01"' \
    'admitted CAA 0 issuewild ";"'
  # Names of which one is the end of the other.
  write_zone a.com
  write_zone aa.com
  write_zone com 'example NS ns1.example' 'ns1.example A 127.0.0.1'
  write_zone api.example.com
  write_zone validation.example.net
  write_zone fixed.example
  # A secondary that is not notified asks every three seconds.
  write_zone slow.example
  sed -i 's/host 1 3600 60/host 1 3 1/' "$here/slow.example.zone"
  write_zone never.example
  # As a copy: a profile of AppArmor would keep it out of this folder.
  cp "$(command -v named)" "$here/named"
  write_bind_configuration
  write_nsd_configuration
  start named "$here/named" -c "$here/named.conf" -g
  named_pid=${started%% *}
  wait_for 10 "named" answers "$primary_port" example.com SOA
  start nsd nsd -d -c "$here/nsd.conf"
  for zone in example.com api.example.com validation.example.net slow.example never.example; do
    wait_for 20 "nsd with $zone" answers "$secondary_port" "$zone" SOA
  done
  both=127.0.0.1:$primary_port,127.0.0.1:$secondary_port
}

write_bind_configuration() {
  {
    cat "$here/update.key"
    cat <<END
options {
  directory "$here"; pid-file none; session-keyfile "$here/session.key"; recursion no; dnssec-validation no;
  listen-on port $primary_port { 127.0.0.1; }; listen-on-v6 { none; };
  allow-transfer { 127.0.0.1; }; notify explicit; notify-delay 0;
};
controls { };
END
    for zone in example.com api.example.com validation.example.net; do
      echo "zone $zone { type primary; file \"$zone.zone\"; allow-update { key update; };
        also-notify { 127.0.0.1 port $secondary_port; }; };"
    done
    for zone in slow.example never.example a.com aa.com; do
      echo "zone $zone { type primary; file \"$zone.zone\"; allow-update { key update; }; };"
    done
    for zone in fixed.example com; do echo "zone $zone { type primary; file \"$zone.zone\"; };"; done
  } >"$here/named.conf"
}

write_nsd_configuration() {
  {
    cat <<END
server:
  ip-address: 127.0.0.1@$secondary_port
  username: ""
  server-count: 1
  database: ""
  zonesdir: "$here"
  pidfile: "$here/nsd.pid"
  xfrdfile: "$here/nsd.xfrd"
  xfrdir: "$here"
  zonelistfile: "$here/nsd.zones"
remote-control:
  control-enable: no
END
    for zone in example.com api.example.com validation.example.net slow.example never.example fixed.example; do
      printf 'zone:\n  name: "%s"\n  zonefile: "%s.nsd"\n' "$zone" "$zone"
      printf '  request-xfr: AXFR 127.0.0.1@%s NOKEY\n  allow-notify: 127.0.0.1 NOKEY\n' "$primary_port"
    done
  } >"$here/nsd.conf"
}

dig_at() { # port, name, type
  # What it says of a server that does not answer begins with a semicolon.
  dig -r @127.0.0.1 -p "$1" +short +time=1 +tries=1 "$2" "$3" | grep -v '^;' || true
}
dig_primary() { dig_at "$primary_port" "$@"; }
answers() { [ -n "$(dig_at "$@")" ]; }

# The values of a TXT record, sorted, on one line.
values_of() { # name
  dig_primary "$1" TXT | sort | paste -sd' '
}
values_are() { [ "$(values_of "$1")" = "$2" ]; }

# MARK: Calls

# set.sh with the environment of a hook. Standard error goes to set.log.
dns_set() {
  hook_environment NSUPDATE_SERVER=127.0.0.1 NSUPDATE_SERVER_PORT="$primary_port" \
    NSUPDATE_KEY="${dns_key:-$here/update.key}" ${dns_zone:+NSUPDATE_ZONE="$dns_zone"} ${dns_path:+PATH="$dns_path"} \
    ACME_SH="$here/acme.sh" ACME_SH_DNS="$here/dns_test.sh" \
    HERE="$here" "${dns_hooks:-$root/hooks}/dns/set.sh" --nameservers "$dns_servers" "$@" 2>"$here/set.log"
}

# Prints the status of set.sh; fails if its output is not its input.
dns_status() { # file, arguments of set.sh…
  dns_input=$1
  shift
  status=0
  dns_set "$@" <"$dns_input" >"$here/set.out" || status=$?
  cmp -s "$dns_input" "$here/set.out" || fail "the input was changed"
  echo "$status"
}

said() { # text
  grep -qF "$1" "$here/set.log" || fail "standard error lacks '$1': $(cat "$here/set.log")"
}

# A result with one item: records are NAME TYPE VALUE, in that order.
result_of() { # certificate, stage, records…
  result_number=$1 result_stage=$2
  shift 2
  jq -n -c --arg number "$result_number" --arg stage "$result_stage" --args '
    {version: 1, command: "follow", status: "pending", dryRun: false, items: [{
      index: 0, status: "pending", stage: $stage, newCertificateNo: $number,
      dns: [range(0; $ARGS.positional | length; 3) as $i | $ARGS.positional[$i:$i + 3]
        | {domain: .[0], name: (.[0] + "."), type: .[1], value: .[2], state: "VALID_STATUS_REG"}]}]}' "$@"
}

remembered() { find "$here/state/dns" -maxdepth 1 -type f -name '*.*' | wc -l; }

# MARK: What it does

dns_circle() {
  echo "records are set, and removed once the certificates are issued"
  hook_environment ncloud-reissue <examples/alertmanager/event.json >"$here/result" 2>"$here/reissue.log"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
  records=$(jq -r '.items[].dns[]? | "\(.name) \(.value)"' "$here/result")
  same "records" 5 "$(echo "$records" | wc -l)"
  echo "$records" | while read -r name value; do
    for port in "$primary_port" "$secondary_port"; do
      dig_at "$port" "$name" TXT | grep -qxF "\"$value\"" || fail "$name lacks $value at port $port"
    done
  done
  same "in the zone that is delegated" "api.example.com" "$(cut -f 5,6 "$here"/state/dns/*.* | sed -n 's/.*api.*	//p' | sort -u)"
  hook_environment ncloud-reissue follow >"$here/pending" 2>>"$here/reissue.log"
  same "status while it is pending" 0 "$(dns_status "$here/pending" nsupdate)"
  same "what the second run says" "" "$(cat "$here/set.log")"

  curl -sf -o "$here/reply" -d '{}' "$endpoint/sandbox/issue"
  hook_environment ncloud-reissue follow >"$here/issued" 2>>"$here/reissue.log"
  same "stages" "issued issued issued" "$(jq -r '.items[].stage' "$here/issued" | paste -sd' ')"
  same "status" 0 "$(dns_status "$here/issued" nsupdate)"
  same "what is left" "$stranger" "$(values_of _dnsauth.shop.example.com)"
  same "what is left below api" "" "$(values_of _dnsauth.api.example.com)"
  same "what is remembered" 0 "$(remembered)"
}

dns_input() {
  echo "input that is not a result is an error, and is passed through"
  printf '{"version":1,"items":[{"index":0' >"$here/broken"
  same "status for half a document" 65 "$(dns_status "$here/broken" nsupdate)"
  same "what it says" "set.sh: the input is not JSON, or ends too early; see what wrote it" "$(cat "$here/set.log")"
  echo '{"version":1}' >"$here/broken"
  same "status for another document" 65 "$(dns_status "$here/broken" nsupdate)"
  same "what it says" "set.sh: the input is JSON, but not a result of ncloud-reissue run or follow" "$(cat "$here/set.log")"
  printf '["a\\u0000b"]\n\377' >"$here/broken"
  same "status for something else" 65 "$(dns_status "$here/broken" nsupdate)"
  : >"$here/nothing"
  same "status for nothing" 0 "$(dns_status "$here/nothing" nsupdate)"
  same "status for no such provider" 78 "$(dns_status "$here/nothing" no-such 2>&1 | tail -n 1)"
  # The shell's limit for the size of files takes the place of a full disk.
  same "a full disk" "set.sh: a temporary file cannot be written; is TMPDIR full? 74" "$(
    trap '' XFSZ
    ulimit -f 0
    hook_environment "$root/hooks/dns/set.sh" nsupdate <examples/alertmanager/event.json 2>&1 >/dev/null | grep set.sh: |
      tr '\n' ' '
    hook_environment "$root/hooks/dns/set.sh" nsupdate <examples/alertmanager/event.json >/dev/null 2>&1 || echo "$?"
  )"
  same "status without a provider" 64 "$(dns_status "$here/nothing" 2>&1 | tail -n 1)"

  echo "a record that cannot be set is reported, and the others are set"
  result_of 9001 waiting-for-dns 'a b.example.com' TXT v _x.shop.example.com MX v _y.shop.example.com TXT "$(printf 'a\tb')" \
    _z.shop.example.com TXT 'good ' >"$here/result"
  same "status" 75 "$(dns_status "$here/result" nsupdate)"
  same "the good one" '"good "' "$(values_of _z.shop.example.com)"
  said "no usable name"
  said "neither TXT nor CNAME"
  said "no usable value"
  result_of 9001 validation-failed >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
  same "after the validation has failed" "" "$(values_of _z.shop.example.com)"
  result_of 9002 waiting-for-dns _z.shop.example.com TXT dry | jq -c '.dryRun = true' >"$here/result"
  same "status for a dry run" 0 "$(dns_status "$here/result" nsupdate)"
  same "after a dry run" "" "$(values_of _z.shop.example.com)"
}

dns_values() {
  echo "values of the same name, of one or several certificates, are kept apart"
  # shellcheck disable=SC2016 # a value
  strange='v=1; a="b\c" $(id) `id` %s'
  result_of 9101 waiting-for-dns _dnsauth.shop.example.com TXT one _dnsauth.shop.example.com TXT "$strange" \
    _dnsauth.shop.example.com TXT 'set by someone else' >"$here/result.1"
  result_of 9102 waiting-for-dns _DNSAUTH.shop.example.com TXT one >"$here/result.2"
  cat "$here/result.1" "$here/result.2" >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
  # shellcheck disable=SC2016
  expected='"one" "set by someone else" "v=1; a=\"b\\c\" $(id) `id` %s"'
  same "all of them" "$expected" "$(values_of _dnsauth.shop.example.com)"
  result_of 9101 issued >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
  same "the other certificate's" "\"one\" $stranger" "$(values_of _dnsauth.shop.example.com)"
  # The last word on a certificate counts.
  { cat "$here/result.2" && result_of 9102 issued; } >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
  same "none but the stranger's" "$stranger" "$(values_of _dnsauth.shop.example.com)"
}

dns_aliases() {
  echo "an alias is followed, except from a wildcard"
  result_of 9201 waiting-for-dns _dnsauth.away.example.com TXT away _dnsauth.a.wild.example.com TXT wild >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
  same "where the alias leads" '"away"' "$(values_of away.validation.example.net)"
  same "at the name itself" '"wild"' "$(values_of _dnsauth.a.wild.example.com)"
  result_of 9201 issued >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
  same "after the issue" "" "$(values_of away.validation.example.net)"

  echo "an alias that occupies the name is shown, and stays"
  result_of 9202 waiting-for-dns _occupied.example.com CNAME _new.cm.naverncp.com _free.example.com CNAME _new.cm.naverncp.com \
    _dnsauth.loop.example.com TXT x _dnsauth.nowhere.example.com TXT x _dnsauth.shop.example.com CNAME _new.cm.naverncp.com \
    >"$here/result"
  same "status" 75 "$(dns_status "$here/result" --wait 0s nsupdate)"
  said "_occupied.example.com: the name is occupied by a CNAME to _old.cm.naverncp.com"
  said "_dnsauth.loop.example.com: its CNAME chain does not end"
  said "(_dnsauth.nowhere.example.com is a CNAME to _x.elsewhere.example.org)"
  same "the occupant" "_old.cm.naverncp.com." "$(dig_primary _occupied.example.com CNAME)"
  same "beside it" "_new.cm.naverncp.com." "$(dig_primary _free.example.com CNAME)"
  same "beside a text" "$stranger" "$(values_of _dnsauth.shop.example.com)"
  result_of 9202 issued >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
  same "after the issue" "" "$(dig_primary _free.example.com CNAME)"
}

dns_refusals() {
  echo "an update that the server refuses is repeated by the next run"
  result_of 9301 waiting-for-dns _dnsauth.shop.example.com TXT refused >"$here/result"
  dns_key=$here/wrong.key
  same "status with a wrong key" 75 "$(dns_status "$here/result" nsupdate)"
  said "BADSIG"
  dns_key='' dns_zone=shop.example.com
  same "status for a zone that the server does not have" 75 "$(dns_status "$here/result" nsupdate)"
  said "NOTAUTH"
  dns_zone=''
  same "after the refusals" "$stranger" "$(values_of _dnsauth.shop.example.com)"
  result_of 9302 waiting-for-dns _dnsauth.fixed.example TXT refused >"$here/other"
  same "status for a zone that is not updated" 75 "$(dns_status "$here/other" nsupdate)"
  said "REFUSED"
  same "status when all is well" 0 "$(dns_status "$here/result" nsupdate)"
  same "the value" "\"refused\" $stranger" "$(values_of _dnsauth.shop.example.com)"

  echo "a provider that hangs is ended"
  # shellcheck disable=SC2016 # the script expands it
  printf '#!/bin/sh\necho $$ >>"%s/hanging"\ntrap "" TERM\nsleep 60 & wait\nsleep 60\n' "$here" >"$here/hang"
  chmod +x "$here/hang"
  result_of 9303 waiting-for-dns _dnsauth.hang.example.com TXT x >"$here/other"
  began=$(date +%s)
  same "status" 75 "$(dns_status "$here/other" --timeout 1s "$here/hang")"
  said "did not end within 1s"
  [ $(($(date +%s) - began)) -le 15 ] || fail "the provider was not ended in time"
  # A zombie is gone too, where nobody collects it.
  if ps -o stat= -p "$(cat "$here/hanging")" | grep -qv Z; then fail "the provider goes on"; fi
  rm "$here"/state/dns/*.930[23]
  result_of 9301 issued >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
}

dns_lag() {
  echo "it waits for the last name server, once for all records"
  result_of 9401 waiting-for-dns _dnsauth.slow.example TXT late _dnsauth.a.slow.example TXT late >"$here/result"
  same "status" 0 "$(dns_status "$here/result" --wait 20s nsupdate)"
  same "at the secondary" '"late"' "$(dig_at "$secondary_port" _dnsauth.a.slow.example TXT)"
  result_of 9402 waiting-for-dns _dnsauth.never.example TXT late >"$here/result"
  same "status when the time is over" 75 "$(dns_status "$here/result" --wait 1s nsupdate)"
  said "is not visible at 127.0.0.1 port $secondary_port yet: absent"
  closed=$(free_dns_port)
  dns_servers=127.0.0.1:$primary_port,127.0.0.1:$closed
  same "status when a server is down" 75 "$(dns_status "$here/result" --wait 0s nsupdate)"
  said "port $closed yet: no answer"
  dns_servers=127.0.0.1:$closed
  same "status when all are down" 75 "$(dns_status "$here/result" --wait 0s nsupdate)"
  dns_servers=$both
  { result_of 9401 issued && result_of 9402 issued; } >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
}

dns_providers() {
  echo "a script for lego, and a dnsapi file of acme.sh, run unchanged"
  cat >"$here/lego-script" <<'END'
#!/bin/sh
# lego's exec provider: present|cleanup, the name with its dot, the value.
case $1 in present) verb=add ;; cleanup) verb=delete ;; *) exit 1 ;; esac
[ "$1" = cleanup ] || ttl=120
printf 'server %s %s\nupdate %s %s %s TXT "%s"\nsend\n' "$NSUPDATE_SERVER" "$NSUPDATE_SERVER_PORT" "$verb" "$2" "${ttl:-}" "$3" |
  nsupdate -k "$NSUPDATE_KEY"
END
  chmod +x "$here/lego-script"
  # As acme.sh does: functions, and help when it is called with nothing. Its own variables may be unset.
  cat >"$here/acme.sh" <<'END'
_initpath() { ACCOUNT_CONF_PATH=${LE_CONFIG_HOME:-$HOME/.acme.sh}/account.conf; }
_readaccountconf_mutable() { sed -n "s/^SAVED_$1='\(.*\)'$/\1/p" "$ACCOUNT_CONF_PATH" 2>/dev/null; }
_saveaccountconf_mutable() { printf "SAVED_%s='%s'\n" "$1" "$2" >>"$ACCOUNT_CONF_PATH"; }
_info() { printf '[%s] %s\n' "$(date)" "$1"; }
main() { [ -z "$1" ] && echo "Usage: acme.sh" && return; "$@"; }
main "$@"
END
  cat >"$here/dns_test.sh" <<'END'
dns_test_add() {
  NSUPDATE_KEY="${NSUPDATE_KEY:-$(_readaccountconf_mutable NSUPDATE_KEY)}"
  _saveaccountconf_mutable NSUPDATE_KEY "$NSUPDATE_KEY"
  _info "adding $1"
  printf 'server %s %s\nupdate add %s. 60 TXT "%s"\nsend\n' "$NSUPDATE_SERVER" "$NSUPDATE_SERVER_PORT" "$1" "$2" |
    nsupdate -k "$NSUPDATE_KEY"
}
dns_test_rm() {
  printf 'server %s %s\nupdate delete %s. TXT "%s"\nsend\n' "$NSUPDATE_SERVER" "$NSUPDATE_SERVER_PORT" "$1" "$2" |
    nsupdate -k "$(_readaccountconf_mutable NSUPDATE_KEY)"
}
END
  number=9500
  for provider in "$here/lego-script" acme-sh; do
    number=$((number + 1))
    result_of "$number" waiting-for-dns _dnsauth.shop.example.com TXT "v$number" >"$here/result"
    same "status of $provider" 0 "$(dns_status "$here/result" "$provider")"
    same "the value" "$stranger \"v$number\"" "$(values_of _dnsauth.shop.example.com)"
    result_of "$number" issued >"$here/result"
    same "status of $provider" 0 "$(dns_status "$here/result" "$provider")"
    same "after the issue" "$stranger" "$(values_of _dnsauth.shop.example.com)"
  done
  same "credentials" 600 "$(stat -c %a "$here/state/dns/acme-sh/account.conf")"
  result_of 9503 waiting-for-dns _x.shop.example.com CNAME y.example.com >"$here/result"
  same "status for what a dnsapi file cannot do" 75 "$(dns_status "$here/result" acme-sh)"
  rm "$here"/state/dns/*.9503
}

# The scripts with a lock that they wait for one second only. Sets impatient.
make_impatient() {
  impatient=$here/impatient
  rm -rf "$impatient"
  cp -R hooks "$impatient"
  sed -i 's/^lock_limit=.*/lock_limit=1/' "$impatient/functions.sh"
}

dns_lock() {
  echo "one run at a time changes records, also while a provider of a killed run is still working"
  make_impatient
  # It works until slow.end is there, and leaves a process that works on.
  cat >"$here/slow" <<'END'
#!/bin/sh
echo "$1" >>"$HERE/slow.calls"
until [ -e "$HERE/slow.end" ]; do sleep 0.05; done
sleep 60 >/dev/null 2>&1 &
echo "$!" >>"$HERE/slow.left"
END
  chmod +x "$here/slow"
  result_of 9550 waiting-for-dns _dnsauth.shop.example.com TXT slow >"$here/slow.result"
  result_of 9551 waiting-for-dns _dnsauth.shop.example.com TXT quick >"$here/result"
  # shellcheck disable=SC2016 # the inner shell expands it
  start slow "$here/environment" HERE="$here" sh -c 'exec "$@" <"$HERE/slow.result"' sh \
    "$root/hooks/dns/set.sh" --nameservers "$dns_servers" --wait 0s "$here/slow"
  slow_pid=${started%% *}
  wait_for 10 "the provider's call" test -s "$here/slow.calls"
  dns_hooks=$impatient
  for turn in running killed; do
    [ "$turn" = running ] || kill -9 "$slow_pid"
    same "status while another run is $turn" 75 "$(dns_status "$here/result" nsupdate)"
    said "another run of set.sh is still working"
    same "values" "$stranger" "$(values_of _dnsauth.shop.example.com)"
  done
  : >"$here/slow.end"
  wait_for 10 "the end of the call" test -s "$here/slow.left"
  same "status after the call, while its process works on" 0 "$(dns_status "$here/result" nsupdate)"
  kill -0 "$(cat "$here/slow.left")" || fail "the process of the provider is gone, so this shows nothing"
  kill "$(cat "$here/slow.left")"
  dns_hooks=''
  same "values" "\"quick\" $stranger" "$(values_of _dnsauth.shop.example.com)"
  same "calls" present "$(cat "$here/slow.calls")"
  { result_of 9550 issued && result_of 9551 issued; } >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
  kill "$(tail -n 1 "$here/slow.left")"
  same "values" "$stranger" "$(values_of _dnsauth.shop.example.com)"
  same "what is remembered" 0 "$(remembered)"
}

# Kills the script alone, so that a provider call continues, or its whole process group, in turn.
dns_kills() {
  echo "after kills at any moment the next run completes everything, and nothing is left"
  same "what is remembered before" "" "$(cat "$here"/state/dns/*.* 2>/dev/null)"
  cat >"$here/killed.py" <<'END'
import os, random, signal, subprocess, sys, time
script, stage, *arguments = sys.argv[1:]
random.seed(stage)
for turn in range(50):
    with open(f"{os.environ['HERE']}/kill.{stage}.{turn}") as source:
        process = subprocess.Popen([script, *arguments], stdin=source, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(random.uniform(0.02, 0.35))
    (os.kill if turn % 2 else os.killpg)(process.pid, signal.SIGKILL)
    process.wait()
END
  turn=0
  while [ "$turn" -lt 50 ]; do
    result_of "$((9600 + turn))" waiting-for-dns _dnsauth.shop.example.com TXT "turn-$turn" >"$here/kill.add.$turn"
    result_of "$((9600 + turn))" issued >"$here/kill.remove.$turn"
    turn=$((turn + 1))
  done
  mkdir "$here/tmp"
  for stage in add remove; do
    # shellcheck disable=SC2016 # the provider expands it
    hook_environment HERE="$here" TMPDIR="$here/tmp" NSUPDATE_SERVER=127.0.0.1 NSUPDATE_SERVER_PORT="$primary_port" NSUPDATE_KEY="$here/update.key" \
      python3 "$here/killed.py" "$root/hooks/dns/set.sh" "$stage" --nameservers "127.0.0.1:$primary_port" nsupdate
    cat "$here/kill.$stage".* >"$here/result"
    same "status of $stage" 0 "$(dns_status "$here/result" nsupdate)"
    if [ "$stage" = add ]; then
      same "values" 51 "$(dig_primary _dnsauth.shop.example.com TXT | wc -l)"
      same "what is remembered" 50 "$(remembered)"
    fi
  done
  same "what is left" "$stranger" "$(values_of _dnsauth.shop.example.com)"
  same "what is remembered" 0 "$(remembered)"
}

# A provider that kills set.sh before or after the update.
dns_kills_at_update() {
  echo "the same for kills just before and just after each update"
  cat >"$here/killer" <<'END'
#!/bin/sh
# The parent of `timeout`; if set.sh is killed already, that is another process.
kill_parent() {
  pid=$(ps -o ppid= -p "$PPID" | tr -d ' ')
  if ps -o args= -p "$pid" | grep -q 'set\.sh'; then kill -9 "$pid"; fi
}
case $(cat "$HERE/killer.mode") in
  before) kill_parent ;;
  after) "$ROOT/hooks/dns/providers/nsupdate" "$@" && kill_parent ;;
  none) exec "$ROOT/hooks/dns/providers/nsupdate" "$@" ;;
esac
END
  chmod +x "$here/killer"
  for stage in waiting-for-dns issued; do
    for mode in before after none; do
      echo "$mode" >"$here/killer.mode"
      result_of 9650 "$stage" _dnsauth.shop.example.com TXT killed >"$here/result"
      status=0
      hook_environment HERE="$here" ROOT="$root" TMPDIR="$here/tmp" NSUPDATE_SERVER=127.0.0.1 \
        NSUPDATE_SERVER_PORT="$primary_port" NSUPDATE_KEY="$here/update.key" \
        "$root/hooks/dns/set.sh" --nameservers "$dns_servers" "$here/killer" <"$here/result" >"$here/set.out" 2>"$here/set.log" ||
        status=$?
      [ "$mode" != before ] || same "status of $mode, $stage" 137 "$status"
      [ "$mode" != none ] || same "status of $mode, $stage" 0 "$status"
      # After a kill, the memory knows every value that exists.
      case $mode-$stage in
        none-issued) same "what is remembered" 0 "$(remembered)" ;;
        *) same "what is remembered after $mode, $stage" 1 "$(remembered)" ;;
      esac
    done
    if [ "$stage" = issued ]; then expected=$stranger; else expected="\"killed\" $stranger"; fi
    same "values after $stage" "$expected" "$(values_of _dnsauth.shop.example.com)"
  done
}

dns_memory() {
  echo "a certificate that no result mentions any more is asked for after a day"
  number=$(jq -r '.items[0].newCertificateNo' "$here/issued")
  { result_of "$number" waiting-for-dns _dnsauth.shop.example.com TXT lost &&
    result_of 9700 waiting-for-dns _dnsauth.shop.example.com TXT old &&
    result_of 9701 waiting-for-dns _dnsauth.shop.example.com TXT young; } >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"
  : >"$here/nothing"
  same "status" 0 "$(dns_status "$here/nothing" nsupdate)"
  same "at once" 3 "$(remembered)"
  set_back "$number" 90000
  set_back 9700 2600000
  same "status" 0 "$(dns_status "$here/nothing" nsupdate)"
  same "what is left" "$stranger \"young\"" "$(values_of _dnsauth.shop.example.com)"
  result_of 9701 issued >"$here/result"
  same "status" 0 "$(dns_status "$here/result" nsupdate)"

  echo "a damaged file of the memory is reported, and changes nothing"
  printf '1\tremoving\t1\tTXT\t_dnsauth.shop.example.com\texample.com\tnsupdate\tset by someone else\n' \
    >"$here/state/dns/00000000000000000000000000000000.9702"
  same "status" 75 "$(dns_status "$here/nothing" nsupdate)"
  said "is damaged"
  same "what is left" "$stranger" "$(values_of _dnsauth.shop.example.com)"
  rm "$here/state/dns/00000000000000000000000000000000.9702"
  same "modes" "700 600" "$(stat -c %a "$here/state/dns" "$here/state/dns/lock" | paste -sd' ')"
}

# Makes the files of a certificate in the memory older.
set_back() { # certificate, seconds
  for file in "$here"/state/dns/*."$1"; do
    awk -F '\t' -v OFS='\t' -v by="$2" '{ $3 -= by; print }' "$file" >"$here/older"
    mv "$here/older" "$file"
  done
}

# A resolver that validates: it trusts the key of signed.example, and another one for broken.example.
start_resolver() {
  resolver_port=$(free_dns_port)
  mkdir "$here/zone-keys"
  for zone in signed.example broken.example; do
    write_zone "$zone"
    key=$(dnssec-keygen -q -K "$here/zone-keys" -a ECDSAP256SHA256 -f KSK "$zone")
    dnssec-signzone -q -S -z -d "$here" -K "$here/zone-keys" -o "$zone" "$here/$zone.zone" >>"$here/signzone.log" 2>&1
    echo "zone $zone { type primary; file \"$zone.zone.signed\"; };" >>"$here/named.conf"
    if [ "$zone" = broken.example ]; then key=$(dnssec-keygen -q -K "$here/zone-keys" -a ECDSAP256SHA256 -f KSK "$zone"); fi
    awk '$3 == "DNSKEY" { printf "%s static-key %s %s %s \"%s\";\n", $1, $4, $5, $6, $7 $8 }' "$here/zone-keys/$key.key"
  done >"$here/anchors"
  kill -HUP "$named_pid"
  wait_for 10 "the signed zones" answers "$primary_port" broken.example SOA
  {
    printf 'options { directory "%s"; pid-file none; session-keyfile "%s/resolver.key"; listen-on port %s { 127.0.0.1; };\n' \
      "$here" "$here" "$resolver_port"
    echo "listen-on-v6 { none; }; recursion yes; dnssec-validation yes; forward only;
      forwarders { 127.0.0.1 port $primary_port; }; };"
    printf 'controls { };\ntrust-anchors {\n%s\n};\n' "$(cat "$here/anchors")"
  } >"$here/resolver.conf"
  start resolver "$here/named" -c "$here/resolver.conf" -g
  wait_for 10 "the resolver" answers "$resolver_port" example.com SOA
}

checked() { # line
  grep -qxF "$1" "$here/check" || fail "the check lacks '$1': $(cat "$here/check" "$here/set.log")"
}

dns_check() {
  echo "a check finds problems before a reissue"
  start_resolver
  dns_servers=$both
  dns_set --resolver "127.0.0.1:$resolver_port" --check nsupdate shop.example.com '*.admitted.example.com' admitted.example.com \
    >"$here/check" || fail "the check failed: $(cat "$here/check" "$here/set.log")"
  checked "warning shop.example.com: the CAA records of example.com do not allow navercloudtrust.com, so it must not issue"
  checked "ok      shop.example.com: the zone example.com is not signed"
  checked "ok      shop.example.com: nsupdate adds a record to the zone example.com"
  checked "ok      shop.example.com: every name server of example.com returns it (2)"
  checked "ok      shop.example.com: nsupdate removes it again"
  checked "warning *.admitted.example.com: the CAA records of admitted.example.com do not allow navercloudtrust.com, so it must not issue"
  checked "ok      admitted.example.com: the CAA records of admitted.example.com allow navercloudtrust.com"
  same "what is left" "" "$(values_of _ncloud-reissue-check.shop.example.com)"
  same "what is remembered" 0 "$(remembered)"
  dns_servers=127.0.0.1:$primary_port
  if dns_set --resolver "127.0.0.1:$resolver_port" --check nsupdate signed.example broken.example >"$here/check"; then
    fail "the check finds nothing wrong with a broken zone"
  fi
  checked "ok      signed.example: no CAA record restricts the issuer"
  checked "ok      signed.example: the zone signed.example is signed, and its signatures are valid"
  checked "error   broken.example: DNSSEC of the zone broken.example is broken: a validating resolver rejects its answers"
  checked "error   signed.example: nsupdate cannot add _ncloud-reissue-check.signed.example to the zone signed.example (see above)"
  rm -f "$here"/state/dns/*.check
  dns_check_errors
}

# A cause is one error, and nothing is called ok that was not looked at.
dns_check_errors() {
  dns_key=$here/wrong.key
  check_of shop.example.com
  same "errors with a wrong key" "error   shop.example.com: nsupdate cannot add _ncloud-reissue-check.shop.example.com \
to the zone example.com (see above)" "$(grep ^error "$here/check")"
  same "refusals on standard error" 1 "$(grep -c 'failed with status' "$here/set.log")"
  dns_key=''
  rm -f "$here"/state/dns/*.check
  check_of nosuch.com
  same "a domain that does not exist" "error   nosuch.com: its zone cannot be found: the domain does not exist" \
    "$(cat "$here/check")"
  check_of shop.elsewhere.example.org
  same "a zone of others" "error   shop.elsewhere.example.org: its zone cannot be found: the servers that were asked give REFUSED" \
    "$(cat "$here/check")"
  dns_servers=127.0.0.1:$(free_dns_port)
  check_of shop.example.com
  same "no server" "error   shop.example.com: its zone cannot be found: the servers that were asked give no answer" \
    "$(cat "$here/check")"
  dns_servers=127.0.0.1:$primary_port
  mkdir "$here/no-caa"
  cat >"$here/no-caa/dig" <<END
#!/bin/sh
case \$* in
  *'-t CAA'*) echo ';; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 1' ;;
  *) exec $(command -v dig) "\$@" ;;
esac
END
  chmod +x "$here/no-caa/dig"
  dns_path=$here/no-caa:$programs:$PATH
  dns_set --resolver "127.0.0.1:$resolver_port" --check nsupdate shop.example.com >"$here/check" ||
    fail "the check failed: $(cat "$here/check" "$here/set.log")"
  checked "warning shop.example.com: the CAA records of shop.example.com are not known: \
the servers give SERVFAIL"
  dns_path=
  # The resolver alone.
  dns_servers=
  check_of broken.example
  same "a broken zone" "error   broken.example: its zone cannot be found: its DNSSEC is broken: \
a validating resolver rejects the answers" "$(cat "$here/check")"
  dns_servers=127.0.0.1:$primary_port
}

check_of() { # domain
  if dns_set --resolver "127.0.0.1:$resolver_port" --check nsupdate "$1" >"$here/check"; then
    fail "the check of $1 finds nothing wrong: $(cat "$here/check")"
  fi
}

# The scripts and lines that systemd and cron run, with a sandbox of their own.
dns_service() {
  echo "the queue sets records at once, the follow service until they are visible; it removes them after the issue"
  servers_folder=$here
  begin dns-service
  mkdir "$here/credentials" "$here/tmp"
  cp "$servers_folder/update.key" "$here/credentials/nsupdate-key"
  printf 'sandbox-access-key\n' >"$here/credentials/access-key"
  printf 'sandbox-secret-key\n' >"$here/credentials/secret-key"
  chmod 600 "$here"/credentials/*
  queue=$here/spool
  mkdir -p "$queue/tmp" "$queue/new" "$queue/work" "$queue/refused"
  QUEUE=$queue hooks/systemd/enqueue.sh <examples/alertmanager/event.json
  service drain.sh >"$here/result" || fail "the queue: $(cat "$here/service.log")"
  records=$(jq -r '.items[].dns[]? | "\(.name) \(.value)"' "$here/state/results.ndjson")
  same "records" 5 "$(echo "$records" | wc -l)"
  echo "$records" | while read -r name value; do
    dig_primary "$name" TXT | grep -qxF "\"$value\"" || fail "$name lacks $value"
  done
  service follow.sh >"$here/result" || fail "follow: $(cat "$here/service.log")"
  same "its result" follow "$(jq -r .command "$here/result")"
  lines=$(wc -l <"$here/state/results.ndjson")
  service follow.sh >"$here/result" || fail "follow: $(cat "$here/service.log")"
  same "results after another run while requests are pending" "$((lines + 1))" "$(wc -l <"$here/state/results.ndjson")"

  echo "a failure of the name server is the status of the unit, and is repeated"
  name=$(echo "$records" | head -n 1 | cut -d' ' -f1)
  NSUPDATE_KEY=$servers_folder/update.key
  printf 'server 127.0.0.1 %s\nupdate delete %s TXT\nsend\n' "$primary_port" "$name" | nsupdate -k "$NSUPDATE_KEY"
  unset NSUPDATE_KEY
  for file in "$here"/state/dns/*.*; do
    awk -F '\t' -v OFS='\t' '{ $3 -= 4000; print }' "$file" >"$here/older" && mv "$here/older" "$file"
  done
  cp "$servers_folder/wrong.key" "$here/credentials/nsupdate-key"
  status=0
  service follow.sh >"$here/result" || status=$?
  same "status with a wrong key" 75 "$status"
  cp "$servers_folder/update.key" "$here/credentials/nsupdate-key"
  service follow.sh >"$here/result" || fail "follow: $(cat "$here/service.log")"

  curl -sf -o "$here/reply" -d '{}' "$endpoint/sandbox/issue"
  service follow.sh >"$here/result" || fail "follow: $(cat "$here/service.log")"
  same "stages" "issued issued issued" "$(jq -r '.items[].stage' "$here/result" | paste -sd' ')"
  same "what is left" "" "$(values_of "$name")"
  same "what is remembered" 0 "$(remembered)"
  lines=$(wc -l <"$here/state/results.ndjson")
  service follow.sh >"$here/result" || fail "follow: $(cat "$here/service.log")"
  same "results after a run with nothing to do" "$lines" "$(wc -l <"$here/state/results.ndjson")"

  echo "the crontab's lines run, and have nothing to mail"
  sed -n 's/^\([A-Z_]*=\)/export \1/p; s/^\*.5 . . . . reissue //p; s/^0 8 . . . reissue //p' hooks/cron/ncloud-reissue.cron |
    sed "/^export PATH/d; s|/etc/ncloud-reissue/hooks|$root/hooks|
      s|ns1.example.com|127.0.0.1|; s|/etc/ncloud-reissue/update.key|$servers_folder/update.key|" >"$here/crontab.sh"
  same "lines" 7 "$(wc -l <"$here/crontab.sh")"
  hook_environment DNS_OPTIONS="--nameservers $dns_servers" sh -e "$here/crontab.sh" >"$here/reply" 2>"$here/service.log" ||
    fail "the crontab: $(cat "$here/service.log")"
  same "what it would mail" "" "$(cat "$here/reply" "$here/service.log")"
  here=$servers_folder
}

service() { # script
  hook_environment QUEUE="$queue" TMPDIR="$here/tmp" CREDENTIALS_DIRECTORY="$here/credentials" DNS_PROVIDER=nsupdate \
    DNS_OPTIONS="--nameservers $dns_servers" NSUPDATE_SERVER=127.0.0.1 NSUPDATE_SERVER_PORT="$primary_port" \
    "$root/hooks/systemd/$1" 2>>"$here/service.log"
}

# The blocks of the page, with the places of this test.
dns_page() {
  echo "the page's blocks do what it says"
  same "blocks" 3 "$(grep -c '^```sh$' hooks/dns/README.md)"
  for block in 1 2 3; do
    awk -v wanted="$block" '/^```sh$/ { inside = ++number == wanted; next } /^```$/ { inside = 0 } inside' hooks/dns/README.md |
      sed "s|/etc/ncloud-reissue/hooks/dns/set.sh|$root/hooks/dns/set.sh --nameservers $both --resolver 127.0.0.1:$resolver_port|
        s|ns1.example.com|127.0.0.1 NSUPDATE_SERVER_PORT=$primary_port|; s|/etc/ncloud-reissue/update.key|$here/update.key|" \
        >"$here/block.$block"
  done
  # The second and third take the settings of the first.
  grep '^export' "$here/block.1" | cat - "$here/block.2" >"$here/block.2x"
  grep '^export' "$here/block.1" | cat - "$here/block.3" >"$here/block.3x"
  for block in 1 2x 3x; do
    (cd "$here" && hook_environment sh "$here/block.$block" >"$here/block.out" 2>"$here/set.log") ||
      fail "block $block: $(cat "$here/set.log")"
  done
  same "findings" 10 "$(grep -cE '^(ok|warning) ' "$here/block.out")"
  { cat "$here/update.key" && grep -A 1 '^zone' hooks/dns/README.md; } >"$here/policy.conf"
  named-checkconf "$here/policy.conf" || fail "the page's policy"
}

# In a network namespace, so that port 53 is free and the resolver can be replaced.
dns_own_servers() {
  if ! unshare --net --mount --pid --fork --kill-child true 2>/dev/null; then
    echo "not shown: the name servers of the zones themselves, and lexicon: unshare is not allowed here"
    return
  fi
  echo "without --nameservers it asks the zone's own name servers; lexicon adds and removes"
  result_of 9801 waiting-for-dns _dnsauth.shop.example.com TXT '_text with "spaces"; and more' >"$here/result"
  result_of 9801 issued >"$here/issued"
  HERE=$here ROOT=$root unshare --net --mount --pid --fork --kill-child sh Tests/hooks/dns_own_servers.sh \
    >"$here/own.log" 2>&1 || fail "$(cat "$here/own.log")"
}
