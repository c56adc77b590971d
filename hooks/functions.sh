# Sourced by scripts of the hooks: log lines, durations, the state folder, refused events, and programs that run with a time
# limit while a lock is held.
# shellcheck shell=sh
# Variables are set here and used in the scripts, and the other way round.
# shellcheck disable=SC2034,SC2154

script=${0##*/}

# Seconds to wait for another run of the same script.
lock_limit=150
# Seconds between the end of a program's time and the signal that it cannot ignore.
kill_limit=5
# Lines of a failed program's output that are printed, and characters of each.
output_lines=5
output_width=500

# If standard error is the journal, a line begins with its priority (systemd.exec(5), sd-daemon(3)).
to_journal=
if [ -n "${JOURNAL_STREAM:-}" ] && [ "$(stat -c %d:%i - <&2)" = "$JOURNAL_STREAM" ]; then to_journal=yes; fi
warn() { printf '%s%s: %s\n' "${to_journal:+<4>}" "$script" "$1" >&2; }
tell() { printf '%s%s: %s\n' "${to_journal:+<6>}" "$script" "$1" >&2; }
complain() { printf '%s%s: %s\n' "${to_journal:+<3>}" "$script" "$1" >&2; }
die() { # status, text
  complain "$2"
  exit "$1"
}

# Sets seconds.
duration() { # option, text
  case ${2%?} in
    '' | *[!0-9]* | ??????*) seconds= ;;
    *) seconds=${2%?} ;;
  esac
  case $2 in
    *s) ;;
    *m) seconds=${seconds:+$((seconds * 60))} ;;
    *h) seconds=${seconds:+$((seconds * 3600))} ;;
    *) seconds= ;;
  esac
  [ -n "$seconds" ] || die 64 "$1: not a duration such as 90s, 10m or 1h: $2"
}

# Prints the state folder: that of the unit, or that of the system, or that of a user who cannot write there.
state_folder() {
  if [ -n "${STATE_DIRECTORY:-}" ]; then
    printf '%s\n' "${STATE_DIRECTORY%%:*}"
  elif [ "$(id -u)" = 0 ] || [ -w /var/lib/ncloud-reissue ]; then
    echo /var/lib/ncloud-reissue
  else
    printf '%s\n' "${XDG_DATA_HOME:-${HOME:-}/.local/share}/ncloud-reissue"
  fi
}

# Prints how many events of the queue were refused, and how to go on; nothing if there are none.
refused_events() { # queue
  refused_count=$(find "$1/refused" -mindepth 1 -maxdepth 1 | wc -l)
  case $refused_count in
    0) ;;
    1) echo "1 refused event is in $1/refused: remove it, or move it to $1/new to try it again" ;;
    *) echo "$refused_count refused events are in $1/refused: remove each, or move it to $1/new to try it again" ;;
  esac
}

# Checks that programs are there.
need() { # packages, programs…
  packages=$1
  shift
  for tool in "$@"; do
    command -v "$tool" >/dev/null || die 78 "$tool is missing (packages: $packages)"
  done
}

# Text of other programs in the log: control characters could forge lines.
shown() { tr -d '\r' | LC_ALL=C tr -c ' -~\n' '?' | cut -c "1-$output_width"; }

# Creates the temporary folder work. A signal ends a running program; the next run repeats what it did.
begin_work() {
  child=''
  work=$(mktemp -d) || die 74 "no temporary folder can be made"
  trap 'rm -rf "$work"' EXIT
  trap '[ -z "$child" ] || kill "$child" 2>/dev/null; exit 75' HUP INT TERM
}

# Waits for the lock, which is open as descriptor 9.
lock() { flock -w "$lock_limit" 9 || die 75 "another run of $script is still working"; }

# Runs a program with the time limit call_limit. `timeout` keeps the lock until the program has ended, even if the script
# is killed, so the next run does not start while a program is still running. The program itself does not inherit the
# lock, or a daemon that it starts would keep it.
run_limited() { # what it is called in messages, program, arguments…
  called=$1
  shift
  # shellcheck disable=SC2016 # the inner shell expands it
  timeout -k "$kill_limit" "$call_limit" sh -c 'exec "$@" 9>&-' sh "$@" </dev/null >"$work/output" 2>&1 &
  child=$!
  wait "$child"
  status=$?
  child=
  case $status in
    0) return 0 ;;
    124 | 137) reason="did not end within ${call_limit}s" ;;
    *) reason="failed with status $status" ;;
  esac
  warn "$called $reason"
  tail -n "$output_lines" "$work/output" | shown | while read -r line; do warn "  $line"; done
  return "$status"
}
