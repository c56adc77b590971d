#!/bin/sh
# Run by dns.sh in network, mount and PID namespaces: name servers at port 53, which the zone names, and a resolver.
#
#   HERE   the folder of the test       ROOT   the project
set -eu
cd "$HERE"
mkdir own
cd own
ip link set lo up
echo "nameserver 127.0.0.1" >resolv.conf
mount --bind resolv.conf /etc/resolv.conf

# shellcheck disable=SC2016 # a directive of zone files
printf '$TTL 60\n@ SOA ns1 host 1 3600 60 3600 1\n@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\n%s\n' \
  '_dnsauth.shop TXT "set by someone else"' >example.com.zone
cat ../update.key - >named.conf <<END
options { directory "."; pid-file none; session-keyfile "session.key"; listen-on { 127.0.0.1; }; listen-on-v6 { none; };
  recursion yes; dnssec-validation no; allow-transfer { 127.0.0.0/8; }; notify explicit; notify-delay 0; };
controls { };
zone example.com { type primary; file "example.com.zone"; allow-update { key update; }; also-notify { 127.0.0.2; }; };
END
cat >nsd.conf <<END
server:
  ip-address: 127.0.0.2
  username: ""
  server-count: 1
  database: ""
  zonesdir: "$PWD"
  pidfile: "$PWD/nsd.pid"
  xfrdfile: "$PWD/nsd.xfrd"
  xfrdir: "$PWD"
  zonelistfile: "$PWD/nsd.zones"
remote-control:
  control-enable: no
zone:
  name: "example.com"
  zonefile: "example.com.nsd"
  request-xfr: AXFR 127.0.0.1@53 NOKEY
  allow-notify: 127.0.0.1 NOKEY
END
../named -c named.conf -f &
tries=0
until dig -r +short +time=1 +tries=1 example.com SOA | grep -qv '^;'; do
  tries=$((tries + 1))
  [ "$tries" -lt 50 ]
  sleep 0.1
done
nsd -d -c nsd.conf &
until dig -r @127.0.0.2 +short +time=1 +tries=1 example.com SOA | grep -qv '^;'; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ]
  sleep 0.1
done

# Without the settings of the user who runs the test.
set_records() {
  env -i PATH="$PATH" HOME="$PWD" STATE_DIRECTORY="$PWD/state" LEXICON_PROVIDER=ddns \
    LEXICON_DDNS_AUTH_TOKEN="hmac-sha256:update:$(sed -n 's/.*secret "\(.*\)".*/\1/p' ../update.key)" \
    LEXICON_DDNS_DDNS_SERVER=127.0.0.1 "$ROOT/hooks/dns/set.sh" "$@" lexicon
}
values() { dig -r "$1" +short _dnsauth.shop.example.com TXT | sort | paste -sd' '; }
same() { # what, expected, actual
  [ "$2" = "$3" ] || {
    printf '%s: expected %s, got %s\n' "$1" "$2" "$3"
    exit 1
  }
}

set_records --wait 20s <../result >out
cmp out ../result
for server in @127.0.0.1 @127.0.0.2; do
  same "values at $server" '"_text with \"spaces\"; and more" "set by someone else"' "$(values "$server")"
done
set_records <../issued >out
same "what is left" '"set by someone else"' "$(values @127.0.0.1)"
