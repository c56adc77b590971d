#!/bin/sh
# Sets the DNS records that reissues wait for, and removes them once a certificate is issued. A filter: it reads one or
# many results of `ncloud-reissue run` or `follow` and passes them through unchanged.
#
#   ncloud-reissue follow | set.sh nsupdate
#   set.sh --check nsupdate shop.example.com
#
# README.md describes options and providers. The steps: plan (records.jq), locate, present, clean up, wait. Each value is
# written to the memory (memory.sh) before it is added.
set -u
umask 077
here=$(dirname "$0")
# shellcheck source=hooks/functions.sh
. "$here/../functions.sh"
# shellcheck source=hooks/dns/lookup.sh
. "$here/lookup.sh"
# shellcheck source=hooks/dns/memory.sh
. "$here/memory.sh"
# shellcheck source=hooks/dns/check.sh
. "$here/check.sh"

usage() {
  cat >&2 <<'END'
usage: set.sh [options] PROVIDER < RESULT
       set.sh [options] --check PROVIDER DOMAIN...

PROVIDER is nsupdate, global-dns, lexicon, acme-sh, or the path of a program with lego's exec interface.

  --wait DURATION         wait until every name server returns every value (10m; 0s: check once)
  --timeout DURATION      time limit for one call of the provider (60s)
  --nameservers HOST[:PORT],...
                          ask these instead of the zones' own name servers
  --resolver HOST[:PORT]  find zones and name servers with this resolver (default: the system's)
  --label LABEL           with --check: the label below each domain to write to (_ncloud-reissue-check)

Exit status: 0 done; 75 a record is not set, not visible or not removed yet, the next run continues;
64 wrong usage; 65 the input is not a result; 74 the state folder cannot be read or written;
78 the provider or a required program is missing.
END
  exit 64
}

# Prints "HOST PORT".
address() { # HOST[:PORT]
  case $1 in
    \[*\]:*) address_host=${1%:*} address_port=${1##*]:} ;;
    *:*:* | \[*\]) address_host=$1 address_port=53 ;;
    *:*) address_host=${1%:*} address_port=${1##*:} ;;
    *) address_host=$1 address_port=53 ;;
  esac
  address_host=${address_host#\[} address_host=${address_host%\]}
  case $address_host in '' | -* | *[!A-Za-z0-9.:_-]*) return 1 ;; esac
  case $address_port in '' | *[!0-9]* | ??????*) return 1 ;; esac
  printf '%s %s\n' "$address_host" "$address_port"
}

# MARK: The provider

# Sets program, and provider to the name or absolute path that the memory keeps.
find_provider() { # name or path
  case $1 in
    */*)
      case $1 in *[!\ -~]*) return 1 ;; esac
      provider=$(cd "$(dirname "$1")" 2>/dev/null && pwd)/$(basename "$1")
      program=$provider
      ;;
    '' | *[!a-z0-9-]*) return 1 ;;
    *) provider=$1 program=$here/providers/$1 ;;
  esac
  [ -f "$program" ] && [ -x "$program" ]
}

call_provider() { # present|cleanup, name, type, value, zone, what to add to a message
  case $3 in CNAME) set -- "$1" "$2" "$3" "$4." "$5" "${6:-}" ;; esac
  run_limited "$provider $1 $2. ($3${6:+; $6})" \
    env NCLOUD_REISSUE_DNS_TYPE="$3" NCLOUD_REISSUE_DNS_ZONE="$5" "$program" "$1" "$2." "$4"
}

# Appends a line of fields to a temporary file. Without it a record would be left out.
keep() { # file, fields…
  kept_file=$1
  shift
  { printf '%s' "$1" && shift && printf '\t%s' "$@" && echo; } >>"$kept_file" || die 74 "$no_space"
}

no_space='a temporary file cannot be written; is TMPDIR full?'

# MARK: Setting

# Finds zone and servers of each record of the plan. Without the lock, because servers may be slow.
locate_all() {
  count=0
  while IFS='	' read -r kind certificate name type value; do
    case $kind in
      bad)
        warn "$name: this record cannot be set: $type; see dns in the result"
        failures=$((failures + 1))
        ;;
      set)
        count=$((count + 1))
        if locate "$name" "$type" "$value" "$work/servers.$count"; then
          keep "$work/located" "$count" "$certificate" "$target" "$type" "$zone" "$witnesses" "${occupant:--}" "$value"
        else
          warn "$name: $problem"
          failures=$((failures + 1))
        fi
        ;;
    esac
  done <"$work/plan"
}

# Adds the missing values. A value that is there but not in the memory was added by someone else and is not remembered,
# so it is never removed.
present_all() {
  while IFS='	' read -r count certificate name type zone witnesses occupant value; do
    if present; then
      keep "$work/waiting" "$count" "$name" "$type" "$value"
    else
      failures=$((failures + 1))
    fi
  done <"$work/located"
}

present() {
  record_provider=$provider
  recall
  if [ "$witnesses" -gt 0 ]; then
    case $remembered in
      adding | removing) remember added ;;
      none) if is_shared; then remember added; fi ;;
    esac
    return
  fi
  # Name servers may need time to return it; only then is the provider called again.
  if [ "$remembered" = added ] && [ "$age" -lt "$repeat_after" ]; then return 0; fi
  remember adding
  if call_provider present "$name" "$type" "$value" "$zone" "$(shown_occupant)"; then
    remember added
    tell "$name: the $type record is set"
  else
    return 1
  fi
}

shown_occupant() { [ "$occupant" = - ] || printf %s "$occupant"; }

# Removes the values that are marked for removal.
clean_up_all() {
  for file in "$memory"/*.*; do
    [ -f "$file" ] || continue
    read_memory "$file" || {
      warn "$file is damaged; check which record it names, then remove it"
      failures=$((failures + 1))
      continue
    }
    [ "$remembered" = removing ] || continue
    clean_up || failures=$((failures + 1))
  done
}

clean_up() {
  if is_shared; then
    forget "$file"
    return
  fi
  find_provider "$record_provider" || {
    warn "the provider $record_provider, which added $name, is missing"
    return 1
  }
  if call_provider cleanup "$name" "$type" "$value" "$zone"; then
    forget "$file"
    tell "$name: the $type record is removed"
    return
  fi
  # A provider that fails because there is nothing to remove would always fail.
  if [ "$age" -ge "$give_up_after" ] && locate "$name" "$type" "$value" "$work/servers.gone" && [ "$witnesses" = 0 ]; then
    warn "$name: no name server returns the value; it counts as removed"
    forget "$file"
    return
  fi
  return 1
}

# MARK: Waiting

# Waits until every server returns every value, or the time is over.
wait_for_all() {
  [ -s "$work/waiting" ] || return 0
  deadline=$(($(date +%s) + wait_limit))
  looks=1 pause=1
  : >"$work/looks"
  while IFS='	' read -r count seen_name seen_type seen_value; do
    while read -r host host_port; do
      keep "$work/looks" "$host" "$host_port" "$seen_name" "$seen_type" "$seen_value"
    done <"$work/servers.$count"
  done <"$work/waiting"
  while :; do
    : >"$work/missing"
    while IFS='	' read -r host host_port seen_name seen_type seen_value; do
      state=$(state_at "$host" "$host_port" "$seen_name" "$seen_type" "$seen_value")
      [ "$state" = there ] ||
        keep "$work/missing" "$host" "$host_port" "$seen_name" "$seen_type" "$seen_value" "$state"
    done <"$work/looks"
    [ -s "$work/missing" ] || return 0
    [ "$(($(date +%s) + pause))" -lt "$deadline" ] || break
    sleep "$pause"
    # Every second at first, then less often, down to every 30 seconds.
    looks=$((looks + 1))
    if [ "$looks" -gt 5 ] && [ "$pause" -lt 30 ]; then pause=$((pause + 1)); fi
    cut -f 1-5 "$work/missing" >"$work/looks" || die 74 "$no_space"
  done
  while IFS='	' read -r host host_port seen_name seen_type seen_value state; do
    warn "$seen_name: the $seen_type record is not visible at $host port $host_port yet: $state"
    failures=$((failures + 1))
  done <"$work/missing"
}

# MARK: The run

run_filter() {
  kept=yes
  cat >"$work/input" || kept=no
  # The next program of the pipe gets it first, whatever happens here.
  cat "$work/input" || failures=$((failures + 1))
  [ "$kept" = yes ] || die 74 "$no_space"
  if ! jq -n -r -f "$here/records.jq" "$work/input" >"$work/plan" 2>/dev/null; then
    # jq names a temporary file, and its own terms for what is wrong.
    jq empty "$work/input" >/dev/null 2>&1 || die 65 "the input is not JSON, or ends too early; see what wrote it"
    if jq -n -r -f "$here/records.jq" "$work/input" >/dev/null 2>&1; then die 74 "$no_space"; fi
    die 65 "the input is JSON, but not a result of ncloud-reissue run or follow"
  fi
  open_memory
  : >"$work/located"
  : >"$work/waiting"
  locate_all
  lock_memory
  mark_finished
  present_all
  clean_up_all
  unlock_memory
  wait_for_all
}

wait_limit=600 call_limit=60 nameserver_list='' resolver='- -' label=_ncloud-reissue-check checking=no
while [ $# -gt 0 ]; do
  case $1 in
    --check) checking=yes && shift && continue ;;
    --*=*) option=${1%%=*} argument=${1#*=} && shift ;;
    --wait | --timeout | --nameservers | --resolver | --label)
      [ $# -ge 2 ] || usage
      option=$1 argument=$2
      shift 2
      ;;
    -*) usage ;;
    *) break ;;
  esac
  case $option in
    --wait) duration "$option" "$argument" && wait_limit=$seconds ;;
    --timeout) duration "$option" "$argument" && call_limit=$seconds ;;
    --nameservers) nameserver_list=$argument ;;
    --resolver) resolver=$(address "$argument") || die 64 "--resolver: not HOST[:PORT]: $argument" ;;
    --label) label=$argument ;;
    *) usage ;;
  esac
done
[ $# -ge 1 ] || usage
[ "$checking" = yes ] || [ $# -eq 1 ] || usage
[ "$call_limit" -gt 0 ] || die 64 "--timeout: longer than 0s"

need "jq, bind9-dnsutils, util-linux, coreutils" jq dig flock timeout sha256sum
find_provider "$1" || die 78 "no provider $1: neither a program in $here/providers nor the path of one"
shift

begin_work
nameservers=$work/nameservers
: >"$nameservers"
old_ifs=$IFS IFS=,
for server in $nameserver_list; do
  address "$server" >>"$nameservers" || die 64 "--nameservers: not HOST[:PORT]: $server"
done
IFS=$old_ifs

failures=0
if [ "$checking" = yes ]; then run_check "$@"; else run_filter; fi
[ "$failures" = 0 ] || exit 75
