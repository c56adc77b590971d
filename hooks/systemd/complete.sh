#!/bin/sh
# Passes results through ../dns/set.sh with the settings of /etc/default/ncloud-reissue; see follow.sh.
#
#   complete.sh [OPTION of set.sh]… < RESULT
set -u
# A TSIG key is a credential of the unit, which the service's user cannot read as a file.
if [ -z "${NSUPDATE_KEY:-}" ] && grep -qs secret "${CREDENTIALS_DIRECTORY:-}/nsupdate-key"; then
  export NSUPDATE_KEY="$CREDENTIALS_DIRECTORY/nsupdate-key"
fi
# shellcheck disable=SC2086 # several options
exec "$(dirname "$0")/../dns/set.sh" ${DNS_OPTIONS:-} "$@" "$DNS_PROVIDER"
