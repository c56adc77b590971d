#!/bin/sh
# Documentation comments: every link resolves, and every public or package declaration has one.
#
#   Tests/docs.sh        builds the libraries into .build-docs
set -eu
cd "$(dirname "$0")/.."
modules="JSON HTTP Crypto SQLite PCRE IDNA PublicSuffix Platform CommandOptions JMESPath Core Parameters Templates Ledger
  Service ReissueKit"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# The compiler writes the symbol graphs. `swift package dump-symbol-graph` omits declarations that use types of other
# modules.
graphs=$PWD/.build-docs/graphs
mkdir -p "$graphs"
swift build --target ReissueKit --scratch-path .build-docs -Xswiftc -emit-symbol-graph \
  -Xswiftc -emit-symbol-graph-dir -Xswiftc "$graphs" \
  -Xswiftc -symbol-graph-minimum-access-level -Xswiftc internal >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  exit 1
}

# DocC finds a name only in its own module. A link to a type of another module gets the name of that module as prefix.
graphs_of() { for module in $modules; do echo "$graphs/$module.symbols.json"; done; }
# shellcheck disable=SC2046 # names without blanks
jq -n '[inputs | .module.name as $name | .symbols[] | select(.pathComponents | length == 1)
    | {(.pathComponents[0]): $name}] | add' $(graphs_of) >"$work/types.json"
mkdir "$work/graphs"
for module in $modules; do
  jq --slurpfile types "$work/types.json" '
    ([.symbols[] | .pathComponents[0]] | map({(.): true}) | add) as $own
    | (.symbols[].docComment.lines[]?.text) |= gsub("``(?<type>[A-Z]\\w*)(?<rest>[^`]*)``";
        if $own[.type] or ($types[0][.type] | not) then "``\(.type)\(.rest)``"
        else "``/\($types[0][.type])/\(.type)\(.rest)``" end)' \
    "$graphs/$module.symbols.json" >"$work/graphs/$module.symbols.json"
done

failed=0
docc convert --additional-symbol-graph-dir "$work/graphs" --output-path "$work/out" \
  --fallback-display-name ncloud-reissue --fallback-bundle-identifier ncloud-reissue \
  --warnings-as-errors >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  failed=1
}

# Requirements of protocols (Equatable, literals and others) are documented at the protocol.
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
    "$graphs/$module.symbols.json"
done >"$work/missing"
if [ -s "$work/missing" ]; then
  cat "$work/missing" >&2
  failed=1
fi
[ "$failed" = 0 ] || exit 1
echo "docs: $(echo "$modules" | wc -w) modules, every link resolves, every declaration has a comment"
