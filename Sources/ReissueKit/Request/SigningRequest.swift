// The signing request of an item: read from where the template says, checked against the parameters,
// and put into its canonical form.

internal import Crypto
internal import Platform

/// A signing request that may be sent.
struct SigningRequest: Sendable {
  /// A CSR has a few kilobytes even with a hundred names.
  static let maximumBytes = 256 << 10

  /// PEM of 64 columns with line feeds (RFC 7468 section 3), whatever the source looked like.
  let pem: String
  /// SHA-256 of the DER form, in hexadecimal.
  let digest: String

  /// Reads and checks the request for these parameters.
  ///
  /// - Throws: ``ReissueError`` with a code `csr.…`.
  init(
    for parameters: ReissueParameters, _ settings: Settings, _ context: Context
  ) throws(ReissueError) {
    let bytes: [UInt8]
    switch parameters.signingRequest {
    case .text(let text): bytes = Array(text.utf8)
    case .file(let name): bytes = try Self.read(name, below: settings.csrFolder, context)
    case .privateKey, .generate:
      throw ReissueError(
        parameter: "csr", "names a source that is not built in yet",
        hint: #"use PEM text or {"file": name}"#)
    }
    let request: CertificateSigningRequest
    do throws(CryptoError) {
      request = try CertificateSigningRequest(parsing: bytes)
    } catch {
      throw ReissueError(
        "csr.\(error.code.rawValue)", "the signing request cannot be used: \(error)", exit: .event,
        place: Place(pointer: "/reissue/csr"))
    }
    try Self.check(request, for: parameters)
    pem = request.pem
    digest = request.sha256
  }

  private static func check(
    _ request: CertificateSigningRequest, for parameters: ReissueParameters
  ) throws(ReissueError) {
    let findings = request.findings(
      commonName: parameters.commonName.ascii, names: parameters.names.map(\.ascii))
    guard let first = findings.first else { return }
    throw ReissueError(
      "csr.\(first.code.rawValue)",
      "the signing request does not fit: "
        + findings.map(\.description).joined(separator: "; "),
      hint: "make a new request for exactly the names of the parameters", exit: .event,
      place: Place(pointer: "/reissue/csr"))
  }

  private static func read(
    _ name: String, below folder: String, _ context: Context
  ) throws(ReissueError) -> [UInt8] {
    do throws(FileError) {
      return try context.files.readBelow(folder, name.wildcardAsUnderscore, maximumBytes)
    } catch {
      let reason = error.isEscape ? "leaves its folder" : "cannot be read (\(error.reason))"
      throw ReissueError(
        error.isEscape ? "csr.outside-folder" : "csr.unreadable",
        "the signing request \(Text.quoted(name)) \(reason)",
        hint: "signing requests lie below \(folder)", exit: .event,
        place: Place(pointer: "/reissue/csr/file"))
    }
  }
}

extension String {
  /// A wildcard's file is called `_.example.com…`: a `*` would tempt shells.
  var wildcardAsUnderscore: String { String(map { $0 == "*" ? "_" : $0 }) }
}
