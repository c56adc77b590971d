# Sourced by set.sh: queries to name servers, with dig.
# shellcheck shell=sh
# Variables are set here and used in the files beside, and the other way round.
# shellcheck disable=SC2034,SC2154
#
# Set by set.sh: work (a folder for temporary files), resolver ("HOST PORT", or "- -" for the system's), nameservers (a
# file with "HOST PORT" lines that replace the servers of every zone, or empty).

# Seconds until dig repeats a query, once; and for dig as a whole, which tries every address of a server.
dig_time=3
dig_limit=20

# The longest chain of CNAME records that is followed.
maximum_hops=8

# Asks one server. Writes to $work/answer: a line "status STATUS FLAG…", then a line "SECTION OWNER TYPE RDATA" for
# each record. STATUS is "none" without an answer. Names are in lower case and end with a dot.
ask() { # server, port, name, type, options of dig…
  ask_server=$1 ask_port=$2 ask_name=$3 ask_type=$4
  shift 4
  if [ "$ask_server" != - ]; then set -- "@$ask_server" -p "$ask_port" "$@"; fi
  # -r: no ~/.digrc, which may change the output.
  timeout -k 2 "$dig_limit" dig -r "$@" "+time=$dig_time" +tries=2 +noall +comments +answer +authority \
    -q "$ask_name" -t "$ask_type" </dev/null 2>/dev/null | awk '
      /^;; ->>HEADER<<-/ { status = $0; sub(/.*status: /, "", status); sub(/,.*/, "", status) }
      /^;; flags:/ { flags = $0; sub(/^;; flags:/, "", flags); sub(/;.*/, "", flags) }
      /^;; ANSWER SECTION:/ { section = "answer" }
      /^;; AUTHORITY SECTION:/ { section = "authority" }
      /^;/ || NF < 5 || $3 != "IN" || !section { next }
      {
        owner = tolower($1); type = $4; data = $0
        sub(/^[^ \t]+[ \t]+[0-9]+[ \t]+IN[ \t]+[^ \t]+[ \t]+/, "", data)
        if (type ~ /^(CNAME|NS|SOA)$/) data = tolower(data)
        lines = lines section " " owner " " type " " data "\n"
      }
      END { printf "status %s%s\n%s", status == "" ? "none" : status, flags, lines }
    ' >"$work/answer" || die 74 "$no_space"
}

# Prints the servers for looking up zones, one "HOST PORT" a line.
lookup_servers() {
  if [ -s "$nameservers" ]; then cat "$nameservers"; else printf '%s\n' "$resolver"; fi
}

# Finds the zone that a name lies in, by its SOA record, which a negative answer carries (RFC 2308 section 2). A query
# for CNAME returns one at every name that is not an alias, and does not follow an alias, whose target may not exist.
# Sets zone. Returns 1 if no server knows: if the servers of a zone are down, its parent zone is not the answer.
zone_of() { # name
  lookup_servers >"$work/lookup"
  candidate=$1
  while :; do
    case $candidate in *.*) ;; *) return 1 ;; esac
    answered=no
    while read -r host host_port; do
      ask "$host" "$host_port" "$candidate" CNAME
      # Some resolvers omit the SOA record of a negative answer.
      if ! grep -qE ' (SOA|CNAME) |^status (SERVFAIL|none)' "$work/answer"; then
        ask "$host" "$host_port" "$candidate" SOA
      fi
      zone=$(awk -v name="$candidate." '
        NR == 1 { if ($2 != "NOERROR" && $2 != "NXDOMAIN") { print "-"; exit } next }
        # An alias is not the top of a zone: continue with its parent.
        $1 == "answer" && $3 == "CNAME" { exit }
        $3 == "SOA" && ($2 == name || substr("." name, length("." name) - length($2)) == "." $2) { print $2; exit }
      ' "$work/answer")
      case $zone in
        -) ;;
        # The zone of a top-level domain means that the domain is not registered.
        *.*.) zone=${zone%.} && return 0 ;;
        ?*) return 1 ;;
        *) answered=yes ;;
      esac
    done <"$work/lookup"
    [ "$answered" = yes ] || return 1
    candidate=${candidate#*.}
  done
}

# Writes the servers of a zone to a file, one "HOST PORT" a line. Returns 1 if there are none.
servers_of() { # zone, file
  if [ -s "$nameservers" ]; then
    cp "$nameservers" "$2"
    return
  fi
  # shellcheck disable=SC2086 # two words: host and port
  ask $resolver "$1" NS
  awk '$1 == "answer" && $3 == "NS" { sub(/\.$/, "", $4); print $4, 53 }' "$work/answer" | sort -u >"$2"
  [ -s "$2" ]
}

# The value of a record as dig prints it.
rdata() { # type, value
  case $1 in
    TXT) printf '"%s"' "$(printf %s "$2" | sed 's/[\\"]/\\&/g')" ;;
    *) printf '%s.' "$2" ;;
  esac
}

# Prints the answer of a server about a value: there, absent, "cname TARGET" if the name is another alias, or the reason
# why it is not known.
state_at() { # server, port, name, type, value
  if [ -s "$nameservers" ]; then
    ask "$1" "$2" "$3" "$4"
  else
    ask "$1" "$2" "$3" "$4" +norecurse
  fi
  EXPECTED=$(rdata "$4" "$5") awk -v name="$3." -v type="$4" -v own="$([ -s "$nameservers" ] || echo yes)" '
    NR == 1 {
      if ($2 == "none") { state = "no answer"; exit }
      if ($2 != "NOERROR" && $2 != "NXDOMAIN") { state = "answer " $2; exit }
      # A server that does not serve the zone (a lame delegation) does not count.
      if (own && $0 !~ / aa( |$)/) { state = "answer without authority"; exit }
      next
    }
    $1 == "answer" && $2 == name {
      data = $0
      sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", data)
      if ($3 == type && data == ENVIRON["EXPECTED"]) there = 1
      else if ($3 == "CNAME") { sub(/\.$/, "", data); alias = data }
    }
    END { print state ? state : there ? "there" : alias ? "cname " alias : "absent" }
  ' "$work/answer"
}

# Whether an alias comes from a wildcard. A record at the name itself then takes its place.
is_wildcard() { # server, port, name, alias
  [ "$(state_at "$1" "$2" "_ncloud-reissue-no-such-name.${3#*.}" CNAME -)" = "cname $4" ]
}

# Prints the alias at a name, or nothing, as the first server that answers has it. A query for CNAME follows no alias.
alias_at() { # name, file with the servers
  while read -r host host_port; do
    state=$(state_at "$host" "$host_port" "$1" CNAME -)
    case $state in
      cname*)
        is_wildcard "$host" "$host_port" "$1" "${state#cname }" || echo "${state#cname }"
        return
        ;;
      absent) return ;;
    esac
  done <"$2"
}

# Counts the servers that return a value. Sets witnesses, asked (the servers that answered) and doubt (the answer of one
# that cannot be used).
count_witnesses() { # name, type, value, file with the servers
  witnesses=0 asked=0 doubt=''
  while read -r host host_port; do
    state=$(state_at "$host" "$host_port" "$1" "$2" "$3")
    case $state in
      there) witnesses=$((witnesses + 1)) asked=$((asked + 1)) ;;
      absent | cname*) asked=$((asked + 1)) ;;
      *) doubt="$host port $host_port: $state" ;;
    esac
  done <"$4"
}

# Finds the name to set a record at, after aliases, and its servers. Sets target, zone, witnesses and occupant (the last
# alias on the way); writes the servers to a file. Returns 1 and sets problem if that is not possible.
locate() { # name, type, value, file for the servers
  target=$1 hops=0 occupant=''
  while :; do
    zone_of "$target" || {
      problem="the zone of $target cannot be found${occupant:+ ($occupant)}"
      return 1
    }
    servers_of "$zone" "$4" || {
      problem="the name servers of $zone cannot be found"
      return 1
    }
    alias=$(alias_at "$target" "$4")
    if [ -z "$alias" ] || [ "$2-$alias" = "CNAME-$3" ]; then break; fi
    if [ "$2" = CNAME ]; then
      problem="the name is occupied by a CNAME to $alias; remove that record first"
      return 1
    fi
    occupant="$target is a CNAME to $alias"
    case $alias in
      *[!a-z0-9_.-]*)
        problem="no record can be set there ($occupant)"
        return 1
        ;;
    esac
    hops=$((hops + 1))
    if [ "$hops" -gt "$maximum_hops" ]; then
      problem="its CNAME chain does not end within $maximum_hops steps ($occupant)"
      return 1
    fi
    target=$alias
  done
  count_witnesses "$target" "$2" "$3" "$4"
  [ "$asked" -gt 0 ] || {
    problem="no name server of $zone answers ($doubt)"
    return 1
  }
}
