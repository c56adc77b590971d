internal import Crypto
internal import JSON

/// A reissue that was carried out.
struct Reissue: Hashable, Sendable {
  let orderId: String
  /// The number in the request.
  let certificateNo: Int
  /// The number that the service gave the new certificate.
  let newCertificateNo: Int
}

/// The service's refusal of a request.
///
/// Codes that begin with `sandbox-` are invented: the documents name none for these cases. Their HTTP status 200 is
/// invented too; NAVER's table pairs every code with 200.
struct ServiceRefusal: Error, Hashable, Sendable {
  let code: String
  let message: String
  let status: Int

  init(_ code: String, _ message: String, status: Int = 200) {
    self.code = code
    self.message = message
    self.status = status
  }

  /// Malformed input: 400 with code 2000 was seen on the live service, its message naming the rule.
  static func invalid(_ message: String) -> ServiceRefusal {
    ServiceRefusal("2000", message, status: 400)
  }

  static let noCertificate = ServiceRefusal("1006", "No certificate exists.")

  var answer: Answer { .service(code: code, message: message, status: status) }
}

/// The rules that the documents leave open; options set them.
struct ReissueRules: Sendable {
  /// Remaining validity that the guide asks for: 1 day in the newer copy, 33 in the older one.
  var minimumDays = 1
  /// `D` is the one documented value; older copies knew `E`, AdvancedCertificateRequest knows `PD`.
  var validationMethods = ["D"]
  /// Whether names must be 3 to 20 letters, digits and `-`, a letter first: documented for
  /// createExternalCertificate, not for a reissue.
  var areNamesStrict = false
}

extension Account {
  /// Carries a reissue out by the rules of the product guide: the new certificate is in progress.
  mutating func reissue(
    number text: String, body: [UInt8], rules: ReissueRules, atMilliseconds now: Int
  ) throws(ServiceRefusal) -> Reissue {
    let number = try certificateNumber(text)
    let parameters = try ReissueParameters(body: body, rules: rules)
    guard let certificate = self[number], certificate.status != .deleted else {
      throw .noCertificate
    }
    let order = try reissuableOrder(of: certificate, rules: rules, at: now / 1000)
    let successor = AccountCertificate(
      number: nextNumber, name: parameters.name, commonName: parameters.commonName,
      dnsNames: parameters.dnsNames, status: .ongoing, type: certificate.type,
      orderId: order.id, requestedMilliseconds: now,
      publicKey: try parameters.checkedPublicKey(),
      validatedDomains: certificate.validatedDomains)
    self[successor.number] = successor
    return Reissue(
      orderId: order.id, certificateNo: number, newCertificateNo: successor.number)
  }

  private func reissuableOrder(
    of certificate: AccountCertificate, rules: ReissueRules, at seconds: Int
  ) throws(ServiceRefusal) -> Order {
    guard certificate.type.isAdvanced, let order = order(certificate.orderId) else {
      throw ServiceRefusal(
        "sandbox-not-advanced", "Only Advanced certificates can be reissued.")
    }
    if let running = certificates(of: order).first(where: { $0.status == .ongoing }) {
      throw ServiceRefusal(
        "sandbox-in-progress", "Certificate \(running.number) of the same order is in progress.")
    }
    guard certificate.status.isNormal else {
      throw ServiceRefusal(
        "sandbox-not-normal", "The certificate has status \(certificate.status.rawValue).")
    }
    if let chosen = representative(of: order), chosen.number != certificate.number {
      throw ServiceRefusal(
        "sandbox-not-representative",
        "Certificate \(chosen.number) is the representative of the order.")
    }
    guard let end = order.subscriptionEnd, end > seconds else {
      throw ServiceRefusal("sandbox-order-ended", "The subscription of the order is over.")
    }
    guard let days = certificate.daysLeft(at: seconds), days >= rules.minimumDays else {
      throw ServiceRefusal(
        "sandbox-days-left",
        "The certificate must be valid for at least \(rules.minimumDays) more days.")
    }
    return order
  }
}

/// The certificate number in a path.
///
/// - Throws: Code 2000 for anything but the digits of a positive integer; the documents do not say what the service
///   answers.
func certificateNumber(_ text: String) throws(ServiceRefusal) -> Int {
  guard let number = Int(text), number > 0, String(number) == text else {
    throw .invalid("certificateNo must be a positive integer")
  }
  return number
}

/// The body of a ReissueCertificate request, with the types and values that its page documents.
struct ReissueParameters: Hashable, Sendable {
  let signingRequest: String
  let name: String
  let commonName: String
  let dnsNames: [String]
  let validationMethod: String

  /// Reads the body.
  ///
  /// - Throws: 400 with code 2000; the message names the member and the broken rule.
  init(body: [UInt8], rules: ReissueRules) throws(ServiceRefusal) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONDecoder.decode(body)
    } catch {
      throw .invalid("the body is not JSON: \(error.description)")
    }
    guard case .object(let members) = value else {
      throw .invalid("the body must be a JSON object, not \(value.typeName)")
    }
    signingRequest = try Self.text("csr", of: members)
    name = try Self.text("certificateName", of: members)
    commonName = try Self.text("commonName", of: members)
    validationMethod = try Self.text("validationMethod", of: members)
    dnsNames = try Self.names(of: members)
    try checkValues(rules)
  }

  private static func text(
    _ name: String, of members: JSONObject
  ) throws(ServiceRefusal) -> String {
    guard let value = members[name], !value.isNull else { throw .invalid("\(name) is required") }
    guard let text = value.string else {
      throw .invalid("\(name) must be a string, not \(value.typeName)")
    }
    guard !text.isEmpty else { throw .invalid("\(name) must not be empty") }
    return text
  }

  private static func names(of members: JSONObject) throws(ServiceRefusal) -> [String] {
    guard let value = members["dnsName"], !value.isNull else { return [] }
    guard let elements = value.array else {
      throw .invalid("dnsName must be an array of strings, not \(value.typeName)")
    }
    let names = elements.compactMap(\.string)
    guard names.count == elements.count else {
      throw .invalid("dnsName must be an array of strings")
    }
    return names
  }

  /// The key of the signing request, if the request fits the other parameters.
  ///
  /// The documents state no rule for it; authorities sign no request that breaks one of these.
  /// - Throws: 1002 of NAVER's table for anything that is not a signing request; an invented code that begins with
  ///   `sandbox-csr-` for one that does not fit, with everything that is wrong.
  func checkedPublicKey() throws(ServiceRefusal) -> PublicKey {
    let request: CertificateSigningRequest
    do throws(CryptoError) {
      request = try CertificateSigningRequest(parsing: Array(signingRequest.utf8))
    } catch {
      throw ServiceRefusal("1002", "Unable to load certificate. Expecting PEM format file.")
    }
    let findings = request.findings(
      commonName: commonName.lowercased(), names: dnsNames.map { $0.lowercased() })
    guard let first = findings.first else { return request.publicKey }
    throw ServiceRefusal(
      "sandbox-csr-\(first.code.rawValue)", findings.map(\.text).joined(separator: "; "))
  }

  private func checkValues(_ rules: ReissueRules) throws(ServiceRefusal) {
    guard rules.validationMethods.contains(validationMethod) else {
      throw .invalid(
        "validationMethod must be \(rules.validationMethods.joined(separator: " or "))")
    }
    for domain in [commonName] + dnsNames where !Self.isDomain(domain) {
      throw .invalid("\(domain) is not a domain name")
    }
    guard !rules.areNamesStrict || Self.isStrictName(name) else {
      throw .invalid(
        "certificateName can only contain 3-20 English alphabet, numbers, and '-' and must start "
          + "with an alphabetic character")
    }
  }

  /// Letters, digits and hyphens in labels of 1 to 63, 253 at most, an optional `*.` in front
  /// (RFC 1034 section 3.5, RFC 9525 section 6.3).
  private static func isDomain(_ text: String) -> Bool {
    let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    return text.utf8.count <= 253 && labels.count >= 2
      && labels.allSatisfy { label in
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
          && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
      }
  }

  private static func isStrictName(_ text: String) -> Bool {
    (3...20).contains(text.utf8.count) && text.utf8.first.map(isLetter) == true
      && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

/// The body of a RegisterPrivateKey request.
struct KeyRegistration {
  /// The digits of the number.
  let certificateNo: String
  private let privateKey: SecretBytes

  /// Reads the body.
  ///
  /// - Throws: 400 with code 2000; the message names the member, and has no part of a value.
  init(body: [UInt8]) throws(ServiceRefusal) {
    guard let value = try? JSONDecoder.decode(body), let members = value.object else {
      throw .invalid("the body must be a JSON object")
    }
    // Integer in the newest documents, String in the older ones.
    switch members["certificateNo"] {
    case .integer(let number): certificateNo = String(number)
    case .string(let text): certificateNo = text
    default: throw .invalid("certificateNo is required")
    }
    guard let text = members["privateKey"]?.string, !text.isEmpty else {
      throw .invalid("privateKey is required")
    }
    privateKey = SecretBytes(copying: text)
  }

  /// Checks that the key belongs to a certificate.
  ///
  /// - Throws: An invented code for a text that is no key, and for another key.
  func checkKey(of publicKey: PublicKey?) throws(ServiceRefusal) {
    let key: PrivateKey
    do throws(CryptoError) {
      key = try PrivateKey(parsing: privateKey)
    } catch {
      throw ServiceRefusal("sandbox-key-unreadable", "Unable to load the private key.")
    }
    guard let publicKey, key.matches(publicKey) else {
      throw ServiceRefusal(
        "sandbox-key-mismatch", "The private key does not belong to the certificate.")
    }
  }
}
