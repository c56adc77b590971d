#!/bin/sh
# What a web server runs for each request. Nothing of the request becomes an argument here, and all
# settings are in /etc/ncloud-reissue/config.json.
#
# The keys are where systemd puts them (LoadCredential=); without it, in files of the user that the
# scripts run as.
umask 077
export CREDENTIALS_DIRECTORY="${CREDENTIALS_DIRECTORY:-/etc/ncloud-reissue}"
exec /usr/local/bin/ncloud-reissue cgi
