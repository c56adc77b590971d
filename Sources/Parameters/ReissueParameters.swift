// The parameters of ReissueCertificate: one table of them, and their typed values.

package import Core
package import JSON

/// A parameter of ReissueCertificate (API guide). ``all`` is the one table of the parameters.
package struct ReissueParameter: Sendable {
  /// Its name in the API, in `reissue` of a template and in results.
  package let name: String
  /// Whether the call needs it.
  package let isRequired: Bool
  /// The longest text that a template may build for it, in bytes.
  package let maximumBytes: Int
  fileprivate let read: Read
  fileprivate let json: @Sendable (ReissueParameters) -> JSONValue?

  fileprivate typealias Read =
    @Sendable (JSONValue, inout ReissueParameters.Draft) throws(ReissueError) -> Void

  /// All parameters, in the order in which they are read and shown.
  package static let all: [ReissueParameter] = [
    ReissueParameter("certificateNo", isRequired: false) { value, draft throws(ReissueError) in
      draft.certificateNumber = try CertificateNumber(parameter: value)
    } json: {
      $0.certificateNumber.map { .string($0.digits) }
    },
    ReissueParameter("certificateName") { value, draft throws(ReissueError) in
      draft.certificateName = try CertificateName(parameter: value)
    } json: {
      .string($0.certificateName.text)
    },
    ReissueParameter("commonName") { value, draft throws(ReissueError) in
      draft.commonName = try ReissueParameters.commonName(value)
    } json: {
      .string($0.commonName.ascii)
    },
    ReissueParameter("dnsName", isRequired: false) { value, draft throws(ReissueError) in
      draft.names = try ReissueParameters.alternativeNames(value, besides: draft.commonName)
    } json: {
      .array($0.alternativeNames.map { .string($0.ascii) })
    },
    ReissueParameter("validationMethod") { value, draft throws(ReissueError) in
      draft.validationMethod = try ValidationMethod(parameter: value)
    } json: {
      .string($0.validationMethod.rawValue)
    },
    ReissueParameter("csr", maximumBytes: SigningRequest.maximumBytes) {
      value, draft throws(ReissueError) in
      draft.signingRequest = try SigningRequestSource(parameter: value)
    } json: {
      $0.signingRequest.json
    },
  ]

  /// The names of ``all``.
  package static let names = all.map(\.name)

  /// The parameter with this name.
  package static func named(_ name: String) -> ReissueParameter? { all.first { $0.name == name } }

  private init(
    _ name: String, isRequired: Bool = true, maximumBytes: Int = DomainName.maximumTextBytes,
    read: @escaping Read, json: @escaping @Sendable (ReissueParameters) -> JSONValue?
  ) {
    self.name = name
    self.isRequired = isRequired
    self.maximumBytes = maximumBytes
    self.read = read
    self.json = json
  }

  /// Checks a value by itself.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - commonName: The value of `commonName`, if it is known: it does not count a second time among other names.
  /// - Throws: ``ReissueError`` with a code `parameters.…` or `csr.…`, and exit 65.
  package func check(_ value: JSONValue, besides commonName: JSONValue?) throws(ReissueError) {
    var draft = ReissueParameters.Draft()
    draft.commonName = commonName.flatMap { try? ReissueParameters.commonName($0) }
    try read(value, &draft)
  }
}

/// The parameters of one call, each of them valid by itself.
package struct ReissueParameters: Hashable, Sendable {
  /// The most names of a certificate. The service documents none; public authorities accept 100 (Let's Encrypt) to
  /// 250 (DigiCert, Sectigo).
  static let maximumNames = 250
  /// The most warnings of one kind about names.
  private static let maximumNameWarnings = 5

  /// The number of the certificate; `nil` means that the certificate is looked up by its names.
  package var certificateNumber: CertificateNumber?
  /// The name in the account.
  package var certificateName: CertificateName
  /// The common name.
  package var commonName: DomainName
  /// The other names, without the common name, in the order given.
  package var alternativeNames: [DomainName]
  /// How the domains are validated.
  package var validationMethod: ValidationMethod
  /// Where the signing request comes from.
  package var signingRequest: SigningRequestSource

  /// What has been read.
  fileprivate struct Draft {
    var certificateNumber: CertificateNumber?
    var certificateName: CertificateName?
    var commonName: DomainName?
    var names: [DomainName] = []
    var validationMethod: ValidationMethod?
    var signingRequest: SigningRequestSource?
  }

  /// Reads the values that a template rendered.
  ///
  /// - Throws: ``ReissueError`` with a code `parameters.…` or `csr.…`, exit 65 and the pointer of the member, or
  ///   `template.parameter-missing`, exit 78.
  package init(rendered: JSONObject) throws(ReissueError) {
    var draft = Draft()
    for parameter in ReissueParameter.all {
      if let value = rendered[parameter.name] { try parameter.read(value, &draft) }
    }
    guard let certificateName = draft.certificateName, let commonName = draft.commonName,
      let validationMethod = draft.validationMethod, let signingRequest = draft.signingRequest
    else {
      let missing = ReissueParameter.all.filter { $0.isRequired && rendered[$0.name] == nil }
      throw .parameterMissing(missing.map(\.name).joined(separator: ", "))
    }
    self.certificateNumber = draft.certificateNumber
    self.certificateName = certificateName
    self.commonName = commonName
    self.alternativeNames = draft.names
    self.validationMethod = validationMethod
    self.signingRequest = signingRequest
  }

  fileprivate static func commonName(_ value: JSONValue) throws(ReissueError) -> DomainName {
    let name = try domainName(value, parameter: "commonName")
    guard name.ascii.utf8.count <= DomainName.maximumCommonName else {
      throw ReissueError(
        parameter: "commonName",
        "is longer than \(DomainName.maximumCommonName) characters, the most that X.509 allows",
        hint: "put a shorter name there, and this one under dnsName")
    }
    return name
  }

  fileprivate static func alternativeNames(
    _ value: JSONValue, besides commonName: DomainName?
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
    var seen = Set([commonName].compactMap(\.self))
    for value in values {
      let name = try domainName(value, parameter: "dnsName")
      if seen.insert(name).inserted { names.append(name) }
    }
    // A common name that is not known may be one of them.
    guard names.count + (commonName == nil ? 0 : 1) <= maximumNames else {
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
      let name = try DomainName(text)
      guard !name.isWildcardOfRegistry else {
        throw DomainName.Problem(
          reason: "is a wildcard directly below a public suffix, which no authority certifies")
      }
      return name
    } catch {
      throw ReissueError(
        parameter: parameter, "is not a host name: \(Text.quoted(text)) \(error.reason)",
        hint: "a host name such as shop.example.com, or a wildcard such as *.example.com")
    }
  }

  /// The common name, then the other names.
  package var names: [DomainName] { [commonName] + alternativeNames }

  /// Warnings: legal values that are probably not intended.
  package var warnings: [String] {
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
    warnings += names.filter(\.isSingleLabel).prefix(Self.maximumNameWarnings).map {
      "\($0): no public authority certifies a name of one label"
    }
    // A loop: a lazy filter would evaluate its condition twice, and a search in the list of registries is slow.
    var registry: [DomainName] = []
    for name in names where registry.count < Self.maximumNameWarnings {
      if !name.isSingleLabel, name.isOfRegistry { registry.append(name) }
    }
    return warnings
      + registry.map { "\($0): no public authority certifies the names of a registry" }
  }

  /// The parameters as `render` and results show them: a signing request as it was given, a key by its file name or
  /// its kind.
  package var json: JSONObject {
    var members: [(name: String, value: JSONValue)] = []
    members.reserveCapacity(ReissueParameter.all.count)
    for parameter in ReissueParameter.all {
      if let value = parameter.json(self) { members.append((parameter.name, value)) }
    }
    return JSONObject(distinct: members)
  }
}

extension ReissueError {
  /// A template without a required parameter.
  package static func parameterMissing(_ names: String) -> ReissueError {
    ReissueError(
      "template.parameter-missing", "the template does not set \(names)",
      hint: "set it under reissue", exit: .configuration, place: Place(pointer: "/reissue"))
  }
}
