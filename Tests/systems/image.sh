# Sourced by Tests/systems.sh: the image that is made from the package, and run.
# shellcheck shell=sh
# Variables of the file that sources this one.
# shellcheck disable=SC2154

# Images, containers and volumes lie below $work and nowhere else. crun does not run where control groups are
# of both versions; runc does.
engine() {
  timeout --kill-after=10 "${engine_limit:-60}" podman --root "$work/images" --runroot "$work/run" \
    --storage-driver vfs --runtime runc --cgroup-manager cgroupfs --events-backend none "$@"
}

# Read-only, without capabilities. The network is this machine's, since the sandbox listens on its loopback.
run_image() { # options and arguments…
  engine run --rm -i --read-only --cap-drop ALL --security-opt no-new-privileges --network host \
    --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 -v "$work/etc:/etc/ncloud-reissue:ro" \
    -v "$work/keys:/run/credentials:ro" -e CREDENTIALS_DIRECTORY=/run/credentials "$@"
}

# An mmdebstrap tree is used instead of Debian's slim image, which only a registry has.
step_image() { # tree
  base=docker.io/library/debian:${1##*/}-slim
  tar -C "$1" --one-file-system -cf - . | engine_limit=120 engine import - "$base" >"$work/import.log" 2>&1 ||
    fail "podman import: $(tail -n 5 "$work/import.log")"
  version=$(dpkg-deb -f "$package" Version)
  timeout --kill-after=10 300 buildah --root "$work/images" --runroot "$work/run" --storage-driver vfs \
    bud --isolation chroot --network host --pull-never -q -f hooks/container/Containerfile -t ncloud-reissue \
    --build-arg BASE="$base" --build-arg VERSION="${version%-*}" --build-arg REVISION=0123abcd \
    --build-arg SOURCE=https://ncloud-reissue.invalid/source "$PACKAGES" >"$work/build.log" 2>&1 ||
    fail "the image: $(tail -n 5 "$work/build.log")"
  engine inspect --type image localhost/ncloud-reissue >"$work/image.json"
  same "labels" "ncloud-reissue ${version%-*} 0123abcd https://ncloud-reissue.invalid/source" \
    "$(jq -r '.[0].Labels | [.["org.opencontainers.image.title", "org.opencontainers.image.version",
      "org.opencontainers.image.revision", "org.opencontainers.image.source"]] | join(" ")' "$work/image.json")"
  same "user" 65532:65532 "$(jq -r '.[0].User' "$work/image.json")"

  mkdir -p "$work/etc/templates" "$work/keys"
  cp Tests/systems/expiry.template.json "$work/etc/templates/"
  printf sandbox-access-key >"$work/keys/access-key"
  printf sandbox-secret-key >"$work/keys/secret-key"
  chmod 400 "$work"/keys/*
  chown 65532:65532 "$work"/keys/*
  "$PROGRAMS/ncloud-sandbox" --port 0 --delay 500ms --journal "$work/journal" >"$work/sandbox.log" &
  sandbox=$!
  tenths=0
  until grep -q endpoint "$work/sandbox.log"; do
    tenths=$((tenths + 1))
    [ "$tenths" -le 100 ] || fail "waited 10 s for the sandbox"
    sleep 0.1
  done
  sed -n 's/.*"endpoint":"\([^"]*\)".*/{"endpoint": "\1", "storeDirectory": "\/var\/lib\/ncloud-reissue\/certificates"}/p' \
    "$work/sandbox.log" >"$work/etc/config.json"

  # shellcheck disable=SC2016 # the shell in the container expands it
  same "the user, and what it may do" "65532 0000000000000000 ro" \
    "$(run_image --entrypoint /bin/sh localhost/ncloud-reissue -c '
      cap=$(sed -n "s/^CapEff:\t//p" /proc/self/status); touch /x 2>/dev/null && root=rw || root=ro
      echo "$(id -u) $cap $root"')"
  run_image localhost/ncloud-reissue render --templates /usr/share/ncloud-reissue/templates \
    <examples/templates/alertmanager/event.json >"$work/rendered" || fail "the image renders nothing"
  same "what it renders" alertmanager "$(jq -r .template "$work/rendered")"

  # Two containers on one volume, at the same time, and a third one later.
  engine volume create state >/dev/null
  event='{"certificate": 55883, "name": "api", "host": "api.example.com", "names": []}'
  for turn in 1 2; do
    echo "$event" | run_image -v state:/var/lib/ncloud-reissue localhost/ncloud-reissue \
      >"$work/result.$turn" 2>"$work/error.$turn" &
    eval "container_$turn=\$!"
  done
  # shellcheck disable=SC2154 # set by eval
  wait "$container_1" || fail "the first container: $(cat "$work/result.1" "$work/error.1")"
  # shellcheck disable=SC2154
  wait "$container_2" || fail "the second container: $(cat "$work/result.2" "$work/error.2")"
  echo "$event" | run_image -v state:/var/lib/ncloud-reissue localhost/ncloud-reissue >"$work/result.3" ||
    fail "the third container"
  same "results of two containers" "reissued skipped" \
    "$(jq -r .status "$work/result.1" "$work/result.2" | sort | paste -sd' ')"
  same "result of the third" "skipped cooldown" \
    "$(jq -r '"\(.status) \(.items[0].reason)"' "$work/result.3")"
  same "requests" 1 "$(jq -r 'select(.method == "POST") | .target' "$work/journal" | wc -l)"

  kill "$sandbox"
  wait "$sandbox" 2>/dev/null || true
  sandbox=
  engine volume rm state >/dev/null
  engine rmi -f localhost/ncloud-reissue "$base" >/dev/null
  rm -rf "$work/journal" "$work/keys" "${work:?}/etc" "$work"/result.*
  echo "image on ${1##*/}: built from the package; read-only, without capabilities, one request from two containers"
}
