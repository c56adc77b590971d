#!/bin/sh
# Makes what is published: a Debian package, the package with its debug symbols, a tarball, a list of what
# they contain (SBOM, CycloneDX), and the SHA-256 sums of all.
#
#   examples/package.sh [FOLDER]   writes to FOLDER (.build/package)
#
#   PROGRAMS=FOLDER            the release build (.build/release, made by examples/build.sh if missing)
#   SOURCE_DATE_EPOCH=SECONDS  the date of everything inside (that of the last commit)
#   DEBFULLNAME, DEBEMAIL      the maintainer of the package
#
# The same sources, compiler and date give the same bytes, from any folder. The version is the one of the
# sources. It needs dpkg-dev, binutils and python3.
set -eu
umask 022
export LC_ALL=C TZ=UTC
output=${1:-.build/package}
mkdir -p "$output"
output=$(cd "$output" && pwd)
cd "$(dirname "$0")/.."
[ -n "${PROGRAMS:-}" ] || [ -x .build/release/ncloud-reissue ] || examples/build.sh >&2
PROGRAMS=$(cd "${PROGRAMS:-.build/release}" && pwd)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
export PROGRAMS SOURCE_DATE_EPOCH

version=$(sed -n 's/.*static let text = "\(.*\)"/\1/p' Sources/ncloud-reissue/Version.swift)
architecture=$(dpkg --print-architecture)
maintainer="${DEBFULLNAME:-ncloud-reissue} <${DEBEMAIL:-ncloud-reissue@ncloud-reissue.invalid}>"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# The compiler's hashes of modules depend on the folder of the build, and nothing at run time depends on
# them: with zeros there, the program is the same from any folder. (To remove the section would move others, and
# cost the program its read-only relocations.) The linker's build id depends on them too, so a new one is made:
# the SHA-1 of the program with zeros in the place of the id. It joins program and debug symbols.
split_program() { # program, where the stripped one goes to, where its debug symbols go to
  objcopy --remove-section=.comment --remove-section=.note --remove-section=.swift_ast \
    --dump-section .swift_modhash="$work/hashes" --dump-section .note.gnu.build-id="$work/note" \
    "$1" "$work/full"
  head -c "$(wc -c <"$work/hashes")" /dev/zero >"$work/hashes.zero"
  # The first 16 bytes of a note say what it is.
  { head -c 16 "$work/note" && head -c 20 /dev/zero; } >"$work/note.zero"
  [ "$(wc -c <"$work/note")" -eq 36 ] || {
    echo "the build id of $1 is no SHA-1; build it with examples/build.sh" >&2
    exit 1
  }
  objcopy --update-section .swift_modhash="$work/hashes.zero" \
    --update-section .note.gnu.build-id="$work/note.zero" "$work/full"
  strip -o "$2" "$work/full"
  build_id=$(sha1sum "$2" | cut -d' ' -f1)
  { head -c 16 "$work/note" && python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' "$build_id"; } >"$work/note.new"
  objcopy --update-section .note.gnu.build-id="$work/note.new" "$2"
  objcopy --update-section .note.gnu.build-id="$work/note.new" "$work/full"
  debug_file=$3/.build-id/$(printf %s "$build_id" | cut -c1-2)/$(printf %s "$build_id" | cut -c3-).debug
  mkdir -p "${debug_file%/*}"
  objcopy --only-keep-debug --compress-debug-sections "$work/full" "$debug_file"
}

# What both hold: bin and share, as below /usr.
stage() {
  stage=$work/stage
  share=$stage/share
  mkdir -p "$stage/bin" "$share/ncloud-reissue" "$share/doc/ncloud-reissue/examples" "$share/man/man1" \
    "$share/man/man5" "$share/man/man7"
  split_program "$PROGRAMS/ncloud-reissue" "$stage/bin/ncloud-reissue" "$work/debug"
  shared=$(shared_libraries "$stage/bin/ncloud-reissue")
  examples/package/sbom.py --program "$PROGRAMS/ncloud-reissue" --shipped "$stage/bin/ncloud-reissue" \
    --version "$version" --shared "$shared" >"$share/doc/ncloud-reissue/sbom.cdx.json"
  cp "$share/doc/ncloud-reissue/sbom.cdx.json" "$output/ncloud-reissue_$version.cdx.json"
  cp -R hooks examples/templates examples/schemas "$share/ncloud-reissue/"
  cp -R examples/package/config.json examples/alertmanager "$share/doc/ncloud-reissue/examples/"
  cp README.md "$share/doc/ncloud-reissue/"

  examples/manual.sh "$work/manual"
  for section in 1 5 7; do
    cp "$work"/manual/man/*."$section" "$share/man/man$section/"
  done
  completions=$work/manual/completions
  install -D "$completions/ncloud-reissue" "$share/bash-completion/completions/ncloud-reissue"
  install -D "$completions/_ncloud-reissue" "$share/zsh/vendor-completions/_ncloud-reissue"
  install -D "$completions/ncloud-reissue.fish" \
    "$share/fish/vendor_completions.d/ncloud-reissue.fish"
  # Programs and scripts are what can be run.
  find "$stage" -type f -exec chmod 644 {} +
  chmod 755 "$stage/bin/ncloud-reissue"
  grep -rlE --null '^#!' "$share/ncloud-reissue" | xargs -0 chmod 755
}

# One mode for each kind of file, whatever the clone has, and one time.
level() { # folder
  find "$1" -type d -exec chmod 755 {} +
  find "$1" -type f ! -perm -100 -exec chmod 644 {} +
  find "$1" -type f -perm -100 -exec chmod 755 {} +
  find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

make_tarball() {
  name=ncloud-reissue-$version-linux-$(uname -m)
  cp -R "$work/stage" "$work/$name"
  cp CHANGELOG.md "$work/$name/share/doc/ncloud-reissue/"
  level "$work/$name"
  tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --format=gnu -cf - "$name" |
    gzip -9n >"$output/$name.tar.gz"
}

# The scripts of the queue lie where the package puts them, not where an administrator would.
install_units() { # root
  mkdir -p "$1/usr/lib/systemd/system" "$1/usr/lib/sysusers.d" "$1/usr/lib/tmpfiles.d"
  for unit in hooks/systemd/*.service hooks/systemd/*.timer hooks/systemd/*.path; do
    sed 's|/etc/ncloud-reissue/hooks/|/usr/share/ncloud-reissue/hooks/|' "$unit" \
      >"$1/usr/lib/systemd/system/${unit##*/}"
  done
  cp hooks/systemd/ncloud-reissue.sysusers.conf "$1/usr/lib/sysusers.d/ncloud-reissue.conf"
  cp hooks/systemd/ncloud-reissue.tmpfiles.conf "$1/usr/lib/tmpfiles.d/ncloud-reissue.conf"
}

# The packages of the libraries that the program is linked to, with the versions that it needs, and of libcurl, which
# it loads when it makes a call. That package has another name since Debian 13. Before release 7.80, libcurl does not ask
# whether it may send a request, and could send one twice.
shared_libraries() { # program
  mkdir -p "$work/shlibs/debian"
  printf 'Source: ncloud-reissue\n\nPackage: ncloud-reissue\nArchitecture: any\n' \
    >"$work/shlibs/debian/control"
  linked=$(cd "$work/shlibs" && dpkg-shlibdeps -O "$1" | sed -n 's/^shlibs:Depends=//p')
  echo "libcurl4t64 (>= 7.80) | libcurl4 (>= 7.80), $linked"
}

make_debian_package() {
  root=$work/root
  mkdir -p "$root"
  cp -R "$work/stage" "$root/usr"
  install_units "$root"
  mkdir -p "$root/etc/ncloud-reissue/templates" "$root/DEBIAN"
  cp examples/package/config.json "$root/etc/ncloud-reissue/"
  echo /etc/ncloud-reissue/config.json >"$root/DEBIAN/conffiles"
  sed -i 's|/usr/local/bin/|/usr/bin/|' "$root/usr/share/ncloud-reissue/hooks/cgi/reissue.cgi"
  documents=$root/usr/share/doc/ncloud-reissue
  gzip -9n "$root"/usr/share/man/man*/* "$documents/README.md"
  gzip -9nc CHANGELOG.md >"$documents/changelog.gz"
  cp examples/package/copyright "$documents/"
  install -D -m 644 examples/package/lintian-overrides "$root/usr/share/lintian/overrides/ncloud-reissue"
  printf 'ncloud-reissue (%s-1) unstable; urgency=medium\n\n  * %s\n\n -- %s  %s\n' "$version" \
    "Version $version; see changelog.gz for what changed." "$maintainer" \
    "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$documents/changelog.Debian.gz"

  # Not the unit of mail, of which only instances run.
  units=$(cd hooks/systemd && echo ncloud-reissue-*.path ncloud-reissue-*[!@].service ncloud-reissue-*.timer)
  for script in postinst prerm postrm; do
    sed "s|@UNITS@|$units|" "examples/package/$script" >"$root/DEBIAN/$script"
    chmod 755 "$root/DEBIAN/$script"
  done
  sed "s|@VERSION@|$version|; s|@ARCHITECTURE@|$architecture|; s|@SIZE@|$(installed_size "$root")|
    s|@MAINTAINER@|$maintainer|; s#@DEPENDS@#$shared#" examples/package/control >"$root/DEBIAN/control"
  build_debian_package "$root" ncloud-reissue
}

# In KiB, each file rounded up.
installed_size() { # root
  find "$1" -path "$1/DEBIAN" -prune -o -type f -printf '%s\n' |
    awk '{ total += int(($1 + 1023) / 1024) } END { print total }'
}

build_debian_package() { # root, name
  (cd "$1" && find . -path ./DEBIAN -prune -o -type f -print | sed 's|^\./||' | sort |
    xargs -d '\n' md5sum) >"$1/DEBIAN/md5sums"
  level "$1"
  dpkg-deb --root-owner-group -Zxz -z6 --threads-max=1 --build "$1" \
    "$output/$2_$version-1_$architecture.deb" >&2
}

# As debhelper makes them: gdb finds the file by the build id.
make_debug_package() {
  root=$work/debug-root
  mkdir -p "$root/DEBIAN" "$root/usr/lib" "$root/usr/share/doc"
  cp -R "$work/debug" "$root/usr/lib/"
  ln -s ncloud-reissue "$root/usr/share/doc/ncloud-reissue-dbgsym"
  cat >"$root/DEBIAN/control" <<END
Package: ncloud-reissue-dbgsym
Source: ncloud-reissue
Version: $version-1
Auto-Built-Package: debug-symbols
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(installed_size "$root")
Depends: ncloud-reissue (= $version-1)
Section: debug
Priority: optional
Description: debug symbols for ncloud-reissue
Build-Ids: $build_id
END
  build_debian_package "$root" ncloud-reissue-dbgsym
}

rm -f "$output"/ncloud-reissue[-_]*.tar.gz "$output"/ncloud-reissue[-_]*.deb \
  "$output"/ncloud-reissue_*.cdx.json "$output/SHA256SUMS"
stage
make_tarball
make_debian_package
make_debug_package
(cd "$output" && sha256sum ncloud-reissue* >SHA256SUMS)
cat "$output/SHA256SUMS"
echo "to publish, sign the sums: gpg --armor --detach-sign $output/SHA256SUMS" >&2
