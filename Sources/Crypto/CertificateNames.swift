// Writing names into requests and certificates.

internal import CCrypto

/// Adds a common name to a distinguished name, borrowed.
func addCommonName(_ text: String, to name: OpaquePointer?) throws(CryptoError) {
  let bytes = Array(text.utf8)
  // Copies the text; -1 and 0 put the attribute at the end, in a set of its own (X509_NAME_add_entry(3)).
  try check(
    unsafe X509_NAME_add_entry_by_NID(
      name, NID_commonName, MBSTRING_UTF8, bytes, Int32(clamping: bytes.count), -1, 0),
    "setting a common name")
}

/// The extension that holds DNS names (RFC 5280 section 4.2.1.6).
///
/// Built name by name and not from OpenSSL's configuration text, in which a comma begins another name.
func alternativeNames(_ names: [String], isCritical: Bool) throws(CryptoError) -> Handle {
  let stack = try unsafe Handle(
    OPENSSL_sk_new_null(), freedBy: GENERAL_NAMES_free, orThrow: .openSSL(.library, "no memory"))
  for name in names {
    try unsafe append(dnsName: name, to: stack.pointer)
  }
  return try unsafe Handle(
    X509V3_EXT_i2d(
      NID_subject_alt_name, isCritical ? 1 : 0, UnsafeMutableRawPointer(stack.pointer)),
    freedBy: X509_EXTENSION_free, orThrow: .openSSL(.library, "encoding names failed"))
}

private func append(dnsName name: String, to stack: OpaquePointer) throws(CryptoError) {
  let bytes = Array(name.utf8)
  guard !bytes.isEmpty, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
    throw CryptoError(
      .invalidName, "a name that is empty or not plain ASCII: internationalized names go in as xn--"
    )
  }
  let failure = CryptoError(.library, "no memory for a name")
  guard let string = unsafe ASN1_STRING_type_new(V_ASN1_IA5STRING) else { throw failure }
  guard unsafe ASN1_STRING_set(string, bytes, Int32(clamping: bytes.count)) == 1,
    let entry = unsafe GENERAL_NAME_new()
  else {
    unsafe ASN1_STRING_free(string)
    throw failure
  }
  // The entry owns the string, then the stack owns the entry.
  unsafe GENERAL_NAME_set0_value(entry, GEN_DNS, string)
  guard unsafe OPENSSL_sk_push(stack, entry) > 0 else {
    unsafe GENERAL_NAME_free(entry)
    throw failure
  }
}

/// Names without those that say the same again, in their order, in lower case.
func distinct(_ names: [String]) -> [String] {
  var seen: Set<String> = []
  return names.map(asciiLowercased).filter { seen.insert($0).inserted }
}
