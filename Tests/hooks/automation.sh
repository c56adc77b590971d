# Sourced by Tests/hooks.sh: automation between monitoring and the program.
# shellcheck shell=sh disable=SC2154

# Before the real program in the PATH: records its input, and can end with a given status.
note_events() {
  mkdir "$here/bin" "$here/credentials"
  printf sandbox-access-key >"$here/credentials/access-key"
  printf sandbox-secret-key >"$here/credentials/secret-key"
  chmod 400 "$here"/credentials/*
  cat >"$here/bin/ncloud-reissue" <<END_OF_PROGRAM
#!/bin/sh
cat >"$here/stdin"
jq -c . "$here/stdin" >>"$here/events"
[ ! -f "$here/status" ] || exit "\$(cat "$here/status")"
exec "$programs/ncloud-reissue" "\$@" <"$here/stdin"
END_OF_PROGRAM
  chmod +x "$here/bin/ncloud-reissue"
}

# An alert that tries to run a command in a system that evaluates it as a template.
hostile_text="{{ lookup('pipe', 'touch HERE/broken-in') }} {{{{{ {% raw %} {# x #} \\\\ \" é"

# The events of the test, one a line: a problem, the same again, its end, the problem with a hostile text.
alerts_of() { # event of examples/templates, path of the alert in it
  hostile=$(printf %s "$hostile_text" | sed "s|HERE|$here|")
  jq -c --arg hostile "$hostile" "($2.labels.alertname = \"TLSCertExpiringSoon\") | (., .,
    ($2.status = \"resolved\"), ($2.annotations.summary = \$hostile))" "$1"
}

hook_ansible_eda() {
  begin ansible-eda
  use_template ansible-eda
  note_events
  cp -R hooks/ansible-eda "$here/hook"
  # Only paths and time limits differ from the shipped files.
  sed -i "s|/etc/ncloud-reissue/hooks/ansible-eda|$here/hook|; s|delay: 60|delay: 1|
    s|/var/lib/ncloud-reissue|$here/state|; s|/etc/ncloud-reissue/credentials|$here/credentials|" \
    "$here"/hook/*.yml
  alerts_of examples/templates/ansible-eda/event.json .alert >"$here/alerts"
  if rulebook=$(command -v "${ANSIBLE_RULEBOOK:-ansible-rulebook}"); then
    with_ansible_rulebook
  else
    echo "NOT RUN with a real ansible-rulebook, which is not installed: the playbook alone"
    from_yaml hooks/ansible-eda/rulebook.yml >"$here/rulebook.json"
    rm "$here"/hook/rulebook.yml
    # The rule ignores the third, which is resolved.
    sed 3d "$here/alerts" | while IFS= read -r alert; do
      playbook "$alert" || fail "the playbook failed"
    done
  fi
  same "results" "reissued skipped skipped" "$(results | jq -r .status | paste -sd' ')"
  same "calls" "$shop" "$(posts)"

  echo "no template in an alert is run, and the event is whole"
  [ ! -e "$here/broken-in" ] || fail "a template in an alert was run"
  same "the last event" "$(tail -n 1 "$here/alerts" | jq -S .alert)" \
    "$(tail -n 1 "$here/events" | jq -S .alert)"

  echo "only what is worth repeating fails"
  from_yaml hooks/ansible-eda/rulebook.yml >"$here/rulebook.json"
  alert=$(head -n 1 "$here/alerts")
  for pair in 0:0 2:0 65:0 69:0 75:2 76:2; do
    echo "${pair%:*}" >"$here/status"
    got=0
    playbook "$alert" || got=$?
    same "status of the playbook for ${pair%:*}" "${pair#*:}" "$got"
  done
}

# The playbook as the rulebook calls it, with the rulebook's own extra variable.
playbook() { # event
  printf '%s' "$1" >"$here/event.json"
  /usr/bin/python3 -c 'import json, sys
from jinja2.nativetypes import NativeEnvironment
event = json.load(open(sys.argv[2]))
text = json.load(open(sys.argv[1]))[0][0]["rules"][0]["action"]["run_playbook"]["extra_vars"]
rendered = {k: NativeEnvironment().from_string(v).render(event=event) for k, v in text.items()}
print(json.dumps({"ansible_eda": {"event": event}, **rendered}))' \
    "$here/rulebook.json" "$here/event.json" >"$here/variables.json"
  hook_environment env PATH="$here/bin:/usr/bin:/bin" LC_ALL=C.UTF-8 ansible-playbook \
    -i "$here/hook/inventory.yml" -e "@$here/variables.json" "$here/hook/reissue.yml" \
    >>"$here/ansible.log" 2>&1
}

# The real ansible-rulebook, with a substitute for the source, whose collection is not in any package: it
# puts events as that source does.
with_ansible_rulebook() {
  plugins=$here/ansible_collections/ansible/eda/extensions/eda/plugins/event_source
  mkdir -p "$plugins"
  jq -c 'del(.meta.source, .meta.uuid, .meta.received_at)' "$here/alerts" >"$here/source"
  cat >"$plugins/alertmanager.py" <<END_OF_SOURCE
import asyncio, json
async def main(queue, args):
    assert args["skip_original_data"] is True
    for line in open("$here/source"):
        event = json.loads(line)
        if args["data_host_path"] == "":
            event["meta"]["hosts"] = []
        await queue.put(event)
    await asyncio.Future()
END_OF_SOURCE
  java=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
  start ansible-rulebook "$here/environment" env LC_ALL=C.UTF-8 JAVA_HOME="${JAVA_HOME:-$java}" \
    PATH="$here/bin:$(dirname "$rulebook"):/usr/bin:/bin" ANSIBLE_COLLECTIONS_PATH="$here" \
    "$rulebook" --rulebook "$here/hook/rulebook.yml" -i "$here/hook/inventory.yml"
  echo "an alert through the real ansible-rulebook is one call, its repeat and its end are none"
  wait_for 90 "three runs of the playbook" results_are 3
}

hook_stackstorm() {
  begin stackstorm
  use_template alertmanager
  note_events
  for file in pack actions/reissue rules/alertmanager policies/retry; do
    from_yaml "hooks/stackstorm/$file.yaml" | jq '.[0]' >"$here/${file##*/}.json"
  done

  echo "rule, action and policy name each other"
  name="$(jq -r .ref "$here/pack.json").$(jq -r .name "$here/reissue.json")"
  same "action of the rule" "$name" "$(jq -r .action.ref "$here/alertmanager.json")"
  same "pack of the rule" "$(jq -r .ref "$here/pack.json")" "$(jq -r .pack "$here/alertmanager.json")"
  same "action of the policy" "$name" "$(jq -r .resource_ref "$here/retry.json")"
  same "parameters of the rule" '["event"]' \
    "$(jq -c '.action.parameters | keys' "$here/alertmanager.json")"
  same "parameters that must be given" '["event"]' \
    "$(jq -c '[.parameters | to_entries[] | select(.value.required) | .key]' "$here/reissue.json")"
  script=$root/hooks/stackstorm/actions/$(jq -r .entry_point "$here/reissue.json")

  echo "a notification is one call, its repeat and its end are none"
  jq '.alerts |= .[:1]' examples/templates/alertmanager/event.json >"$here/event.json"
  alerts_of "$here/event.json" '.alerts[0]' >"$here/alerts"
  while IFS= read -r alert; do
    printf '%s' "$alert" | stackstorm_action >>"$here/output" 2>>"$here/reissue.log" ||
      fail "the action failed"
  done <"$here/alerts"
  same "results" "reissued skipped skipped skipped" "$(results | jq -r .status | paste -sd' ')"
  same "what StackStorm keeps" "$(results)" "$(cat "$here/output")"
  same "calls" "$shop" "$(posts)"

  echo "no template in an alert is left, and the event is whole"
  same "the last event" "$(tail -n 1 "$here/alerts" | jq -S .)" \
    "$(tail -n 1 "$here/events" | jq -S .)"
  exits_of "$script" 0:0 65:0 69:0 2:1 64:1 70:1 74:1 75:1 76:1 77:1 78:1 137:1
}

# As StackStorm does: the rule's parameter rendered with the body, the outcome rendered again as the
# action's parameter, then the script with its argument quoted for a shell.
stackstorm_action() {
  /usr/bin/python3 -c 'import json, shlex, sys
from jinja2.sandbox import SandboxedEnvironment
environment = SandboxedEnvironment()
environment.filters["to_json_string"] = lambda value: json.dumps(value, indent=4)
rule = json.load(open(sys.argv[1]))["action"]["parameters"]["event"]
event = environment.from_string(rule).render(trigger={"body": json.load(sys.stdin)})
again = environment.from_string(event).render()
assert event == again, "a template is left"
print(shlex.quote(sys.argv[2]) + " " + shlex.quote(again))' \
    "$here/alertmanager.json" "$script" >"$here/command"
  hook_environment env PATH="$here/bin:/usr/bin:/bin" CREDENTIALS_DIRECTORY="$here/credentials" \
    bash -c "$(cat "$here/command")"
}
