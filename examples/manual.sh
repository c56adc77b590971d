#!/bin/sh
# Writes the manual pages and the completions of ncloud-reissue, from what the program says of itself.
#
#   examples/manual.sh FOLDER      makes FOLDER/man and FOLDER/completions
#
#   PROGRAMS=FOLDER            where ncloud-reissue is (.build/release)
#   GENERATE_MANUAL=FILE       swift-argument-parser's generate-manual (built unless given)
#   SOURCE_DATE_EPOCH=SECONDS  the date of the pages (now)
set -eu
output=${1:?is the folder to write to}
mkdir -p "$output/man" "$output/completions"
output=$(cd "$output" && pwd)
cd "$(dirname "$0")/.."
program=$(cd "${PROGRAMS:-.build/release}" && pwd)/ncloud-reissue

if [ -z "${GENERATE_MANUAL:-}" ]; then
  # A tool of the build, so a debug build of it will do.
  swift build --product generate-manual >&2
  GENERATE_MANUAL=$(swift build --show-bin-path)/generate-manual
fi
day=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%d)
"$GENERATE_MANUAL" "$program" --multi-page --date "$day" -o "$output/man" >&2

# The generator knows no exit statuses, files and environment; it leaves empty lines, which mdoc takes for
# mistakes; and its pages get names with hyphens, so that `man ncloud-reissue run` finds them.
for page in "$output"/man/*.1; do
  name=$(basename "$page" .1)
  sections=examples/package/sections-of-commands.mdoc
  [ "$name" != ncloud-reissue ] || sections=examples/package/sections.mdoc
  hyphened=$(printf %s "$name" | tr . -)
  awk -v sections="$sections" -v name="$hyphened" '
    # Lines that begin with spaces are shell: they stay lines.
    /^  / && !literal { print ".Bd -literal"; literal = 1 }
    !/^  / && literal { print ".Ed"; literal = 0 }
    /^\.Dt / || /^\.Xr / { gsub(/\./, "-", $2) }
    /^\.Nm "/ { spaced = $0; print ".Nm " name; next }
    /^\.Nm$/ && spaced { print spaced; next }
    /^\.Sh "SEE ALSO"/ {
      print
      print ".Xr ncloud-reissue-config 5 ,"
      print ".Xr ncloud-reissue-result 5 ,"
      print ".Xr ncloud-reissue-template 5 ,"
      print ".Xr ncloud-reissue-ledger 7 ,"
      next
    }
    /^\.Sh "EXIT STATUS"/ { while ((getline line < sections) > 0) print line; next }
    /^\.Ex -std/ { next }
    /^$/ { print ".Pp"; next }
    { print }' "$page" >"$page.new"
  rm "$page"
  mv "$page.new" "$output/man/$hyphened.1"
done

# Sections 5 and 7 come from the pages of the repository.
SOURCE_DATE_EPOCH=$(date -u -d "$day" +%s) examples/package/pages.py "$output/man"

# Sourced, not run: no line that names a shell.
"$program" --generate-completion-script bash | sed '1{/^#!/d}' >"$output/completions/ncloud-reissue"
"$program" --generate-completion-script zsh >"$output/completions/_ncloud-reissue"
"$program" --generate-completion-script fish >"$output/completions/ncloud-reissue.fish"
