# Sourced by Tests/hooks.sh: the container, and what runs it in a cluster.
# shellcheck shell=sh disable=SC2154

# The recipe against what it must agree with; Tests/systems.sh builds and runs it.
hook_container() {
  begin container
  recipe=hooks/container/Containerfile
  same "user of the recipe" 65532:65532 "$(sed -n 's/^USER //p' "$recipe")"
  same "where the recipe puts the state" /var/lib/ncloud-reissue "$(sed -n 's/^VOLUME //p' "$recipe")"
  if command -v hadolint >/dev/null; then
    hadolint "$recipe" || fail "hadolint complains"
  else
    echo "hadolint is not installed: the recipe was not linted"
  fi
  from_yaml hooks/container/objects.yaml >"$here/objects.json"
  jq -r '.[0].data["config.json"]' "$here/objects.json" >"$here/config.json"
  same "where the configuration looks for templates" /etc/ncloud-reissue-templates \
    "$(jq -r .templates "$here/config.json")"
}

# The folders of a pod below $here/pod: ConfigMaps and Secrets as Kubernetes lays them out, with links
# that lead to a hidden folder.
make_pod() { # volumes, mounts: JSON files
  pod=$here/pod
  mkdir "$pod"
  same "mounts without a volume" "" \
    "$(jq -r --slurpfile volumes "$1" '.[].name | select(IN($volumes[0][].name) | not)' "$2")"
  from_yaml hooks/container/objects.yaml >"$here/objects.json"
  same "what the volumes name" \
    "configMap ncloud-reissue configMap ncloud-reissue-templates secret ncloud-reissue claim ncloud-reissue" \
    "$(jq -r '.[] | if .configMap then "configMap \(.configMap.name)"
      elif .secret then "secret \(.secret.secretName)"
      else "claim \(.persistentVolumeClaim.claimName)" end' "$1" | paste -sd' ')"
  same "what the objects are" "ConfigMap ncloud-reissue PersistentVolumeClaim ncloud-reissue" \
    "$(jq -r '.[] | "\(.kind) \(.metadata.name)"' "$here/objects.json" | paste -sd' ')"

  for volume in configuration templates credentials state; do
    path=$pod$(jq -r --arg name "$volume" '.[] | select(.name == $name) | .mountPath' "$2")
    mkdir -p "$path/..now"
    case $volume in
      configuration)
        jq -r '.[0].data["config.json"]' "$here/objects.json" |
          sed "s|: \"/|: \"$pod/|" >"$path/..now/config.json"
        ;;
      templates)
        cp examples/templates/alertmanager/template.json "$path/..now/alertmanager.template.json"
        cp examples/templates/alertmanager/*.json "$path/..now/"
        rm "$path/..now/template.json"
        ;;
      credentials)
        printf sandbox-access-key >"$path/..now/access-key"
        printf sandbox-secret-key >"$path/..now/secret-key"
        # In a pod the group of the volume (fsGroup) reads them, 0440; here the user of the test does, who owns them.
        chmod 400 "$path"/..now/*
        ;;
      state)
        rmdir "$path/..now"
        state_of_pod=$path
        continue
        ;;
    esac
    ln -s ..now "$path/..data"
    for file in "$path"/..now/*; do ln -s "..data/${file##*/}" "$path/"; done
  done
}

# A command with the environment of the pod's container, its paths below $here/pod.
in_pod() { # environment: a JSON file, command…
  members=$(jq -r '.[] | "\(.name)=\(.value)"' "$1" | sed "s|=/|=$pod/|")
  shift
  while IFS= read -r member; do set -- "$member" "$@"; done <<END_OF_MEMBERS
$members
END_OF_MEMBERS
  hook_environment env -u STATE_DIRECTORY -u NCLOUD_ACCESS_KEY -u NCLOUD_SECRET_KEY \
    NCLOUD_REISSUE_CONFIG="$pod/etc/ncloud-reissue/config.json" PATH="$here/bin:/usr/bin:/bin" "$@"
}

# Three notifications through a step, and their expected effects.
through_step() { # a function that runs the step with an event on standard input
  jq '.alerts |= .[:1]' examples/templates/alertmanager/event.json >"$here/event.json"
  alerts_of "$here/event.json" '.alerts[0]' |
    sed 's|{# x #}|$(HOME) $$ $(params.event) {{workflow.name}}|' >"$here/alerts"
  while IFS= read -r alert; do
    printf '%s' "$alert" | "$1" >>"$here/output" 2>>"$here/reissue.log" || fail "the step failed"
  done <"$here/alerts"
  same "results" "reissued skipped skipped skipped" \
    "$(jq -r .status "$state_of_pod/results.ndjson" | paste -sd' ')"
  same "the log" "$(cat "$state_of_pod/results.ndjson")" "$(cat "$here/output")"
  same "calls" "$shop" "$(posts)"
  same "the last event" "$(tail -n 1 "$here/alerts" | jq -S .)" \
    "$(tail -n 1 "$here/events" | jq -S .)"
}

hook_argo_events() {
  begin argo-events
  note_events
  from_yaml hooks/argo-events/event-source.yaml | jq '.[0]' >"$here/source.json"
  from_yaml hooks/argo-events/sensor.yaml | jq '.[0]' >"$here/sensor.json"
  jq '.spec.triggers[0].template.k8s' "$here/sensor.json" >"$here/trigger.json"
  jq '.source.resource.spec' "$here/trigger.json" >"$here/workflow.json"

  echo "event source, sensor and workflow name each other"
  same "what the sensor depends on" \
    "$(jq -r '"\(.metadata.name) \(.spec.webhook | keys[0])"' "$here/source.json")" \
    "$(jq -r '.spec.dependencies[0] | "\(.eventSourceName) \(.eventName)"' "$here/sensor.json")"
  same "what the parameter comes from" "$(jq -r '.spec.dependencies[0].name' "$here/sensor.json")" \
    "$(jq -r '.parameters[0].src.dependencyName' "$here/trigger.json")"
  same "where it goes to" "spec.arguments.parameters.0.value event event" \
    "$(jq -r '.parameters[0].dest' "$here/trigger.json") $(jq -r '.arguments.parameters[0].name + " " +
      .templates[0].inputs.parameters[0].name' "$here/workflow.json")"
  same "the step" "$(jq -r .entrypoint "$here/workflow.json")" \
    "$(jq -r '.templates[0].name' "$here/workflow.json")"
  same "its event" '{{inputs.parameters.event}} /event/event.json' \
    "$(jq -r '.templates[0] | .inputs.artifacts[0].raw.data + " " + .container.args[-1]' \
      "$here/workflow.json")"

  echo "a notification is one call, its repeat and its end are none, and no template is left"
  jq .volumes "$here/workflow.json" >"$here/volumes.json"
  jq '.templates[0].container.volumeMounts' "$here/workflow.json" >"$here/mounts.json"
  jq '.templates[0].container.env' "$here/workflow.json" >"$here/env.json"
  make_pod "$here/volumes.json" "$here/mounts.json"
  mkdir "$pod/event"
  through_step argo_step

  echo "what is given up, and what is repeated"
  same "statuses that are given up" "65, 69" \
    "$(jq -r '.templates[0].retryStrategy.expression' "$here/workflow.json" |
      sed 's/.*!(asInt(lastRetry.exitCode) in \[\(.*\)\])$/\1/')"
}
# The sensor's template over the body, then the step with its file.
argo_step() {
  # shellcheck disable=SC2016 # the template, word for word
  same "the sensor's template" '{{ .Input.body | toRawJson | replace "{{" "{\\u007b" }}' \
    "$(jq -r '.parameters[0].src.dataTemplate' "$here/trigger.json")"
  jq -j 'tojson | split("{{") | join("{\\u007b")' >"$pod/event/event.json"
  if grep -q '{{' "$pod/event/event.json"; then fail "a template is left"; fi
  set --
  while IFS= read -r word; do set -- "$@" "$word"; done <<END_OF_WORDS
$(jq -r '.templates[0].container.args[]' "$here/workflow.json" | sed "s|^/|$pod/|")
END_OF_WORDS
  cp "$pod/event/event.json" "$here/stdin"
  jq -c . "$here/stdin" >>"$here/events"
  in_pod "$here/env.json" "$programs/ncloud-reissue" "$@"
}

hook_tekton() {
  begin tekton
  note_events
  from_yaml hooks/tekton/task.yaml | jq '.[0]' >"$here/task.json"
  from_yaml hooks/tekton/trigger.yaml >"$here/trigger.json"
  jq '.spec.steps[0]' "$here/task.json" >"$here/step.json"

  echo "listener, template, task run and task name each other"
  same "the template" "$(jq -r '.[0].spec.triggers[0].template.ref' "$here/trigger.json")" \
    "$(jq -r '.[1].metadata.name' "$here/trigger.json")"
  same "the task" "$(jq -r .metadata.name "$here/task.json")" \
    "$(jq -r '.[1].spec.resourcetemplates[0].spec.taskRef.name' "$here/trigger.json")"
  same "the parameter on its way" "event event event event" \
    "$(jq -r '[.[0].spec.triggers[0].bindings[0].name, .[1].spec.params[0].name,
      .[1].spec.resourcetemplates[0].spec.params[0].name] | join(" ")' \
      "$here/trigger.json") $(jq -r '.spec.params[0].name' "$here/task.json")"
  # shellcheck disable=SC2016 # Tekton's own words
  same "the values on its way" '$(extensions.event) $(tt.params.event) $(params.event)' \
    "$(jq -r '[.[0].spec.triggers[0].bindings[0].value,
      .[1].spec.resourcetemplates[0].spec.params[0].value] | join(" ")' \
      "$here/trigger.json") $(jq -r '.env[] | select(.name == "EVENT") | .value' "$here/step.json")"
  if jq -r .script "$here/step.json" | grep -q 'params'; then fail "a parameter is in the script"; fi

  echo "a notification is one call, its repeat and its end are none, and nothing is expanded"
  jq .spec.volumes "$here/task.json" >"$here/volumes.json"
  jq .volumeMounts "$here/step.json" >"$here/mounts.json"
  jq '[.env[] | select(.name != "EVENT")]' "$here/step.json" >"$here/env.json"
  make_pod "$here/volumes.json" "$here/mounts.json"
  jq -r .script "$here/step.json" >"$here/script"
  chmod +x "$here/script"
  through_step tekton_step

  echo "only what is worth repeating fails"
  for pair in 0:0 65:0 69:0 74:1 75:1 76:1 77:1 78:1 137:1; do
    echo "${pair%:*}" >"$here/status"
    got=0
    tekton_step </dev/null >/dev/null 2>&1 || got=$?
    same "status of the step for ${pair%:*}" "${pair#*:}" "$got"
  done
}
# The listener's expression over the body, then the step with its variable.
tekton_step() {
  same "the listener's expression" "body.marshalJSON().replace('\$', '\\\\u0024')" \
    "$(jq -r '.[0].spec.triggers[0].interceptors[0].params[1].value[0].expression' \
      "$here/trigger.json")"
  event=$(jq -j 'tojson | split("$") | join("\\u0024")')
  case $event in *"$"*) fail "something is left to expand" ;; esac
  in_pod "$here/env.json" EVENT="$event" "$here/script"
}
