#!/bin/sh
# Everything: installs what is missing, lint, builds, unit tests, the built programs, the examples.
#
#   Tests/run.sh            all of it
#   Tests/run.sh lint       one step: packages, lint, build, docs, unit, size, examples, proof,
#                           service, hooks, package, systems
set -eu
cd "$(dirname "$0")/.."
. ./examples/packages.sh

# Libraries and tools that the tests put on the other side; names are Debian's.
test_packages="nginx-light tinyproxy squid etcd-server strace iproute2 webhook prometheus-alertmanager gnutls-bin shellcheck
  python3-jsonschema python3-requests jq sqlite3 valgrind
  prometheus prometheus-blackbox-exporter icinga2-bin nagios4-core monitoring-plugins-basic python3
  fcgiwrap lighttpd systemd lintian dpkg-dev man-db fish zsh ansible-core python3-yaml
  bind9 bind9-utils bind9-dnsutils nsd lexicon python3-dnspython procps
  haproxy socat apache2-bin
  gdb python3-venv mmdebstrap systemd-container podman buildah runc"

# The release build: Swift's library inside, libstdc++ too (1 ms of loading), the C libraries of the
# system outside, so that their security updates reach this program.
build_release() {
  examples/build.sh
}

step_packages() {
  # shellcheck disable=SC2086 # two lists of names
  install_packages $build_packages $test_packages
}

step_lint() { Tests/lint.sh; }

step_build() {
  swift build --build-tests
  build_release
}

# The comments of the code: links that lead somewhere, none left out.
step_docs() { Tests/docs.sh; }

step_unit() { swift test --disable-xctest --skip-build; }

# Small and self-contained: nothing of Swift is loaded at run time. Of the size, 1 MB are relocations, which are
# packed only for glibc 2.36 and newer.
step_size() {
  binary=.build/release/ncloud-reissue
  limit=$((11 * 1024 * 1024))
  strip -o .build/stripped "$binary"
  size=$(wc -c <.build/stripped)
  echo "stripped size of ncloud-reissue: $size bytes (limit $limit)"
  [ "$size" -le "$limit" ]
  if ldd "$binary" | grep -iE 'libswift|Foundation'; then
    echo "a Swift library would be loaded at run time" >&2
    return 1
  fi
  # It is 4 MB, and a single call of it brings all of it in.
  if nm "$binary" | grep -q FoundationEssentials; then
    echo "FoundationEssentials is linked in" >&2
    return 1
  fi
  Tests/search_path.sh
}

# Every example, and every block of every page.
step_examples() {
  NCLOUD_REISSUE=$PWD/.build/release/ncloud-reissue Tests/examples.sh
  NCLOUD_REISSUE=$PWD/.build/release/ncloud-reissue Tests/readme.py
}

# That a certificate is asked for once, a key is whole or not there, and every wait ends: races, kills, faults of system
# calls, suspended owners, damage, full disks, twins. Tests/Proof/README.md has the full sizes.
step_proof() {
  export PYTHONDONTWRITEBYTECODE=1
  Tests/Proof/races.py --rounds 8
  Tests/Proof/crashes.py --sqlite 120 --etcd 36 --resets 4
  Tests/Proof/disks.py
  Tests/Proof/twins.py --rounds 5
  # One choice of tries, so that a run can be repeated; Tests/soak.sh takes new ones.
  Tests/Proof/syscalls.py --tries 300 --seconds 90 --seed 1
  Tests/Proof/suspended.py --tries 50 --seconds 45 --seed 1
  Tests/Proof/damage.py --flips 12 --changes 200 --seconds 45 --seed 1
  Tests/Proof/can_fail.py
  Tests/Proof/waits.py
  Tests/Proof/store_kills.py 60
  Tests/Proof/store_disks.py
  # Seconds alone, so that they still build and hold; Tests/soak.sh gives them time.
  for subject in expression template crypto; do Tests/Fuzz/run.sh "$subject" 10; done
}

# The program at work: batches beside curl, streams, bad services, proxies, terminals. Sizes are those of a
# short run; the programs take larger ones.
step_service() {
  export PYTHONDONTWRITEBYTECODE=1
  Tests/Proof/batches.py --pairs 3 --small 200 --large 1000
  Tests/Proof/streams.py --events 10000 --early 2000
  Tests/Proof/network.py
  Tests/Proof/bounds.py --quick
  Tests/Proof/replies.py
  # A few rounds, so that the measuring itself does not rot; nothing is held to their figures here.
  PROGRAMS=$PWD/.build/release Tests/Benchmarks/run.sh --rounds 12 start alert size
}

# Every hook with the real program that calls it.
step_hooks() { Tests/hooks.sh; }

# What is handed to strangers: manual pages, completions, the Debian package and the tarball.
step_package() { Tests/package.sh; }

# The package on Debian 12 and 13: booted, in containers, and with the newer C libraries.
step_systems() { Tests/systems.sh; }

steps=${1:-"packages lint build docs unit size examples proof service hooks package systems"}
for step in $steps; do
  echo "== $step"
  "step_$step"
done
echo "all steps passed: $steps"
