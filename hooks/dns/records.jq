# Turns result documents of `run` and `follow` into lines for set.sh, with tabs between the fields:
#
#   set  CERTIFICATE NAME TYPE VALUE   a record to set
#   bad  CERTIFICATE DOMAIN REASON     a record that cannot be set
#   over CERTIFICATE                   issued, or its validation failed: its values are not needed any more
#   seen CERTIFICATE                   every certificate that is mentioned
#   late NUMBER                        a number that was asked for and is replaced by a newer one, or is unknown
#
# A document that is not a result is an error for the whole input. Every field is checked here: none holds a tab or a
# control character.

def number: if type == "string" and test("\\A[1-9][0-9]{0,18}\\z") then . else null end;

def host:
  if type != "string" then null
  else
    ascii_downcase | rtrimstr(".")
    | if length <= 253
        and test("\\A([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\z")
      then . else null end
  end;

# One character-string of a TXT record (RFC 1035 section 3.3.14), printable.
def text: if type == "string" and test("\\A[ -~]{1,255}\\z") then . else null end;

def record_type:
  if .type | type == "string" then .type | ascii_upcase
  # The documents of the service name this member, but no member for the type.
  elif .record | type == "object" and has("txtName") then "TXT"
  else null end;

# For messages: no control characters, no tabs.
def shown: tostring | gsub("[^ -~]"; "?") | .[0:253];

def record($certificate):
  record_type as $type
  | (.name | host) as $name
  | (if $type == "CNAME" then .value | host else .value | text end) as $value
  | (.domain // "?" | shown) as $domain
  | if $certificate == null then ["bad", "-", $domain, "the certificate has no number"]
    elif $name == null then ["bad", $certificate, $domain, "no usable name"]
    elif $type != "TXT" and $type != "CNAME" then
      ["bad", $certificate, $domain, "the type \($type | shown) is neither TXT nor CNAME"]
    elif $value == null then ["bad", $certificate, $domain, "no usable value for \($name)"]
    else ["set", $certificate, $name, $type, $value] end;

def certificate: (.newCertificateNo | number) // (.certificateNo | number);

def lines:
  certificate as $certificate
  | (if $certificate then ["seen", $certificate] else empty end),
    (if (.askedNo | number) and (.askedNo != $certificate or .error.code? == "certificate.not-found")
     then ["late", .askedNo] else empty end),
    if .stage == "issued" or .stage == "validation-failed" then
      if .newCertificateNo | number then ["over", .newCertificateNo] else empty end
    else
      .dns // [] | .[] | select(.state != "VALID_STATUS_SUCCESS" and .state != "VALID_STATUS_TIMEOUT")
      | record($certificate)
    end;

def items:
  if type == "object" and .version == 1 and (.items | type) == "array" and all(.items[]; type == "object"
    and (.dns == null or (.dns | type == "array" and all(.[]; type == "object")))) then .
  else error("not a result of ncloud-reissue") end
  | select(.dryRun != true) | .items[];

# If several documents are about a certificate, the last one counts.
[inputs | items]
| to_entries | group_by(.key as $index | .value | certificate // "item \($index)") | map(max_by(.key)) | sort_by(.key)
| .[].value | lines | join("\t")
