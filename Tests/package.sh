#!/bin/sh
# Builds manual pages, completions, the Debian package and the tarball twice, checks them, installs the package, runs it
# and purges it.
#
#   Tests/package.sh             everything
#   Tests/package.sh manual      one step: manual, completions, program, package, symbols, sbom, tarball,
#                                install
#   RECORD_GOLDEN=1 Tests/package.sh manual
#                                rewrites Tests/Golden/package, and fails
#
#   PROGRAMS=FOLDER              the folder of ncloud-reissue (.build/release)
set -eu
cd "$(dirname "$0")/.."
PROGRAMS=$(cd "${PROGRAMS:-.build/release}" && pwd)
export PROGRAMS
golden=Tests/Golden/package
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
  printf 'package: %s\n' "$1" >&2
  exit 1
}

same() { # what, expected, actual
  [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# Compares pages and completions with golden files. They change with every option: an intended change is recorded, and
# an accidental one fails here. Sections 5 and 7 are not recorded, since they come from the pages in the repository.
step_manual() {
  SOURCE_DATE_EPOCH=1767225600 examples/manual.sh "$work/manual" 2>"$work/manual.log" ||
    fail "the pages: $(tail -n 5 "$work/manual.log")"
  if [ "${RECORD_GOLDEN:-}" = 1 ]; then
    rm -rf "$golden"
    cp -R "$work/manual" "$golden"
    rm "$golden"/man/*.[57]
    fail "recorded $golden, run again without RECORD_GOLDEN"
  fi
  diff -r --exclude='*.[57]' "$golden" "$work/manual" ||
    fail "pages or completions changed: RECORD_GOLDEN=1 Tests/package.sh manual records them"

  pages=0
  for page in "$work"/manual/man/*.[157]; do
    man --warnings -l "$page" >"$work/page" 2>"$work/warnings" || fail "man: $page"
    same "warnings of ${page##*/}" "" "$(cat "$work/warnings")"
    case $page in
      *.[57]) lexgrog "$page" >/dev/null || fail "man would not find $page by its name" ;;
      *) grep -q '^EXIT STATUS' "$work/page" || fail "no exit status: $page" ;;
    esac
    pages=$((pages + 1))
  done
  # A page for the program and one for each command.
  commands=$("$PROGRAMS/ncloud-reissue" --help | sed -n '/^SUBCOMMANDS:/,/^$/s/^  \([a-z]\+\).*/\1/p')
  for command in $commands; do
    [ -f "$work/manual/man/ncloud-reissue-$command.1" ] || fail "no page for $command"
  done
  echo "manual pages: $pages, as recorded"
}

# Each shell completes a command line with the words that can follow.
step_completions() {
  folder=$work/complete
  examples/manual.sh "$folder" 2>"$work/manual.log" || fail "the completions"
  bash -n "$folder/completions/ncloud-reissue"
  zsh -n "$folder/completions/_ncloud-reissue"
  Tests/package/complete.py "$PROGRAMS/ncloud-reissue" "$folder/completions" || fail "the completions"
}

# Checks the ELF file: it must start with glibc 2.35 (Ubuntu 22.04), and memory that the loader writes must be read only
# afterwards (full RELRO).
step_program() {
  program=$PROGRAMS/ncloud-reissue
  newest=$(readelf -VW "$program" | grep -oE 'GLIBC_[A-Z0-9_.]+' | sort -uV | tail -n 1)
  # Names of features, such as GLIBC_ABI_DT_RELR for packed relocations, sort after all versions.
  printf '%s\nGLIBC_2.35\n' "$newest" | sort -CV || fail "it needs $newest; at most GLIBC_2.35 is allowed"
  readelf -dW "$program" >"$work/dynamic"
  grep -qE '\(FLAGS_1\).* NOW( |$)' "$work/dynamic" || fail "its symbols are not bound at the start (-z now)"
  readelf -lW "$program" >"$work/segments"
  grep -q '  GNU_RELRO ' "$work/segments" || fail "it has no read-only relocations (-z relro)"
  grep -q 'DYN (Position-Independent Executable file)' "$work/segments" || fail "it is not position-independent"
  grep -qE '  GNU_STACK .* RW +[0-9]' "$work/segments" || fail "its stack is executable"
  if grep -E '\((RELR|RELRSZ|RELRENT|RUNPATH|RPATH|TEXTREL)\)' "$work/dynamic"; then
    fail "it has packed relocations, a search path of its own or relocations in its code"
  fi
  if readelf -dW "$program" | grep -E 'NEEDED.*curl'; then fail "it loads libcurl at the start"; fi
  objcopy --dump-section .note.dlopen="$work/note" "$program" "$work/copy"
  python3 - "$work/note" <<'END' || fail "its note of libcurl has not the form of systemd.io/ELF_DLOPEN_METADATA"
import json, struct, sys
note = open(sys.argv[1], "rb").read()
vendor, size, kind = struct.unpack("=III", note[:12])
assert (vendor, kind, note[12:16], len(note)) == (4, 0x407C0C0A, b"FDO\0", 16 + (size + 3) // 4 * 4), note
(entry,) = json.loads(note[16:].rstrip(b"\0"))
assert entry["priority"] == "required" and {"feature", "description"} < {*entry}, entry
assert entry["soname"] == ["libcurl.so.4"], entry
END
  echo "program: $newest and older, full RELRO, no packed relocations, no search path, libcurl by name and later"
}

# The libraries that are loaded at the start, and those that are loaded later.
libraries() {
  readelf -dW "$PROGRAMS/ncloud-reissue" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
  readelf -p .note.dlopen "$PROGRAMS/ncloud-reissue" | grep -oE 'lib[a-z0-9.-]+\.so\.[0-9]+'
}

# The package of this system that has a library.
owner() { # soname
  dpkg-query -S "*/$1" | head -n 1 | cut -d: -f1
}

# Sets `package` and `tarball`; builds both again and compares.
make_packages() {
  [ -z "${package:-}" ] || return 0
  examples/package.sh "$work/first" >"$work/package.log" 2>&1 || fail "$(tail -n 5 "$work/package.log")"
  package=$(echo "$work"/first/ncloud-reissue_*.deb)
  symbols=$(echo "$work"/first/ncloud-reissue-dbgsym_*.deb)
  tarball=$(echo "$work"/first/*.tar.gz)
}

step_package() {
  make_packages
  # Built in another folder and with another umask, the bytes are the same.
  (umask 077 && TMPDIR=$work examples/package.sh "$work/second" >"$work/package.log" 2>&1) ||
    fail "$(tail -n 5 "$work/package.log")"
  cmp "$work/first/SHA256SUMS" "$work/second/SHA256SUMS" || fail "two runs differ"
  (cd "$work/first" && sha256sum --quiet -c SHA256SUMS) || fail "the sums are wrong"
  same "files with a sum" 4 "$(wc -l <"$work/first/SHA256SUMS")"
  same "files" 5 "$(find "$work/first" -type f | wc -l)"

  lintian --version
  lintian --allow-root --fail-on error,warning "$package" "$symbols" || fail "lintian complains"

  version=$(dpkg-deb -f "$package" Version)
  "$PROGRAMS/ncloud-reissue" --version | grep -qwF "${version%-1}" ||
    fail "the program does not say that it is ${version%-1}"
  depends=$(dpkg-deb -f "$package" Depends)
  for name in $(for library in $(libraries); do owner "$library"; done | sort -u) ca-certificates; do
    case " $depends," in
      *" $name"[\ ,]*) ;;
      *) fail "it does not depend on $name: $depends" ;;
    esac
  done
  case ", $depends," in
    *', libcurl4t64 (>= 7.80) | libcurl4 (>= 7.80),'*) ;;
    *) fail "it does not depend on libcurl by both of its names: $depends" ;;
  esac
  same "files that others than root own or may write" "" \
    "$(dpkg-deb -c "$package" | awk '$2 != "root/root" || $1 ~ /^.....w|^........w/')"
  mkdir "$work/content"
  dpkg-deb -x "$package" "$work/content"
  for path in usr/bin/ncloud-reissue usr/share/man/man1/ncloud-reissue.1.gz \
    usr/share/man/man5/ncloud-reissue-template.5.gz usr/share/man/man5/ncloud-reissue-config.5.gz \
    usr/share/man/man5/ncloud-reissue-result.5.gz usr/share/man/man7/ncloud-reissue-ledger.7.gz \
    usr/share/bash-completion/completions/ncloud-reissue \
    usr/share/zsh/vendor-completions/_ncloud-reissue \
    usr/share/fish/vendor_completions.d/ncloud-reissue.fish \
    usr/share/ncloud-reissue/schemas/template.schema.json \
    usr/share/ncloud-reissue/templates/alertmanager/template.json \
    usr/share/ncloud-reissue/hooks/webhook/hooks.json \
    usr/share/doc/ncloud-reissue/examples/config.json usr/share/doc/ncloud-reissue/copyright \
    usr/share/doc/ncloud-reissue/changelog.Debian.gz usr/lib/systemd/system/ncloud-reissue-queue.service \
    usr/lib/sysusers.d/ncloud-reissue.conf usr/lib/tmpfiles.d/ncloud-reissue.conf; do
    [ -f "$work/content/$path" ] || fail "it has no $path"
  done
  if readelf -S "$work/content/usr/bin/ncloud-reissue" | grep -q '\.symtab'; then
    fail "the program is not stripped"
  fi
  echo "package: $(wc -c <"$package") bytes, lintian is content, two runs are equal"
}

# gdb finds the symbols of the installed program by its build id, with the lines of the sources.
step_symbols() {
  make_packages
  mkdir "$work/installed"
  dpkg-deb -x "$package" "$work/installed"
  dpkg-deb -x "$symbols" "$work/installed"
  program=$work/installed/usr/bin/ncloud-reissue
  build_id=$(readelf -n "$program" | sed -n 's/.*Build ID: //p')
  [ "${#build_id}" -eq 40 ] || fail "the build id '$build_id' is no SHA-1"
  [ -n "$(printf %s "$build_id" | tr -d 0)" ] || fail "the build id is zero"
  same "build id of the symbols" "$build_id" "$(dpkg-deb -f "$symbols" Build-Ids)"
  line=$(grep -n 'let message = message()' Sources/Core/Log.swift | head -n 1 | cut -d: -f1)
  gdb -nx -batch -iex "set debug-file-directory $work/installed/usr/lib/debug" -iex 'set complaints 0' \
    -ex "info line Log.swift:$line" "$program" >"$work/gdb" 2>&1 || fail "gdb: $(tail -n 3 "$work/gdb")"
  grep -qE "^Line $line of \"(\./)?Sources/Core/Log\.swift\" starts at address 0x" "$work/gdb" ||
    fail "gdb shows no line: $(tail -n 3 "$work/gdb")"
  objcopy --decompress-debug-sections "$work"/installed/usr/lib/debug/.build-id/*/*.debug "$work/plain.debug"
  if grep -qaF "$PWD/" "$work/plain.debug"; then fail "the symbols name the folder of the build"; fi
  echo "symbols: $(wc -c <"$symbols") bytes, build id $build_id, gdb shows lines"
}

# Checks the SBOM with a validator of its format, and against the versions that the program prints.
step_sbom() {
  make_packages
  sbom=$(echo "$work"/first/*.cdx.json)
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q 'cyclonedx-python-lib[validation]' >"$work/pip.log" 2>&1 ||
    fail "pip: $(tail -n 3 "$work/pip.log")"
  "$work/venv/bin/python" - "$sbom" <<'END' || fail "the list of contents is not valid"
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(error) if error else 0)
END
  dpkg-deb --fsys-tarfile "$package" | tar -xO ./usr/bin/ncloud-reissue | sha256sum | cut -d' ' -f1 >"$work/sum"
  same "SHA-256 of the program in it" "$(cat "$work/sum")" "$(jq -r '.metadata.component.hashes[0].content' "$sbom")"
  same "versions of Swift packages that differ" "" \
    "$(jq -r --slurpfile resolved Package.resolved '.components[] | select(.purl | startswith("pkg:swift/")) |
      select(([.name, .version]) as $it | [$resolved[0].pins[] | [.identity, .state.version]] | index([$it]) | not) |
      .name' "$sbom")"
  # The SBOM has every shared library of the program.
  for library in $(libraries); do
    name=$(owner "$library")
    jq -e --arg name "$name" 'any(.components[]; .name == $name)' "$sbom" >/dev/null ||
      fail "$library of $name is not in the list of contents"
  done
  jq -e 'any(.components[]; .name == "swift") and any(.components[]; .name == "libstdc++")' "$sbom" >/dev/null ||
    fail "the list of contents lacks what the compilers link in"
  echo "sbom: valid CycloneDX 1.6, $(jq '.components | length' "$sbom") components"
}

step_tarball() {
  make_packages
  mkdir "$work/unpacked"
  tar -C "$work/unpacked" -xzf "$tarball"
  folder=$(echo "$work"/unpacked/*)
  same "what it says of itself" "$("$PROGRAMS/ncloud-reissue" --version)" \
    "$("$folder/bin/ncloud-reissue" --version)"
  render "$folder/bin/ncloud-reissue" "$folder/share/doc/ncloud-reissue/examples/alertmanager" ||
    fail "it renders no example"
  echo "tarball: $(wc -c <"$tarball") bytes, runs where it was unpacked"
}

# Renders the Alertmanager example.
render() { # program, folder of the example
  env -i HOME=/nonexistent "$1" render --config "$2/config.json" --event "$2/event.json" |
    jq -e '[.items[].parameters.certificateNo] == ["55882", "55883", "55884"]' >/dev/null
}

# Installs, runs and purges the package on the system of this machine, in a separate mount namespace, so that the
# system is not changed.
step_install() {
  make_packages
  if [ "$(id -u)" -ne 0 ]; then
    echo "install: NOT TRIED, it takes root"
    return 0
  fi
  if ! unshare --mount true 2>/dev/null; then
    echo "install: NOT TRIED, this machine allows no mount namespace"
    return 0
  fi
  PACKAGE=$package unshare --mount --propagation private Tests/package/installed.sh "$work"
}

for step in ${1:-manual completions program package symbols sbom tarball install}; do
  "step_$step"
done
echo "package: all passed"
