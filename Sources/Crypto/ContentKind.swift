internal import CCrypto

/// The kinds of content that are often confused.
enum ContentKind {
  case request
  case certificate
  case privateKey
  case other

  /// The kind of a PEM label (RFC 7468 sections 5, 7, 10, 11; the older labels are OpenSSL's and Netscape's).
  init(label: String) {
    switch label {
    case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST": self = .request
    case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE": self = .certificate
    default: self = label.hasSuffix("PRIVATE KEY") ? .privateKey : .other
    }
  }

  /// The kind of DER that was expected to be something else.
  init(der: Span<UInt8>) {
    self = .other
    if Self.beginsWithVersion(der) || isEncryptedPrivateKey(der) {
      self = .privateKey
    } else if unsafe Self.reads(der, with: d2i_X509, freedBy: X509_free) {
      self = .certificate
    } else if unsafe Self.reads(der, with: ccrypto_read_request, freedBy: ccrypto_free_request) {
      self = .request
    }
    CryptoError.forgetEarlier()
  }

  /// Whether the bytes may be DER: all kinds here are sequences (ITU-T X.690 section 8.9). A text does not begin with
  /// `0` and a byte that is not ASCII.
  static func isDER(_ bytes: Span<UInt8>) -> Bool {
    bytes.count > 2 && bytes[0] == 0x30 && (bytes[1] >= 0x80 || bytes.count == Int(bytes[1]) + 2)
  }

  /// Private keys (RFC 5208, RFC 5915, RFC 8017 appendix A.1.2) and key stores (RFC 7292) begin with a small version
  /// number; requests and certificates begin with a sequence.
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

/// Whether DER is a private key that is encrypted with a passphrase (RFC 5958 section 3).
func isEncryptedPrivateKey(_ der: Span<UInt8>) -> Bool {
  // The structure is freed here; the key in it stays encrypted.
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
  /// The name for people.
  var title: String {
    switch self {
    case .request: "signing request"
    case .certificate: "certificate"
    case .privateKey: "private key"
    case .other: "other content"
    }
  }

  /// The error code when content of this kind is expected and the content is of no kind here.
  private var damageCode: CryptoError.Code {
    switch self {
    case .certificate: .notCertificate
    case .privateKey: .notPrivateKey
    case .request, .other: .notRequest
    }
  }

  /// The blocks of this kind in a text.
  ///
  /// - Throws: ``CryptoError`` with the kind that was found instead.
  func blocks(in text: Span<UInt8>) throws(CryptoError) -> [PEMBlock] {
    let blocks = try PEM.blocks(in: text)
    let matching = blocks.filter { ContentKind(label: $0.label) == self }
    guard matching.isEmpty else { return matching }
    guard let other = blocks.first else {
      throw CryptoError(.notPEM, "neither PEM nor DER: no line begins a \(title)")
    }
    throw mixUp(with: ContentKind(label: other.label))
  }

  /// Reads one object that takes all the bytes.
  ///
  /// - Throws: ``CryptoError`` with the kind that was found instead, or code `trailingData`.
  func object(
    from der: Span<UInt8>, with read: DERReader,
    freedBy release: @escaping @convention(c) (OpaquePointer?) -> Void
  ) throws(CryptoError) -> Handle {
    CryptoError.forgetEarlier()
    let (object, length) = unsafe readDER(der, with: read)
    let handle = try unsafe Handle(object, freedBy: release, orThrow: damage(of: der))
    guard length == der.count else {
      throw CryptoError(
        .trailingData, "\(der.count - length) bytes after the end of the \(title)")
    }
    return handle
  }

  /// The error for DER that could not be read as this kind, with OpenSSL's reasons.
  func damage(of der: Span<UInt8>) -> CryptoError {
    let failure = CryptoError.openSSL(damageCode, "not a \(title), or a damaged one")
    let found = ContentKind(der: der)
    return found == .other || found == self ? failure : mixUp(with: found)
  }

  /// The error for content of another kind.
  func mixUp(with found: ContentKind) -> CryptoError {
    let mistake = "a \(found.title) instead of a \(title)"
    return switch found {
    case .privateKey:
      CryptoError(
        .privateKeyInPlace,
        "\(mistake): keep it in a file of its own, readable by its owner only, and give it as the key"
      )
    case .certificate: CryptoError(.certificateInPlace, mistake)
    case .request: CryptoError(.requestInPlace, mistake)
    case .other: CryptoError(damageCode, "PEM without a \(title)")
    }
  }
}
