internal import JSON

/// The body of a ReissueCertificate request, with the types and values that its page documents.
struct ReissueParameters: Hashable, Sendable {
  let signingRequest: String
  let name: String
  let commonName: String
  let dnsNames: [String]
  let validationMethod: String

  /// Reads the body.
  ///
  /// - Throws: 400 with code 2000, the message naming the member and the rule that it breaks.
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

  private func checkValues(_ rules: ReissueRules) throws(ServiceRefusal) {
    guard rules.validationMethods.contains(validationMethod) else {
      throw .invalid(
        "validationMethod must be \(rules.validationMethods.joined(separator: " or "))")
    }
    for domain in [commonName] + dnsNames where !Self.isDomain(domain) {
      throw .invalid("\(domain) is no domain name")
    }
    guard !rules.areNamesStrict || Self.isStrictName(name) else {
      throw .invalid(
        "certificateName can only contain 3-20 English alphabet, numbers, and '-' and must start "
          + "with an alphabetic character")
    }
  }

  /// Letters, digits and hyphens in labels of 1 to 63, 253 at most, perhaps with `*.` in front
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
