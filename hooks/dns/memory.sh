# Sourced by set.sh: remembers the values that it added, below $STATE_DIRECTORY/dns, so that it removes exactly these.
# shellcheck shell=sh
# Variables are set here and used in set.sh, and the other way round.
# shellcheck disable=SC2034,SC2154
#
# One file for each value and certificate, HASH.CERTIFICATE, has one line with tabs between the fields: version, state,
# time of the last change (seconds since 1970), type, name, zone, provider, value. The states:
#
#   adding     before the provider is called: the value may exist
#   added      the provider added it
#   removing   the certificate is issued, or its validation failed: the value is to be removed
#
# A file is written before its value is added, and removed after its value is. So after a crash at any point there is
# a file for each value that may exist, and the next run repeats the step. Every step may be repeated.

# Seconds after which a value that no server returns is added again.
repeat_after=3600
# Seconds after which a failed removal counts as done if no server returns the value.
give_up_after=86400
# Seconds after which set.sh asks for a certificate that no result mentions; and the most numbers of one call.
ask_after=86400
ask_at_most=20
# Seconds until a value is removed in any case: a random value is valid for 30 days (Baseline Requirements 3.2.2.4.7).
keep_for=2592000

open_memory() {
  memory=$(state_folder)/dns
  { mkdir -p "$memory" && : >>"$memory/lock"; } 2>/dev/null ||
    die 74 "$memory cannot be written; set STATE_DIRECTORY to a folder of this user"
}

# Only one run at a time changes records.
lock_memory() {
  exec 9>>"$memory/lock"
  lock
  rm -f "$memory"/.new.*
}
unlock_memory() { exec 9>&-; }

# The file of a value of a certificate.
memory_file() { # certificate, name, type, value
  printf '%s/%s.%s\n' "$memory" "$(printf '%s %s %s' "$3" "$2" "$4" | sha256sum | cut -c 1-32)" "$1"
}

# Reads a file. Sets remembered (its state), age in seconds, certificate, type, name, zone, record_provider, value.
# Returns 1 if the file is damaged: its name is the hash of its contents.
read_memory() { # file
  IFS='	' read -r version remembered changed_at type name zone record_provider value <"$1" || return 1
  certificate=${1##*.}
  [ "$version" = 1 ] && [ "$(memory_file "$certificate" "$name" "$type" "$value")" = "$1" ] || return 1
  case $changed_at in '' | *[!0-9]*) return 1 ;; esac
  age=$(($(date +%s) - changed_at))
}

# Writes the file of the present record with a new state, atomically; it is on disk when this returns.
remember() { # state
  file=$(memory_file "$certificate" "$name" "$type" "$value")
  {
    printf '1\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$(date +%s)" "$type" "$name" "$zone" "$record_provider" "$value" \
      >"$memory/.new.$$" && sync "$memory/.new.$$" && mv "$memory/.new.$$" "$file" && sync "$memory"
  } 2>/dev/null || die 74 "$file cannot be written"
  remembered=$1
}

forget() { # file
  { rm "$1" && sync "$memory"; } 2>/dev/null || die 74 "$1 cannot be removed"
}

# Reads the state of the present record: sets remembered (none without a file) and age.
recall() {
  file=$(memory_file "$certificate" "$name" "$type" "$value")
  remembered=none age=0
  [ -f "$file" ] || return 0
  recalled_zone=$zone
  read_memory "$file" || remembered=none
  zone=$recalled_zone record_provider=$provider
}

# Whether another certificate needs the same value.
is_shared() {
  for other in "${file%.*}".*; do
    if [ -f "$other" ] && [ "$other" != "$file" ]; then return 0; fi
  done
  return 1
}

# Whether a file can be read and is not marked for removal.
is_open() {
  [ -f "$file" ] || return 1
  read_memory "$file" && [ "$remembered" != removing ]
}

# Marks the values of certificates that are issued or whose validation failed. If no result mentions a certificate for a
# day, the result that reported it may be lost, so set.sh asks.
mark_finished() {
  : >"$work/forgotten"
  for file in "$memory"/*.*; do
    is_open || continue
    # A check that was killed leaves its value.
    if [ "$certificate" = check ] || mentions "$work/plan" over "$certificate"; then
      remember removing
    elif ! mentions "$work/plan" seen "$certificate" && [ "$age" -ge "$ask_after" ]; then
      if [ "$age" -ge "$keep_for" ]; then remember removing; else echo "$certificate" >>"$work/forgotten"; fi
    fi
  done
  [ ! -s "$work/forgotten" ] || ask_for_forgotten
}

ask_for_forgotten() {
  # shellcheck disable=SC2046 # numbers
  timeout -k 5 60 "${NCLOUD_REISSUE:-ncloud-reissue}" follow \
    $(sort -u "$work/forgotten" | head -n "$ask_at_most") </dev/null >"$work/answer" 2>/dev/null
  jq -n -r -f "$here/records.jq" "$work/answer" >"$work/late" 2>/dev/null && [ -s "$work/late" ] || {
    warn "ncloud-reissue follow does not report certificates of earlier results; the next run asks again"
    return
  }
  for file in "$memory"/*.*; do
    is_open || continue
    if mentions "$work/late" over "$certificate" || mentions "$work/late" late "$certificate"; then
      remember removing
    fi
  done
}

# Whether a plan has a line of this kind for a certificate.
mentions() { # plan, kind, certificate
  awk -v kind="$2" -v number="$3" '$1 == kind && $2 == number { found = 1; exit } END { exit !found }' "$1"
}
