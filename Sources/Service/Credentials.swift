// The key pair of an account: looked for in one place after the other, both halves from one source.

package import Core
package import Crypto
internal import Platform

/// An access key and its secret key.
package struct Credentials: Sendable {
  /// The id of the key; it travels in a header and is no secret.
  package let accessKey: String
  /// What signatures are made with.
  package let secretKey: SecretBytes
  /// Where the pair was found, for people.
  package let source: String
  /// The zone that the source names besides the pair, if it is not the public one: `gov` or `fin`.
  var zone: String?
}

extension Credentials {
  /// A credentials file or a systemd credential: two short lines.
  static let maximumFileBytes = 64 << 10

  /// The spellings that NAVER Cloud's own tools read, in the order of precedence.
  private static let accessKeyVariables = ["NCLOUD_ACCESS_KEY", "NCLOUD_ACCESS_KEY_ID"]
  /// The same for the secret key; no event holds their values.
  package static let secretKeyVariables = ["NCLOUD_SECRET_KEY", "NCLOUD_SECRET_ACCESS_KEY"]

  /// Finds the key pair: an explicit profile of `~/.ncloud/configure`; else the files of systemd's
  /// `LoadCredential`; else the environment; else the default profile.
  ///
  /// - Throws: ``ReissueError``, exit 77, with a code `credentials.…`.
  package static func find(profile: String?, context: Context) throws(ReissueError) -> Credentials {
    if let profile { return try fromProfile(profile, context: context) }
    if let credentials = try fromSystemd(context) { return credentials }
    if let credentials = try fromEnvironment(context) { return credentials }
    if let path = profilePath(context), context.files.isTaken(path) {
      return try fromProfile("DEFAULT", context: context)
    }
    throw ReissueError(
      "credentials.missing", "no credentials were found",
      hint: "set NCLOUD_ACCESS_KEY and NCLOUD_SECRET_KEY, give systemd credentials access-key and "
        + "secret-key, or write ~/.ncloud/configure", exit: .credentials)
  }

  private static func fromSystemd(_ context: Context) throws(ReissueError) -> Credentials? {
    guard let folder = context.environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty else {
      return nil
    }
    let access = "\(folder)/access-key"
    let secret = "\(folder)/secret-key"
    guard context.files.isTaken(access) || context.files.isTaken(secret) else { return nil }
    let accessKey = try credential(access, limit: maximumFileBytes, context)
    var secretKey = try credential(secret, limit: maximumFileBytes, context)
    return try pair(
      String(decoding: accessKey, as: UTF8.self), &secretKey, secretKey.indices,
      source: "systemd credentials", names: ("access-key", "secret-key"))
  }

  /// A credential of systemd, or of who acts as it.
  package static func credential(
    _ path: String, limit: Int, _ context: Context
  ) throws(ReissueError) -> [UInt8] {
    try secret(
      "the credential \(Text.quoted(path))", path, limit: limit,
      hint: "check LoadCredential= of the unit", context)
  }

  private static func fromEnvironment(_ context: Context) throws(ReissueError) -> Credentials? {
    let access = accessKeyVariables.lazy.compactMap { context.environment[$0] }
      .first { !$0.isEmpty }
    let secret = secretKeyVariables.lazy.compactMap { context.secret($0) }.first { !$0.isEmpty }
    guard access != nil || secret != nil else { return nil }
    var secretKey = secret ?? []
    var found = try pair(
      access ?? "", &secretKey, secretKey.indices, source: "environment",
      names: (accessKeyVariables[0], secretKeyVariables[0]))
    found.zone = zone(of: context.environment["NCLOUD_API_GW"])
    return found
  }

  /// The zone of the general gateway that tools of other services call; it is not the host of this service.
  static func zone(of gateway: String?) -> String? {
    ["gov", "fin"].first { gateway?.lowercased().contains("\($0)-ntruss.com") == true }
  }

  /// Both halves, without the white space around them that files and shells add.
  ///
  /// - Parameters:
  ///   - access: The access key.
  ///   - bytes: What holds the secret key; it is wiped.
  ///   - part: Where in `bytes` the secret key is.
  ///   - source: Where the pair was found, for messages.
  ///   - names: What the source calls the two halves.
  static func pair(
    _ access: String, _ bytes: inout [UInt8], _ part: Range<Int>, source: String,
    names: (String, String)
  ) throws(ReissueError) -> Credentials {
    let access = trimmed(access)
    let secret = SecretBytes(taking: &bytes, trimmed(part, of: bytes))
    try check(access.utf8.count, areVisible(access.utf8), names.0, source)
    try check(
      secret.count, secret.withSpan { key in key.indices.allSatisfy { isVisible(key[$0]) } },
      names.1, source)
    return Credentials(accessKey: access, secretKey: secret, source: source)
  }

  private static func check(
    _ count: Int, _ areVisible: Bool, _ name: String, _ source: String
  ) throws(ReissueError) {
    guard count > 0 else {
      throw ReissueError(
        "credentials.incomplete", "\(name) is missing in the \(source)",
        hint: "both halves of the key pair must come from one source", exit: .credentials)
    }
    guard areVisible else {
      throw ReissueError(
        "credentials.malformed", "\(name) in the \(source) holds a character that no key has",
        hint: "copy it again from the console, without quotes or blanks", exit: .credentials)
    }
  }

  /// The access key goes into a header, where anything but visible ASCII could forge another.
  private static func isVisible(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }

  private static func areVisible(_ bytes: String.UTF8View) -> Bool {
    bytes.allSatisfy { isVisible($0) }
  }

  /// A part of some bytes without the white space around it.
  static func trimmed(_ part: Range<Int>, of bytes: [UInt8]) -> Range<Int> {
    func isBlank(_ index: Int) -> Bool { " \t\n\r".utf8.contains(bytes[index]) }
    guard let first = part.first(where: { !isBlank($0) }),
      let last = part.last(where: { !isBlank($0) })
    else { return part.lowerBound..<part.lowerBound }
    return first..<(last + 1)
  }

  /// The text without blanks, tabs and line ends around it.
  package static func trimmed(_ text: String) -> String {
    let isBlank: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
    let scalars = text.unicodeScalars.drop(while: isBlank)
    guard let last = scalars.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(scalars[...last])
  }
}
