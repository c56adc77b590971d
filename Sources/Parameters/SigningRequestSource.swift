package import Core
package import JSON

/// Where a signing request comes from, as a template says it.
package enum SigningRequestSource: Hashable, Sendable {
  /// The PEM text itself.
  case text(String)
  /// A file below the configured `csrDirectory`.
  case file(String)
  /// A key below the configured `keyDirectory`, to make a request with.
  case privateKey(String)
  /// A key of that kind, made for this reissue.
  case generate(KeyChoice)

  /// The kinds of key that `generate` makes.
  package enum KeyChoice: String, Hashable, Sendable, CaseIterable {
    /// RSA with 2,048 bits, the least that authorities sign (CA/Browser Forum, Baseline Requirements 6.1.5).
    case rsa2048 = "rsa-2048"
    /// RSA with 3,072 bits.
    case rsa3072 = "rsa-3072"
    /// RSA with 4,096 bits.
    case rsa4096 = "rsa-4096"
    /// The curve P-256 (FIPS 186-5).
    case p256 = "ec-p256"
    /// The curve P-384 (FIPS 186-5).
    case p384 = "ec-p384"
  }

  /// Takes PEM text, or an object with one of `file`, `privateKey`, `generate`.
  package init(parameter value: JSONValue) throws(ReissueError) {
    switch value {
    case .string(let text):
      // Never repeated, not even in an error: whoever put a key here has enough trouble.
      guard !Self.hasPrivateKey(text.utf8) else {
        throw ReissueError(
          "csr.private-key", "csr holds a private key, not a signing request",
          hint: #"write {"privateKey": name}, and renew that key if this text was sent on"#,
          exit: .event, place: Place(pointer: "/reissue/csr"))
      }
      self = .text(text)
    case .object(let object): self = try Self.source(object)
    default: throw Self.problem("is neither PEM text nor an object")
    }
  }

  /// Byte by byte: a search by characters takes as long as all the rest of an item.
  package static func hasPrivateKey(_ text: some Sequence<UInt8>) -> Bool {
    let (bytes, words) = (Array(text), Array("PRIVATE KEY".utf8))
    return bytes.indices.contains { bytes[$0] == words[0] && bytes[$0...].starts(with: words) }
  }

  private static func source(_ object: JSONObject) throws(ReissueError) -> SigningRequestSource {
    guard object.count == 1, let member = object.members.first, let text = member.value.string
    else {
      throw problem("must name exactly one source")
    }
    switch member.name {
    case "file": return .file(text)
    case "privateKey": return .privateKey(text)
    case "generate":
      guard let kind = KeyChoice(rawValue: text) else {
        throw problem(
          "names an unknown kind of key: \(Text.quoted(text))",
          hint: KeyChoice.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return .generate(kind)
    default: throw problem("has an unknown member \(Text.quoted(member.name))")
    }
  }

  private static func problem(_ text: String, hint: String? = nil) -> ReissueError {
    ReissueError(
      parameter: "csr", text,
      hint: hint
        ?? #"PEM text, {"file": name}, {"privateKey": name} or {"generate": "rsa-2048"}"#)
  }

  /// The source as it was written; PEM text is shown whole, since it is public.
  var json: JSONValue {
    switch self {
    case .text(let text): .string(text)
    case .file(let name): ["file": .string(name)]
    case .privateKey(let name): ["privateKey": .string(name)]
    case .generate(let kind): ["generate": .string(kind.rawValue)]
    }
  }
}
