// The signing request of an item: read or made, checked against the parameters, and put into its
// canonical form.

internal import Crypto
internal import Platform

/// A signing request; it may be sent once ``check(for:)`` found nothing against it.
package struct SigningRequest: Hashable, Sendable {
  /// A CSR has a few kilobytes even with a hundred names, a key fewer.
  static let maximumBytes = 256 << 10

  private let encoded: EncodedSigningRequest
  /// SHA-256 of the DER form, in hexadecimal.
  package let digest: String

  /// PEM of 64 columns with line feeds (RFC 7468 section 3), whatever the source looked like.
  package var pem: String { encoded.pem }

  /// Finds or makes the request for these parameters; `nil` if its key is to be made when it is sent.
  ///
  /// - Throws: ``ReissueError`` with a code `csr.…`.
  static func known(
    for parameters: ReissueParameters, _ settings: Settings, _ context: Context
  ) throws(ReissueError) -> SigningRequest? {
    switch parameters.signingRequest {
    case .generate: return nil
    case .text(let text): return try SigningRequest(parsing: Array(text.utf8))
    case .file(let name):
      return try SigningRequest(
        parsing: read(name, below: settings.csrFolder, as: "file", context))
    case .privateKey(let name):
      var bytes = try read(name, below: settings.keyFolder, as: "privateKey", context)
      return try made(with: SecretBytes(taking: &bytes), for: parameters)
    }
  }

  /// Makes a new key and a request with it.
  static func generated(
    _ choice: SigningRequestSource.KeyChoice, for parameters: ReissueParameters
  ) throws(ReissueError) -> (key: SecretBytes, request: SigningRequest) {
    do throws(CryptoError) {
      let key = try PrivateKey.generate(choice.kind)
      let request = try key.makeRequest(
        commonName: parameters.commonName.ascii,
        dnsNames: parameters.alternativeNames.map(\.ascii))
      return (try key.pkcs8PEM(), SigningRequest(request))
    } catch {
      throw problem(error)
    }
  }

  private init(_ request: CertificateSigningRequest) {
    encoded = request.encoded
    digest = encoded.sha256
  }

  private init(parsing bytes: [UInt8]) throws(ReissueError) {
    do throws(CryptoError) {
      encoded = try EncodedSigningRequest(parsing: bytes)
    } catch {
      throw Self.problem(error)
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
      throw problem(error)
    }
  }

  private static func problem(_ error: CryptoError) -> ReissueError {
    ReissueError(
      "csr.\(error.code.rawValue)", "the signing request cannot be had: \(error)",
      exit: error.code == .library ? .fault : .event, place: Place(pointer: "/reissue/csr"))
  }

  /// Reads the request, and tells at once all that is wrong with it.
  ///
  /// - Throws: ``ReissueError`` with a code `csr.…`.
  func check(for parameters: ReissueParameters) throws(ReissueError) {
    let request: CertificateSigningRequest
    do throws(CryptoError) {
      request = try CertificateSigningRequest(encoded)
    } catch {
      throw Self.problem(error)
    }
    let findings = request.findings(
      commonName: parameters.commonName.ascii, names: parameters.names.map(\.ascii))
    guard let first = findings.first else { return }
    throw ReissueError(
      "csr.\(first.code.rawValue)",
      "the signing request does not fit: " + findings.map(\.text).joined(separator: "; "),
      hint: "make a new request for exactly the names of the parameters", exit: .event,
      place: Place(pointer: "/reissue/csr"))
  }

  private static func read(
    _ name: String, below folder: String, as member: String, _ context: Context
  ) throws(ReissueError) -> [UInt8] {
    do throws(FileError) {
      return try context.files.readBelow(folder, name.wildcardAsUnderscore, maximumBytes)
    } catch {
      let reason = error.isEscape ? "leaves its folder" : "cannot be read (\(error.reason))"
      throw ReissueError(
        error.isEscape ? "csr.outside-folder" : "csr.unreadable",
        "the \(member) \(Text.quoted(name)) \(reason)", hint: "it is looked for below \(folder)",
        exit: .event, place: Place(pointer: "/reissue/csr/\(member)"))
    }
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
