// Certificates for trials and tests. The product reads certificates and makes none, so these are written here, in DER.

package import Crypto
internal import Platform

/// A root and an intermediate certificate authority with new P-256 keys, in memory only.
///
/// It signs any request: the caller checks the request first. Only trials and tests trust its root.
package struct CertificateAuthority: ~Copyable, Sendable {
  /// The self-signed certificate that a client has to trust.
  package let root: Certificate
  /// The certificate that signs the leaves.
  package let intermediate: Certificate
  private let intermediateName: String
  private let key: PrivateKey

  /// Makes both authorities. Both common names begin with `name`, at most 40 characters; the bounds of their validity
  /// are Unix time, in the years 0 to 9999.
  package init(name: String, validity: ClosedRange<Int>) throws(CryptoError) {
    let rootKey = try PrivateKey.generate(.p256)
    let key = try PrivateKey.generate(.p256)
    let signing: [UInt8] = [0x06]  // keyCertSign and cRLSign
    let rootName = "\(name) root"
    let intermediateName = "\(name) intermediate"
    let root = try Self.certificate(
      serial: 1, subject: rootName, publicKey: rootKey.publicKey, validity: validity,
      issuer: (rootName, rootKey.publicKey), signedBy: rootKey,
      extensions: Extension.constraints(DER.sequence(DER.yes))
        + Extension.keyUsage(signing, unused: 1))
    let intermediate = try Self.certificate(
      serial: 2, subject: intermediateName, publicKey: key.publicKey, validity: validity,
      issuer: (rootName, rootKey.publicKey), signedBy: rootKey,
      extensions: Extension.constraints(DER.sequence(DER.yes + DER.integer([0])))
        + Extension.keyUsage(signing, unused: 1))
    self.root = root
    self.intermediate = intermediate
    self.intermediateName = intermediateName
    self.key = key
  }

  /// Signs a certificate for a TLS server, with the key of a request whose signature the caller has checked, a validity
  /// as in ``init(name:validity:)``, and a serial number that this authority has not used yet. The first name is the
  /// common name too, unless it has more than 64 characters (RFC 5280 appendix A.1).
  ///
  /// - Returns: Leaf, intermediate, root, as servers send them.
  package func issue(
    for publicKey: PublicKey, names: [String], validity: ClosedRange<Int>, serial: UInt64
  ) throws(CryptoError) -> [Certificate] {
    var seen: Set<String> = []
    let names = names.map { $0.lowercased() }.filter { seen.insert($0).inserted }
    let commonName = names.first.flatMap {
      $0.unicodeScalars.count <= PrivateKey.maximumCommonNameLength ? $0 : nil
    }
    let usage =
      publicKey.family == .rsa
      ? Extension.keyUsage([0xA0], unused: 5)  // digitalSignature and keyEncipherment
      : Extension.keyUsage([0x80], unused: 7)  // digitalSignature
    let leaf = try Self.certificate(
      serial: serial, subject: commonName, publicKey: publicKey, validity: validity,
      issuer: (intermediateName, key.publicKey), signedBy: key,
      extensions: Extension.constraints(DER.sequence([])) + usage + Extension.serverUse
        // Without a subject the names are critical (RFC 5280 section 4.1.2.6).
        + Extension.alternativeNames(names, isCritical: commonName == nil))
    return [leaf, intermediate, root]
  }

  /// A certificate (RFC 5280 section 4.1), signed with SHA-256.
  private static func certificate(
    serial: UInt64, subject: String?, publicKey: PublicKey, validity: ClosedRange<Int>,
    issuer: (name: String, key: PublicKey), signedBy key: borrowing PrivateKey, extensions: [UInt8]
  ) throws(CryptoError) -> Certificate {
    let algorithm = DER.sequence(DER.identifier([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]))
    var content = DER.element(0xA0, DER.integer([2])) + DER.integer(DER.bytes(of: serial))
    content += algorithm + name(issuer.name)
    content += DER.sequence(DER.time(validity.lowerBound) + DER.time(validity.upperBound))
    content += name(subject) + publicKey.der
    let identifiers = Extension.keyIdentifiers(of: publicKey, issuer: issuer.key)
    content += DER.element(0xA3, DER.sequence(identifiers + extensions))
    let body = DER.sequence(content)
    let signature = try key.sign(body)
    return try Certificate.chain(
      parsing: DER.sequence(body + algorithm + DER.element(0x03, [0] + signature)))[0]
  }

  /// A distinguished name that is one common name, or empty.
  private static func name(_ commonName: String?) -> [UInt8] {
    guard let commonName else { return DER.sequence([]) }
    let attribute = DER.identifier([0x55, 0x04, 0x03]) + DER.element(0x0C, Array(commonName.utf8))
    return DER.sequence(DER.element(0x31, DER.sequence(attribute)))
  }
}

/// The extensions of RFC 5280 section 4.2.1.
private enum Extension {
  /// An extension by the last number of its identifier, 2.5.29.n.
  private static func made(_ number: UInt8, _ value: [UInt8], isCritical: Bool = false) -> [UInt8] {
    DER.sequence(
      DER.identifier([0x55, 0x1D, number]) + (isCritical ? DER.yes : []) + DER.element(0x04, value))
  }

  /// The identifiers of both keys; the root's own is the same twice.
  static func keyIdentifiers(of key: PublicKey, issuer: PublicKey) -> [UInt8] {
    // RFC 7093 section 2: 160 bits of a SHA-256.
    func identifier(_ key: PublicKey) -> [UInt8] { Array(SHA256.digest(key.der).prefix(20)) }
    return made(14, DER.element(0x04, identifier(key)))
      + made(35, DER.sequence(DER.element(0x80, identifier(issuer))))
  }

  static func constraints(_ value: [UInt8]) -> [UInt8] { made(19, value, isCritical: true) }

  static func keyUsage(_ bits: [UInt8], unused: UInt8) -> [UInt8] {
    made(15, DER.element(0x03, [unused] + bits), isCritical: true)
  }

  /// Extended key usage: TLS servers.
  static let serverUse = made(
    37, DER.sequence(DER.identifier([0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01])))

  static func alternativeNames(_ names: [String], isCritical: Bool) -> [UInt8] {
    made(
      17, DER.sequence(names.flatMap { DER.element(0x82, Array($0.utf8)) }), isCritical: isCritical)
  }
}

/// The encoding of ITU-T X.690, as far as certificates need it.
private enum DER {
  static let yes: [UInt8] = [0x01, 0x01, 0xFF]

  static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    guard content.count >= 0x80 else { return [tag, UInt8(content.count)] + content }
    let length = bytes(of: UInt64(content.count))
    return [tag, 0x80 | UInt8(length.count)] + length + content
  }

  static func sequence(_ content: [UInt8]) -> [UInt8] { element(0x30, content) }

  static func identifier(_ content: [UInt8]) -> [UInt8] { element(0x06, content) }

  /// An integer that is not negative, by its bytes.
  static func integer(_ magnitude: [UInt8]) -> [UInt8] {
    element(0x02, magnitude[0] >= 0x80 ? [0] + magnitude : magnitude)
  }

  /// The bytes of a number, the most significant one first, without leading zeros.
  static func bytes(of number: UInt64) -> [UInt8] {
    let bytes = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
    return Array(bytes.drop { $0 == 0 }.isEmpty ? [0] : bytes.drop { $0 == 0 })
  }

  /// UTCTime up to the year 2049, then GeneralizedTime (RFC 5280 section 4.1.2.5).
  static func time(_ seconds: Int) -> [UInt8] {
    let text = Timestamp(milliseconds: seconds * 1000).rfc3339Seconds
    let digits = text.utf8.filter {
      $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "T")
    }
    let isShort = ("1950"..<"2050").contains(String(text.prefix(4)))
    return isShort ? element(0x17, Array(digits.dropFirst(2))) : element(0x18, digits)
  }
}
