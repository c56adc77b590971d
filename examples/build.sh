#!/bin/sh
# Builds the release programs into .build/release.
#
# Swift's own library and libstdc++ are linked in: loading them costs a millisecond of every start.
# The C libraries stay outside, so that the system's security updates reach this program.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .build/static
ln -sf "$(gcc -print-file-name=libstdc++.a)" .build/static/
# Product by product: what only the tests need is not built, and need not build for release.
for product in ncloud-reissue ncloud-sandbox; do
  swift build -c release --product "$product" --static-swift-stdlib \
    -Xlinker "-L$PWD/.build/static" -Xswiftc -Xclang-linker -Xswiftc -static-libgcc "$@"
done
