#!/bin/sh
# Builds the release programs into .build/release.
#
# Swift's own library and libstdc++ are linked in: loading them costs a millisecond of every start.
# The C libraries stay outside, so that the system's security updates reach this program.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .build/static
ln -sf "$(gcc -print-file-name=libstdc++.a)" .build/static/
swift build -c release --static-swift-stdlib \
  -Xlinker "-L$PWD/.build/static" -Xswiftc -Xclang-linker -Xswiftc -static-libgcc "$@"
