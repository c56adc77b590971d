internal import CCrypto

/// A certificate signing request (RFC 2986), read completely and not judged yet; see ``findings(commonName:names:)``.
///
/// Reading and judging one takes 0.05 to 0.15 ms of CPU, nearly all of it for the signature; for P-384 0.75 ms, since
/// OpenSSL 3.0 has no fast code for that curve.
package struct CertificateSigningRequest: Hashable, Sendable {
  /// The signed bytes.
  package let der: [UInt8]
  /// The version field: 0 is version 1, the only one that exists (RFC 2986 section 4.1).
  package let version: Int
  /// Whether it contains a password for a later revocation (PKCS #9, RFC 2985 section 5.4.1).
  package let hasChallengePassword: Bool
  /// The common names of the subject, usually one.
  package let commonNames: [String]
  /// The countries of the subject; usually none or one.
  package let countries: [String]
  /// The DNS names of the subject alternative names, in order and as written.
  package let dnsNames: [String]
  /// The subject alternative names of other types, each with its type, for people.
  package let otherNames: [String]
  /// The key of the certificate to be issued.
  package let publicKey: PublicKey
  /// The name of the signature algorithm, for example `sha256WithRSAEncryption`.
  package let signatureAlgorithm: String
  /// The name of the digest in the signature, for example `SHA256`; `nil` for an algorithm without a separate one.
  package let digest: String?
  /// Whether the key in the request made its signature (RFC 2986 section 3, proof of possession).
  package let hasValidSignature: Bool

  /// The encoding of the request.
  package var encoded: EncodedSigningRequest { EncodedSigningRequest(der: der) }
}

extension CertificateSigningRequest {
  /// Reads a request from DER, or from a text with one PEM block and any text around it.
  ///
  /// - Throws: ``CryptoError``, with different codes for a private key, a certificate, several requests and damage.
  package init(parsing bytes: [UInt8]) throws(CryptoError) {
    try self.init(EncodedSigningRequest(parsing: bytes))
  }

  /// Reads a request from its encoding.
  package init(_ encoded: EncodedSigningRequest) throws(CryptoError) {
    let der = encoded.der
    let request = try unsafe ContentKind.request.object(
      from: der.span, with: ccrypto_read_request, freedBy: ccrypto_free_request)
    try self.init(request, der: der)
    // Errors of optional parts are not errors of the reading.
    CryptoError.forgetEarlier()
  }

  private init(_ request: borrowing Handle, der: [UInt8]) throws(CryptoError) {
    // Freed here; `nil` if OpenSSL cannot handle it. The others are borrowed from the request.
    let key = unsafe ccrypto_request_key(request.pointer)
    defer { unsafe EVP_PKEY_free(key) }
    let attributes = unsafe ccrypto_request_attributes(request.pointer)
    let names = try Self.alternativeNames(of: request)
    let signature = unsafe SignatureAlgorithm(
      ccrypto_request_signature_algorithm(request.pointer))
    self.der = der
    version = unsafe ccrypto_request_version(request.pointer)
    hasChallengePassword =
      unsafe X509at_get_attr_by_NID(attributes, NID_pkcs9_challengePassword, -1) >= 0
    let subject = unsafe ccrypto_request_subject(request.pointer)
    commonNames = unsafe values(of: NID_commonName, in: subject)
    countries = unsafe values(of: NID_countryName, in: subject)
    dnsNames = names.dnsNames
    otherNames = names.otherNames
    publicKey = try unsafe PublicKey(
      der: writeDER(request.pointer, with: ccrypto_write_request_key), key: key,
      algorithm: ccrypto_request_key_algorithm(request.pointer))
    signatureAlgorithm = signature.name
    digest = signature.digest
    hasValidSignature = unsafe key != nil && ccrypto_verify_request(request.pointer, key) == 1
  }

  private static func alternativeNames(
    of request: borrowing Handle
  ) throws(CryptoError) -> SubjectAlternativeNames {
    let wishes = unsafe extensionRequests(in: ccrypto_request_attributes(request.pointer))
    guard wishes <= 1 else {
      throw CryptoError(.malformedExtension, "the signing request asks for extensions twice")
    }
    // A new stack with new extensions, freed here; `nil` if the request asks for none.
    guard let stack = unsafe ccrypto_request_extensions(request.pointer) else {
      guard wishes == 0 else {
        throw .openSSL(.malformedExtension, "the extensions of the signing request cannot be read")
      }
      return SubjectAlternativeNames()
    }
    let extensions = try unsafe Handle(
      stack, freedBy: freeExtensions, orThrow: .openSSL(.library, "no memory"))
    return try unsafe SubjectAlternativeNames(extensions: extensions.pointer)
  }
}

/// The number of extension lists in a request. OpenSSL reads one, the first value of the first attribute; an authority
/// may read another one (PKCS #9, RFC 2985 section 5.4.2, and Microsoft's own attribute).
///
/// The attributes are only read.
@unsafe
private func extensionRequests(in attributes: OpaquePointer?) -> Int {
  var count = 0
  for name in [NID_ext_req, NID_ms_ext_req] {
    var place: Int32 = -1
    while true {
      place = unsafe X509at_get_attr_by_NID(attributes, name, place)
      guard place >= 0, let attribute = unsafe X509at_get_attr(attributes, place) else { break }
      count += max(1, unsafe Int(X509_ATTRIBUTE_count(attribute)))
    }
  }
  return count
}

/// Frees a stack of extensions and its elements (`sk_X509_EXTENSION_pop_free` is a macro).
func freeExtensions(_ stack: OpaquePointer?) {
  unsafe OPENSSL_sk_pop_free(stack) { unsafe X509_EXTENSION_free($0.map { OpaquePointer($0) }) }
}

/// The encoding of a signing request that was not read yet: enough to compare and hash it. Reading it would load much
/// of OpenSSL.
package struct EncodedSigningRequest: Hashable, Sendable {
  /// DER that claims to be a request; ``CertificateSigningRequest`` checks it.
  package let der: [UInt8]

  init(der: [UInt8]) { self.der = der }

  /// Takes DER as it is, or the one PEM block of a text with any text around it.
  ///
  /// - Throws: ``CryptoError``: a private key or a certificate instead, several requests, no PEM.
  package init(parsing bytes: [UInt8]) throws(CryptoError) {
    der = ContentKind.isDER(bytes.span) ? bytes : try Self.onlyRequest(in: bytes.span)
  }

  /// The canonical text (RFC 7468 section 3): 64 columns, line feeds, one at the end.
  package var pem: String { PEM.encode(der, label: "CERTIFICATE REQUEST") }

  /// The SHA-256 of ``der`` in hexadecimal.
  package var sha256: String { SHA256.hex(der) }

  private static func onlyRequest(in text: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    // A private key next to the request is a mistake too: such files are not kept secret.
    if try PEM.blocks(in: text).contains(where: { ContentKind(label: $0.label) == .privateKey }) {
      throw ContentKind.request.mixUp(with: .privateKey)
    }
    let requests = try ContentKind.request.blocks(in: text)
    guard requests.count == 1, let request = requests.first else {
      throw CryptoError(
        .severalRequests,
        "\(requests.count) signing requests in one file: keep only one")
    }
    return try PEM.decode(request, of: text)
  }
}

extension CertificateSigningRequest {
  /// One thing that is wrong with a request.
  package struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// The kind of finding; stable, made for programs.
    package enum Code: String, Sendable {
      /// Another version than 1, the only one that exists.
      case version
      /// The signature was not made with the key in the request.
      case badSignature = "bad-signature"
      /// The key is too short, or of a kind that authorities refuse.
      case weakKey = "weak-key"
      /// The signature uses a digest that authorities refuse.
      case weakDigest = "weak-digest"
      /// No common name, another one, or more than one.
      case commonName = "common-name"
      /// The request lacks a name of the parameters.
      case missingName = "missing-name"
      /// The request has a name that the parameters lack.
      case extraName = "extra-name"
      /// A name that is not a DNS name.
      case otherName = "other-name"
    }

    /// The kind of finding; stable, for programs.
    package let code: Code
    /// The finding for people, with its subject; control characters of names are escaped.
    package let text: String

    package var description: String { text }
  }

  /// The digests that public authorities accept in signatures (CA/Browser Forum, Baseline Requirements 7.1.3.2).
  private static let allowedDigests = ["SHA256", "SHA384", "SHA512"]

  /// Everything that is wrong with the request, for a certificate with these parameters.
  ///
  /// - Parameters:
  ///   - commonName: The common name of the parameters.
  ///   - names: The other names, with or without the common name. Both are lower-case A-labels (RFC 5890
  ///     section 2.3.2.1). Names of the request are compared without the case of ASCII letters.
  /// - Returns: Findings about the version, the signature, the key and the digest, then about names in alphabetical
  ///   order. Empty if nothing is wrong.
  package func findings(commonName: String, names: some Sequence<String>) -> [Finding] {
    versionFindings() + signatureFindings() + commonNameFindings(expected: commonName)
      + nameFindings(expected: Set(names).union([commonName]))
  }

  /// What some authorities or programs may not accept, although the request can be sent.
  package var warnings: [String] {
    var warnings: [String] = []
    if signatureAlgorithm == SignatureAlgorithm.pss {
      warnings.append(
        "the signing request is signed with RSASSA-PSS, which some authorities do not take: "
          + "sign it with PKCS #1 v1.5")
    }
    if hasChallengePassword {
      warnings.append(
        "the signing request holds a challenge password, which everybody who sees it can read: "
          + "make it without one")
    }
    if publicKey.isPointCompressed {
      warnings.append(
        "the point of the key is compressed, which some programs cannot read: "
          + "make the key with -pkeyopt ec_point_format:uncompressed")
    }
    return warnings
  }

  /// OpenSSL accepts any version, and `openssl req` shows it; other programs refuse the request.
  private func versionFindings() -> [Finding] {
    guard version != 0 else { return [] }
    let text =
      "the version of the request is \(version + 1) (\(version)), and there is only version 1 (0): "
      + "make a new one, with a program that writes PKCS #10 as RFC 2986 says"
    return [Finding(code: .version, text: text)]
  }

  private func signatureFindings() -> [Finding] {
    var findings: [Finding] = []
    if !hasValidSignature {
      findings.append(
        Finding(
          code: .badSignature,
          text:
            "the signature of the request does not match its key: the request was changed or made incorrectly"
        ))
    }
    if let weakness = publicKey.weakness {
      findings.append(Finding(code: .weakKey, text: weakness))
    }
    // Only keys of a kind that is refused anyway have a signature without a digest of its own.
    if let digest, !Self.allowedDigests.contains(digest) {
      findings.append(
        Finding(code: .weakDigest, text: "signed over \(digest): make the request with SHA-256"))
    }
    return findings
  }

  private func commonNameFindings(expected: String) -> [Finding] {
    let text: String
    switch commonNames.count {
    case 0: text = "the request has no common name; the parameters say \(quoted(expected))"
    case 1 where asciiLowercased(commonNames[0]) == expected: return []
    case 1:
      text =
        "the request's common name is \(quoted(commonNames[0])); "
        + "the parameters say \(quoted(expected))"
    default:
      text = "the request has \(commonNames.count) common names; one is allowed"
    }
    return [Finding(code: .commonName, text: text)]
  }

  private func nameFindings(expected: Set<String>) -> [Finding] {
    let present = Set((commonNames + dnsNames).map(asciiLowercased))
    let missing = expected.subtracting(present).sorted().map { name in
      Finding(code: .missingName, text: "the request lacks \(quoted(name))")
    }
    let extra = present.subtracting(expected).sorted().map { name in
      Finding(
        code: .extraName, text: "the request has \(quoted(name)), which the parameters lack")
    }
    let others = otherNames.map { name in
      Finding(
        code: .otherName,
        text: "the request has \(escaped(name)): only DNS names can be in this certificate")
    }
    return missing + extra + others
  }
}

/// The name with ASCII letters in lower case (RFC 4343 section 3). Unicode's rules would turn the Kelvin sign into k.
func asciiLowercased(_ name: String) -> String {
  String(
    decoding: name.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
}

/// Quotes text from outside for people. Blanks at its ends stay visible; control characters, characters that reorder
/// text, and blanks other than the plain one are shown by their numbers.
private func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

private func escaped(_ text: String) -> String {
  text.unicodeScalars.reduce(into: "") { result, scalar in
    switch scalar.properties.generalCategory {
    case .spaceSeparator where scalar != " ", .control, .format, .lineSeparator,
      .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      result += scalar.escaped(asASCII: true)
    default: result.unicodeScalars.append(scalar)
    }
  }
}

struct SignatureAlgorithm {
  /// The name of RSASSA-PSS (RFC 8017 section 8.1).
  static let pss = "rsassaPss"

  /// The long name of the algorithm, for example `ecdsa-with-SHA256`.
  let name: String
  /// The short name of the digest, for example `SHA256`; `nil` for an algorithm without a separate one.
  let digest: String?

  /// The algorithm of a request, borrowed.
  init(_ algorithm: UnsafePointer<X509_ALGOR>?) {
    let identifier = unsafe OBJ_obj2nid(algorithm?.pointee.algorithm)
    unsafe name = objectName(algorithm?.pointee.algorithm)
    var digestIdentifier: Int32 = 0
    if identifier == NID_rsassaPss {
      unsafe digestIdentifier = Self.digestOfPSS(algorithm)
    } else {
      _ = unsafe OBJ_find_sigid_algs(identifier, &digestIdentifier, nil)
    }
    // A constant of the library.
    digest =
      digestIdentifier == NID_undef
      ? nil : unsafe OBJ_nid2sn(digestIdentifier).map { unsafe String(cString: $0) }
  }

  /// RSASSA-PSS has its digest in its parameters; SHA-1 is the default (RFC 8017 appendix A.2.3).
  private static func digestOfPSS(_ algorithm: UnsafePointer<X509_ALGOR>?) -> Int32 {
    var type: Int32 = 0
    var value: UnsafeRawPointer?
    unsafe X509_ALGOR_get0(nil, &type, &value, algorithm)
    guard type == V_ASN1_SEQUENCE else { return NID_undef }
    let encoded = unsafe contents(of: value?.assumingMemoryBound(to: ASN1_STRING.self))
    // The decoded structure is freed here.
    let parameters = unsafe encoded.withUnsafeBufferPointer { buffer in
      var cursor = buffer.baseAddress
      return unsafe d2i_RSA_PSS_PARAMS(nil, &cursor, buffer.count)
    }
    defer { unsafe RSA_PSS_PARAMS_free(parameters) }
    guard let parameters = unsafe parameters else { return NID_undef }
    guard let hash = unsafe parameters.pointee.hashAlgorithm else { return NID_sha1 }
    return unsafe OBJ_obj2nid(hash.pointee.algorithm)
  }
}
