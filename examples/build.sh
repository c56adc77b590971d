#!/bin/sh
# Builds the release programs into .build/release.
#
# Swift's own library and libstdc++ are linked in: loading them costs a millisecond of every start.
# The C libraries stay outside, so that the system's security updates reach this program.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .build/static
ln -sf "$(gcc -print-file-name=libstdc++.a)" .build/static/
# Optimized for size, because its work takes microseconds and loading it takes milliseconds; functions that
# are never called are removed, equal ones are folded. Nothing is exported to libraries, which would keep functions that
# are never called: 0.3 MB.
# No RUNPATH: SwiftPM's default, $ORIGIN, would load a library from the folder of the program.
# Every symbol is bound before main, and the tables for it are read-only after that (full RELRO).
# Relocations are not packed: glibc 2.35 (Ubuntu 22.04) cannot read packed ones.
# Debug information names files by their place in this folder, and no caches of the compiler, so that it does not
# depend on the folder.
# Product by product: targets for tests only are not built.
for product in ncloud-reissue ncloud-sandbox; do
  swift build -c release --product "$product" --static-swift-stdlib --disable-local-rpath -Xswiftc -Osize \
    -Xswiftc -Xfrontend -Xswiftc -function-sections -Xswiftc -Xfrontend -Xswiftc -no-clang-module-breadcrumbs \
    -Xswiftc -file-prefix-map -Xswiftc "$PWD=." -Xcc "-ffile-prefix-map=$PWD=." \
    -Xswiftc -use-ld=lld -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now -Xlinker --build-id=sha1 \
    -Xlinker --icf=all -Xlinker --gc-sections -Xlinker --no-export-dynamic \
    -Xlinker "-L$PWD/.build/static" -Xswiftc -Xclang-linker -Xswiftc -static-libgcc "$@"
done
