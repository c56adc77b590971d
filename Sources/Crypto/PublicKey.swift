internal import CCrypto

/// A public key, with what decides whether a certificate may be issued for it.
package struct PublicKey: Hashable, Sendable {
  /// The families of keys that public certificates allow, and all others.
  package enum Family: Hashable, Sendable {
    /// RSA, of any length.
    case rsa
    /// A point on a curve, named or given by its parameters.
    case ellipticCurve
    /// An algorithm that public certificates do not allow, or a key that cannot be read.
    case other
  }

  /// The SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
  package let der: [UInt8]
  /// The family of the algorithm.
  package let family: Family
  /// `RSA`, the name of the curve (`P-256`), or the name of another algorithm.
  package let name: String
  /// The length of the modulus or of the curve's order in bits; 0 if the key cannot be read.
  package let bits: Int
  /// The public exponent of an RSA key; `nil` if it is longer than 64 bits, and for other keys.
  let exponent: Int?
  /// The encoding of a point: its first byte (SEC 1 section 2.3.3) without the bit of the sign.
  enum PointForm: UInt8, Hashable, Sendable {
    /// The x coordinate and a bit (RFC 5480 section 2.2: optional).
    case compressed = 2
    /// Both coordinates; every program reads it.
    case uncompressed = 4
    /// Both coordinates and the bit (RFC 5480 section 2.2: forbidden).
    case hybrid = 6
  }

  /// The encoding of the point of a key on one of ``allowedCurves``; `nil` for other keys. The point is the end of the
  /// structure: one byte and one or two coordinates.
  var pointForm: PointForm? {
    guard family == .ellipticCurve, Self.allowedCurves.contains(name) else { return nil }
    let coordinate = bits / 8
    return [2 * coordinate + 1, coordinate + 1].lazy
      .compactMap {
        der.count > $0 + Self.leastHeader ? PointForm(rawValue: der[der.count - $0] & ~1) : nil
      }
      .first
  }

  /// The shortest header before the point, in bytes: two sequences, two identifiers, a bit string.
  private static let leastHeader = 20

  /// Whether the point is compressed, which not every program reads.
  var isPointCompressed: Bool { pointForm == .compressed }

  /// The shortest RSA key that public authorities accept (CA/Browser Forum, Baseline Requirements 6.1.5).
  package static let minimumRSABits = 2048
  /// The curves that everybody accepts; the Baseline Requirements allow P-521 too, browsers do not.
  package static let allowedCurves = ["P-256", "P-384"]

  /// Why authorities refuse this key; `nil` if they accept it.
  package var weakness: String? {
    switch family {
    case .rsa where bits < Self.minimumRSABits:
      "an RSA key of \(bits) bits is too short: make one of \(Self.minimumRSABits) or more"
    case .rsa where !bits.isMultiple(of: 8):
      "an RSA key of \(bits) bits is not accepted: authorities require a multiple of 8"
    case .rsa where exponent.map { $0 < 3 || $0.isMultiple(of: 2) } ?? false:
      "an RSA key with the public exponent \(exponent ?? 0) is not accepted: use 65537"
    case .rsa: nil
    case .ellipticCurve where pointForm == .hybrid:
      "the point of the key is in the hybrid form, which certificates must not have: "
        + "make the key with -pkeyopt ec_point_format:uncompressed"
    case .ellipticCurve where Self.allowedCurves.contains(name): nil
    case .ellipticCurve:
      "the curve \(name) is not accepted: use \(Self.allowedCurves.joined(separator: " or "))"
    case .other:
      "a key of the kind \(name) is not accepted: use RSA or \(Self.allowedCurves.joined(separator: " or "))"
    }
  }
}

extension PublicKey: CustomStringConvertible {
  package var description: String {
    family == .ellipticCurve ? name : "\(name) \(bits) bits"
  }
}

extension PublicKey {
  /// The key inside a request or a certificate: its structure, and OpenSSL's key for it (`nil` if OpenSSL cannot handle
  /// it) with its algorithm, both borrowed.
  init(der: [UInt8], key: OpaquePointer?, algorithm: OpaquePointer?) {
    guard let key = unsafe key else {
      self.init(
        der: der, family: .other, name: unsafe objectName(algorithm), bits: 0, exponent: nil)
      return
    }
    unsafe self.init(der: der, key: key)
  }

  /// The public half of a key pair, borrowed.
  init(key: OpaquePointer) throws(CryptoError) {
    unsafe self.init(der: try writeDER(key, with: i2d_PUBKEY), key: key)
  }

  private init(der: [UInt8], key: OpaquePointer) {
    // The key is the caller's and only read.
    let bits = Int(unsafe EVP_PKEY_get_bits(key))
    switch unsafe EVP_PKEY_get_base_id(key) {
    case EVP_PKEY_RSA:
      self.init(
        der: der, family: .rsa, name: "RSA", bits: bits, exponent: unsafe Self.exponent(of: key))
    case EVP_PKEY_EC:
      self.init(
        der: der, family: .ellipticCurve, name: unsafe Self.curveName(of: key), bits: bits,
        exponent: nil)
    default:
      // A constant of the library.
      let name = unsafe EVP_PKEY_get0_type_name(key).map { unsafe String(cString: $0) }
      self.init(
        der: der, family: .other, name: name ?? "unknown", bits: bits, exponent: nil)
    }
  }

  /// The public exponent of an RSA key, borrowed; `nil` if it is too long.
  private static func exponent(of key: OpaquePointer) -> Int? {
    var number: OpaquePointer?
    guard unsafe EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &number) == 1 else { return nil }
    // A copy, freed here.
    defer { unsafe BN_free(number) }
    guard unsafe BN_num_bits(number) < Int.bitWidth else { return nil }
    return Int(unsafe BN_get_word(number))
  }

  /// OpenSSL's names of curves with a better known name (FIPS 186-4, RFC 5480).
  private static let standardNames = [
    "prime256v1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521",
  ]

  /// Longer than any name of a curve, in bytes.
  private static let longestCurveName = 80

  private static func curveName(of key: OpaquePointer) -> String {
    var buffer = [CChar](repeating: 0, count: longestCurveName)
    var length = 0
    // OpenSSL writes at most that many bytes.
    guard unsafe EVP_PKEY_get_group_name(key, &buffer, buffer.count, &length) == 1 else {
      return "without a name"
    }
    let openSSLName = String(
      decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let name = standardNames[openSSLName] ?? openSSLName
    // RFC 5480 section 2.1.1: a certificate names its curve. Explicit parameters may describe a different one.
    var isExplicit: Int32 = 0
    _ = unsafe EVP_PKEY_get_int_param(
      key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &isExplicit)
    return isExplicit == 1 ? "\(name) with its parameters written out" : name
  }
}

/// The long name of an object identifier, or its dotted numbers.
///
/// - Parameter object: An ASN.1 object, borrowed.
func objectName(_ object: OpaquePointer?) -> String {
  // Longer identifiers are cut; the buffer always ends with a zero.
  var buffer = [CChar](repeating: 0, count: 128)
  let length = unsafe OBJ_obj2txt(&buffer, Int32(buffer.count), object, 0)
  guard length > 0 else { return "unknown" }
  let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  return String(decoding: bytes, as: UTF8.self)
}
