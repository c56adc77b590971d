// What speaks against sending a request, all of it at once.

extension CertificateSigningRequest {
  /// One thing that is wrong with a request.
  package struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// The kind of finding; stable, made for programs.
    package enum Code: String, Sendable {
      /// Another version than 1, the only one there is.
      case version
      /// The signature is not that of the key inside.
      case badSignature = "bad-signature"
      /// The key is too short or of a kind that is not taken.
      case weakKey = "weak-key"
      /// Signed over a digest that is not taken any more.
      case weakDigest = "weak-digest"
      /// No common name, another one, or more than one.
      case commonName = "common-name"
      /// A name of the parameters that the request does not have.
      case missingName = "missing-name"
      /// A name of the request that the parameters do not have.
      case extraName = "extra-name"
      /// A name that is no DNS name.
      case otherName = "other-name"
    }

    /// What kind of finding it is.
    package let code: Code
    /// What it is about, in words; control characters of names are escaped.
    package let text: String

    package var description: String { text }
  }

  /// The digests of signatures that public authorities take (CA/Browser Forum, Baseline Requirements
  /// 7.1.3.2).
  private static let allowedDigests = ["SHA256", "SHA384", "SHA512"]

  /// Everything that is wrong with the request, for the certificate that is asked for.
  ///
  /// - Parameters:
  ///   - commonName: The common name of the parameters.
  ///   - names: The other names; whether the common name is among them does not matter.
  ///   Both in lower-case A-labels (RFC 5890 section 2.3.2.1). The request's are taken as they stand but
  ///   for the case of ASCII letters.
  /// - Returns: The findings: on the version, on the signature, on the key, on the digest, then the names in
  ///   alphabetical order. Empty if the request is fine.
  package func findings(commonName: String, names: some Sequence<String>) -> [Finding] {
    versionFindings() + signatureFindings() + commonNameFindings(expected: commonName)
      + nameFindings(expected: Set(names).union([commonName]))
  }

  /// What authorities may refuse or need not know, though the request can be sent.
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

  /// OpenSSL takes any number, and `openssl req` shows it; other programs refuse the request.
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
          text: "the request's own signature is not that of its key: it was changed or made wrongly"
        ))
    }
    if let weakness = publicKey.weakness {
      findings.append(Finding(code: .weakKey, text: weakness))
    }
    // What has no digest of its own belongs to a key of a kind that is refused already.
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
        code: .extraName, text: "the request has \(quoted(name)), which the parameters have not")
    }
    let others = otherNames.map { name in
      Finding(
        code: .otherName,
        text: "the request has \(escaped(name)): only DNS names can be in this certificate")
    }
    return missing + extra + others
  }
}

/// Host names differ in the case of ASCII letters only (RFC 4343 section 3); Unicode's rules would make
/// the Kelvin sign a k.
func asciiLowercased(_ name: String) -> String {
  String(
    decoding: name.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
}

/// Text from outside on its way to people, in quotes so that blanks at its ends are seen: control characters,
/// those that reorder text, and blanks other than the plain one are written as numbers.
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
