#!/bin/sh
# Tests the package on Debian 12 and 13, each in a separate file tree. For each: builds an image from the package and
# runs it; boots the system with systemd and runs the units (Tests/systems/booted.sh). On Debian 13 also: runs lintian,
# and the unit tests (as `swift build --build-tests` left them) and the quick start with the newer C libraries.
#
#   Tests/systems.sh                        everything
#   Tests/systems.sh trixie                 one of: bookworm, trixie
#   STEPS="libraries" Tests/systems.sh      some of: image, boot, lintian, libraries
#
#   PROGRAMS=FOLDER   the folder of ncloud-reissue and ncloud-sandbox (.build/release)
#   PACKAGES=FOLDER   the folder of the packages (built by examples/package.sh unless given)
#
# It needs root, and the Debian archive in the apt sources of this machine. All files are in a temporary folder, every
# step has a time limit, and no process is left running.
set -eu
cd "$(dirname "$0")/.."
. ./examples/packages.sh
. ./Tests/systems/image.sh
. ./Tests/systems/libraries.sh
PROGRAMS=$(cd "${PROGRAMS:-.build/release}" && pwd)
export PROGRAMS PYTHONDONTWRITEBYTECODE=1
STEPS=${STEPS:-image boot lintian libraries}
# Packages needed in addition to those of Tests/run.sh.
install_packages mmdebstrap systemd-container podman buildah runc jq python3 curl >/dev/null

if [ "$(id -u)" -ne 0 ]; then
  echo "systems: NOT TRIED, it takes root" >&2
  exit 1
fi

work=$(mktemp -d)
machine=ncloud-reissue-$$
chmod 755 "$work"
sandbox=
finish() {
  status=$?
  trap - EXIT
  [ -z "$sandbox" ] || kill "$sandbox" 2>/dev/null || true
  # If a file system is still mounted, the removal would delete its content.
  if grep -q " $work/" /proc/self/mounts; then
    echo "systems: something is still mounted below $work; it is left there" >&2
    exit 1
  fi
  rm -rf --one-file-system "$work"
  # systemd-nspawn does not remove it if /run is not a tmpfs.
  rmdir "/run/systemd/nspawn/propagate/$machine" 2>/dev/null || true
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  printf 'systems: %s\n' "$1" >&2
  exit 1
}

same() { # what, expected, actual
  [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

wanted() { # step
  case " $STEPS " in *" $1 "*) ;; *) return 1 ;; esac
}

# The archive in the apt sources of this machine.
mirror() {
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # shellcheck disable=SC2016 # apt-get expands it
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    sed -n "s/^$release //p" | head -n 1
}

# Runs a command in a tree, with the network of this machine. Its child processes end with it.
in_tree() { # seconds, tree, command…
  limit=$1
  tree=$2
  shift 2
  timeout --kill-after=10 "$limit" systemd-nspawn -q -D "$tree" -M "$machine" --register=no --keep-unit \
    --pipe --as-pid2 --setenv=DEBIAN_FRONTEND=noninteractive --setenv=LC_ALL=C "$@" </dev/null
}

install_in() { # tree, package…
  tree=$1
  shift
  in_tree 300 "$tree" /usr/bin/apt-get -o Dpkg::Options::=--force-unsafe-io install -qy \
    --no-install-recommends "$@" >"$work/apt.log" 2>&1 || fail "apt-get install $*: $(tail -n 5 "$work/apt.log")"
}

make_tree() { # release
  timeout --kill-after=10 300 mmdebstrap --quiet --variant=minbase --include=ca-certificates \
    --dpkgopt=force-unsafe-io "$1" "$work/$1" "$(mirror)" >"$work/mmdebstrap.log" 2>&1 ||
    fail "mmdebstrap $1: $(tail -n 5 "$work/mmdebstrap.log")"
  # mmdebstrap removes the lists of packages.
  in_tree 120 "$work/$1" /usr/bin/apt-get update -q >"$work/apt.log" 2>&1 ||
    fail "apt-get update: $(tail -n 5 "$work/apt.log")"
}

# A package of version 1.0.0, with the current files and the units where 1.0.0 had them. (A build of 1.0.0 itself takes
# minutes and needs its sources.)
make_older_package() {
  dpkg-deb -R "$package" "$work/older"
  mkdir -p "$work/older/lib"
  mv "$work/older/usr/lib/systemd" "$work/older/lib/"
  sed -i 's/^Version: .*/Version: 1.0.0-1~earlier/' "$work/older/DEBIAN/control"
  sed -i 's| usr/lib/systemd/| lib/systemd/|' "$work/older/DEBIAN/md5sums"
  dpkg-deb --root-owner-group -Znone --build "$work/older" "$work/older.deb" >/dev/null
}

# Adds to the booted system: the older package with a ledger that version 1.0.0 wrote, a key pair, a template, and a
# unit that runs the test and then powers the system off.
furnish() { # tree
  mkdir "$1/trial"
  cp "$package" "$1/trial/current.deb"
  cp "$work/older.deb" "$1/trial/older.deb"
  cp "$PROGRAMS/ncloud-sandbox" Tests/systems/booted.sh "$1/trial/"
  install_in "$1" systemd dbus curl jq passwd /trial/older.deb

  printf sandbox-access-key >"$1/etc/ncloud-reissue/access-key"
  printf sandbox-secret-key >"$1/etc/ncloud-reissue/secret-key"
  chmod 600 "$1/etc/ncloud-reissue/access-key" "$1/etc/ncloud-reissue/secret-key"
  cp Tests/systems/expiry.template.json "$1/etc/ncloud-reissue/templates/"
  jq '. + {endpoint: "http://127.0.0.1:8099"}' examples/package/config.json \
    >"$1/etc/ncloud-reissue/config.json"

  state=$1/var/lib/private/ncloud-reissue
  mkdir -p "$state/certificates/shop.example.com/1"
  chmod 700 "$1/var/lib/private" "$state"
  ln -s private/ncloud-reissue "$1/var/lib/ncloud-reissue"
  echo key >"$state/certificates/shop.example.com/1/privkey.pem"
  seconds=$(($(date +%s) - 600))
  sed "s/@THEN@/${seconds}000/g; s/@DAY@/$((seconds / 86400))/" Tests/systems/ledger-1.0.0.sql |
    python3 -c 'import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.executescript(sys.stdin.read())
connection.close()' "$state/ledger.sqlite3"
  chmod 600 "$state/ledger.sqlite3"

  cat >"$1/etc/systemd/system/trial.service" <<'END'
[Unit]
Description=Trial of the package
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=oneshot
ExecStart=/trial/booted.sh
TimeoutStartSec=150
StandardOutput=append:/trial/output
StandardError=inherit
END
  mkdir -p "$1/etc/systemd/system/multi-user.target.wants"
  ln -s ../trial.service "$1/etc/systemd/system/multi-user.target.wants/"
}

boot() { # tree
  started=$(date +%s)
  timeout --kill-after=10 180 systemd-nspawn -q -D "$1" -M "$machine" --boot --register=no --keep-unit \
    --private-network </dev/null >"$work/console.log" 2>&1 || fail "boot of $1: $(tail -n 20 "$work/console.log" "$1/trial/output" 2>&1)"
  cat "$1/trial/output"
  same "the last line" "booted: all passed" "$(tail -n 1 "$1/trial/output")"
  version=$(chroot "$1" systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')
  echo "booted with systemd $version, and powered off, in $(($(date +%s) - started)) s"
}

step_lintian() { # tree
  install_in "$1" lintian
  cp "$PACKAGES"/ncloud-reissue*.deb "$1/root/"
  in_tree 120 "$1" /bin/sh -c 'lintian --version && lintian --allow-root --fail-on error,warning /root/*.deb' ||
    fail "lintian of ${1##*/} complains"
}

if [ -z "${PACKAGES:-}" ]; then
  PACKAGES=$work/packages
  examples/package.sh "$PACKAGES" >"$work/package.log" 2>&1 || fail "$(tail -n 5 "$work/package.log")"
fi
PACKAGES=$(cd "$PACKAGES" && pwd)
package=$(echo "$PACKAGES"/ncloud-reissue_*.deb)
make_older_package

[ $# -gt 0 ] || set -- bookworm trixie
for name in "$@"; do
  echo "== $name"
  make_tree "$name"
  if wanted image; then step_image "$work/$name"; fi
  if wanted boot; then
    furnish "$work/$name"
    boot "$work/$name"
  fi
  if [ "$name" != bookworm ]; then
    if wanted lintian; then step_lintian "$work/$name"; fi
    if wanted libraries; then step_libraries "$work/$name"; fi
  fi
  rm -rf --one-file-system "${work:?}/$name"
done
echo "NOT SHOWN here: other processors than $(uname -m), rpm and musl systems, a registry, Docker, Kubernetes"
echo "systems: all passed: $*"
