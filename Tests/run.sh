#!/bin/sh
# All tests: installs missing packages, then lint, builds, unit tests, tests of the built programs, examples.
#
#   Tests/run.sh            all steps
#   Tests/run.sh lint       one step: packages, lint, build, docs, unit, size, examples, proof,
#                           service, hooks, package, systems
set -eu
cd "$(dirname "$0")/.."
. ./examples/packages.sh

# Debian packages with the libraries, and with the servers and tools that tests use as peers of the program.
test_packages="nginx-light tinyproxy squid etcd-server strace iproute2 webhook prometheus-alertmanager gnutls-bin shellcheck
  python3-jsonschema python3-requests jq sqlite3 valgrind
  prometheus prometheus-blackbox-exporter prometheus-node-exporter icinga2-bin nagios4-core monitoring-plugins-basic python3
  fcgiwrap lighttpd systemd lintian dpkg-dev man-db fish zsh ansible-core python3-yaml
  bind9 bind9-utils bind9-dnsutils nsd lexicon python3-dnspython procps
  haproxy socat apache2-bin
  gdb python3-venv mmdebstrap systemd-container podman buildah runc"

# The release build links the Swift library statically, libstdc++ too (saves 1 ms of loading), and the C libraries of
# the system dynamically, so that their security updates apply to this program.
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

# Documentation comments: every link resolves, and no comment is missing.
step_docs() { Tests/docs.sh; }

step_unit() { swift test --disable-xctest --skip-build; }

# Checks that the program is small and loads no Swift library at run time. 1 MB of its size are relocations, which can
# be packed only for glibc 2.36 and newer.
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
  # That library has 4 MB, and a single call links all of it.
  if nm "$binary" | grep -q FoundationEssentials; then
    echo "FoundationEssentials is linked in" >&2
    return 1
  fi
  Tests/search_path.sh
}

# Runs every example, and every code block of every page.
step_examples() {
  NCLOUD_REISSUE=$PWD/.build/release/ncloud-reissue Tests/examples.sh
  NCLOUD_REISSUE=$PWD/.build/release/ncloud-reissue Tests/readme.py
}

# Proves that a certificate is requested once, that a key is complete or missing, and that every wait ends: races,
# kills, faults of system calls, suspended owners, damage, full disks, twins. Tests/Proof/README.md has the full sizes.
step_proof() {
  export PYTHONDONTWRITEBYTECODE=1
  Tests/Proof/races.py --rounds 8
  Tests/Proof/crashes.py --sqlite 120 --etcd 36 --resets 4
  Tests/Proof/disks.py
  Tests/Proof/twins.py --rounds 5
  # A fixed seed, so that a run can be repeated; Tests/soak.sh uses new ones.
  Tests/Proof/syscalls.py --tries 300 --seconds 90 --seed 1
  Tests/Proof/suspended.py --tries 50 --seconds 45 --seed 1
  Tests/Proof/damage.py --flips 12 --changes 200 --seconds 45 --seed 1
  Tests/Proof/can_fail.py
  # Three years of a fleet for each seed; then a year with the lives of 2027 and 2029, in which nothing may expire.
  Tests/Proof/years.py --seeds 1,2,3,4 --etcd-seeds 5
  for days in 100 47; do
    Tests/Proof/years.py --seeds 1,2 --certificate-days "$days" --certificates 6 --years 1 --patient
  done
  Tests/Proof/waits.py
  Tests/Proof/store_kills.py 60
  Tests/Proof/store_disks.py
  # Only a few seconds, to check that they build and pass; Tests/soak.sh runs them longer.
  for subject in expression template crypto; do Tests/Fuzz/run.sh "$subject" 10; done
}

# The built program under load: batches compared with curl, streams, bad services, proxies, terminals. The sizes are for
# a short run; the scripts accept larger ones.
step_service() {
  export PYTHONDONTWRITEBYTECODE=1
  Tests/Proof/batches.py --pairs 3 --small 200 --large 1000
  Tests/Proof/streams.py --events 10000 --early 2000
  Tests/Proof/network.py
  Tests/Proof/bounds.py --quick
  Tests/Proof/replies.py
  # A few rounds, to check that the benchmarks still run; their results are not compared here.
  PROGRAMS=$PWD/.build/release Tests/Benchmarks/run.sh --rounds 12 start alert size
}

# Every hook, called by the real program that it is for.
step_hooks() { Tests/hooks.sh; }

# The released files: manual pages, completions, the Debian package and the tarball.
step_package() { Tests/package.sh; }

# The package on Debian 12 and 13: on a booted system, in containers, and with newer C libraries.
step_systems() { Tests/systems.sh; }

steps=${1:-"packages lint build docs unit size examples proof service hooks package systems"}
for step in $steps; do
  echo "== $step"
  "step_$step"
done
echo "all steps passed: $steps"
