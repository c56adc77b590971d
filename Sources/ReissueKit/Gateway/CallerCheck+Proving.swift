// The keys of `callerCheck` are read, and a caller is proved or refused.

package import Core
internal import Crypto
internal import Platform
internal import Service

extension CallerCheck {
  /// A key is one short line; more is another file by mistake.
  static let maximumKeyBytes = 4_096

  /// The realm of the challenge (RFC 9110 section 11.5).
  private static let realm = "realm=\"ncloud-reissue\""

  /// What is wrong when nothing is said: an open door must be asked for.
  static let missing = ReissueError(
    "configuration.caller-check", "cgi does not run without callerCheck in the configuration",
    hint:
      "say how callers are proved, such as {\"bearer\": {\"keys\": [{\"file\": \"hook-token\"}]}}, "
      + "or \"none\" if the web server proves them", exit: .configuration)

  /// Proves the caller of a request.
  ///
  /// - Parameters:
  ///   - check: The setting; without one nobody is let in.
  ///   - request: Its headers hold the proof.
  ///   - body: The bytes that a signature is of.
  ///   - context: The clock, and the files that hold keys.
  /// - Throws: ``GatewayRefusal``: 401 for a caller who is not proved, 502 for keys that cannot be used.
  package static func prove(
    _ request: GatewayRequest, body: [UInt8], by check: CallerCheck?, _ context: Context
  ) throws(GatewayRefusal) {
    guard let check else { throw GatewayRefusal(ofSetup: missing) }
    guard case .anyOf(let named) = check else { return }
    var reasons: [String] = []
    for proof in try read(named, context) {
      guard let reason = proof.failure(of: request, body: body, now: context.now()) else { return }
      reasons.append(reason)
    }
    let code = "caller.not-proved"
    throw GatewayRefusal(
      .unauthorized,
      ReissueError(
        code, "the caller is not proved: \(reasons.joined(separator: "; "))", exit: .event),
      // One line: a script may send each field once (RFC 3875 section 6.3).
      fields: [
        (
          "WWW-Authenticate",
          named.map { "\($0.form.scheme) \(realm)" }.joined(separator: ", ")
        )
      ],
      shown: ReissueError(code, "the caller is not proved", exit: .event))
  }

  /// Reads all keys: one that cannot be used is told even if another would have sufficed.
  private static func read(
    _ named: [Proof], _ context: Context
  ) throws(GatewayRefusal) -> [CallerProof] {
    do throws(ReissueError) {
      var proofs: [CallerProof] = []
      for proof in named {
        var keys: [SecretBytes] = []
        for name in proof.keys { keys.append(try key(name, for: proof.form, context)) }
        proofs.append(CallerProof(proof.form, keys: keys))
      }
      return proofs
    } catch {
      throw GatewayRefusal(ofSetup: error)
    }
  }

  /// One key, without the white space around it that editors and shells add.
  private static func key(
    _ name: KeyName, for form: CallerProof.Form, _ context: Context
  ) throws(ReissueError) -> SecretBytes {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
    let whole = try bytes(name, context)
    var bytes = Array(whole.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    guard !bytes.isEmpty else {
      throw ReissueError(
        "caller.key-empty", "the key in \(name.place) is empty",
        hint: "openssl rand -hex 32 makes one", exit: .credentials)
    }
    // Nothing else can stand in a header, so such a key would fit nobody (RFC 6750 section 2.1).
    guard form != .bearer || bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw ReissueError(
        "caller.key-malformed", "the token in \(name.place) holds a character that no token has",
        hint: "one line of visible ASCII, without blanks", exit: .credentials)
    }
    return SecretBytes(taking: &bytes)
  }

  private static func bytes(
    _ name: KeyName, _ context: Context
  ) throws(ReissueError) -> [UInt8] {
    switch name {
    case .file(let path):
      return try Credentials.privateFile(path, limit: maximumKeyBytes, context)
    case .credential(let name):
      let folder = context.environment["CREDENTIALS_DIRECTORY"] ?? ""
      guard !folder.isEmpty else {
        throw ReissueError(
          "credentials.unreadable",
          "the credential \(Text.quoted(name)) is wanted, but CREDENTIALS_DIRECTORY is not set",
          hint: "add LoadCredential= to the unit that starts the scripts", exit: .credentials)
      }
      return try Credentials.credential("\(folder)/\(name)", limit: maximumKeyBytes, context)
    }
  }
}

extension CallerCheck.KeyName {
  /// Where it lies, for people.
  var place: String {
    switch self {
    case .file(let path): Text.quoted(path)
    case .credential(let name): "the credential \(Text.quoted(name))"
    }
  }
}

extension CallerProof.Form {
  /// The scheme of the challenge. For signatures none is registered, and nobody answers to it.
  fileprivate var scheme: String {
    switch self {
    case .bearer: "Bearer"
    case .signature: "HMAC-SHA256"
    }
  }
}
