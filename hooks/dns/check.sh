# Sourced by set.sh: set.sh --check, which finds problems before a reissue.
# shellcheck shell=sh
# Variables are set here and used in the files beside, and the other way round.
# shellcheck disable=SC2034,SC2154
#
# Prints a line for each finding: ok, warning or error, then the domain. Only errors change the exit status.

# The name of the authority in CAA records (its certification practice statement, section 4.2.4).
authority=navercloudtrust.com

say() { # ok|warning|error, domain, text
  printf '%-7s %s: %s\n' "$1" "$2" "$3"
  [ "$1" != error ] || failures=$((failures + 1))
}

run_check() { # domain…
  open_memory
  [ $# -gt 0 ] || usage
  case $label in '' | *[!a-z0-9_-]*) die 64 "--label: not a label: $label" ;; esac
  for given in "$@"; do
    domain=$(printf %s "${given#\*.}" | tr '[:upper:]' '[:lower:]')
    case $domain in
      -* | .* | *. | *..* | *[!a-z0-9_.-]* | '') die 64 "not a domain: $given" ;;
    esac
    # Without a zone, the other checks would report the same once more, or find nothing wrong.
    if zone_of "$domain"; then
      check_authorization "$given" "$domain" "$zone"
      check_signatures "$domain" "$zone"
      check_write "$domain"
    else
      say error "$domain" "its zone cannot be found: $(reason_without_zone "$domain")"
    fi
  done
}

# Why the zone of a domain cannot be found. A validating resolver hides a zone with invalid signatures.
reason_without_zone() { # domain
  look_up "$1" SOA
  case $answer_status in
    NXDOMAIN) echo "the domain does not exist" ;;
    NOERROR) echo "the answers name none" ;;
    SERVFAIL)
      look_up "$1" SOA +cdflag
      case $answer_status in
        NOERROR | NXDOMAIN) echo "its DNSSEC is broken: a validating resolver rejects the answers" ;;
        *) echo "the servers that were asked give $answer_text" ;;
      esac
      ;;
    *) echo "the servers that were asked give $answer_text" ;;
  esac
}

# Looks a name up with the first server that answers. Sets found to the data of the records, one a line, and
# answer_status, answer_text (the same for messages) and answer_flags.
look_up() { # name, type, options of dig…
  lookup_servers >"$work/lookup"
  looked_name=$1 looked_type=$2
  shift 2
  while read -r host host_port; do
    ask "$host" "$host_port" "$looked_name" "$looked_type" "$@"
    read -r _ answer_status answer_flags <"$work/answer"
    case $answer_status in NOERROR | NXDOMAIN) break ;; esac
  done <"$work/lookup"
  if [ "$answer_status" = none ]; then answer_text="no answer"; else answer_text=$answer_status; fi
  found=$(awk -v type="$looked_type" 'NR > 1 && $1 == "answer" && $3 == type' "$work/answer" | cut -d ' ' -f 4-)
}

# CAA (RFC 8659): the records of the closest name that has any.
check_authorization() { # name as given, domain, zone
  climbed=$2
  while :; do
    look_up "$climbed" CAA
    [ -z "$found" ] || break
    # Servers of the zone need not know what is above it.
    case $answer_status-.$climbed in
      NOERROR-* | NXDOMAIN-*) ;;
      *".$3")
        say warning "$1" "the CAA records of $climbed are not known: the servers give $answer_text"
        return
        ;;
    esac
    case $climbed in
      *.*) climbed=${climbed#*.} ;;
      *)
        say ok "$1" "no CAA record restricts the issuer"
        return
        ;;
    esac
  done
  case $1 in \**) wild=yes ;; *) wild= ;; esac
  verdict=$(printf '%s\n' "$found" | awk -v wild="$wild" -v authority="$authority" '
    {
      tag = tolower($2); value = $0
      sub(/^[^"]*"/, "", value); sub(/".*/, "", value); sub(/;.*/, "", value); gsub(/[ \t]/, "", value)
      if ($1 >= 128 && tag !~ /^(issue|issuewild|iodef|issuemail|contactemail|contactphone)$/) critical = tag
      if (tag == "issue") { plain = 1; if (tolower(value) == authority) plain_ours = 1 }
      if (tag == "issuewild") { special = 1; if (tolower(value) == authority) special_ours = 1 }
    }
    END {
      if (critical) print "critical " critical
      else if (wild && special) print special_ours ? "yes" : "no"
      else print !plain || plain_ours ? "yes" : "no"
    }')
  case $verdict in
    yes) say ok "$1" "the CAA records of $climbed allow $authority" ;;
    no) say warning "$1" "the CAA records of $climbed do not allow $authority, so it must not issue" ;;
    *) say warning "$1" "the CAA records of $climbed have an unknown ${verdict}: no authority may issue" ;;
  esac
}

# Since 2026-03-15 an authority must validate DNSSEC, and gets no answer from a zone with invalid signatures. For such
# a zone a validating resolver answers SERVFAIL, and NOERROR if the query disables checking (CD).
check_signatures() { # domain, zone
  # Only resolvers validate; authoritative servers do not.
  saved=$nameservers nameservers=$work/none
  : >"$nameservers"
  look_up "$2" SOA +adflag
  flags=" $answer_flags "
  if [ "$answer_status" = SERVFAIL ]; then
    look_up "$2" SOA +cdflag
    if [ "$answer_status" = NOERROR ]; then
      say error "$1" "DNSSEC of the zone $2 is broken: a validating resolver rejects its answers"
    else
      say error "$1" "for the zone $2 the resolver gives $answer_text"
    fi
  elif [ "$answer_status" != NOERROR ]; then
    say warning "$1" "DNSSEC of the zone $2 is not known: the resolver gives $answer_text"
  elif [ "${flags#* ad }" != "$flags" ]; then
    say ok "$1" "the zone $2 is signed, and its signatures are valid"
  else
    look_up "$2" DS
    if [ -n "$found" ]; then
      say warning "$1" "the zone $2 is signed, but this resolver does not validate; use --resolver with one that does"
    elif [ "$answer_status" != NOERROR ]; then
      say warning "$1" "whether the zone $2 is signed is not known: the resolver gives $answer_text"
    else
      say ok "$1" "the zone $2 is not signed"
    fi
  fi
  nameservers=$saved
}

# Adds a value at a separate name through the provider, checks that every server returns it, and removes it. It is in
# the memory like any other value, so that the next run removes it after a crash.
check_write() { # domain
  name=$label.$1 type=TXT certificate=check
  value=check-$(od -An -N 8 -t x1 /dev/urandom | tr -d ' \n')
  if ! locate "$name" "$type" "$value" "$work/servers.1"; then
    say error "$1" "$problem"
    return
  fi
  name=$target record_provider=$provider occupant=${occupant:--}
  lock_memory
  remember adding
  added=no
  if call_provider present "$name" "$type" "$value" "$zone"; then
    added=yes
    say ok "$1" "$provider adds a record to the zone $zone"
    : >"$work/waiting"
    keep "$work/waiting" 1 "$name" "$type" "$value"
    check_visible "$1"
  else
    say error "$1" "$provider cannot add $name to the zone $zone (see above)"
  fi
  remember removing
  if [ "$added" = no ]; then
    # It may exist all the same. If it cannot be removed either, the cause is the same; the next run tries it again.
    if call_provider cleanup "$name" "$type" "$value" "$zone" 2>/dev/null; then forget "$file"; fi
  elif call_provider cleanup "$name" "$type" "$value" "$zone"; then
    forget "$file"
    say ok "$1" "$provider removes it again"
  else
    say error "$1" "$provider cannot remove $name (see above)"
  fi
  unlock_memory
}

check_visible() { # domain
  failures_before=$failures
  wait_for_all
  if [ "$failures" = "$failures_before" ]; then
    say ok "$1" "every name server of $zone returns it ($(wc -l <"$work/servers.1"))"
  else
    say error "$1" "not every name server of $zone returns it (see above)"
  fi
}
