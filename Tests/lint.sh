#!/bin/sh
# Rules that the compiler does not check: formatting, which targets import C libraries, the size of files.
set -eu
cd "$(dirname "$0")/.."

fail=0
complain() {
  printf 'lint: %s\n' "$1" >&2
  fail=1
}

# Only one Swift target may import each C library. SwiftPM passes module maps to every dependent target, so the compiler
# would let all of them import it.
wall() { # C module, Swift target
  grep -rlE "^[[:space:]]*(@[A-Za-z]+ +|[a-z]+ +)*import +$1\\b" Sources Tests --include='*.swift' |
    grep -v "^Sources/$2/" | while read -r file; do
      printf 'lint: %s imports %s, which only Sources/%s may see\n' "$file" "$1" "$2" >&2
      echo x
    done
}
broken=$(
  wall CJansson JSON
  wall CCurl HTTP
  wall CCrypto Crypto
  wall CSQLite SQLite
  wall CPCRE2 PCRE
  wall CIDN2 IDNA
  wall CPSL PublicSuffix
  wall CPlatform Platform
)
[ -z "$broken" ] || fail=1

# Reports every line of a list.
complain_of() { # list, what is wrong
  [ -n "$1" ] || return 0
  printf '%s\n' "$1" | sed "s|^|lint: |; s|\$|: $2|" >&2
  fail=1
}

complain_of "$(grep -rlE '\bunsafe\b' Sources --include='*.swift' |
  grep -vE '^Sources/(JSON|HTTP|Crypto|SQLite|PCRE|IDNA|PublicSuffix|Platform)/')" \
  'unsafe belongs into the wrapper targets'

# Foundation adds 50 MB to the program and several milliseconds to its start.
complain_of "$(grep -rlE '^[[:space:]]*([a-z]+ +)*import +Foundation' Sources --include='*.swift' |
  grep -v '^Sources/ncloud-sandbox/')" 'imports Foundation'

# No code of this package may end the process because of its input.
complain_of "$(grep -rnE '\b(try!|as!|fatalError\(|preconditionFailure\()' Sources --include='*.swift' |
  cut -d: -f1,2)" 'may end the process'

# A file has one idea.
for file in $(git ls-files 'Sources/*.swift' 'Tests/*.swift'); do
  [ -f "$file" ] || continue
  lines=$(wc -l <"$file")
  [ "$lines" -le 500 ] || complain "$file: $lines lines; more than 500 is more than one idea"
done

# Every script is checked for the shell in its first line.
if command -v shellcheck >/dev/null 2>&1; then
  # shellcheck disable=SC2046
  shellcheck -x $(git ls-files "*.sh" ".ci/run" "hooks/*" "examples/package/*" | xargs grep -lE "^#!(/bin/|/usr/bin/env )(ba)?sh" --) || fail=1
else
  complain "shellcheck is missing (apt-get install shellcheck)"
fi

# No target or folder names types of one that names its own.
Tests/layers.py --quiet || fail=1

swift format lint --strict --recursive Package.swift Sources Tests || fail=1
exit "$fail"
