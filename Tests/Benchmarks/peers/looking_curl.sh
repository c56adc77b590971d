#!/bin/sh
# The same behind the two looks that a run takes first: certificates, orders, and then the call, all signed
# beforehand, by one curl on one connection.
exec curl --silent --show-error --config "$CONFIG"
