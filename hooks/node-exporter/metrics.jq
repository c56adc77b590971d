# Turns the document of `ncloud-reissue certificates --json` into metrics in the text format of Prometheus.

def escaped: tostring | gsub("\\\\"; "\\\\") | gsub("\""; "\\\"") | gsub("\n"; "\\n");

def labels: if . then "{" + ([to_entries[] | "\(.key)=\"\(.value | escaped)\""] | join(",")) + "}" else "" end;

# rows is a stream of {labels, value}.
def metric($name; $help; rows):
  "# HELP ncloud_reissue_\($name) \($help)", "# TYPE ncloud_reissue_\($name) gauge",
  (rows | "ncloud_reissue_\($name)\(.labels | labels) \(.value)");

def seconds: sub("\\.[0-9]+"; "") | fromdate;

# How often each word occurs, with 0 for those that may be missing.
def counts($name; $words; found):
  (reduce (($words[] | [., 0]), (found | [., 1])) as $pair ({}; .[$pair[0]] += $pair[1]))
  | to_entries[] | {labels: {($name): .key}, value};

.ledger as $ledger
| [.certificates[]] as $certificates
| metric("certificate_expiry_timestamp_seconds"; "End of the certificate, in seconds since 1970.";
    $certificates[] | select(.notAfter) | {
      labels: {
        certificate_no: .certificateNo, certificate_name: .certificateName, common_name: .commonName,
        order_id: (.orderId // ""), representative: (.representative // false)
      },
      value: .notAfter | seconds
    }),
  metric("certificates"; "Certificates of the account by state."; counts("state"; []; $certificates[].state)),
  metric("certificates_by_stage"; "Certificates that the ledger knows by stage of their reissue.";
    counts("stage"; ["accepted", "waiting-for-dns", "issued", "validation-failed"]; $certificates[].stage // empty)),
  metric("certificates_by_action"; "Certificates by what is to be done next.";
    counts("action"; ["set-dns", "wait", "deliver", "deploy", "register-key", "extend-order", "settle", "fix-and-retry", "reissue"];
      $certificates[].next.action? // empty | select(. != "none"))),
  if $ledger then
    metric("outcomes"; "Records of the ledger by their last outcome.";
      $ledger.outcomes | to_entries[]
      | {labels: {status: .key | gsub("(?<letter>[A-Z])"; "-\(.letter | ascii_downcase)")}, value}),
    metric("oldest_waiting_age_seconds"; "Time for which the oldest request waits for its certificate; 0 if none waits.";
      {value: (if $ledger.oldestWaitingSince then [(now | floor) - ($ledger.oldestWaitingSince | seconds), 0] | max else 0 end)}),
    if $ledger.lastSuccessAt then
      metric("last_success_timestamp_seconds"; "When a request was last accepted or a certificate issued.";
        {value: $ledger.lastSuccessAt | seconds})
    else empty end
  else empty end
