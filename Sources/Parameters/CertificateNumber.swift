package import Core
package import JSON

/// The number of a certificate in Certificate Manager; it goes into the path of the call, so nothing
/// but digits may pass.
package struct CertificateNumber: Hashable, Sendable, CustomStringConvertible {
  /// The longest number, in digits: what 64 bits can hold at most.
  package static let maximumDigits = 19

  /// The digits.
  package let digits: String

  /// Takes 1 to 19 ASCII digits without a leading zero; `nil` for anything else.
  package init?(_ digits: String) {
    let bytes = digits.utf8
    guard (1...Self.maximumDigits).contains(bytes.count), bytes.first != UInt8(ascii: "0"),
      bytes.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    self.digits = digits
  }

  /// Takes a positive integer, or its digits as text.
  package init(parameter value: JSONValue) throws(ReissueError) {
    let number: CertificateNumber? =
      switch value {
      case .integer(let integer): CertificateNumber(String(integer))
      case .string(let text): CertificateNumber(text)
      default: nil
      }
    guard let number else {
      throw ReissueError(
        parameter: "certificateNo", "is not a certificate number: \(value.shown)",
        hint: "a positive integer, or text of 1 to 19 digits without leading zero; "
          + "leave it out to look the certificate up by its names")
    }
    self = number
  }

  /// Takes a number of the command line.
  ///
  /// - Throws: ``ReissueError`` with code `usage.number`, exit 64.
  package init(argument text: String) throws(ReissueError) {
    guard let number = CertificateNumber(text) else {
      throw ReissueError(
        "usage.number", "\(Text.quoted(text)) is not a certificate number",
        hint: "1 to 19 digits, as ncloud-reissue certificates shows them", exit: .usage)
    }
    self = number
  }

  package var description: String { digits }
}

/// What a certificate is called in the account.
package struct CertificateName: Hashable, Sendable {
  /// No length is documented for a reissue; 100 is far above the 30 that older names reach.
  static let maximumCharacters = 100

  /// The name.
  package let text: String

  /// Takes 1 to 100 characters without control characters.
  package init(parameter value: JSONValue) throws(ReissueError) {
    guard let text = value.string, (1...Self.maximumCharacters).contains(text.unicodeScalars.count),
      !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else {
      throw ReissueError(
        parameter: "certificateName", "is not a certificate name: \(value.shown)",
        hint: "1 to \(Self.maximumCharacters) characters without control characters")
    }
    self.text = text
  }

  /// Whether the name keeps the rule that the service is known to have for new certificates:
  /// 3 to 20 letters, digits and hyphens, a letter first (createExternalCertificate, API guide).
  package var keepsServiceRule: Bool {
    let bytes = Array(text.utf8)
    func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }
    return (3...20).contains(bytes.count) && isLetter(bytes.first ?? 0)
      && bytes.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
  }
}

/// How the certificate authority proves that the domains are the user's.
package enum ValidationMethod: String, Hashable, Sendable, CaseIterable {
  /// A DNS record: what the API guide names for a reissue.
  case dns = "D"
  /// A lasting DNS TXT record: known from new Advanced certificates, not named for a reissue.
  case persistentDNS = "PD"
  /// E-mail: announced to end in February 2026.
  case email = "E"

  /// Takes `D`, `PD` or `E`.
  package init(parameter value: JSONValue) throws(ReissueError) {
    guard let method = value.string.flatMap(Self.init(rawValue:)) else {
      throw ReissueError(
        parameter: "validationMethod", "is not a validation method: \(value.shown)", hint: "use D")
    }
    self = method
  }
}

extension JSONValue {
  /// The value in a message: short, escaped, on one line.
  var shown: String {
    switch self {
    case .string(let text): Text.quoted(text)
    case .null, .boolean, .integer, .real: JSONEncoder.text(self)
    case .array, .object: "an \(typeName)"
    }
  }
}

extension ReissueError {
  /// A parameter whose value cannot be used: `parameters.certificate-no` for `certificateNo`.
  package init(parameter name: String, _ problem: String, hint: String? = nil) {
    var code = "parameters."
    for letter in name.unicodeScalars {
      if letter.properties.isUppercase { code += "-" }
      code += letter.properties.lowercaseMapping
    }
    self.init(
      code, "\(name) \(problem)", hint: hint, exit: .event,
      place: Place(pointer: "/reissue/" + JSONPointer.escaped(name)))
  }
}
