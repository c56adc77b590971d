#!/bin/bash
# The same job in shell: jq maps, openssl signs, curl sends, jq reads the reply.
set -euo pipefail

alert='.alerts[] | select(.status == "firing") | .labels'
target=/api/v2/certificate/$(jq -r "$alert | .certificate_no" "$EVENT")/reissue
body=$(jq -c --rawfile csr "$CSR" "$alert"' | {
  certificateName: .certificate_name, commonName: .cn, csr: $csr,
  dnsName: (.sans | split(",")), validationMethod: "D" }' "$EVENT")
timestamp=$(date +%s%3N)
signature=$(printf 'POST %s\n%s\n%s' "$target" "$timestamp" "$ACCESS_KEY" |
  openssl dgst -sha256 -hmac "$SECRET_KEY" -binary | base64)
curl --silent --show-error --data-binary "$body" \
  --header "x-ncp-apigw-timestamp: $timestamp" --header "x-ncp-iam-access-key: $ACCESS_KEY" \
  --header "x-ncp-apigw-signature-v2: $signature" \
  --header 'Content-Type: application/json' --header 'Accept: application/json' \
  "$ENDPOINT$target" |
  jq -c '{ status: (if .returnCode == "0" then "reissued" else "failed" end), response: . }'
