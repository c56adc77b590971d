// ReissueCertificate: the rules of the product guide, then a new certificate in progress.

internal import JSON

/// A reissue that was carried out.
struct Reissue: Hashable, Sendable {
  let orderId: String
  /// The number in the request.
  let certificateNo: Int
  /// The number that the service gave the new certificate.
  let newCertificateNo: Int
}

/// Why the service does not carry a request out: its envelope, before it becomes an answer.
///
/// Codes that begin with `sandbox-` are invented: the documents name none for these cases. So is
/// their HTTP status 200, in line with NAVER's table, which pairs every code with 200.
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

/// The rules that the documents leave open, as the trial wants them.
struct ReissueRules: Sendable {
  /// Remaining validity that the guide asks for: 1 day in the newer copy, 33 in the older one.
  var minimumDays = 1
  /// `D` is the one documented value; older copies knew `E`, AdvancedCertificateRequest knows `PD`.
  var validationMethods = ["D"]
  /// Whether names must be 3 to 20 letters, digits and `-`, a letter first.
  ///
  /// Documented for
  /// createExternalCertificate; whether it holds for a reissue is not.
  var areNamesStrict = false
}

extension Account {
  /// Carries a reissue out, or says why not.
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
      orderId: order.id, requestedMilliseconds: now, changedAt: now / 1000,
      publicKey: try SigningRequestCheck.publicKey(of: parameters),
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

/// The number that a path names.
///
/// - Throws: Code 2000 for anything but the digits of a positive integer; what the service says to
///   other text is not documented.
func certificateNumber(_ text: String) throws(ServiceRefusal) -> Int {
  guard let number = Int(text), number > 0, String(number) == text else {
    throw .invalid("certificateNo must be a positive integer")
  }
  return number
}
