# Sourced by the scripts that set a machine up: the packages that the build needs, and their installation.
# shellcheck shell=sh

# shellcheck disable=SC2034 # used by those who source this file
build_packages="libjansson-dev libcurl4-openssl-dev libssl-dev libsqlite3-dev libpcre2-dev
  libidn2-dev libpsl-dev pkg-config ca-certificates openssl curl"

# Installs missing Debian packages; does nothing, and needs no rights, if none is missing.
install_packages() {
  missing=""
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  echo "installing:$missing"
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  $sudo apt-get update -q
  # shellcheck disable=SC2086 # a list of names
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -qy --no-install-recommends $missing
}
