package import Core
package import JSON

/// The number of a certificate in Certificate Manager. It becomes part of the path of the call, so it holds only
/// digits.
package struct CertificateNumber: Hashable, Sendable, CustomStringConvertible {
  /// The longest number, in digits: the most that 64 bits can hold.
  package static let maximumDigits = 19

  /// The digits.
  package let digits: String

  /// Takes 1 to 19 ASCII digits without a leading zero; `nil` for any other text.
  package init?(_ digits: String) {
    guard digits.isDigits, digits.utf8.count <= Self.maximumDigits, !digits.hasPrefix("0") else {
      return nil
    }
    self.digits = digits
  }

  /// Takes a positive integer, or its digits as text.
  ///
  /// - Throws: ``ReissueError`` with code `parameters.certificate-no`.
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

/// The name of a certificate in the account.
package struct CertificateName: Hashable, Sendable {
  /// No length is documented for a reissue; older names have up to 30 characters, so 100 refuses no real name.
  static let maximumCharacters = 100

  /// The name.
  package let text: String

  /// Takes 1 to 100 characters without control characters.
  ///
  /// - Throws: ``ReissueError`` with code `parameters.certificate-name`.
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

  /// Whether the name has 3 to 20 letters, digits and hyphens and begins with a letter: the rule for new certificates
  /// (API guide, createExternalCertificate).
  package var keepsServiceRule: Bool {
    (3...20).contains(text.utf8.count) && !text.prefix(1).isDigits && !text.hasPrefix("-")
      && text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
  }
}

/// How the certificate authority checks that the user controls the domains.
package enum ValidationMethod: String, Hashable, Sendable, CaseIterable {
  /// A DNS record: the only method that the API guide documents for a reissue.
  case dns = "D"
  /// A permanent DNS TXT record: documented for new Advanced certificates, not for a reissue.
  case persistentDNS = "PD"
  /// E-mail: announced to end in February 2026.
  case email = "E"

  /// Takes `D`, `PD` or `E`.
  ///
  /// - Throws: ``ReissueError`` with code `parameters.validation-method`.
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
  /// A parameter with an unusable value; the code for `certificateNo` is `parameters.certificate-no`.
  package init(parameter name: String, _ problem: String, hint: String? = nil) {
    var code = "parameters."
    for letter in name.unicodeScalars {
      if letter.properties.isUppercase { code += "-" }
      code += letter.properties.lowercaseMapping
    }
    self.init(
      code, "\(name) \(problem)", hint: hint, exit: .event,
      place: Place(pointer: JSONPointer.member(name, of: "/reissue")))
  }
}
