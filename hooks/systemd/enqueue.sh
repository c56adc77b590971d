#!/bin/sh
# Takes an event on standard input and returns once it is safe on disk: for callers that cannot wait for
# the service. Exit 0: the event is in the queue. Anything else: it is not.
#
#   QUEUE   the queue (/var/spool/ncloud-reissue)
set -eu
umask 027
queue=${QUEUE:-/var/spool/ncloud-reissue}

event=$(mktemp "$queue/tmp/XXXXXXXX")
trap 'rm -f "$event"' EXIT
cat >"$event"
# mktemp makes it 0600; the service reads it as a member of the group.
chmod 640 "$event"
sync "$event"
# Named by time, so that the oldest goes first; it appears whole or not at all.
mv "$event" "$queue/new/$(date -u +%Y%m%dT%H%M%S.%N).${event##*/}.json"
trap - EXIT
sync "$queue/new"
