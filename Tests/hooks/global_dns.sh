# Sourced by Tests/hooks.sh, called by dns.sh: the provider for Global DNS, with a stand-in for its API.
# shellcheck shell=sh disable=SC2154,SC2034

dns_global() {
  echo "Global DNS: edits of others are not published, records are applied and removed"
  start global python3 Tests/hooks/global_dns.py "$here/update.key" "$primary_port"
  wait_for 10 "the stand-in for Global DNS" grep -q . "$here/global.log"
  global=http://127.0.0.1:$(cat "$here/global.log")

  result_of 9901 waiting-for-dns _dnsauth.shop.example.com TXT 'a "quoted" text' _dnsauth.api.example.com TXT sub \
    _c.shop.example.com CNAME _d.cm.naverncp.com >"$here/result"
  same "status with a wrong key" 75 "$(global_key=wrong global_status)"
  said "Authentication Failed"
  same "status" 0 "$(global_status)"
  same "the text" '"a \"quoted\" text" "set by someone else"' "$(values_of _dnsauth.shop.example.com)"
  same "in the longest zone" '"sub"' "$(values_of _dnsauth.api.example.com)"
  same "the alias" _d.cm.naverncp.com. "$(dig_primary _c.shop.example.com CNAME)"
  same "edits in the zone of a similar name" 0 "$(curl -sf "$global/journal" | jq '[.[] | select(endswith("/record/1"))] | length')"

  curl -sf -o "$here/reply" -d '' "$global/edit/2"
  result_of 9902 waiting-for-dns _dnsauth.two.example.com TXT two >"$here/result"
  applied=$(calls_of PUT)
  same "status while others have pending edits" 75 "$(global_status)"
  said "others have edits of example.com that are not applied (TXT other)"
  same "calls that apply" "$applied" "$(calls_of PUT)"
  same "calls that create" 3 "$(calls_of POST)"
  same "status if that is allowed" 0 "$(global_publish=yes global_status)"
  same "the value" '"two"' "$(values_of _dnsauth.two.example.com)"
  { result_of 9901 issued && result_of 9902 issued; } >"$here/result"
  same "status" 0 "$(global_status)"
  same "what is left" "$stranger" "$(values_of _dnsauth.shop.example.com)$(values_of _dnsauth.two.example.com)"
  same "the edit of somebody else" '"not applied yet"' "$(values_of other.example.com)"
  same "calls that roll back" 0 "$(curl -sf "$global/journal" | jq '[.[] | select(contains("rollback"))] | length')"

  echo "Global DNS: a zone is found by its whole name"
  result_of 9903 waiting-for-dns _dnsauth.a.com TXT in-a _dnsauth.aa.com TXT in-aa >"$here/result"
  same "status" 0 "$(global_status)"
  same "values" '"in-a" "in-aa"' "$(values_of _dnsauth.a.com) $(values_of _dnsauth.aa.com)"
  same "records created in each zone" "1 1" "$(curl -sf "$global/journal" |
    jq -r '[(4, 5) as $zone | [.[] | select(. == "POST /dns/v1/ncpdns/record/\($zone)")] | length] | join(" ")')"
  result_of 9903 issued >"$here/result"
  same "status" 0 "$(global_status)"
  same "what is left" "" "$(values_of _dnsauth.a.com)$(values_of _dnsauth.aa.com)"
  created=$(calls_of POST)

  echo "Global DNS: killed between any two calls, it creates nothing twice and leaves nothing"
  cat >"$here/global_kills.py" <<'END'
import os, random, signal, subprocess, sys, time
random.seed(1)
for turn in range(50):
    process = subprocess.Popen(sys.argv[1:], stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(random.uniform(0.02, 0.25))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
END
  for action in present cleanup; do
    hook_environment TMPDIR="$here" GLOBAL_DNS_ENDPOINT="$global/dns/v1" \
      python3 "$here/global_kills.py" "$root/hooks/dns/providers/global-dns" "$action" _kill.example.com. killed
    hook_environment TMPDIR="$here" GLOBAL_DNS_ENDPOINT="$global/dns/v1" \
      "$root/hooks/dns/providers/global-dns" "$action" _kill.example.com. killed 2>"$here/set.log" || fail "$(cat "$here/set.log")"
    if [ "$action" = present ]; then expected='"killed"'; else expected=''; fi
    same "values after $action" "$expected" "$(values_of _kill.example.com)"
  done
  same "records that were created for 50 kills" 1 "$(($(calls_of POST) - created))"

  echo "Global DNS: killed between create and apply, and between delete and apply, it completes what it began"
  cat >"$here/held_kills.py" <<'END'
import json, os, signal, subprocess, sys, time, urllib.request
endpoint, port, provider = sys.argv[1:]

def call(path, data=None):
    return json.load(urllib.request.urlopen(endpoint + path, data))

def values():
    command = ["dig", "-r", "@127.0.0.1", "-p", port, "+short", "_held.example.com", "TXT"]
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout.split()

for turn in range(50):
    for action, method, after in ("present", "POST", [f'"value-{turn}"']), ("cleanup", "DELETE", []):
        before = values()
        command = [provider, action, "_held.example.com.", f"value-{turn}"]
        call(f"/hold/{method}", b"")
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        while not call("/holding"):
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        call("/hold/none", b"")
        if values() != before:
            sys.exit(f"turn {turn}, {action}: published without a call to apply: {values()}")
        subprocess.run(command, check=True)
        if values() != after:
            sys.exit(f"turn {turn}, {action}: {values()} instead of {after}")
END
  created=$(calls_of POST) deleted=$(calls_of DELETE)
  hook_environment TMPDIR="$here" GLOBAL_DNS_ENDPOINT="$global/dns/v1" python3 "$here/held_kills.py" "$global" "$primary_port" \
    "$root/hooks/dns/providers/global-dns" 2>"$here/set.log" || fail "$(cat "$here/set.log")"
  same "records that were created" 50 "$(($(calls_of POST) - created))"
  same "records that were deleted" 50 "$(($(calls_of DELETE) - deleted))"
}

global_status() {
  global_result=0
  hook_environment GLOBAL_DNS_ENDPOINT="$global/dns/v1" \
    ${global_key:+NCLOUD_SECRET_KEY="$global_key"} \
    ${global_publish:+GLOBAL_DNS_PUBLISH_OTHERS="$global_publish"} "$root/hooks/dns/set.sh" --nameservers "$dns_servers" \
    global-dns <"$here/result" >"$here/set.out" 2>"$here/set.log" || global_result=$?
  echo "$global_result"
}

calls_of() { curl -sf "$global/journal" | jq --arg method "$1 " '[.[] | select(startswith($method))] | length'; }
