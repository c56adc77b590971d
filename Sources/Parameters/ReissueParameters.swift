// What a template made of an item becomes typed parameters of the call, each checked for itself.

package import Core
package import JSON

/// The parameters of ReissueCertificate (API guide, ReissueCertificate), valid each for itself.
package struct ReissueParameters: Hashable, Sendable {
  /// The members of `reissue` in a template, as the API names them.
  package static let memberNames = [
    "certificateNo", "certificateName", "commonName", "dnsName", "validationMethod", "csr",
  ]
  /// Those of them without which there is no call.
  package static let requiredNames = ["certificateName", "commonName", "validationMethod", "csr"]

  /// The most names of a certificate. The service documents none; public authorities take 100 (Let's Encrypt) to
  /// 250 (DigiCert, Sectigo).
  static let maximumNames = 250
  /// How many warnings about names an item has at most; they are all of the same kind.
  private static let maximumNameWarnings = 5

  /// The certificate that was asked for; `nil` means that it is looked up by its names.
  package var certificateNumber: CertificateNumber?
  /// The name in the account.
  package var certificateName: CertificateName
  /// The common name.
  package var commonName: DomainName
  /// The further names, without the common name, in the order given.
  package var alternativeNames: [DomainName]
  /// How the domains are validated.
  package var validationMethod: ValidationMethod
  /// Where the signing request comes from.
  package var signingRequest: SigningRequestSource
  /// What is legal but unlikely to be meant.
  package var warnings: [String]

  /// Reads what a template gave.
  ///
  /// - Throws: ``ReissueError`` with a code `parameters.…`, exit 65 and the pointer of the member.
  package init(rendered: JSONObject) throws(ReissueError) {
    func required(_ name: String) throws(ReissueError) -> JSONValue {
      guard let value = rendered[name] else {
        throw ReissueError(
          "template.parameter-missing", "the template does not set \(name)",
          hint: "set it under reissue", exit: .configuration, place: Place(pointer: "/reissue"))
      }
      return value
    }
    certificateNumber = try Self.number(rendered["certificateNo"])
    certificateName = try CertificateName(parameter: required("certificateName"))
    commonName = try Self.commonName(required("commonName"))
    alternativeNames = try Self.alternativeNames(rendered["dnsName"] ?? [], besides: commonName)
    validationMethod = try ValidationMethod(parameter: required("validationMethod"))
    signingRequest = try SigningRequestSource(parameter: required("csr"))
    warnings = []
    warnings = foundWarnings
  }

  /// Checks the value of one parameter by itself.
  package static func check(_ value: JSONValue, of name: String) throws(ReissueError) {
    switch name {
    case "certificateNo": _ = try CertificateNumber(parameter: value)
    case "certificateName": _ = try CertificateName(parameter: value)
    case "commonName": _ = try commonName(value)
    case "dnsName": _ = try alternativeNames(value)
    case "validationMethod": _ = try ValidationMethod(parameter: value)
    case "csr": _ = try SigningRequestSource(parameter: value)
    default: break
    }
  }

  private static func number(_ value: JSONValue?) throws(ReissueError) -> CertificateNumber? {
    guard let value else { return nil }
    return try CertificateNumber(parameter: value)
  }

  private static func commonName(_ value: JSONValue) throws(ReissueError) -> DomainName {
    let name = try domainName(value, parameter: "commonName")
    guard name.ascii.utf8.count <= DomainName.maximumCommonName else {
      throw ReissueError(
        parameter: "commonName",
        "is longer than \(DomainName.maximumCommonName) characters, the most that X.509 allows",
        hint: "put a shorter name there, and this one under dnsName")
    }
    return name
  }

  private static func alternativeNames(
    _ value: JSONValue, besides commonName: DomainName? = nil
  ) throws(ReissueError) -> [DomainName] {
    let values: [JSONValue]
    switch value {
    case .array(let elements): values = elements
    case .string: values = [value]
    default:
      throw ReissueError(
        parameter: "dnsName", "is not an array of names: \(value.shown)", hint: "write [] for none")
    }
    var names: [DomainName] = []
    for value in values { names.append(try domainName(value, parameter: "dnsName")) }
    // One name, as most certificates have, is seen without a set.
    if names.count == 1 { return names.first == commonName ? [] : names }
    var seen = Set([commonName].compactMap(\.self))
    names.removeAll { !seen.insert($0).inserted }
    guard names.count < maximumNames else {
      throw ReissueError(
        parameter: "dnsName",
        "has \(names.count) names, and with the common name a certificate takes \(maximumNames)",
        hint: "reissue them with more than one certificate")
    }
    return names
  }

  private static func domainName(
    _ value: JSONValue, parameter: String
  ) throws(ReissueError) -> DomainName {
    guard let text = value.string else {
      throw ReissueError(
        parameter: parameter, "is not a host name: \(value.shown)",
        hint: "a host name or wildcard as text")
    }
    do throws(DomainName.Problem) {
      return try DomainName(text)
    } catch {
      throw ReissueError(
        parameter: parameter, "is not a host name: \(Text.quoted(text)) \(error.reason)",
        hint: "a host name such as shop.example.com, or a wildcard such as *.example.com")
    }
  }

  /// The common name and the further names.
  package var names: [DomainName] { [commonName] + alternativeNames }

  private var foundWarnings: [String] {
    var warnings: [String] = []
    if !certificateName.keepsServiceRule {
      warnings.append(
        "certificateName: the service asks for 3 to 20 letters, digits and hyphens, a letter first, "
          + "at least for new certificates")
    }
    switch validationMethod {
    case .dns: break
    case .persistentDNS:
      warnings.append("validationMethod: PD is not documented for a reissue")
    case .email:
      warnings.append(
        "validationMethod: validation by e-mail was announced to end in February 2026")
    }
    let single = names.filter(\.isSingleLabel)
    warnings += single.prefix(Self.maximumNameWarnings).map {
      "\($0): no public authority certifies a name of one label"
    }
    // A loop, because a lazy filter would look each name up twice, and the list of registries is slow to ask.
    var registry: [DomainName] = []
    for name in names where registry.count < Self.maximumNameWarnings {
      if !name.isSingleLabel, name.isOfRegistry { registry.append(name) }
    }
    warnings += registry.map { "\($0): no public authority certifies the names of a registry" }
    return warnings
  }
}

extension ReissueParameters {
  /// The parameters as `render` shows them and results repeat them: a signing request as it was
  /// given, a key by the name of its file or by its kind.
  package var json: JSONObject {
    JSONObject.present([
      ("certificateNo", certificateNumber.map { .string($0.digits) }),
      ("certificateName", .string(certificateName.text)),
      ("commonName", .string(commonName.ascii)),
      ("dnsName", .array(alternativeNames.map { .string($0.ascii) })),
      ("validationMethod", .string(validationMethod.rawValue)),
      ("csr", signingRequest.json),
    ])
  }
}
