// How callers of `cgi` prove who they are: the setting `callerCheck`, its keys, and the check of a request.

package import Core
internal import Crypto
internal import JSON
internal import Platform
internal import Service
internal import Templates

/// The setting `callerCheck`.
package enum CallerCheck: Hashable, Sendable {
  /// `"none"`: something else checks callers, and the configuration says so explicitly.
  case off
  /// A caller must satisfy one of these.
  case anyOf([CallerProof])

  /// A key file holds one short line; a larger file is probably another one, in bytes.
  private static let maximumKeyBytes = 4_096

  /// Without the setting, no caller is accepted.
  private static let missing = ReissueError(
    "configuration.caller-check", "cgi does not run without callerCheck in the configuration",
    hint:
      "say how callers are proved, such as {\"bearer\": {\"keys\": [{\"file\": \"hook-token\"}]}}, "
      + "or \"none\" if the web server proves them", exit: .configuration)

  /// Reads the setting.
  ///
  /// - Throws: ``ReissueError``, exit 78.
  init(_ value: JSONValue, in configuration: Configuration) throws(ReissueError) {
    if let word = value.string {
      // The word is not repeated: it may be a key in the wrong place.
      guard word == "none" else {
        throw Configuration.problem(
          "callerCheck is an object, or the word none", in: configuration.file)
      }
      self = .off
      return
    }
    let section = try Section(
      value, "callerCheck", known: ["bearer", "hmac"], in: configuration)
    var proofs: [CallerProof] = []
    if let bearer = try section.section("bearer", known: ["keys"]) {
      proofs.append(CallerProof(.bearer, keys: try bearer.keys()))
    }
    if let hmac = try section.section(
      "hmac", known: ["header", "prefix", "timestampHeader", "tolerance", "keys"])
    {
      proofs.append(CallerProof(.signature(try hmac.signature()), keys: try hmac.keys()))
    }
    guard !proofs.isEmpty else {
      throw section.problem("is neither \"none\" nor has it bearer or hmac")
    }
    self = .anyOf(proofs)
  }

  /// Checks the caller of a request by its headers, and by its body, which a signature covers.
  ///
  /// - Throws: ``GatewayRefusal``: 401 for an unknown caller, 502 for a missing setting and for unusable keys.
  package static func prove(
    _ request: GatewayRequest, body: [UInt8], by check: CallerCheck?, _ context: Context
  ) throws(GatewayRefusal) {
    guard let check else { throw GatewayRefusal(ofSetup: missing) }
    guard case .anyOf(let proofs) = check else { return }
    // All keys are read: one that cannot be used is reported even if another one is sufficient.
    let keys = try mapError(GatewayRefusal.init(ofSetup:)) { () throws(ReissueError) in
      var keys: [[SecretBytes]] = []
      for proof in proofs { keys.append(try Self.keys(of: proof, context)) }
      return keys
    }
    var reasons: [String] = []
    for (proof, keys) in zip(proofs, keys) {
      guard let reason = proof.form.failure(of: request, body: body, keys, now: context.now())
      else { return }
      reasons.append(reason)
    }
    let error = ReissueError("caller.not-proved", "the caller is not proved", exit: .event)
    var detailed = error
    detailed.message += ": \(reasons.joined(separator: "; "))"
    // One field with all challenges: a script may send each field only once (RFC 3875 section 6.3).
    let challenges = proofs.map { "\($0.form.scheme) realm=\"ncloud-reissue\"" }
    throw GatewayRefusal(
      .unauthorized, detailed,
      fields: [("WWW-Authenticate", challenges.joined(separator: ", "))], shown: error)
  }

  private static func keys(
    of proof: CallerProof, _ context: Context
  ) throws(ReissueError) -> [SecretBytes] {
    var keys: [SecretBytes] = []
    for name in proof.keys {
      // Editors and shells add white space around a key.
      let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
      let whole = try bytes(of: name, context)
      var key = Array(whole.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
      guard !key.isEmpty else {
        throw ReissueError(
          "caller.key-empty", "the key in \(name.place) is empty",
          hint: "openssl rand -hex 32 makes one", exit: .credentials)
      }
      // No header can hold other characters (RFC 6750 section 2.1), so no caller could send such a token.
      guard proof.form != .bearer || key.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw ReissueError(
          "caller.key-malformed", "the token in \(name.place) holds a character that no token has",
          hint: "one line of visible ASCII, without blanks", exit: .credentials)
      }
      keys.append(SecretBytes(taking: &key))
    }
    return keys
  }

  private static func bytes(
    of name: CallerProof.KeyName, _ context: Context
  ) throws(ReissueError) -> [UInt8] {
    switch name {
    case .file(let path):
      return try Credentials.secret(path, path, limit: maximumKeyBytes, context)
    case .credential(let name):
      let folder = context.environment["CREDENTIALS_DIRECTORY"] ?? ""
      guard !folder.isEmpty else {
        throw ReissueError(
          "credentials.unreadable",
          "the credential \(Text.quoted(name)) cannot be read: CREDENTIALS_DIRECTORY is not set",
          hint: "add LoadCredential= to the unit that starts the scripts", exit: .credentials)
      }
      return try Credentials.credential("\(folder)/\(name)", limit: maximumKeyBytes, context)
    }
  }
}

/// One way to prove a caller, with the names of its keys. Each of them is sufficient, so that keys can be rotated.
package struct CallerProof: Hashable, Sendable {
  /// What a caller sends.
  package enum Form: Hashable, Sendable {
    /// `Authorization: Bearer KEY` (RFC 6750 section 2.1).
    case bearer
    /// A header with the HMAC-SHA256 of the body (RFC 2104), in hexadecimal digits.
    case signature(Signature)
  }

  /// How a signature is sent. Names of headers are compared without regard to case.
  package struct Signature: Hashable, Sendable {
    /// The header of the signature.
    package let header: String
    /// The text before the digits, such as `sha256=`; may be empty.
    package var prefix = ""
    /// A header with the time in seconds since 1970, which prevents that an old request is sent again. The signed text
    /// is then this time, a colon, and the body.
    package var timestampHeader: String?
    /// How old that time may be, and how far in the future.
    package var tolerance = TimeSpan(seconds: 300)
  }

  /// Where a key is.
  package enum KeyName: Hashable, Sendable {
    /// A file that only its owner can read, by its path.
    case file(String)
    /// A credential of systemd (`LoadCredential=`), by its name.
    case credential(String)

    fileprivate var place: String {
      switch self {
      case .file(let path): Text.quoted(path)
      case .credential(let name): "the credential \(Text.quoted(name))"
      }
    }
  }

  /// What callers send.
  package let form: Form
  /// The keys.
  package let keys: [KeyName]

  init(_ form: Form, keys: [KeyName]) {
    self.form = form
    self.keys = keys
  }
}

extension CallerProof.Form {
  /// The scheme of the challenge. None is registered for signatures, and no client uses this one.
  fileprivate var scheme: String {
    switch self {
    case .bearer: "Bearer"
    case .signature: "HMAC-SHA256"
    }
  }

  /// Checks a request with these keys, none of which may be empty.
  ///
  /// - Returns: Why the caller is not proved, for the log; it names headers and repeats neither keys nor values.
  func failure(
    of request: GatewayRequest, body: [UInt8], _ keys: [SecretBytes], now: Timestamp
  ) -> String? {
    switch self {
    case .bearer:
      guard let value = request.header("Authorization") else {
        return "no Authorization header came"
      }
      let scheme = "bearer "
      guard value.prefix(scheme.count).lowercased() == scheme else {
        return "the Authorization header holds no bearer token"
      }
      let token = value.dropFirst(scheme.count).drop { $0 == " " }
      // Digests are compared: their length does not depend on the length of the token.
      let digest = SHA256.digest(Array(token.utf8))
      return keys.containsInConstantTime(digest) { SHA256.digest($0) }
        ? nil : "the bearer token is none of those that are configured"
    case .signature(let form): return form.failure(of: request, body: body, keys, now: now)
    }
  }
}

extension CallerProof.Signature {
  /// The longest time that is read, in digits; the current time has ten.
  private static let maximumDigits = 12

  fileprivate func failure(
    of request: GatewayRequest, body: [UInt8], _ keys: [SecretBytes], now: Timestamp
  ) -> String? {
    guard let value = request.header(header) else { return "no \(header) header came" }
    guard value.hasPrefix(prefix),
      let code = Hexadecimal.decode(String(value.dropFirst(prefix.count)))
    else { return "the \(header) header is not \(prefix)HEXADECIMAL" }
    var message = body
    var time = ""
    if let timestampHeader {
      guard let text = request.header(timestampHeader) else {
        return "no \(timestampHeader) header came"
      }
      message = Array("\(text):".utf8) + body
      time = text
    }
    guard keys.containsInConstantTime(code, { HMACSHA256.authenticate(message, key: $0) }) else {
      return "the signature in \(header) fits none of the keys"
    }
    guard let timestampHeader else { return nil }
    guard time.utf8.count <= Self.maximumDigits, time.isDigits, let seconds = Int(time) else {
      return "the \(timestampHeader) header is not a time in seconds since 1970"
    }
    let age = now.seconds - seconds
    guard abs(age) > tolerance.seconds else { return nil }
    return "the signed time of \(timestampHeader) is \(abs(age)) s "
      + "\(age > 0 ? "old" : "ahead"), and \(tolerance.seconds) s are allowed"
  }
}

extension [SecretBytes] {
  /// Whether `code` is what `make` returns for one of the keys. All keys are tried, so that the time does not show
  /// which one fits.
  fileprivate func containsInConstantTime(_ code: [UInt8], _ make: (SecretBytes) -> [UInt8]) -> Bool
  {
    var isFound = false
    for key in self where isEqualInConstantTime(code, make(key)) { isFound = true }
    return isFound
  }
}

/// An object in the configuration without unknown members.
private struct Section {
  let members: JSONObject
  let name: String
  let configuration: Configuration

  init(
    _ value: JSONValue, _ name: String, known: [String], in configuration: Configuration
  ) throws(ReissueError) {
    self.name = name
    self.configuration = configuration
    guard let object = value.object else {
      throw Configuration.problem(
        "\(name) cannot be a \(value.typeName)", in: configuration.file)
    }
    var members = JSONObject()
    for (member, value) in object where !TemplateReader.isComment(member) {
      guard known.contains(member) else {
        throw Configuration.unknown(
          "\(name).\(member)", among: known.map { "\(name).\($0)" },
          in: configuration.file)
      }
      members[member] = value
    }
    self.members = members
  }

  func problem(_ text: String) -> ReissueError {
    Configuration.problem("\(name) \(text)", in: configuration.file)
  }

  func section(_ member: String, known: [String]) throws(ReissueError) -> Section? {
    guard let value = members[member] else { return nil }
    return try Section(value, "\(name).\(member)", known: known, in: configuration)
  }

  func text(_ member: String) throws(ReissueError) -> String? {
    guard let value = members[member] else { return nil }
    guard let text = value.string else { throw problem("has a \(member) that is not a string") }
    return text
  }

  /// One or more keys, each `{"file": PATH}` or `{"credential": NAME}`.
  func keys() throws(ReissueError) -> [CallerProof.KeyName] {
    guard let elements = members["keys"]?.array, !elements.isEmpty else {
      throw problem("needs keys, such as [{\"file\": \"hook-key\"}]")
    }
    var keys: [CallerProof.KeyName] = []
    for element in elements {
      let key = try Section(
        element, "\(name).keys", known: ["file", "credential"], in: configuration)
      switch (try key.text("file"), try key.text("credential")) {
      case (let file?, nil) where !file.isEmpty:
        keys.append(.file(configuration.absolute(file)))
      case (nil, let credential?) where !credential.isEmpty && !credential.contains("/"):
        keys.append(.credential(credential))
      default:
        throw key.problem("needs elements that are {\"file\": PATH} or {\"credential\": NAME}")
      }
    }
    return keys
  }

  func signature() throws(ReissueError) -> CallerProof.Signature {
    guard let header = try headerName("header") else {
      throw problem("needs header, such as \"X-Hub-Signature-256\"")
    }
    var form = CallerProof.Signature(header: header, prefix: try text("prefix") ?? "")
    form.timestampHeader = try headerName("timestampHeader")
    guard let text = try text("tolerance") else { return form }
    guard form.timestampHeader != nil else {
      throw problem("has a tolerance, but no timestampHeader that it applies to")
    }
    guard let tolerance = TimeSpan(text), tolerance.seconds > 0 else {
      throw problem("has a tolerance that is not a duration such as 90s or 5m")
    }
    form.tolerance = tolerance
    return form
  }

  /// A name of letters, digits and hyphens: any other character could lead to the variable of another header (RFC 3875
  /// section 4.1.18).
  private func headerName(_ member: String) throws(ReissueError) -> String? {
    guard let name = try text(member) else { return nil }
    let isPlain = name.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
    guard isPlain, !name.isEmpty else {
      throw problem("has a \(member) that is not the name of a header: \(Text.quoted(name))")
    }
    return name
  }
}
