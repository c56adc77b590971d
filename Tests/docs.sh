#!/bin/sh
# The documentation comments: every link leads somewhere, and every declaration that other targets see has one.
#
#   Tests/docs.sh        builds the libraries once more, in .build-docs
set -eu
cd "$(dirname "$0")/.."
modules="JSON HTTP Crypto SQLite PCRE IDNA PublicSuffix Platform JMESPath Core Parameters Templates Ledger Service
  ReissueKit"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# The compiler writes the symbols down as it builds; `swift package dump-symbol-graph` leaves out what has types of other
# modules.
graphs=$PWD/.build-docs/graphs
mkdir -p "$graphs"
swift build --target ReissueKit --scratch-path .build-docs -Xswiftc -emit-symbol-graph \
  -Xswiftc -emit-symbol-graph-dir -Xswiftc "$graphs" \
  -Xswiftc -symbol-graph-minimum-access-level -Xswiftc internal >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  exit 1
}

failed=0
for module in $modules; do
  mkdir -p "$work/$module"
  cp "$graphs/$module".symbols.json "$work/$module/"
  docc convert --additional-symbol-graph-dir "$work/$module" --output-path "$work/$module.out" \
    --fallback-display-name "$module" --fallback-bundle-identifier "ncloud-reissue.$module" \
    --warnings-as-errors >"$work/$module.log" 2>&1 || {
    cat "$work/$module.log" >&2
    failed=1
  }
done

# What another declaration asks for (a protocol, Equatable, a literal) is described there.
for module in $modules; do
  jq -r --arg target "$module" '
    [.relationships[] | select(.sourceOrigin) | .source] as $inherited
    | .symbols[]
    | select(.accessLevel == "package" or .accessLevel == "public")
    | select(.location and (.docComment | not))
    | select(.identifier.precise | IN($inherited[]) or contains("::SYNTHESIZED::") | not)
    | select(.pathComponents[-1] | IN("description", "debugDescription", "customMirror", "rawValue", "==(_:_:)",
        "<(_:_:)", "hash(into:)", "makeIterator()", "init(rawValue:)") or test("Literal:\\)$") | not)
    | "\($target): \(.pathComponents | join(".")) has no comment: \(.location.uri | sub(".*/Sources/"; "Sources/")):\(.location.position.line + 1)"' \
    "$work/$module/$module.symbols.json"
done >"$work/missing"
if [ -s "$work/missing" ]; then
  cat "$work/missing" >&2
  failed=1
fi
[ "$failed" = 0 ] || exit 1
echo "docs: $(echo "$modules" | wc -w) modules, every link and every comment there"
