internal import CCrypto

/// The subject alternative names (RFC 5280 section 4.2.1.6) of a request or a certificate; they may contain anything.
struct SubjectAlternativeNames {
  /// The DNS names, in order and as written.
  private(set) var dnsNames: [String] = []
  /// Names of all other types, each after its type, for people.
  private(set) var otherNames: [String] = []

  init() {}

  /// Reads them from a list of extensions.
  ///
  /// - Parameter extensions: A stack of extensions, borrowed; `nil` is an empty one.
  /// - Throws: ``CryptoError/Code/malformedExtension``.
  init(extensions: OpaquePointer?) throws(CryptoError) {
    // -1: missing, -2: more than once (X509V3_get_d2i(3)).
    var state: Int32 = -1
    let names = unsafe X509V3_get_d2i(extensions, NID_subject_alt_name, &state, nil)
    if state == -1 { return }
    if state == -2 {
      throw CryptoError(.malformedExtension, "the subject alternative names are there twice")
    }
    let stack = try unsafe Handle(
      names.map { OpaquePointer($0) }, freedBy: GENERAL_NAMES_free,
      orThrow: .openSSL(.malformedExtension, "the subject alternative names cannot be read"))
    for index in 0..<(unsafe OPENSSL_sk_num(stack.pointer)) {
      // Borrowed from the stack.
      guard let name = unsafe OPENSSL_sk_value(stack.pointer, index) else { continue }
      unsafe append(name.assumingMemoryBound(to: GENERAL_NAME.self))
    }
  }

  private mutating func append(_ name: UnsafeMutablePointer<GENERAL_NAME>) {
    var type: Int32 = 0
    let value = unsafe GENERAL_NAME_get0_value(name, &type)
    // The four types with a value here are all strings (RFC 5280 appendix A.2).
    func bytes() -> [UInt8] {
      unsafe contents(of: value?.assumingMemoryBound(to: ASN1_STRING.self))
    }
    switch type {
    case GEN_DNS: dnsNames.append(String(decoding: bytes(), as: UTF8.self))
    case GEN_IPADD: otherNames.append("IP address \(address(bytes()))")
    case GEN_EMAIL: otherNames.append("e-mail address \(String(decoding: bytes(), as: UTF8.self))")
    case GEN_URI: otherNames.append("URI \(String(decoding: bytes(), as: UTF8.self))")
    case GEN_DIRNAME: otherNames.append("a directory name")
    case GEN_RID: otherNames.append("a registered identifier")
    default: otherNames.append("a name of another type")
    }
  }

  /// IPv4 with dots, IPv6 in full groups (RFC 4291 section 2.2, form 1), others in hexadecimal.
  private func address(_ bytes: [UInt8]) -> String {
    switch bytes.count {
    case 4: return bytes.map(String.init).joined(separator: ".")
    case 16:
      let groups = stride(from: 0, to: 16, by: 2).map {
        UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
      }
      return groups.map { String($0, radix: 16) }.joined(separator: ":")
    default: return Hexadecimal.encode(bytes)
    }
  }
}

/// The values of an attribute of a distinguished name, borrowed, such as its common names; usually there is one.
func values(of attribute: Int32, in name: OpaquePointer?) -> [String] {
  var names: [String] = []
  var index = unsafe X509_NAME_get_index_by_NID(name, attribute, -1)
  while index >= 0 {
    // Both are borrowed from the name.
    let entry = unsafe X509_NAME_get_entry(name, index)
    names.append(unsafe text(of: X509_NAME_ENTRY_get_data(entry)))
    index = unsafe X509_NAME_get_index_by_NID(name, attribute, index)
  }
  return names
}

/// The bytes of an ASN.1 string, copied.
func contents(of string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
  guard let start = unsafe ASN1_STRING_get0_data(string) else { return [] }
  return unsafe Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string))))
}

/// The text of an ASN.1 string in any character set.
private func text(of string: UnsafePointer<ASN1_STRING>?) -> String {
  // Allocated by the call and freed here.
  var converted: UnsafeMutablePointer<UInt8>?
  let length = unsafe ASN1_STRING_to_UTF8(&converted, string)
  defer { unsafe CRYPTO_free(converted, nil, 0) }
  guard length >= 0, let start = unsafe converted else {
    ERR_clear_error()
    return String(decoding: unsafe contents(of: string), as: UTF8.self)
  }
  let bytes = unsafe UnsafeBufferPointer(start: start, count: Int(length))
  return unsafe String(decoding: bytes, as: UTF8.self)
}
