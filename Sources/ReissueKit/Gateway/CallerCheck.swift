// `callerCheck` of the configuration: how those who call through a web server prove who they are.

internal import Core
internal import JSON
internal import Templates

/// How callers of `cgi` are proved. Keys are names here; they are read when a request comes.
package enum CallerCheck: Hashable, Sendable {
  /// `"none"`: somebody else proves them, and the configuration says so aloud.
  case off
  /// Any one of these proves a caller.
  case anyOf([Proof])

  /// One way to prove a caller.
  package struct Proof: Hashable, Sendable {
    let form: CallerProof.Form
    let keys: [KeyName]
  }

  /// Where a key lies.
  package enum KeyName: Hashable, Sendable {
    /// A file that its owner alone may read, by its path.
    case file(String)
    /// A credential of systemd (`LoadCredential=`), by its name.
    case credential(String)
  }

  /// A signed timestamp may be so old, or so far ahead, unless the configuration says otherwise.
  static let defaultTolerance = TimeSpan(seconds: 300)

  /// Reads the member; every mistake is told before anything is done.
  ///
  /// - Throws: ``ReissueError``, exit 78.
  init(_ value: JSONValue, in configuration: Configuration) throws(ReissueError) {
    if let word = value.string {
      // The word itself is not repeated: it may be a key, at the wrong place.
      guard word == "none" else {
        throw Configuration.problem(
          "callerCheck is an object, or the word none", in: configuration.file)
      }
      self = .off
      return
    }
    let section = try Section(
      value, "callerCheck", known: ["bearer", "hmac"], in: configuration)
    var proofs: [Proof] = []
    if let bearer = try section.section("bearer", known: ["keys"]) {
      proofs.append(Proof(form: .bearer, keys: try bearer.keys()))
    }
    if let hmac = try section.section(
      "hmac", known: ["header", "prefix", "timestampHeader", "tolerance", "keys"])
    {
      proofs.append(Proof(form: .signature(try hmac.signatureForm()), keys: try hmac.keys()))
    }
    guard !proofs.isEmpty else {
      throw section.problem("is neither \"none\" nor has it bearer or hmac")
    }
    self = .anyOf(proofs)
  }
}

/// An object in the configuration, every member known.
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
    guard let text = value.string else { throw problem("has a \(member) that is no text") }
    return text
  }

  /// At least one key, each `{"file": PATH}` or `{"credential": NAME}`.
  func keys() throws(ReissueError) -> [CallerCheck.KeyName] {
    guard let elements = members["keys"]?.array, !elements.isEmpty else {
      throw problem("needs keys, such as [{\"file\": \"hook-key\"}]")
    }
    var keys: [CallerCheck.KeyName] = []
    for element in elements {
      let key = try Section(
        element, "\(name).keys", known: ["file", "credential"], in: configuration)
      switch (try key.text("file"), try key.text("credential")) {
      case (let file?, nil) where !file.isEmpty:
        keys.append(.file(configuration.absolute(file)))
      case (nil, let credential?) where !credential.isEmpty && !credential.contains("/"):
        keys.append(.credential(credential))
      default:
        throw key.problem("holds what is neither {\"file\": PATH} nor {\"credential\": NAME}")
      }
    }
    return keys
  }

  func signatureForm() throws(ReissueError) -> CallerProof.SignatureForm {
    guard let header = try headerName("header") else {
      throw problem("needs header, such as \"X-Hub-Signature-256\"")
    }
    var form = CallerProof.SignatureForm(header: header, prefix: try text("prefix") ?? "")
    guard let timestampHeader = try headerName("timestampHeader") else {
      guard members["tolerance"] == nil else {
        throw problem("has a tolerance, but no timestampHeader to hold it against")
      }
      return form
    }
    let tolerance = try text("tolerance").map { TimeSpan($0) } ?? CallerCheck.defaultTolerance
    guard let tolerance, tolerance.seconds > 0 else {
      throw problem("has a tolerance that is no duration such as 90s or 5m")
    }
    form.timestamp = CallerProof.SignedTimestamp(header: timestampHeader, tolerance: tolerance)
    return form
  }

  /// A name that has one variable only (RFC 3875 section 4.1.18): letters, digits and hyphens.
  private func headerName(_ member: String) throws(ReissueError) -> String? {
    guard let name = try text(member) else { return nil }
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-")
    }
    guard isPlain, !name.isEmpty else {
      throw problem("has a \(member) that is no name of a header: \(Text.quoted(name))")
    }
    return name
  }
}
