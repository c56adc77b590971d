# Sourced by Tests/systems.sh: the unit tests and the quick start with the C libraries of a newer release.
# shellcheck shell=sh
# Variables of the file that sources this one.
# shellcheck disable=SC2154

# What both need there: a C++ toolchain and git for Swift, what Swift's own programs load, and the servers that
# the unit tests put on the other side.
library_packages="g++ libc6-dev binutils git libxml2 libncurses6 libcurl4 libedit2 zlib1g-dev
  nginx-light tinyproxy squid etcd-server gnutls-bin jq python3 procps"

# A command in the tree, with this machine's toolchain read-only, and this folder with a layer above it that
# receives every change and is discarded. There is no network except loopback.
with_project() { # seconds, tree, options of systemd-nspawn… -- command…
  toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
  [ "$toolchain" != / ] || fail "the toolchain lies in /usr, and cannot be mounted without the rest of it"
  limit=$1
  tree=$2
  shift 2
  mkdir -p "$tree$PWD" "$tree$toolchain"
  timeout --kill-after=10 "$limit" systemd-nspawn -q -D "$tree" -M "$machine" --register=no --keep-unit \
    --pipe --as-pid2 --private-network --bind-ro="$toolchain" --overlay="$PWD::$PWD" --chdir="$PWD" \
    --setenv=PATH="$toolchain/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin" --setenv=LC_ALL=C "$@" </dev/null
}

step_libraries() { # tree
  # No daemon of a package may start in a tree that is not booted.
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
  chmod 755 "$1/usr/sbin/policy-rc.d"
  # shellcheck disable=SC2086 # lists of names
  install_in "$1" $build_packages $library_packages

  # The tests as they were built here: binaries of this system with the libraries of the newer one.
  with_project 900 "$1" swift test --disable-xctest --skip-build >"$work/unit.log" 2>&1 ||
    fail "unit tests in ${1##*/}: $(grep -E '^✘|error:' "$work/unit.log" | tail -n 30; tail -n 5 "$work/unit.log")"
  grep -E '^✔ Test run with [1-9][0-9]* tests' "$work/unit.log" || fail "no unit test ran in ${1##*/}"
  # Whether a POST is sent again automatically depends on the version of libcurl.
  grep '^✔ Suite "A POST is never sent twice" passed' "$work/unit.log" || fail "the tests of sending once did not pass"

  # Built there, with its headers, and nothing of the release build here.
  with_project 900 "$1" --tmpfs="$PWD/.build/$(uname -m)-unknown-linux-gnu/release" /bin/sh -c '
    examples/quickstart.sh && .build/release/ncloud-reissue --version' >"$work/quickstart.log" 2>&1 ||
    fail "the quick start in ${1##*/}: $(tail -n 20 "$work/quickstart.log")"
  same "reissues of the quick start" 3 "$(grep -c '^200 *POST' "$work/quickstart.log")"
  echo "unit tests and quick start with: $(grep -oE '(libcurl|OpenSSL)/[0-9.]+' "$work/quickstart.log" | paste -sd' ')"
  echo "(and here with: $("$PROGRAMS/ncloud-reissue" --version | grep -oE '(libcurl|OpenSSL)/[0-9.]+' | paste -sd' '))"
}
