#!/bin/sh
# The least that one call can take: curl posts a body that was made and signed in advance. No mapping, no
# ledger, no result.
exec curl --silent --show-error --data-binary "@$BODY" \
  --header "x-ncp-apigw-timestamp: $TIMESTAMP" --header "x-ncp-iam-access-key: $ACCESS_KEY" \
  --header "x-ncp-apigw-signature-v2: $SIGNATURE" \
  --header 'Content-Type: application/json' --header 'Accept: application/json' \
  "$ENDPOINT$TARGET"
