#!/bin/sh
# Run by Tests/package.sh in a mount namespace of its own: the machine's system below a layer that
# receives every change. The package is installed, run, removed and purged there.
#
#   PACKAGE=FILE   the package
set -eu
work=$1
layer=$work/layer
root=$layer/root

fail() {
  printf 'package: %s\n' "$1" >&2
  exit 1
}

mkdir "$layer"
mount -t tmpfs tmpfs "$layer"
mkdir "$layer/changes" "$layer/scratch" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$layer/changes,workdir=$layer/scratch" "$root" || {
  echo "install: NOT TRIED, this machine allows no overlay"
  exit 0
}
mount -t proc proc "$root/proc"
# Only what programs need.
mount --bind /dev "$root/dev"
cp "$PACKAGE" "$root/tmp/package.deb"

inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent LC_ALL=C "$@"; }

# All files, except those that dpkg, systemd and caches keep for themselves.
listing() {
  (cd "$root" && find etc usr var lib/systemd -xdev ! -path 'var/lib/dpkg/*' ! -path 'var/log/*' \
    ! -path 'var/cache/*' ! -path 'var/lib/systemd/*' ! -path var/lib/private | sort)
}

# A package of that name that is already installed would hide the effects of this one.
inside dpkg --purge ncloud-reissue >/dev/null 2>&1 || true
# So would files of other runs on this machine; they are removed in the layer only.
rm -rf "$root/var/lib/ncloud-reissue" "$root/var/lib/private/ncloud-reissue" "$root/etc/ncloud-reissue"
listing >"$layer/before"

inside dpkg -i /tmp/package.deb >"$layer/log" 2>&1 || fail "dpkg -i: $(tail -n 5 "$layer/log")"
inside dpkg --verify ncloud-reissue | grep . && fail "files differ from the package's own sums"
# shellcheck disable=SC2016 # dpkg-query expands it
version=$(inside dpkg-query -W -f '${Version}' ncloud-reissue)
inside ncloud-reissue --version | grep -qwF "${version%-1}" || fail "the program is not $version"
example=/usr/share/doc/ncloud-reissue/examples/alertmanager
inside ncloud-reissue render --config "$example/config.json" --event "$example/event.json" |
  jq -e '[.items[].parameters.certificateNo] == ["55882", "55883", "55884"]' >/dev/null ||
  fail "it renders no example"
echo "without libcurl, what makes no call works, and what makes one names the package"
mkdir "$layer/away"
mv "$root"/usr/lib/*/libcurl.so.4* "$layer/away/"
inside ncloud-reissue render --config "$example/config.json" --event "$example/event.json" >"$layer/log" ||
  fail "it needs libcurl to render"
status=0
inside NCLOUD_ACCESS_KEY=a NCLOUD_SECRET_KEY=b ncloud-reissue api GET https://127.0.0.1:9/ >"$layer/log" 2>&1 || status=$?
[ "$status" -eq 78 ] || fail "without libcurl, a call ends with $status: $(cat "$layer/log")"
for word in '\[network\.library\]' 'install the package libcurl4'; do
  grep -q "$word" "$layer/log" || fail "no word of libcurl: $(cat "$layer/log")"
done
cp -a "$layer"/away/* "$(dirname "$(ls "$root"/usr/lib/*/libc.so.6)")/"
inside ncloud-reissue --version | grep -q '^libcurl/[1-9]' || fail "libcurl is not back"
# As the first page says: the configuration is there, a template goes beside it, and no option says where.
mkdir "$root/etc/ncloud-reissue/templates/alertmanager"
cp "$root$example"/*.json "$root/etc/ncloud-reissue/templates/alertmanager/"
cp -R "$root$example/csr" "$root/etc/ncloud-reissue/"
inside ncloud-reissue render --event "$example/event.json" |
  jq -e '[.items[].parameters.certificateNo] == ["55882", "55883", "55884"]' >/dev/null ||
  fail "it does not find its configuration, or what lies beside it"
rm -r "$root/etc/ncloud-reissue/csr" "$root/etc/ncloud-reissue/templates/alertmanager"
[ "$(sed -n 's/^exec //p' "$root/usr/share/ncloud-reissue/hooks/cgi/reissue.cgi")" = \
  "/usr/bin/ncloud-reissue cgi" ] || fail "the script for web servers calls another program"
inside ncloud-reissue check --templates /usr/share/ncloud-reissue/templates >"$layer/log" ||
  fail "its templates: $(tail -n 3 "$layer/log")"
# man(1) goes to another user, who cannot be root in here.
inside zgrep -q '^.Nm ncloud-reissue' /usr/share/man/man1/ncloud-reissue-run.1.gz || fail "no page of run"

echo "the units are well-formed, and find their programs"
for unit in "$root"/usr/lib/systemd/system/ncloud-reissue-*; do
  inside systemd-analyze verify --man=no "${unit#"$root"}" >"$layer/log" 2>&1 || true
  if grep -i 'ncloud-reissue' "$layer/log"; then fail "systemd-analyze verify of ${unit##*/}"; fi
done

echo "the queue takes an event, and its group exists"
[ "$(stat -c '%a %G' "$root/var/spool/ncloud-reissue/new" 2>/dev/null || true)" != "" ] || fail "no queue"
inside sh -c "getent group ncloud-reissue-queue >/dev/null &&
  [ \"\$(stat -c '%a %G' /var/spool/ncloud-reissue/new)\" = '2770 ncloud-reissue-queue' ] &&
  /usr/share/ncloud-reissue/hooks/systemd/enqueue.sh <$example/event.json" || fail "the queue"

echo "an upgrade keeps what is there"
mkdir -p "$root/var/lib/ncloud-reissue/certificates/shop/1"
echo key >"$root/var/lib/ncloud-reissue/certificates/shop/1/privkey.pem"
echo ledger >"$root/var/lib/ncloud-reissue/ledger.sqlite3"
inside dpkg -i /tmp/package.deb >"$layer/log" 2>&1 || fail "dpkg -i again: $(tail -n 5 "$layer/log")"
[ "$(find "$root/var/spool/ncloud-reissue/new" -type f | wc -l)" -eq 1 ] || fail "the event is gone"

echo "a removal keeps state, a purge forgets, and keeps private keys"
inside dpkg --remove ncloud-reissue >"$layer/log" 2>&1 || fail "dpkg --remove: $(tail -n 5 "$layer/log")"
[ -f "$root/var/lib/ncloud-reissue/ledger.sqlite3" ] || fail "the ledger is gone"
[ ! -e "$root/usr/bin/ncloud-reissue" ] || fail "the program is still there"
inside dpkg --purge ncloud-reissue >"$layer/log" 2>&1 || fail "dpkg --purge: $(tail -n 5 "$layer/log")"
grep -q 'holds private keys' "$layer/log" || fail "nobody hears of the keys that stay"
[ -f "$root/var/lib/ncloud-reissue/certificates/shop/1/privkey.pem" ] || fail "a private key is gone"
[ ! -e "$root/var/lib/ncloud-reissue/ledger.sqlite3" ] || fail "the ledger is still there"

echo "and without keys nothing is left"
rm -r "$root/var/lib/ncloud-reissue/certificates"
inside dpkg -i /tmp/package.deb >"$layer/log" 2>&1 || fail "dpkg -i after a purge"
# What a unit with a dynamic user leaves.
rmdir "$root/var/lib/ncloud-reissue"
mkdir -p "$root/var/lib/private/ncloud-reissue/certificates"
mkdir "$root/var/lib/private/ncloud-reissue/dns"
touch "$root/var/lib/private/ncloud-reissue/dns/lock" "$root/var/lib/private/ncloud-reissue/certificates/.deployment"
echo ledger >"$root/var/lib/private/ncloud-reissue/ledger.sqlite3"
ln -s private/ncloud-reissue "$root/var/lib/ncloud-reissue"
inside dpkg --purge ncloud-reissue >"$layer/log" 2>&1 || fail "dpkg --purge: $(tail -n 5 "$layer/log")"
listing >"$layer/after"
diff "$layer/before" "$layer/after" | grep '^[<>]' | grep -vE ' etc/(group|gshadow)-?$' >"$layer/left" || true
if [ -s "$layer/left" ]; then fail "a purge leaves: $(cat "$layer/left")"; fi
echo "install: installed, run, upgraded, removed and purged"
