# Sourced by Tests/hooks.sh: hooks/deploy with the real servers on loopback.
# shellcheck shell=sh disable=SC2154,SC2034

hook_deploy() {
  begin deploy
  store=$here/state/certificates
  programs_folder=$here/deploy.d
  mkdir "$programs_folder"
  make_authority

  deploy_conventions
  deploy_failures
  deploy_mistakes
  deploy_lock
  deploy_kills
  deploy_nginx
  deploy_haproxy
  deploy_apache
  deploy_page
}

# MARK: A store

make_authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10 -subj "/CN=test authority" \
    -keyout "$here/authority.key" -out "$here/authority.pem" 2>"$here/openssl.log"
}

# The next version of a certificate in the store, as the program puts it there.
issue() { # name, domains…
  folder=$store/$1
  version=$(($(readlink "$folder/current" 2>/dev/null || echo 0) + 1))
  shift
  mkdir -p "$folder/$version"
  printf 'subjectAltName=%s\n' "$(printf 'DNS:%s,' "$@" | sed 's/,$//')" >"$here/names"
  {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
      -keyout "$folder/$version/privkey.pem" -out "$folder/$version/csr.pem"
    openssl x509 -req -in "$folder/$version/csr.pem" -CA "$here/authority.pem" -CAkey "$here/authority.key" -days 5 \
      -extfile "$here/names" -out "$folder/$version/cert.pem"
  } 2>>"$here/openssl.log"
  cp "$here/authority.pem" "$folder/$version/chain.pem"
  cat "$folder/$version/cert.pem" "$folder/$version/chain.pem" >"$folder/$version/fullchain.pem"
  ln -s "$version" "$folder/.current"
  mv -T "$folder/.current" "$folder/current"
}

deployed() { readlink "$store/$1/deployed" 2>/dev/null || echo none; }

program() { # name; the text is standard input
  cat >"$programs_folder/$1"
  chmod +x "$programs_folder/$1"
}

# Prints the status; standard error goes to deploy.log.
deploy_status() { # arguments…
  status=0
  echo '{"version":1}' | hook_environment HERE="$here" NGINX="nginx -p $here/nginx -c $here/nginx.conf" \
    HAPROXY_CERTIFICATES="$here/haproxy" HAPROXY_SOCKET="$here/haproxy.sock" \
    APACHECTL="$here/apachectl" DEHYDRATED_HOOK="$here/dehydrated-hook" TMPDIR="$here" \
    "$root/hooks/deploy/deploy.sh" --programs "$programs_folder" "$@" >"$here/deploy.out" 2>"$here/deploy.log" || status=$?
  [ "$status" = 64 ] || same "the output" '{"version":1}' "$(cat "$here/deploy.out")"
  echo "$status"
}

reported() { grep -qF -e "$1" "$here/deploy.log" || fail "standard error lacks '$1': $(cat "$here/deploy.log")"; }

# The serial number of a certificate that a server sends, and of one in the store.
served() { # port, name
  openssl s_client -connect "127.0.0.1:$1" -servername "$2" </dev/null 2>/dev/null | openssl x509 -noout -serial 2>/dev/null
}
serial() { openssl x509 -noout -serial -in "$store/$1/current/cert.pem"; }
serves() { [ "$(served "$1" "$2")" = "$3" ]; }

# MARK: What it does

deploy_conventions() {
  echo "hooks for certbot and dehydrated run unchanged"
  program 10-certbot <<'END'
#!/bin/sh
# A deploy hook of certbot: the folder of the certificate, and its names.
set -e
for domain in $RENEWED_DOMAINS; do
  case $domain in
    *example.com)
      name=$(basename "$RENEWED_LINEAGE")
      cat "$RENEWED_LINEAGE/fullchain.pem" "$RENEWED_LINEAGE/privkey.pem" >"$HERE/$name.pem"
      openssl verify -CAfile "$RENEWED_LINEAGE/chain.pem" "$RENEWED_LINEAGE/cert.pem" >/dev/null
      echo "$name $domain" >>"$HERE/calls"
      ;;
  esac
done
END
  cp hooks/deploy/deploy.d/dehydrated "$programs_folder/20-dehydrated"
  cat >"$here/dehydrated-hook" <<'END'
#!/usr/bin/env bash
# A hook of dehydrated: a function for each operation, which is the first argument.
deploy_cert() {
  local DOMAIN="${1}" KEYFILE="${2}" CERTFILE="${3}" FULLCHAINFILE="${4}" CHAINFILE="${5}" TIMESTAMP="${6}"
  cmp -s <(cat "$CERTFILE" "$CHAINFILE") "$FULLCHAINFILE" && grep -q 'PRIVATE KEY' "$KEYFILE" &&
    echo "dehydrated $DOMAIN ${TIMESTAMP//[0-9]/}" >>"$HERE/calls"
}
HANDLER="$1"; shift
if [[ "${HANDLER}" =~ ^(deploy_challenge|clean_challenge|deploy_cert)$ ]]; then "$HANDLER" "$@"; fi
END
  chmod +x "$here/dehydrated-hook"
  # Files that are not programs.
  echo 'exit 1' >"$programs_folder/README"
  printf '#!/bin/sh\nexit 1\n' >"$programs_folder/10-certbot~"
  chmod +x "$programs_folder/10-certbot~"

  same "status without a store" 0 "$(deploy_status)"
  issue shop.example.com shop.example.com www.shop.example.com
  [ ! -e "$store/.deployment" ] || fail "the store is marked before anything was deployed"
  issue _.example.com '*.example.com'
  mkdir -p "$store/waiting.example.com/1"
  same "status" 0 "$(deploy_status)"
  same "calls" "$(printf '%s\n' '_.example.com *.example.com' 'dehydrated *.example.com ' 'shop.example.com shop.example.com' \
    'shop.example.com www.shop.example.com' 'dehydrated shop.example.com ')" "$(cat "$here/calls")"
  same "deployed" "1 1 none" "$(deployed shop.example.com) $(deployed _.example.com) $(deployed waiting.example.com)"
  same "mode of the mark that deployment is in use" 600 "$(stat -c %a "$store/.deployment")"
  same "what certbot's hook made" 3 "$(grep -c BEGIN "$here/shop.example.com.pem")"
  rm "$here/calls"
  same "status of the next run" 0 "$(deploy_status)"
  [ ! -e "$here/calls" ] || fail "a certificate was deployed twice"
  issue shop.example.com shop.example.com
  same "status" 0 "$(deploy_status)"
  same "calls for the next version" "$(printf '%s\n' 'shop.example.com shop.example.com' 'dehydrated shop.example.com ')" \
    "$(cat "$here/calls")"
  same "deployed" "2 1" "$(deployed shop.example.com) $(deployed _.example.com)"
  same "input that is not a result" 0 "$(deploy_status)"
  rm "$programs_folder"/*
}

deploy_failures() {
  echo "a failure is reported, stops the certificate, and is repeated until it succeeds"
  # shellcheck disable=SC2016 # the program expands it
  printf '#!/bin/sh\necho one >>"$HERE/calls"\n' | program 10-first
  # shellcheck disable=SC2016
  printf '#!/bin/sh\n[ ! -e "$HERE/broken" ] || { echo "reload \033[31mfailed"; exit 3; }\n' | program 20-second
  # shellcheck disable=SC2016
  printf '#!/bin/sh\necho three >>"$HERE/calls"\n' | program 30-third
  issue shop.example.com shop.example.com
  rm -f "$here/calls"
  touch "$here/broken"
  for turn in 1 2; do
    same "status" 75 "$(deploy_status)"
    reported "20-second failed with status 3"
    reported "reload ?[31mfailed"
  done
  same "deployed" 2 "$(deployed shop.example.com)"
  same "calls" "one one" "$(paste -sd' ' "$here/calls")"
  rm "$here/broken"
  same "status" 0 "$(deploy_status)"
  same "deployed" 3 "$(deployed shop.example.com)"
  same "calls" "one one one three" "$(paste -sd' ' "$here/calls")"

  echo "a program that hangs is ended"
  rm "$programs_folder"/*
  printf '#!/bin/sh\nsleep 60 & wait\n' | program 10-hang
  issue shop.example.com shop.example.com
  began=$(date +%s)
  same "status" 75 "$(deploy_status --timeout 1s)"
  reported "did not end within 1s"
  [ $(($(date +%s) - began)) -le 10 ] || fail "the program was not ended in time"
  same "deployed" 3 "$(deployed shop.example.com)"
  rm "$programs_folder"/*
  same "status without programs" 0 "$(deploy_status)"
  same "deployed" 3 "$(deployed shop.example.com)"

  echo "a folder without the files, and a link that is not a version, change nothing"
  printf '#!/bin/sh\nexit 0\n' | program 10-good
  mkdir -p "$store/old.example.com/1" "$store/odd.example.com"
  ln -s 1 "$store/old.example.com/current"
  same "status" 0 "$(deploy_status)"
  reported "old.example.com: version 1 has no cert.pem"
  ln -s ../shop.example.com/1 "$store/odd.example.com/current"
  same "status" 75 "$(deploy_status)"
  reported "odd.example.com: current is not a link to a version"
  rm "$store/odd.example.com/current"
  mkdir "$store/odd.example.com/1"
  ln -s 1 "$store/odd.example.com/current"
  ln -s /etc/hostname "$store/odd.example.com/1/cert.pem"
  same "status" 75 "$(deploy_status)"
  reported "cert.pem is a symbolic link"
  rm -r "$store/odd.example.com" "$store/old.example.com"
  same "status for a wrong option" 64 "$(deploy_status --verify 'a b')"
  rm "$programs_folder"/*
}

# Options that name something that is not there.
deploy_mistakes() {
  echo "a store that was given must exist, and so must a certificate that is to be verified"
  printf '#!/bin/sh\nexit 0\n' | program 10-good
  closed=$(free_port)
  same "status without the store that was given" 74 "$(deploy_status --store "$here/missing")"
  reported "--store: $here/missing does not exist"
  same "status for a store that is a file" 74 "$(deploy_status --store "$here/authority.pem")"
  reported "is not a folder"
  same "status without the programs that were given" 78 "$(deploy_status --programs "$here/missing")"
  reported "--programs: $here/missing is not a folder"
  same "status for an empty name" 64 "$(deploy_status --verify "=127.0.0.1:$closed")"
  same "status for a name that is not in the store" 75 "$(deploy_status --verify "nosuch=127.0.0.1:$closed")"
  same "what it says" "deploy.sh: --verify nosuch=127.0.0.1:$closed: $store has no folder nosuch" \
    "$(grep nosuch "$here/deploy.log")"
  same "the others are deployed" "$(readlink "$store/shop.example.com/current")" "$(deployed shop.example.com)"
  same "status for a certificate that is not issued" 75 "$(deploy_status --verify "waiting.example.com=127.0.0.1:$closed")"
  reported "the certificate of $store/waiting.example.com is not issued yet"
  mkdir "$here/empty"
  same "status for a store without certificates" 75 "$(deploy_status --store "$here/empty" --verify "127.0.0.1:$closed")"
  reported "no certificate of $here/empty is issued yet"
  mv "$store" "$here/elsewhere"
  same "status without the default store" 0 "$(deploy_status)"
  same "what the log says" "" "$(cat "$here/deploy.log")"
  same "status with a certificate to verify" 75 "$(deploy_status --verify "shop.example.com=127.0.0.1:$closed")"
  reported "the store $store does not exist yet"
  mv "$here/elsewhere" "$store"
  mkdir -p "$store/old.example.com/1"
  ln -s 1 "$store/old.example.com/current"
  same "status for a certificate without its files" 75 "$(deploy_status --verify "old.example.com=127.0.0.1:$closed")"
  rm -r "$store/old.example.com"

  echo "a server that does not answer is reported once"
  make_impatient
  sed -i 's/^verify_limit=.*/verify_limit=1/' "$impatient/deploy/deploy.sh"
  status=0
  hook_environment "$impatient/deploy/deploy.sh" --programs "$programs_folder" --verify "shop.example.com=127.0.0.1:$closed" \
    </dev/null 2>"$here/deploy.log" || status=$?
  same "status" 75 "$status"
  same "what it says" \
    "deploy.sh: shop.example.com: 127.0.0.1:$closed does not send the newest certificate, but none" "$(cat "$here/deploy.log")"

  echo "without programs, a certificate is compared all the same"
  rm "$programs_folder"/*
  issue other.example.com other.example.com
  same "status" 75 "$(deploy_status --verify "other.example.com=127.0.0.1:$closed")"
  reported "$programs_folder has no program that deploys it"
  start tls openssl s_server -accept "127.0.0.1:$closed" -quiet \
    -cert "$store/other.example.com/current/cert.pem" -key "$store/other.example.com/current/privkey.pem"
  wait_for 10 "the TLS server" serves "$closed" other.example.com "$(serial other.example.com)"
  same "status if the server has it" 0 "$(deploy_status --verify "other.example.com=127.0.0.1:$closed")"
  same "deployed" none "$(deployed other.example.com)"
  rm -r "$store/other.example.com"
}

deploy_lock() {
  echo "one run at a time deploys"
  make_impatient
  printf '#!/bin/sh\nexit 0\n' | program 10-good
  issue lock.example.com lock.example.com
  status=0
  flock "$programs_folder" "$here/environment" "$impatient/deploy/deploy.sh" --programs "$programs_folder" </dev/null \
    2>"$here/deploy.log" || status=$?
  same "status while another run holds the lock" 75 "$status"
  reported "another run of deploy.sh is still working"
  same "deployed" none "$(deployed lock.example.com)"
  rm -r "${programs_folder:?}"/* "$store/lock.example.com"
}

# 50 kills each: just before the program, between program and link, and at random moments.
deploy_kills() {
  echo "after kills at any moment the next run completes the deployment"
  program 10-call <<'END'
#!/bin/sh
# The parent of `timeout`; if deploy.sh is killed already, that is another process.
kill_parent() {
  pid=$(ps -o ppid= -p "$PPID" | tr -d ' ')
  if ps -o args= -p "$pid" | grep -q 'deploy\.sh'; then kill -9 "$pid"; fi
}
mode=$(cat "$HERE/mode")
[ "$mode" != before ] || { kill_parent; exit; }
echo "$(readlink "$RENEWED_LINEAGE/current")" >>"$HERE/calls"
[ "$mode" != after ] || kill_parent
END
  cat >"$here/killed.py" <<'END'
import os, random, signal, subprocess, sys, time
random.seed(1)
for turn in range(150):
    mode = ("random", "before", "after")[turn % 3]
    with open(os.environ["HERE"] + "/mode", "w") as file:
        file.write(mode)
    with open("/dev/null") as nothing:
        process = subprocess.Popen(sys.argv[1:], stdin=nothing, stdout=nothing, start_new_session=True)
    if mode == "random":
        time.sleep(random.uniform(0.0, 0.12))
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    # What was recorded must have been called before.
    link = os.environ["FOLDER"] + "/deployed"
    calls = open(os.environ["HERE"] + "/calls").read().split() if os.path.exists(os.environ["HERE"] + "/calls") else []
    if os.readlink(link) not in calls + ["4"]:
        sys.exit(f"turn {turn}, {mode}: {os.readlink(link)} is recorded, called: {calls}")
    if turn % 30 == 29:
        os.rename(os.environ["FOLDER"] + f"/{5 + turn // 30}", os.environ["FOLDER"] + f"/{6 + turn // 30}")
        os.symlink(str(6 + turn // 30), os.environ["FOLDER"] + "/.next")
        os.rename(os.environ["FOLDER"] + "/.next", os.environ["FOLDER"] + "/current")
END
  rm -f "$here/calls"
  issue shop.example.com shop.example.com
  same "deployed" "4 of 5" "$(deployed shop.example.com) of $version"
  hook_environment HERE="$here" FOLDER="$store/shop.example.com" TMPDIR="$here" python3 "$here/killed.py" \
    "$root/hooks/deploy/deploy.sh" --programs "$programs_folder" 2>"$here/deploy.log" || fail "$(cat "$here/deploy.log")"
  echo none >"$here/mode"
  same "status" 0 "$(deploy_status)"
  same "deployed" 10 "$(deployed shop.example.com)"
  same "the last call" 10 "$(tail -n 1 "$here/calls")"
  same "what is left" "" "$(find "$store" -name '.deployed*')"
  rm "$programs_folder"/*
}

# nginx with the certificate of the store. Sets port.
serve_store() {
  port=$(free_port)
  mkdir "$here/nginx"
  cat >"$here/nginx.conf" <<END
pid $here/nginx/pid; error_log stderr; daemon off;
events { }
http {
  access_log off; client_body_temp_path $here/nginx/b; proxy_temp_path $here/nginx/p; fastcgi_temp_path $here/nginx/f;
  uwsgi_temp_path $here/nginx/u; scgi_temp_path $here/nginx/s;
  server {
    listen 127.0.0.1:$port ssl;
    ssl_certificate $store/shop.example.com/current/fullchain.pem;
    ssl_certificate_key $store/shop.example.com/current/privkey.pem;
  }
}
END
  start nginx nginx -p "$here/nginx" -c "$here/nginx.conf"
  wait_for 10 "nginx" serves "$port" shop.example.com "$(serial shop.example.com)"
}

deploy_nginx() {
  echo "nginx is reloaded, and the served certificate is compared"
  issue shop.example.com shop.example.com
  serve_store
  program 50-nginx <hooks/deploy/deploy.d/nginx
  issue shop.example.com shop.example.com
  same "status" 0 "$(deploy_status --verify "shop.example.com=127.0.0.1:$port")"
  same "what it serves" "$(serial shop.example.com)" "$(served "$port" shop.example.com)"
  before=$(deployed shop.example.com)

  present=$(serial shop.example.com)
  issue shop.example.com shop.example.com
  echo "a mistake" >>"$here/nginx.conf"
  same "status with a mistake in the configuration" 75 "$(deploy_status)"
  same "what it serves" "$present" "$(served "$port" shop.example.com)"
  same "deployed" "$before" "$(deployed shop.example.com)"
  sed -i '$d' "$here/nginx.conf"
  # A server that was not told.
  printf '#!/bin/sh\nexit 0\n' | program 50-nginx
  sed -i 's/^verify_limit=.*/verify_limit=1/' "$impatient/deploy/deploy.sh"
  status=0
  hook_environment "$impatient/deploy/deploy.sh" --programs "$programs_folder" --verify "127.0.0.1:$port" </dev/null 2>"$here/deploy.log" ||
    status=$?
  same "status" 75 "$status"
  reported "does not send the newest certificate"
  same "deployed" "$before" "$(deployed shop.example.com)"
  program 50-nginx <hooks/deploy/deploy.d/nginx
  same "status" 0 "$(deploy_status --verify "shop.example.com=127.0.0.1:$port")"
  rm "$programs_folder"/*
}

deploy_haproxy() {
  echo "haproxy gets the certificate through its socket, without a reload"
  port=$(free_port)
  mkdir "$here/haproxy"
  cat "$store/shop.example.com/current/fullchain.pem" "$store/shop.example.com/current/privkey.pem" >"$here/haproxy/shop.example.com.pem"
  chmod 640 "$here/haproxy/shop.example.com.pem"
  cat >"$here/haproxy.cfg" <<END
global
  stats socket $here/haproxy.sock mode 600 level admin
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend web
  bind 127.0.0.1:$port ssl crt $here/haproxy
END
  start haproxy haproxy -db -f "$here/haproxy.cfg"
  wait_for 10 "haproxy" serves "$port" shop.example.com "$(serial shop.example.com)"
  process=$(echo 'show info' | socat - "UNIX-CONNECT:$here/haproxy.sock" | sed -n 's/^Pid: //p')
  program 50-haproxy <hooks/deploy/deploy.d/haproxy
  issue shop.example.com shop.example.com
  issue _.example.com '*.example.com'
  same "status" 0 "$(deploy_status --verify "shop.example.com=127.0.0.1:$port")"
  same "what it serves" "$(serial shop.example.com)" "$(served "$port" shop.example.com)"
  same "the process" "$process" "$(echo 'show info' | socat - "UNIX-CONNECT:$here/haproxy.sock" | sed -n 's/^Pid: //p')"
  same "the file for the next start" "$(serial shop.example.com)" "$(openssl x509 -noout -serial -in "$here/haproxy/shop.example.com.pem")"
  same "its mode" 640 "$(stat -c %a "$here/haproxy/shop.example.com.pem")"
  present=$(serial shop.example.com)
  issue shop.example.com shop.example.com
  cp "$here/authority.key" "$store/shop.example.com/current/privkey.pem"
  same "status with a key that does not fit" 75 "$(deploy_status)"
  reported "50-haproxy failed"
  same "what it serves" "$present" "$(served "$port" shop.example.com)"
  same "the file for the next start" "$present" "$(openssl x509 -noout -serial -in "$here/haproxy/shop.example.com.pem")"
  issue shop.example.com shop.example.com
  same "status" 0 "$(deploy_status --verify "shop.example.com=127.0.0.1:$port")"
  rm "$programs_folder"/*
}

deploy_apache() {
  echo "Apache is reloaded"
  port=$(free_port)
  mkdir "$here/apache"
  cat >"$here/apache.conf" <<END
ServerRoot $here/apache
PidFile $here/apache/pid
ErrorLog $here/apache.log
Mutex file:$here/apache
ServerName localhost
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
Listen 127.0.0.1:$port
SSLEngine on
SSLCertificateFile $store/shop.example.com/current/fullchain.pem
SSLCertificateKeyFile $store/shop.example.com/current/privkey.pem
END
  # As apache2ctl calls Apache, with the configuration of this test.
  cat >"$here/apachectl" <<END
#!/bin/sh
case \$1 in configtest) exec apache2 -f $here/apache.conf -t ;; *) exec apache2 -f $here/apache.conf -k "\$1" ;; esac
END
  chmod +x "$here/apachectl"
  start apache apache2 -f "$here/apache.conf" -DFOREGROUND
  wait_for 10 "Apache" serves "$port" shop.example.com "$(serial shop.example.com)"
  program 50-apache <hooks/deploy/deploy.d/apache
  issue shop.example.com shop.example.com
  same "status" 0 "$(deploy_status --verify "shop.example.com=127.0.0.1:$port")"
  same "what it serves" "$(serial shop.example.com)" "$(served "$port" shop.example.com)"

  echo "a server that sends another certificate gets it again"
  sed -i "s|current/|1/|" "$here/apache.conf"
  apache2 -f "$here/apache.conf" -k graceful
  wait_for 10 "the older certificate" serves "$port" shop.example.com \
    "$(openssl x509 -noout -serial -in "$store/shop.example.com/1/cert.pem")"
  sed -i "s|/1/|/current/|" "$here/apache.conf"
  same "status" 0 "$(deploy_status)"
  same "what the log says without --verify" "" "$(cat "$here/deploy.log")"
  same "status" 0 "$(deploy_status --verify "shop.example.com=127.0.0.1:$port")"
  same "what the log says" "deploy.sh: shop.example.com: version $version is deployed, again" "$(cat "$here/deploy.log")"
  same "what it serves" "$(serial shop.example.com)" "$(served "$port" shop.example.com)"
  rm "$programs_folder"/*
}

# The blocks of the page, with the places of this test.
deploy_page() {
  echo "the page's blocks do what it says"
  same "blocks" 3 "$(grep -c '^```sh$' hooks/deploy/README.md)"
  mkdir -p "$here/installed"
  for block in 1 2 3; do
    issue shop.example.com shop.example.com
    awk -v wanted="$block" '/^```sh$/ { inside = ++number == wanted; next } /^```$/ { inside = 0 } inside' hooks/deploy/README.md |
      sed "s|/etc/ncloud-reissue/hooks/deploy|$root/hooks/deploy|g; s|/etc/ncloud-reissue/deploy.d|$here/installed|g
        s|/etc/ncloud-reissue/hooks/dns|$root/hooks/dns|
        s|deploy.sh |deploy.sh --programs $here/installed |; s|shop.example.com:443|127.0.0.1:$port|" >"$here/block.$block"
    hook_environment APACHECTL="$here/apachectl" sh "$here/block.$block" >"$here/block.out" 2>"$here/deploy.log" </dev/null ||
      fail "block $block: $(cat "$here/deploy.log")"
    same "deployed by block $block" "$version" "$(deployed shop.example.com)"
  done
  same "what it serves" "$(serial shop.example.com)" "$(served "$port" shop.example.com)"

  echo "so does the line of the crontab"
  issue shop.example.com shop.example.com
  sed -n 's/^2-59.5 . . . . root //p' hooks/cron/ncloud-reissue.cron |
    sed "s|/etc/ncloud-reissue/hooks|$root/hooks|; s|~reissue[^ ]*|$here/state|; s|deploy.sh|& --programs $here/installed|" \
      >"$here/crontab.sh"
  hook_environment APACHECTL="$here/apachectl" sh "$here/crontab.sh" 2>"$here/deploy.log" || fail "$(cat "$here/deploy.log")"
  same "deployed" "$version" "$(deployed shop.example.com)"
}
