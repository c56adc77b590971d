#!/bin/sh
# Writes the manual pages and the completions of ncloud-reissue. The program itself prints the completions and the pages
# of section 1; sections 5 and 7 come from the pages of the repository.
#
#   examples/manual.sh FOLDER      makes FOLDER/man and FOLDER/completions
#
#   PROGRAMS=FOLDER            where ncloud-reissue is (.build/release)
#   SOURCE_DATE_EPOCH=SECONDS  the date of the pages (now)
set -eu
output=${1:?is the folder to write to}
mkdir -p "$output/man" "$output/completions"
output=$(cd "$output" && pwd)
cd "$(dirname "$0")/.."
program=$(cd "${PROGRAMS:-.build/release}" && pwd)/ncloud-reissue

day=$(LC_ALL=C date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" '+%B %-d, %Y')
for page in $("$program" manual); do
  # Environment and files are no part of the table of options.
  "$program" manual "$page" "$day" | sed -e '/^\.\\" sections$/{r examples/package/sections.mdoc
d}' >"$output/man/$page.1"
done
SOURCE_DATE_EPOCH=$(date -u -d "$day" +%s) examples/package/pages.py "$output/man"

"$program" --generate-completion-script bash >"$output/completions/ncloud-reissue"
"$program" --generate-completion-script zsh >"$output/completions/_ncloud-reissue"
"$program" --generate-completion-script fish >"$output/completions/ncloud-reissue.fish"
