# Sourced by Tests/hooks.sh: web servers that run the program as a script (CGI).
# shellcheck shell=sh disable=SC2154

# A web server and its script: the shipped configuration, with the example's templates and the
# sandbox; two secrets; the shipped script. Only paths and addresses differ from the shipped files.
begin_cgi() { # name
  begin "$1"
  printf 'token-of-a-test\n' >"$here/etc/hook-token"
  printf 'key-of-a-test\n' >"$here/etc/hook-key"
  printf 'sandbox-access-key\n' >"$here/etc/access-key"
  printf 'sandbox-secret-key\n' >"$here/etc/secret-key"
  chmod 600 "$here"/etc/hook-* "$here"/etc/*-key
  jq --arg endpoint "$endpoint" --arg state "$here/state" --slurpfile example "$here/etc/config.json" '
    $example[0] + . + {endpoint: $endpoint}
    | (.ledger, .storeDirectory, .resultFile) |= sub("/var/lib/ncloud-reissue"; $state)
  ' hooks/cgi/config.json >"$here/config.json"
  mv "$here/config.json" "$here/etc/config.json"
  sed "s|/usr/local/bin/ncloud-reissue|$programs/ncloud-reissue|; s|/etc/ncloud-reissue|$here/etc|
    s|^exec|export NCLOUD_REISSUE_CONFIG=$here/etc/config.json; exec|" hooks/cgi/reissue.cgi \
    >"$here/reissue.cgi"
  chmod 755 "$here/reissue.cgi"
  web_port=$(free_port)
}

# The shipped part of a server's configuration, with this test's paths.
shipped() { # file
  sed "s|/etc/ncloud-reissue/hooks/cgi|$here|; s|unix:/run/ncloud-reissue-cgi.socket|$address|" \
    "hooks/cgi/$1"
}

start_nginx() {
  mkdir "$here/nginx"
  {
    cat <<END_OF_FRAME
daemon off; master_process off; worker_processes 1; pid $here/nginx/pid; error_log stderr;
events { worker_connections 2048; }
http {
  access_log off; client_body_temp_path $here/nginx/b; proxy_temp_path $here/nginx/p;
  fastcgi_temp_path $here/nginx/f; uwsgi_temp_path $here/nginx/u; scgi_temp_path $here/nginx/s;
  server {
    listen 127.0.0.1:$web_port backlog=1024;
END_OF_FRAME
    shipped nginx.conf
    echo '}}'
  } >"$here/nginx.conf"
  start nginx nginx -p "$here/nginx" -c "$here/nginx.conf"
  wait_for 10 "nginx" curl -s --max-time 1 "http://127.0.0.1:$web_port/"
}

# As ncloud-reissue-cgi.service does. timeout(1) passes the signal on to the processes that fcgiwrap started.
fcgiwrap_command() {
  sed -n "s|^ExecStart=||p" hooks/cgi/ncloud-reissue-cgi.service | sed "s|/etc/ncloud-reissue/hooks/cgi|$here|"
}

# Through the socket of the shipped unit, which systemd would open.
start_nginx_socket() {
  address=unix:$here/cgi.socket
  # shellcheck disable=SC2046 # a command and its arguments
  start fcgiwrap timeout 1200 systemd-socket-activate -l "$here/cgi.socket" $(fcgiwrap_command)
  wait_for 10 "the socket" test -S "$here/cgi.socket"
  start_nginx
}

# The same over TCP.
start_nginx_tcp() {
  fcgi_port=$(free_port)
  address=127.0.0.1:$fcgi_port
  # shellcheck disable=SC2046
  start fcgiwrap timeout 1200 $(fcgiwrap_command) -s "tcp:$address"
  start_nginx
}

start_lighttpd() {
  mkdir "$here/www" "$here/uploads"
  address=none
  {
    cat <<END_OF_FRAME
server.modules = ("mod_alias")
server.bind = "127.0.0.1"
server.port = $web_port
server.document-root = "$here/www"
server.upload-dirs = ("$here/uploads")
END_OF_FRAME
    shipped lighttpd.conf
  } >"$here/lighttpd.conf"
  start lighttpd lighttpd -D -f "$here/lighttpd.conf"
  wait_for 10 "lighttpd" curl -s --max-time 1 "http://127.0.0.1:$web_port/"
}

# Sends a file; sets reply_status, reply and reply_head.
post_cgi() { # file, curl options…
  file=$1
  shift
  reply_status=$(curl -s --max-time 60 -o "$here/reply" -D "$here/head" -w '%{http_code}' \
    -H "Content-Type: ${content_type:-application/json}" -H 'Expect:' --data-binary "@$file" "$@" \
    "http://127.0.0.1:$web_port/reissue")
  reply=$(cat "$here/reply")
}

# The two headers of a signature as Grafana makes it, in a file for curl's -H.
sign() { # key, seconds from now, file
  timestamp=$(($(date +%s) + $2))
  code=$({ printf '%s:' "$timestamp" && cat "$3"; } | openssl dgst -sha256 -hmac "$1" -r | cut -d' ' -f1)
  printf 'X-Grafana-Alerting-Signature: %s\nX-Grafana-Alerting-Timestamp: %s\n' "$code" "$timestamp" \
    >"$here/signature"
}

hook_cgi() {
  for server in nginx_socket nginx_tcp lighttpd; do
    echo "-- $server"
    begin_cgi "cgi-$server"
    "start_$server"
    callers_are_proved
    an_alert_is_one_call
    if [ "$server" = nginx_socket ]; then alertmanager_is_heard; fi
    requests_are_answered
    stop_all
  done
}

callers_are_proved() {
  echo "who cannot prove who they are is refused, and nothing is looked at"
  event=examples/alertmanager/event.json
  printf '{"version": ' >"$here/broken.json"
  for file in "$event" "$here/broken.json"; do
    for header in 'X-None: 0' 'Authorization: Bearer wrong' 'Authorization: Bearer ' \
      'Authorization: Basic token-of-a-test' 'X-Grafana-Alerting-Signature: 00'; do
      post_cgi "$file" -H "$header"
      same "status with '$header'" 401 "$reply_status"
    done
    # Signed with another key, for another body, too long ago, too far ahead.
    sign wrong 0 "$file"
    post_cgi "$file" -H "@$here/signature"
    same "status with a wrong key" 401 "$reply_status"
    sign key-of-a-test 0 examples/alertmanager/expected.json
    post_cgi "$file" -H "@$here/signature"
    same "status with another body" 401 "$reply_status"
    for seconds in -301 360 -86400; do
      sign key-of-a-test "$seconds" "$file"
      post_cgi "$file" -H "@$here/signature"
      same "status of a signature from $seconds s" 401 "$reply_status"
    done
  done
  same "challenge" 'www-authenticate: Bearer realm="ncloud-reissue", HMAC-SHA256 realm="ncloud-reissue"' \
    "$(tr -d '\r' <"$here/head" | sed -n 's/^WWW-Authenticate:/www-authenticate:/p')"
  same "what is told" caller.not-proved "$(printf '%s' "$reply" | jq -r .error.code)"

  echo "what is no event is refused with its status"
  head -c 7000000 /dev/zero >"$here/zeros"
  post_cgi "$here/zeros" -H 'Authorization: Bearer wrong'
  same "status of 7 MB of a stranger" 401 "$reply_status"
  head -c 9000000 /dev/zero >"$here/zeros"
  post_cgi "$here/zeros" -H 'Authorization: Bearer token-of-a-test'
  same "status of 9 MB" 413 "$reply_status"
  set -- -H 'Authorization: Bearer token-of-a-test'
  post_cgi "$event" "$@" -X PUT
  same "status of a PUT" 405 "$reply_status"
  grep -qi '^allow: POST' "$here/head" || fail "405 without Allow"
  content_type=text/plain
  post_cgi "$event" "$@"
  same "status of plain text" 415 "$reply_status"
  content_type=
  post_cgi "$here/broken.json" "$@"
  same "status of a broken event" 400 "$reply_status"
  same "status of a GET" 405 "$(curl -s -o "$here/reply" -w '%{http_code}' "http://127.0.0.1:$web_port/reissue")"

  [ ! -s "$journal" ] || fail "the service was asked: $(cat "$journal")"
  same "results" "failed" "$(results | jq -r .status)"
}

an_alert_is_one_call() {
  echo "a good alert is one call, its repeat is none"
  jq '.alerts |= .[:1]' "$event" >"$here/one.json"
  post_cgi "$here/one.json" -H 'Authorization: Bearer token-of-a-test'
  same "status" "200 reissued" "$reply_status $(printf '%s' "$reply" | jq -r .status)"
  sign key-of-a-test 0 "$here/one.json"
  post_cgi "$here/one.json" -H "@$here/signature" -H 'Transfer-Encoding: chunked'
  same "status" "200 cooldown" "$reply_status $(printf '%s' "$reply" | jq -r '.items[0].reason')"
  same "calls" "$shop" "$(posts)"
  same "results" "failed reissued skipped" "$(results | jq -r .status | paste -sd' ')"
}

alertmanager_is_heard() {
  echo "a real Alertmanager is heard, with its token"
  hook_url=http://127.0.0.1:$web_port/reissue
  start_alertmanager alertmanager --cluster.listen-address=
  hook_url=
  alert '[{"labels": {"alertname": "TLSCertExpiringSoon", "certificate_no": "55883",
    "instance": "https://api.example.com"}}]'
  wait_for 30 "the call" posts_are "$shop
$api"
  wait_for 30 "a repeated notification" results_are 5
  same "results" "reissued skipped" "$(results | sed -n 4,5p | jq -r .status | paste -sd' ')"
}

# All of them request the same new certificates at once.
requests_are_answered() {
  count=4000
  # Two ways to the same program: one of them at length.
  [ "$server" != nginx_socket ] || count=1000
  python3 Tests/hooks/cgi_load.py "$web_port" "$here/etc/hook-key" "$event" \
    "${CGI_REQUESTS:-$count}" "${CGI_AT_ONCE:-500}" || fail "an answer is missing"
  same "calls" "$(printf '%s\n' "$shop" "$api" "$star" | sort)" "$(posts | sort)"
  if grep -q -e sandbox-secret-key -e of-a-test "$here"/*.log "$here/state/results.ndjson"; then
    fail "a secret was written somewhere"
  fi
}
