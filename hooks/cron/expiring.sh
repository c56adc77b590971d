#!/bin/sh
# Looks at the certificates that servers show, and hands what it finds to ncloud-reissue: for sites that
# no monitoring watches.
#
#   expiring.sh HOST[:PORT]…   prints one event; pipe it to ncloud-reissue
#
# Every server is in the event, with an error where it could not be asked; the template decides what is
# due. Exit 1 if any could not be asked, after the event was printed.
set -u

failed=0
separator='['
for target in "$@"; do
  case $target in
    # What goes into JSON as it is must be harmless there.
    *[!A-Za-z0-9.:-]* | '') echo "expiring.sh: not HOST[:PORT]: $target" >&2; exit 64 ;;
    *:*) host=${target%:*} port=${target##*:} ;;
    *) host=$target port=443 ;;
  esac
  not_after=$(timeout 20 openssl s_client -connect "$host:$port" -servername "$host" \
    </dev/null 2>/dev/null | openssl x509 -noout -enddate 2>/dev/null)
  not_after=${not_after#notAfter=}
  printf '%s{"host":"%s","port":%d,' "$separator" "$host" "$port"
  if [ -n "$not_after" ]; then
    printf '"notAfter":"%s"}' "$not_after"
  else
    printf '"error":"no certificate"}'
    echo "expiring.sh: $target shows no certificate" >&2
    failed=1
  fi
  separator=,
done
[ "$separator" = , ] || { echo "usage: expiring.sh HOST[:PORT]..." >&2; exit 64; }
printf ']\n'
exit "$failed"
