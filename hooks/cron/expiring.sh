#!/bin/sh
# Reads the certificates that servers present and prints an event for ncloud-reissue: for sites that
# no monitoring watches.
#
#   expiring.sh HOST[:PORT]…   prints one event; pipe it to ncloud-reissue
#
# Every server is in the event, with an error if it did not answer; the template decides what is
# due. Exit 1 if any did not answer, after the event was printed.
set -u

failed=0
separator='['
for target in "$@"; do
  case $target in
    # The text is not escaped for JSON, so it must not need escaping.
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
