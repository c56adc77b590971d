// The signing request of an item: read or made, brought into its canonical form, and checked against the parameters.

package import Core
package import Crypto
package import JSON
internal import Platform

/// A signing request. It may be sent if ``check(for:)`` throws nothing.
package struct SigningRequest: Hashable, Sendable {
  /// The largest request or key file, in bytes. A request has a few kilobytes even with a hundred names, a key fewer.
  package static let maximumBytes = 256 << 10

  private let encoded: EncodedSigningRequest
  /// SHA-256 of the DER form, in hexadecimal.
  package let digest: String

  /// PEM with 64 columns and line feeds (RFC 7468 section 3), whatever form the source had.
  package var pem: String { encoded.pem }

  /// Reads or makes the request for these parameters; `nil` if its key is generated when it is sent.
  ///
  /// - Throws: ``ReissueError`` with a code `csr.…` or `key.…`.
  package static func known(
    for parameters: ReissueParameters, requestFolder: String, keyFolder: String, _ context: Context
  ) throws(ReissueError) -> SigningRequest? {
    let source = parameters.signingRequest
    let convert = { (error: CryptoError) in problem(error, with: source) }
    let parse = { (bytes: [UInt8]) throws(ReissueError) in
      try mapError(convert) { () throws(CryptoError) in
        SigningRequest(try EncodedSigningRequest(parsing: bytes))
      }
    }
    switch source {
    case .generate: return nil
    case .text(let text): return try parse(Array(text.utf8))
    case .file(let name): return try parse(read(name, below: requestFolder, as: "file", context))
    case .privateKey(let name):
      var bytes = try read(name, below: keyFolder, as: "privateKey", isSecret: true, context)
      let secret = SecretBytes(taking: &bytes)
      return try mapError(convert) { () throws(CryptoError) in
        try made(with: PrivateKey(parsing: secret), for: parameters)
      }
    }
  }

  /// Makes a new key and a request with it, for the names in the parameters; `country` is that of the subject. `goOn`
  /// is called while the key is made, which may take seconds; `false` cancels it.
  ///
  /// - Throws: ``ReissueError`` with code `run.ended` if `goOn` returned `false`, otherwise with a code `csr.…`.
  package static func generated(
    _ kind: KeyKind, for parameters: ReissueParameters, country: String?,
    while goOn: () -> Bool
  ) throws(ReissueError) -> (key: SecretBytes, request: SigningRequest) {
    do throws(CryptoError) {
      let key = try PrivateKey.generate(kind, while: goOn)
      let request = try made(with: key, for: parameters, country: country)
      return (try key.pkcs8PEM(), request)
    } catch {
      guard error.code != .interrupted else { throw .endedBeforeSending }
      throw problem(error, with: parameters.signingRequest)
    }
  }

  private static func made(
    with key: borrowing PrivateKey, for parameters: ReissueParameters, country: String? = nil
  ) throws(CryptoError) -> SigningRequest {
    SigningRequest(
      try key.makeRequest(
        country: country, commonName: parameters.commonName.ascii,
        dnsNames: parameters.alternativeNames.map(\.ascii)
      ).encoded)
  }

  private init(_ encoded: EncodedSigningRequest) {
    self.encoded = encoded
    digest = encoded.sha256
  }

  /// An error of the source: the text, the file of the request, or the key that it is made with.
  private static func problem(
    _ error: CryptoError, with source: SigningRequestSource
  ) -> ReissueError {
    let (text, hint): (String, String?) =
      switch source {
      case .text:
        ("the signing request cannot be used", "csr is one block of PEM, BEGIN CERTIFICATE REQUEST")
      case .file(let name):
        (
          "the signing request in the file \(Text.quoted(name.wildcardAsUnderscore)) cannot be used",
          "openssl req -noout -text -in FILE shows its contents"
        )
      case .privateKey(let name):
        (
          "no signing request can be made with the private key \(Text.quoted(name.wildcardAsUnderscore))",
          "openssl pkey -noout -in FILE checks whether it is a key"
        )
      case .generate(let kind):
        ("no signing request can be made with a new key of the kind \(kind.rawValue)", nil)
      }
    return ReissueError(
      "csr.\(error.code.rawValue)", "\(text): \(error)", hint: hint,
      exit: error.code == .library ? .fault : .event, place: Place(pointer: "/reissue/csr"))
  }

  /// What a request that fits its parameters says besides.
  package struct Facts: Hashable, Sendable {
    /// Warnings: what authorities may refuse.
    package let warnings: [String]
    /// SHA-256 of the public key (SubjectPublicKeyInfo, DER), in hexadecimal.
    package let keyDigest: String
    /// The countries of the subject.
    package let countries: [String]
  }

  /// Compares the request with the parameters and reports all differences in one error.
  ///
  /// - Throws: ``ReissueError`` with a code `csr.…`.
  package func check(for parameters: ReissueParameters) throws(ReissueError) -> Facts {
    let request: CertificateSigningRequest
    do throws(CryptoError) { request = try CertificateSigningRequest(encoded) } catch {
      throw Self.problem(error, with: parameters.signingRequest)
    }
    let findings = request.findings(
      commonName: parameters.commonName.ascii, names: parameters.names.map(\.ascii))
    guard let first = findings.first else {
      return Facts(
        warnings: request.warnings, keyDigest: SHA256.hex(request.publicKey.der),
        countries: request.countries)
    }
    throw ReissueError(
      "csr.\(first.code.rawValue)",
      "the signing request does not fit: " + findings.map(\.text).joined(separator: "; "),
      hint: Self.hint(for: Set(findings.map(\.code))), exit: .event,
      place: Place(pointer: "/reissue/csr"))
  }

  /// What a new request must have.
  private static func hint(for codes: Set<CertificateSigningRequest.Finding.Code>) -> String {
    var parts: [String] = []
    if !codes.isDisjoint(with: [.commonName, .missingName, .extraName, .otherName]) {
      parts.append("for exactly the names of the parameters")
    }
    if codes.contains(.weakKey) {
      parts.append("with a key of RSA with 2048 bits or more, P-256 or P-384")
    }
    if codes.contains(.weakDigest) { parts.append("signed with SHA-256") }
    return (["make a new request"] + parts).joined(separator: " ")
  }

  private static func read(
    _ name: String, below folder: String, as member: String, isSecret: Bool = false,
    _ context: Context
  ) throws(ReissueError) -> [UInt8] {
    let place = Place(pointer: "/reissue/csr/\(member)")
    let file = name.wildcardAsUnderscore
    let subject = "the \(member) \(Text.quoted(file))"
    let unreadable = { (error: FileError) in
      ReissueError(
        error.isEscape ? "csr.outside-folder" : "csr.unreadable", reading: subject, error,
        hint: "the folder of such files is \(folder)", wrongName: .event, place: place)
    }
    let contents = try mapError(unreadable) { () throws(FileError) in
      try context.files.contentsBelow(folder, file, maximumBytes)
    }
    // Exit 78, not 65: after the repair of the file the same event can be used.
    if isSecret, let exposure = contents.reading {
      throw ReissueError(
        "key.open-to-others", exposed: subject, exposure, exit: .configuration, place: place)
    }
    guard let exposure = contents.change else { return contents.bytes }
    throw ReissueError(
      "csr.writable", exposed: subject, exposure, exit: .configuration, place: place)
  }
}

extension String {
  /// A `*` becomes `_`, as in `_.example.com`: a shell would expand a `*` in a file name.
  var wildcardAsUnderscore: String { String(map { $0 == "*" ? "_" : $0 }) }
}

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
    func object(_ member: String, _ text: String) -> JSONValue {
      .object(JSONObject(distinct: [(name: member, value: .string(text))]))
    }
    return switch self {
    case .text(let text): .string(text)
    case .file(let name): object("file", name)
    case .privateKey(let name): object("privateKey", name)
    case .generate(let kind): object("generate", kind.rawValue)
    }
  }
}
