internal import JSON

/// A seed file: the orders and certificates of the account at the start. Times may be relative, so that a file stays
/// useful.
struct Seed: Sendable {
  private let document: JSONValue

  /// Reads the JSON of a seed; ``account(at:issueAfter:certificateDays:)`` checks it.
  init(_ bytes: [UInt8]) throws(SandboxError) {
    document = try JSONValue(sandbox: bytes, of: "the seed")
  }

  /// The account at the moment when the seed is used; members whose name begins with `$` or `//` are comments.
  func account(
    at now: Int, issueAfter: Int?, certificateDays: Int
  ) throws(SandboxError) -> Account {
    let reader = try MemberReader(
      document, at: "seed", known: ["nextCertificateNo", "orders", "certificates"])
    var account = Account(issueAfterMilliseconds: issueAfter, certificateDays: certificateDays)
    func addCertificates(of reader: MemberReader, in order: String?) throws(SandboxError) {
      for element in try reader.elements("certificates") {
        let certificate = try AccountCertificate(
          seed: element.value, at: element.place, in: order, now: now, days: certificateDays)
        guard account[certificate.number] == nil else {
          throw SandboxError("seed: a certificate number occurs twice")
        }
        account[certificate.number] = certificate
      }
    }
    for element in try reader.elements("orders") {
      let reader = try MemberReader(
        element.value, at: element.place,
        known: [
          "orderId", "subscriptionYears", "subscriptionStart", "subscriptionEnd",
          "subscriptionDaysLeft", "certificates",
        ])
      let order = try Order(seed: reader, now: now)
      guard account.order(order.id) == nil else {
        throw SandboxError("seed: an order id occurs twice")
      }
      account.update(order)
      try addCertificates(of: reader, in: order.id)
    }
    try addCertificates(of: reader, in: nil)
    let next = try reader.integer("nextCertificateNo", upTo: .max) ?? account.nextNumber
    guard next >= account.nextNumber, next < Int.max / 2 else {
      throw SandboxError("seed: nextCertificateNo must be above every certificate number")
    }
    account.nextNumber = next
    return account
  }
}

extension Order {
  fileprivate init(seed reader: MemberReader, now: Int) throws(SandboxError) {
    let years = try reader.integer("subscriptionYears") ?? 1
    let end = try reader.time("subscriptionEnd", daysAhead: "subscriptionDaysLeft", now: now)
    let start = try reader.time("subscriptionStart", now: now)
    self.init(
      id: try reader.required("orderId", reader.text("orderId")),
      subscriptionStart: start ?? (end ?? now) - years * 365 * secondsPerDay,
      subscriptionEnd: end, subscriptionYears: years)
  }
}

extension AccountCertificate {
  /// Without `notBefore` its validity began `days` before its end, and not after now.
  fileprivate init(
    seed value: JSONValue, at place: String, in orderId: String?, now: Int, days: Int
  ) throws(SandboxError) {
    let reader = try MemberReader(
      value, at: place,
      known: [
        "certificateNo", "certificateName", "commonName", "dnsName", "statusCode",
        "certificateType", "notBefore", "notAfter", "daysLeft", "validatedDomains",
      ])
    let number = try reader.required("certificateNo", reader.integer("certificateNo", upTo: .max))
    guard number > 0, number < Int.max / 2 else {
      throw SandboxError("\(place): certificateNo must be positive")
    }
    let end = try reader.time("notAfter", daysAhead: "daysLeft", now: now)
    let start =
      try reader.time("notBefore", now: now) ?? end.map { min($0 - days * secondsPerDay, now) }
    self.init(
      number: number,
      name: try reader.required("certificateName", reader.text("certificateName")),
      commonName: try reader.required("commonName", reader.text("commonName")),
      dnsNames: try reader.texts("dnsName"), status: try reader.choice("statusCode") ?? .normal,
      type: try reader.choice("certificateType") ?? .advancedDomain, orderId: orderId,
      notBefore: start, notAfter: end, requestedMilliseconds: (start ?? now) * 1000,
      validatedDomains: Set(try reader.texts("validatedDomains")))
    guard end != nil || !status.isNormal else {
      throw SandboxError("\(place): a certificate in a normal state needs daysLeft or notAfter")
    }
  }
}

/// The time `days` days after `now`. Half a day is added, so that "12 days left" stays true for half a day.
func daysAhead(_ days: Int, of now: Int) -> Int { now + days * secondsPerDay + secondsPerDay / 2 }

/// Reads the members of a JSON object of a seed or a control request; its errors name the place.
struct MemberReader {
  private let members: JSONObject
  private let place: String

  /// The largest number of days, in either direction; a hundred years.
  private static let maximumDays = 36_600
  /// Larger numbers are mistakes, unless they are certificate numbers; sums of seconds and milliseconds stay in range.
  private static let maximumInteger = 1 << 33

  /// - Parameters:
  ///   - place: The object's name in errors.
  ///   - known: All names that are allowed, besides comments; `nil` allows every name.
  init(_ value: JSONValue, at place: String, known: Set<String>? = nil) throws(SandboxError) {
    guard let object = value.object else {
      throw SandboxError("\(place): must be a JSON object, not \(value.typeName)")
    }
    let isComment = { (name: String) in name.hasPrefix("$") || name.hasPrefix("//") }
    if let known, let name = object.names.first(where: { !known.contains($0) && !isComment($0) }) {
      throw SandboxError("\(place): unknown member \"\(name)\"")
    }
    members = object
    self.place = place
  }

  /// The value, or the error that the member is missing.
  func required<Value>(_ name: String, _ value: Value?) throws(SandboxError) -> Value {
    guard let value else { throw SandboxError("\(place): \(name) is missing") }
    return value
  }

  func text(_ name: String) throws(SandboxError) -> String? {
    guard let value = members[name] else { return nil }
    guard let text = value.string, !text.isEmpty else { throw wrong(name, "text") }
    return text
  }

  func integer(_ name: String, upTo limit: Int = maximumInteger) throws(SandboxError) -> Int? {
    guard let value = members[name] else { return nil }
    guard let number = value.integer, number.magnitude <= limit else {
      throw wrong(name, "an integer")
    }
    return number
  }

  func texts(_ name: String) throws(SandboxError) -> [String] {
    guard let value = members[name] else { return [] }
    let texts = value.array?.compactMap(\.string)
    guard let texts, texts.count == value.array?.count else {
      throw wrong(name, "an array of texts")
    }
    return texts
  }

  func elements(_ name: String) throws(SandboxError) -> [(value: JSONValue, place: String)] {
    guard let value = members[name] else { return [] }
    guard let array = value.array else { throw wrong(name, "an array") }
    return array.enumerated().map { ($0.element, "\(place) \(name)[\($0.offset)]") }
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String
  ) throws(SandboxError) -> Choice? where Choice.RawValue == String {
    guard let text = try text(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      throw wrong(name, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
  }

  /// A time: text such as `2026-11-24 22:01:02`, seconds since 1970, or days from now in the other member.
  func time(_ name: String, daysAhead other: String? = nil, now: Int) throws(SandboxError) -> Int? {
    if let other, let days = try integer(other) {
      guard members[name] == nil else {
        throw SandboxError("\(place): \(name) and \(other) exclude each other")
      }
      guard days.magnitude <= Self.maximumDays else { throw wrong(other, "a number of days") }
      return daysAhead(days, of: now)
    }
    switch members[name] {
    case nil: return nil
    case .integer(let seconds)? where seconds >= 0 && seconds <= Self.maximumDays * secondsPerDay:
      return seconds
    case .string(let text)?:
      guard let seconds = TimeText.seconds(from: text) else { fallthrough }
      return seconds
    default: throw wrong(name, "a time such as \"2026-11-24 22:01:02\" (UTC) or seconds since 1970")
    }
  }

  private func wrong(_ name: String, _ wanted: String) -> SandboxError {
    SandboxError("\(place): \(name) must be \(wanted)")
  }
}

extension JSONValue {
  /// Reads a document of a trial.
  init(sandbox bytes: [UInt8], of name: String) throws(SandboxError) {
    do throws(JSONError) {
      self = try JSONDecoder.decode(bytes)
    } catch {
      throw SandboxError("\(name) is not JSON: \(error)")
    }
  }
}

extension Seed {
  /// What an account has when no seed file is given; `--print-seed` shows it.
  static let defaultText = """
    {
      "//1": "A seed for ncloud-sandbox: what the account has at the start.",
      "//2": "Times: daysLeft and subscriptionDaysLeft count from the start, so the file never grows stale;",
      "//3": "notBefore, notAfter, subscriptionStart, subscriptionEnd take 2026-11-24 22:01:02 (UTC) or epoch seconds.",
      "//4": "statusCode: 0 in progress, 1 normal (default), 2 normal without private key, -1 failed, -2 expired,",
      "//5": "-3 validation failed, -4 validation expired, -5 revoked. Certificates without an order go into",
      "//6": "the outer list. certificateType: NCP_PAID_DV_01 (default), NCP_PAID_OV_01, SANDBOX_CLOUD_BASIC,",
      "//7": "SANDBOX_EXTERNAL. validatedDomains need no new DNS record. nextCertificateNo is the next number.",
      "nextCertificateNo": 56010,
      "orders": [
        { "orderId": "ORDER-1001", "subscriptionYears": 2, "subscriptionDaysLeft": 400, "certificates": [
          { "certificateNo": 55882, "certificateName": "shop", "commonName": "shop.example.com",
            "dnsName": ["www.shop.example.com"], "statusCode": "2", "daysLeft": 12 }
        ] },
        { "orderId": "ORDER-1002", "subscriptionYears": 1, "subscriptionDaysLeft": 200, "certificates": [
          { "certificateNo": 55883, "certificateName": "api", "commonName": "api.example.com", "statusCode": "1",
            "daysLeft": 20 }
        ] },
        { "orderId": "ORDER-1003", "subscriptionYears": 2, "subscriptionDaysLeft": 420, "certificates": [
          { "certificateNo": 55884, "certificateName": "wildcard", "commonName": "*.example.com",
            "dnsName": ["example.com"], "statusCode": "2", "daysLeft": 9 }
        ] },
        { "orderId": "ORDER-1004", "subscriptionYears": 1, "subscriptionDaysLeft": 300, "certificates": [
          { "certificateNo": 55885, "certificateName": "mail", "commonName": "mail.example.com",
            "dnsName": ["imap.example.com", "smtp.example.com"], "certificateType": "NCP_PAID_OV_01",
            "statusCode": "2", "daysLeft": 13 }
        ] },
        { "//": "The original and the representative that a reissue left; only the latter can be reissued.",
          "orderId": "ORDER-1005", "subscriptionYears": 1, "subscriptionDaysLeft": 250, "certificates": [
          { "certificateNo": 55886, "certificateName": "blog", "commonName": "blog.example.com",
            "statusCode": "2", "daysLeft": 11 },
          { "certificateNo": 55986, "certificateName": "blog", "commonName": "blog.example.com",
            "statusCode": "2", "daysLeft": 190 }
        ] },
        { "//": "A reissue in progress: nothing of this order can be reissued until it ends.",
          "orderId": "ORDER-1006", "subscriptionYears": 1, "subscriptionDaysLeft": 230, "certificates": [
          { "certificateNo": 55887, "certificateName": "docs", "commonName": "docs.example.com",
            "statusCode": "2", "daysLeft": 8 },
          { "certificateNo": 55987, "certificateName": "docs", "commonName": "docs.example.com", "statusCode": "0" }
        ] },
        { "//": "The subscription ends with the certificate: a reissue gains nothing.",
          "orderId": "ORDER-1007", "subscriptionYears": 1, "subscriptionDaysLeft": 10, "certificates": [
          { "certificateNo": 55888, "certificateName": "old", "commonName": "old.example.com", "statusCode": "2",
            "daysLeft": 10 }
        ] }
      ],
      "certificates": [
        { "certificateNo": 55889, "certificateName": "basic", "commonName": "basic.example.com",
          "certificateType": "SANDBOX_CLOUD_BASIC", "statusCode": "1", "daysLeft": 15 }
      ]
    }

    """
}
