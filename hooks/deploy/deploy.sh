#!/bin/sh
# Deploys issued certificates. A filter: it passes its input through unchanged, then runs the programs of deploy.d for
# each certificate of the store whose newest version is not deployed yet.
#
#   ncloud-reissue follow | deploy.sh
#
# README.md describes the programs and options. It looks at the store, not at the input, so that a deployment that failed
# or was interrupted is repeated by every run until it succeeds.
set -u
umask 077
# shellcheck source=hooks/functions.sh
. "$(dirname "$0")/../functions.sh"

usage() {
  cat >&2 <<'END'
usage: deploy.sh [options] < RESULT

  --store DIRECTORY     the store (certificates below $STATE_DIRECTORY, /var/lib/ncloud-reissue or, for a user who
                        cannot write there, ~/.local/share/ncloud-reissue)
  --programs DIRECTORY  the programs to run, in name order (/etc/ncloud-reissue/deploy.d)
  --timeout DURATION    time limit for one program (60s)
  --verify [NAME=]HOST:PORT
                        compare the certificate that this server sends with that of the folder NAME of the store, or of
                        every folder; deploy again if it is another one; may be repeated

Exit status: 0 done; 75 a deployment failed, or there is no certificate to verify, the next run repeats it; 64 wrong
usage; 74 the store cannot be read or written; 78 a required program or the folder of --programs is missing.
END
  exit 64
}

# Seconds in which a server has to take the new certificate.
verify_limit=20

# Prints where a link leads; nothing without a link.
link_target() { readlink "$1" 2>/dev/null; }

# The names of a certificate (RFC 5280 section 4.2.1.6), with spaces between them.
names_of() { # file
  openssl x509 -in "$1" -noout -ext subjectAltName 2>/dev/null | tr ',' '\n' | sed -n 's/^ *DNS:\([^ ]*\).*/\1/p' | paste -sd' ' -
}

fingerprint() { openssl x509 -noout -fingerprint -sha256 2>/dev/null; }

# MARK: Deploying

# The folder of a certificate gets the links that certbot users expect, so that its path is a lineage whose last
# component is the certificate's name.
link_files() { # folder
  for file in privkey.pem cert.pem chain.pem fullchain.pem; do
    [ -L "$1/$file" ] || [ ! -f "$1/current/$file" ] || ln -s "current/$file" "$1/$file" 2>/dev/null || [ -L "$1/$file" ] ||
      die 74 "$1/$file cannot be made"
  done
}

# Whether servers send a certificate within some seconds: they may reload in the background. If not, sets complaint.
verify() { # name, certificate, names, seconds
  wanted=$(fingerprint <"$2")
  server_name=$(printf '%s\n' "$3" | tr ' ' '\n' | grep -v '^\*' | head -n 1)
  [ -n "$server_name" ] || server_name=verify${3#\*}
  for check in $verifications; do
    case $check in
      *=*) [ "${check%%=*}" = "$1" ] || continue ;;
    esac
    deadline=$(($(date +%s) + $4))
    until
      sent=$(timeout 10 openssl s_client -connect "${check#*=}" -servername "${server_name%% *}" </dev/null 2>/dev/null |
        fingerprint)
      [ "$sent" = "$wanted" ]
    do
      [ "$(date +%s)" -lt "$deadline" ] || {
        if [ -n "$sent" ]; then sent="another one"; else sent=none; fi
        complaint="$1: ${check#*=} does not send the newest certificate, but $sent"
        return 1
      }
      sleep 1
    done
  done
}

# The link changes atomically, and is on disk before this returns.
record() { # folder, version
  rm -f "$1"/.deployed.*
  { ln -s "$2" "$1/.deployed.$$" && mv -T "$1/.deployed.$$" "$1/deployed" && sync "$1"; } 2>/dev/null ||
    die 74 "$1/deployed cannot be written"
}

deploy() { # folder
  name=${1##*/}
  version=$(link_target "$1/current")
  case $version in
    '') return 0 ;;
    *[!0-9]*)
      warn "$name: current is not a link to a version"
      return 1
      ;;
  esac
  present=$(link_target "$1/deployed")
  if [ "$present" = "$version" ] && [ -z "$verifications" ]; then return 0; fi
  # Run as root, it must not hand files from outside the store to the programs: the store belongs to another user.
  for file in "$1/$version" "$1/$version"/*; do
    [ ! -L "$file" ] || {
      warn "$name: $file is a symbolic link"
      return 1
    }
  done
  if [ ! -f "$1/$version/cert.pem" ] || [ ! -f "$1/$version/fullchain.pem" ]; then
    warn "$name: version $version has no cert.pem and fullchain.pem; the next reissue creates them"
    case $verifications in *" $name="*) return 1 ;; esac
    return 0
  fi
  domains=$(names_of "$1/$version/cert.pem")
  [ -n "$domains" ] || {
    warn "$name: cert.pem of version $version cannot be read"
    return 1
  }
  # A server that was restarted with other files gets the certificate again. Without programs there is no more to do.
  again=
  if [ "$present" = "$version" ] || [ "$deploying" = no ]; then
    if verify "$name" "$1/$version/cert.pem" "$domains" 0; then return 0; fi
    [ "$deploying" = yes ] || {
      warn "$complaint; $programs has no program that deploys it"
      return 1
    }
    again=", again"
  fi
  link_files "$1"
  for program in "$programs"/*; do
    is_program "$program" || continue
    run_limited "$name: $program" env RENEWED_LINEAGE="$1" RENEWED_DOMAINS="$domains" "$program" || return 1
  done
  verify "$name" "$1/$version/cert.pem" "$domains" "$verify_limit" || {
    warn "$complaint"
    return 1
  }
  record "$1" "$version"
  tell "$name: version $version is deployed$again"
}

# A comparison that cannot be made is reported: a misspelled name would look like a server that is all right.
check_verifications() {
  for check in $verifications; do
    case $check in
      *=*) set -- "$store/${check%%=*}" ;;
      *) set -- "$store"/* ;;
    esac
    for folder; do
      if [ -L "$folder/current" ] && [ ! -L "$folder" ]; then continue 2; fi
    done
    if [ ! -e "$store" ]; then
      warn "--verify $check: the store $store does not exist yet"
    elif [ "${check#*=}" = "$check" ]; then
      warn "--verify $check: no certificate of $store is issued yet"
    elif [ ! -d "$1" ]; then
      warn "--verify $check: $store has no folder ${check%%=*}"
    else
      warn "--verify $check: the certificate of $1 is not issued yet"
    fi
    failures=1
  done
}

# As run-parts and certbot do, files that are not executable and backups of editors are ignored.
is_program() {
  case $1 in *~ | *.dpkg-*) return 1 ;; esac
  [ -f "$1" ] && [ -x "$1" ]
}

has_programs() {
  for program in "$programs"/*; do
    if is_program "$program"; then return 0; fi
  done
  return 1
}

# With this file in the store, `ncloud-reissue ledger check` reports certificates that are not deployed. It is created
# without following a link, because the store belongs to another user.
mark_store() {
  [ -e "$store/.deployment" ] || (set -C && : >"$store/.deployment") 2>/dev/null ||
    warn "$store/.deployment cannot be created, so ledger check does not report what is not deployed"
}

# MARK: The run

store=$(state_folder)/certificates programs=/etc/ncloud-reissue/deploy.d call_limit=60 verifications=''
store_given='' programs_given=''
while [ $# -gt 0 ]; do
  case $1 in
    --*=*) option=${1%%=*} argument=${1#*=} && shift ;;
    --store | --programs | --timeout | --verify)
      [ $# -ge 2 ] || usage
      option=$1 argument=$2
      shift 2
      ;;
    *) usage ;;
  esac
  case $option in
    --store) store=$argument store_given=yes ;;
    --programs) programs=$argument programs_given=yes ;;
    --timeout) duration "$option" "$argument" && call_limit=$seconds ;;
    --verify)
      case ${argument#*=} in *[!A-Za-z0-9.:_\[\]-]* | [!A-Za-z0-9\[]* | *[!0-9]) die 64 "--verify: not HOST:PORT: $argument" ;; esac
      case ${argument%%=*} in '' | *[!A-Za-z0-9.:_\[\]-]*) die 64 "--verify: not a folder of the store: $argument" ;; esac
      verifications="$verifications $argument"
      ;;
    *) usage ;;
  esac
done
[ "$call_limit" -gt 0 ] || die 64 "--timeout: longer than 0s"
need "openssl, util-linux, coreutils" openssl flock timeout

failures=0
# The next program of the pipe gets the input first, whatever happens here.
[ -t 0 ] || cat || failures=1
# The default store is made by the first reissue that stores something; a folder that was named may be a mistake.
if [ -n "$store_given" ] && [ ! -e "$store" ]; then die 74 "--store: $store does not exist"; fi
if [ -e "$store" ] && { [ ! -d "$store" ] || [ ! -r "$store" ] || [ ! -x "$store" ]; }; then
  die 74 "$store cannot be read, or is not a folder"
fi
if [ -n "$programs_given" ] && [ ! -d "$programs" ]; then die 78 "--programs: $programs is not a folder"; fi
check_verifications
deploying=no
if has_programs; then deploying=yes; fi
if [ ! -e "$store" ] || [ "$deploying$verifications" = no ]; then exit "$((failures ? 75 : 0))"; fi

begin_work
if [ "$deploying" = yes ]; then
  # Only one run at a time deploys with these programs.
  exec 9<"$programs"
  lock
  mark_store
fi
for folder in "$store"/*; do
  if [ -L "$folder/current" ] && [ ! -L "$folder" ]; then deploy "$folder" || failures=1; fi
done
[ "$failures" = 0 ] || exit 75
