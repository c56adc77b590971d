#!/bin/sh
# The programs load libraries only from the system's folders, not from the folder that they are in.
set -eu
cd "$(dirname "$0")/.."
for program in ncloud-reissue ncloud-sandbox; do
  binary=.build/release/$program
  if readelf -d "$binary" | grep -E 'RPATH|RUNPATH'; then
    echo "$program has a search path of its own" >&2
    exit 1
  fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp .build/release/ncloud-reissue "$folder/"
cat >"$folder/planted.c" <<'END'
#include <unistd.h>
__attribute__((constructor)) static void planted(void) { _exit(99); }
END
# Every library that the program needs or loads later, and theirs, under its own name.
later=$(readelf -p .note.dlopen "$folder/ncloud-reissue" | grep -oE 'lib[a-z0-9.-]+\.so\.[0-9]+')
{ printf '\t%s => later\n' "$later" && ldd "$folder/ncloud-reissue" "$(cc -print-file-name="$later")"; } | sed -n 's/^[[:space:]]*\(lib[^ ]*\) => .*/\1/p' | while read -r name; do
  cc -shared -fPIC -o "$folder/$name" "$folder/planted.c"
done
# It asks each library for its version.
(cd "$folder" && ./ncloud-reissue --version | grep -q '^libcurl/[1-9]')
echo "no search path beside the programs"
