# Sourced by Tests/hooks.sh: from the alert about a certificate to the new one in service, all with real programs.
# shellcheck shell=sh disable=SC2154,SC2034

hook_circle() {
  # Name servers first: the sandbox asks them.
  here=$work/circle-servers
  mkdir "$here"
  start_name_servers
  servers_folder=$here
  stranger='"set by someone else"'
  begin circle --validate-dns "$both"
  use_template alertmanager
  circle_template
  circle_server
  start_webhook
  start_alertmanager alertmanager --cluster.listen-address=
  start_blackbox
  watch_server "$port" "$alertmanager_port"

  echo "an alert leads to the new certificate in service; nobody touches anything"
  wait_for 60 "the alert" alert_is_firing
  alerted=$(date +%s)
  first=$(served "$port" shop.example.com)
  while [ "$(served "$port" shop.example.com)" = "$first" ]; do
    [ "$(date +%s)" -le "$((alerted + 120))" ] || fail "no new certificate: $(cat "$here/tick.log")"
    sleep 1
    circle_tick
  done
  took=$(($(date +%s) - alerted))
  same "the new serial, which is the new number in hexadecimal" serial=DACA "$(served "$port" shop.example.com)"
  curl -sf -o "$here/root.pem" "$endpoint/sandbox/ca"
  openssl s_client -connect "127.0.0.1:$port" -servername shop.example.com -verify_hostname shop.example.com \
    -CAfile "$here/root.pem" -verify_return_error </dev/null >"$here/served" 2>&1 || fail "$(cat "$here/served")"
  same "calls" "$(printf '%s\n' "$shop" "200 /api/v2/certificate/registPrivateKey null")" "$(posts)"
  same "deployed" 2 "$(deployed shop.example.com)"
  same "the key at the service" 1 "$(curl -sf "$endpoint/sandbox/state" |
    jq -r '.certificates[] | select(.certificateNo == 56010) | .statusCode')"

  echo "its values are gone, that of someone else is there"
  same "what is remembered" 0 "$(remembered)"
  for server in "$primary_port" "$secondary_port"; do
    wait_for 10 "the removal at port $server" circle_values_are "$server" "$stranger"
    same "below www at port $server" "" "$(dig_at "$server" _dnsauth.www.shop.example.com TXT)"
  done
  wait_for 30 "the end of the alert" alert_is_over
  circle_tick
  same "calls after the alert" 2 "$(posts | wc -l)"
  echo "from the alert to the new serial: $took s"
}

# The inventory knows the server by its address, and the service gets the key.
circle_template() {
  template=$here/templates/alertmanager
  jq '.["127.0.0.1"] = ."shop.example.com"' "$template/inventory.json" >"$here/edited"
  mv "$here/edited" "$template/inventory.json"
  jq '.policy.registerKey = "on"' "$template/template.json" >"$here/edited"
  mv "$here/edited" "$template/template.json"
}

# nginx with a certificate from the store that is valid for ten more days. Sets port.
circle_server() {
  store=$here/state/certificates
  programs_folder=$here/deploy.d
  folder=$store/shop.example.com
  mkdir -m 700 "$store" "$folder" "$folder/1"
  mkdir "$programs_folder"
  curl -sf -d '{"names": ["shop.example.com", "www.shop.example.com"], "daysLeft": 10}' \
    "$endpoint/sandbox/server-certificate" >"$here/made"
  (
    umask 077
    jq -r .privateKey "$here/made" >"$folder/1/privkey.pem"
    jq -r .chain "$here/made" >"$folder/1/fullchain.pem"
    openssl x509 -in "$folder/1/fullchain.pem" -out "$folder/1/cert.pem"
    sed '1,/END CERT/d' "$folder/1/fullchain.pem" >"$folder/1/chain.pem"
    openssl req -new -key "$folder/1/privkey.pem" -subj /CN=shop.example.com \
      -addext 'subjectAltName=DNS:shop.example.com,DNS:www.shop.example.com' -out "$folder/1/csr.pem"
  )
  ln -s 1 "$folder/current"
  ln -s 1 "$folder/deployed"
  serve_store
  program 50-nginx <hooks/deploy/deploy.d/nginx
}

# What a timer does: a pipe of the program and the two filters.
circle_tick() {
  # shellcheck disable=SC2016 # the shell inside expands it
  hook_environment NSUPDATE_SERVER=127.0.0.1 NSUPDATE_SERVER_PORT="$primary_port" NSUPDATE_KEY="$servers_folder/update.key" \
    SERVERS="$both" HOOKS="$root/hooks" PROGRAMS="$programs_folder" SITE="shop.example.com=127.0.0.1:$port" \
    NGINX="nginx -p $here/nginx -c $here/nginx.conf" sh -c '
      ncloud-reissue follow | "$HOOKS/dns/set.sh" --nameservers "$SERVERS" nsupdate |
        "$HOOKS/deploy/deploy.sh" --programs "$PROGRAMS" --verify "$SITE"' >>"$here/ticks" 2>>"$here/tick.log" ||
    fail "a tick: $(cat "$here/tick.log")"
}

circle_values_are() { # port, values
  [ "$(dig_at "$1" _dnsauth.shop.example.com TXT)" = "$2" ]
}

alerts_of_prometheus() { curl -sf --max-time 2 "http://127.0.0.1:$prometheus_port/api/v1/alerts"; }
alert_is_firing() { alerts_of_prometheus | jq -e '.data.alerts | any(.state == "firing")'; }
alert_is_over() { alerts_of_prometheus | jq -e '.data.alerts == []'; }
