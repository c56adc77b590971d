package import Core
package import Crypto
package import JSON

/// Where a signing request comes from: the value of `csr`.
package enum SigningRequestSource: Hashable, Sendable {
  /// The PEM text itself.
  case text(String)
  /// A file below the configured `csrDirectory`.
  case file(String)
  /// A key below the configured `keyDirectory`, which a request is made with.
  case privateKey(String)
  /// A new key of this kind, made for this reissue.
  case generate(KeyKind)

  /// Takes PEM text, or an object with exactly one of `file`, `privateKey` and `generate`.
  ///
  /// - Throws: ``ReissueError`` with code `parameters.csr`, or `csr.private-key` for a private key.
  package init(parameter value: JSONValue) throws(ReissueError) {
    switch value {
    case .string(let text):
      // The text is not repeated in the error: it is a secret.
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

  /// Whether a text holds the words `PRIVATE KEY`. It compares bytes, which is much faster than a search for
  /// characters.
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
      guard let kind = KeyKind(rawValue: text) else {
        throw problem(
          "names an unknown kind of key: \(Text.quoted(text))",
          hint: KeyKind.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return .generate(kind)
    default: throw problem("has an unknown member \(Text.quoted(member.name))")
    }
  }

  private static func problem(
    _ text: String,
    hint: String = #"PEM text, {"file": name}, {"privateKey": name} or {"generate": "rsa-2048"}"#
  ) -> ReissueError {
    ReissueError(parameter: "csr", text, hint: hint)
  }

  /// The source as it was written. PEM text is shown whole: it is public.
  var json: JSONValue {
    switch self {
    case .text(let text): .string(text)
    case .file(let name): ["file": .string(name)]
    case .privateKey(let name): ["privateKey": .string(name)]
    case .generate(let kind): ["generate": .string(kind.rawValue)]
    }
  }
}
