// What a file turns out to hold, so that a mix-up is told by its name.

internal import CCrypto

/// The kinds of content that people give where another is meant.
enum ContentKind {
  case request
  case certificate
  case privateKey
  case other

  /// The kind that the label of a PEM block stands for (RFC 7468 sections 5, 7, 10, 11; the older
  /// labels are OpenSSL's and Netscape's).
  init(label: String) {
    switch label {
    case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST": self = .request
    case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE": self = .certificate
    default: self = label.hasSuffix("PRIVATE KEY") ? .privateKey : .other
    }
  }

  /// The kind of DER that could not be read as what it should be.
  init(der: Span<UInt8>) {
    self = .other
    if Self.beginsWithVersion(der) || isEncryptedPrivateKey(der) {
      self = .privateKey
    } else if unsafe Self.reads(der, with: d2i_X509, freedBy: X509_free) {
      self = .certificate
    } else if unsafe Self.reads(der, with: d2i_X509_REQ, freedBy: X509_REQ_free) {
      self = .request
    }
    CryptoError.forgetEarlier()
  }

  /// Whether bytes may be DER of any kind here: all are sequences (ITU-T X.690 section 8.9), and no
  /// text of letters begins with a zero and a byte beyond the letters.
  static func isDER(_ bytes: Span<UInt8>) -> Bool {
    bytes.count > 2 && bytes[0] == 0x30 && (bytes[1] >= 0x80 || bytes.count == Int(bytes[1]) + 2)
  }

  /// Private keys (RFC 5208, RFC 5915, RFC 8017 appendix A.1.2) and key stores (RFC 7292) begin with a
  /// small version number, while requests and certificates begin with another sequence.
  private static func beginsWithVersion(_ der: Span<UInt8>) -> Bool {
    guard isDER(der) else { return false }
    let start = der[1] < 0x80 ? 2 : 2 + Int(der[1] & 0x7F)
    return der.count > start + 2 && der[start] == 0x02 && der[start + 1] == 0x01
      && der[start + 2] <= 3
  }

  private static func reads(
    _ der: Span<UInt8>, with read: DERReader, freedBy release: (OpaquePointer?) -> Void
  ) -> Bool {
    guard let object = unsafe readDER(der, with: read).object else { return false }
    unsafe release(object)
    return true
  }
}

/// Whether DER is a private key under a passphrase (RFC 5958 section 3).
func isEncryptedPrivateKey(_ der: Span<UInt8>) -> Bool {
  // The structure is ours to free; the key in it stays encrypted.
  var info: UnsafeMutableRawPointer?
  unsafe der.withUnsafeBufferPointer { buffer in
    var cursor = buffer.baseAddress
    unsafe info = d2i_X509_SIG(nil, &cursor, buffer.count).map {
      unsafe UnsafeMutableRawPointer($0)
    }
  }
  guard let info = unsafe info else { return false }
  unsafe X509_SIG_free(OpaquePointer(info))
  return true
}

extension ContentKind {
  /// What people call it.
  var title: String {
    switch self {
    case .request: "signing request"
    case .certificate: "certificate"
    case .privateKey: "private key"
    case .other: "other content"
    }
  }

  /// The code for content that should be of this kind and is of none.
  private var damageCode: CryptoError.Code {
    switch self {
    case .certificate: .notCertificate
    case .privateKey: .notPrivateKey
    case .request, .other: .notRequest
    }
  }

  /// The blocks of this kind in a text.
  ///
  /// - Throws: ``CryptoError`` that names what is there instead.
  func blocks(in text: Span<UInt8>) throws(CryptoError) -> [PEMBlock] {
    let blocks = try PEM.blocks(in: text)
    let matching = blocks.filter { ContentKind(label: $0.label) == self }
    guard matching.isEmpty else { return matching }
    guard let other = blocks.first else {
      throw CryptoError(.notPEM, "neither PEM nor DER: no \(title) begins in any line of it")
    }
    throw mixUp(with: ContentKind(label: other.label))
  }

  /// Reads one object that fills all the bytes.
  ///
  /// - Throws: ``CryptoError`` that names what is there instead, or code `trailingData`.
  func object(
    from der: Span<UInt8>, with read: DERReader,
    freedBy release: @escaping @convention(c) (OpaquePointer?) -> Void
  ) throws(CryptoError) -> Handle {
    CryptoError.forgetEarlier()
    let (object, length) = unsafe readDER(der, with: read)
    let handle = try unsafe Handle(object, freedBy: release, orThrow: damage(of: der))
    guard length == der.count else {
      throw CryptoError(
        .trailingData, "\(der.count - length) bytes behind the end of the \(title)")
    }
    return handle
  }

  /// What to say of DER that could not be read as this kind, with OpenSSL's reasons.
  func damage(of der: Span<UInt8>) -> CryptoError {
    let failure = CryptoError.openSSL(damageCode, "no \(title), or a damaged one")
    let found = ContentKind(der: der)
    return found == .other || found == self ? failure : mixUp(with: found)
  }

  /// What to say of another kind in the place of this one.
  func mixUp(with found: ContentKind) -> CryptoError {
    let mistake = "a \(found.title) where a \(title) belongs"
    return switch found {
    case .privateKey:
      CryptoError(
        .privateKeyInPlace,
        "\(mistake): keep it in a file of its own, readable by its owner only, and name it as one")
    case .certificate: CryptoError(.certificateInPlace, mistake)
    case .request: CryptoError(.requestInPlace, mistake)
    case .other: CryptoError(damageCode, "PEM, but no \(title) in it")
    }
  }
}
