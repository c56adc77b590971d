// The signing request of an item: read or made, checked against the parameters, and put into its
// canonical form.

package import Core
package import Crypto
internal import Platform

/// A signing request; it may be sent once ``check(for:)`` found nothing against it.
package struct SigningRequest: Hashable, Sendable {
  /// A CSR has a few kilobytes even with a hundred names, a key fewer.
  package static let maximumBytes = 256 << 10

  private let encoded: EncodedSigningRequest
  /// SHA-256 of the DER form, in hexadecimal.
  package let digest: String

  /// PEM of 64 columns with line feeds (RFC 7468 section 3), whatever the source looked like.
  package var pem: String { encoded.pem }

  /// Finds or makes the request for these parameters; `nil` if its key is to be made when it is sent.
  ///
  /// - Throws: ``ReissueError`` with a code `csr.…`.
  package static func known(
    for parameters: ReissueParameters, requestFolder: String, keyFolder: String, _ context: Context
  ) throws(ReissueError) -> SigningRequest? {
    switch parameters.signingRequest {
    case .generate: return nil
    case .text(let text):
      return try SigningRequest(parsing: Array(text.utf8), from: parameters.signingRequest)
    case .file(let name):
      return try SigningRequest(
        parsing: read(name, below: requestFolder, as: "file", context),
        from: parameters.signingRequest)
    case .privateKey(let name):
      var bytes = try read(
        name, below: keyFolder, as: "privateKey", isSecret: true, context)
      return try made(with: SecretBytes(taking: &bytes), for: parameters)
    }
  }

  /// Makes a new key and a request with it.
  ///
  /// - Parameters:
  ///   - choice: The kind of key.
  ///   - parameters: The names that the request is for.
  ///   - goOn: Asked while the key is made, which may take seconds; `false` ends it.
  /// - Throws: ``ReissueError`` with code `run.ended` if `goOn` said no, else with a code `csr.…`.
  package static func generated(
    _ choice: SigningRequestSource.KeyChoice, for parameters: ReissueParameters,
    while goOn: () -> Bool
  ) throws(ReissueError) -> (key: SecretBytes, request: SigningRequest) {
    do throws(CryptoError) {
      let key = try PrivateKey.generate(choice.kind, while: goOn)
      let request = try key.makeRequest(
        commonName: parameters.commonName.ascii,
        dnsNames: parameters.alternativeNames.map(\.ascii))
      return (try key.pkcs8PEM(), SigningRequest(request))
    } catch {
      guard error.code != .interrupted else { throw .endedBeforeSending }
      throw problem(error, with: parameters.signingRequest)
    }
  }

  private init(_ request: CertificateSigningRequest) {
    encoded = request.encoded
    digest = encoded.sha256
  }

  private init(
    parsing bytes: [UInt8], from source: SigningRequestSource
  ) throws(ReissueError) {
    do throws(CryptoError) {
      encoded = try EncodedSigningRequest(parsing: bytes)
    } catch {
      throw Self.problem(error, with: source)
    }
    digest = encoded.sha256
  }

  private static func made(
    with key: SecretBytes, for parameters: ReissueParameters
  ) throws(ReissueError) -> SigningRequest {
    do throws(CryptoError) {
      return SigningRequest(
        try PrivateKey(parsing: key).makeRequest(
          commonName: parameters.commonName.ascii,
          dnsNames: parameters.alternativeNames.map(\.ascii)))
    } catch {
      throw problem(error, with: parameters.signingRequest)
    }
  }

  /// What is wrong, told of what it came from: the file of a request, the key that one is made with.
  private static func problem(
    _ error: CryptoError, with source: SigningRequestSource
  ) -> ReissueError {
    let (text, hint): (String, String?) =
      switch source {
      case .text:
        ("the signing request cannot be used", "csr is one block of PEM, BEGIN CERTIFICATE REQUEST")
      case .file(let name):
        (
          "the signing request in the file \(Text.quoted(name)) cannot be used",
          "openssl req -noout -text -in FILE shows what it holds"
        )
      case .privateKey(let name):
        (
          "the private key \(Text.quoted(name)) gives no signing request",
          "openssl pkey -noout -in FILE tells whether it is a key"
        )
      case .generate(let kind):
        ("a new key of the kind \(kind.rawValue) gives no signing request", nil)
      }
    return ReissueError(
      "csr.\(error.code.rawValue)", "\(text): \(error)", hint: hint,
      exit: error.code == .library ? .fault : .event, place: Place(pointer: "/reissue/csr"))
  }

  /// Reads the request, and tells at once all that is wrong with it.
  ///
  /// - Returns: Warnings: what authorities may refuse.
  /// - Throws: ``ReissueError`` with a code `csr.…`.
  package func check(for parameters: ReissueParameters) throws(ReissueError) -> [String] {
    let request: CertificateSigningRequest
    do throws(CryptoError) {
      request = try CertificateSigningRequest(encoded)
    } catch {
      throw Self.problem(error, with: parameters.signingRequest)
    }
    let findings = request.findings(
      commonName: parameters.commonName.ascii, names: parameters.names.map(\.ascii))
    guard let first = findings.first else { return request.warnings }
    throw ReissueError(
      "csr.\(first.code.rawValue)",
      "the signing request does not fit: " + findings.map(\.text).joined(separator: "; "),
      hint: "make a new request for exactly the names of the parameters", exit: .event,
      place: Place(pointer: "/reissue/csr"))
  }

  private static func read(
    _ name: String, below folder: String, as member: String, isSecret: Bool = false,
    _ context: Context
  ) throws(ReissueError) -> [UInt8] {
    let place = Place(pointer: "/reissue/csr/\(member)")
    let subject = "the \(member) \(Text.quoted(name))"
    let contents: FileContents
    do throws(FileError) {
      contents = try context.files.contentsBelow(folder, name.wildcardAsUnderscore, maximumBytes)
    } catch {
      throw ReissueError(
        error.isEscape ? "csr.outside-folder" : "csr.unreadable", reading: subject, error,
        hint: "it is looked for below \(folder)", wrongName: .event, place: place)
    }
    // Not the event's fault: after the repair the same event will do.
    if isSecret, let exposure = contents.reading {
      throw ReissueError(
        "key.open-to-others", exposed: subject, exposure, exit: .configuration, place: place)
    }
    guard let exposure = contents.change else { return contents.bytes }
    throw ReissueError(
      "csr.writable", exposed: subject, exposure, exit: .configuration, place: place)
  }
}

extension SigningRequestSource.KeyChoice {
  fileprivate var kind: KeyKind {
    switch self {
    case .rsa2048: .rsa2048
    case .rsa3072: .rsa3072
    case .rsa4096: .rsa4096
    case .p256: .p256
    case .p384: .p384
    }
  }
}

extension String {
  /// A wildcard's file is called `_.example.com…`: a `*` would tempt shells.
  var wildcardAsUnderscore: String { String(map { $0 == "*" ? "_" : $0 }) }
}
