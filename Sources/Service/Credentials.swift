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

  /// The variables of the access key that NAVER Cloud's own tools read, in the order of precedence.
  private static let accessKeyVariables = ["NCLOUD_ACCESS_KEY", "NCLOUD_ACCESS_KEY_ID"]
  /// The variables of the secret key, in the order of precedence. Their values never become a part of an event.
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

  /// A credential of systemd (`LoadCredential=`).
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

  /// Both halves, without the white space around them that files and shells add. The secret key is a part of `bytes`,
  /// which are wiped. Messages name the source, and what it calls the halves.
  static func pair(
    _ access: String, _ bytes: inout [UInt8], _ part: Range<Int>, source: String,
    names: (String, String)
  ) throws(ReissueError) -> Credentials {
    let access = trimmed(access)
    let secret = SecretBytes(taking: &bytes, trimmed(part, of: bytes))
    try check(access.utf8.count, access.utf8.allSatisfy(isVisible), names.0, source)
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
    let bytes = Array(text.utf8)
    return String(decoding: bytes[trimmed(bytes.indices, of: bytes)], as: UTF8.self)
  }
}

// `~/.ncloud/configure`, the file that NAVER Cloud's own tools share.
extension Credentials {
  private static let accessKeyNames = ["ncloud_access_key_id", "ncloud_access_key"]
  private static let secretKeyNames = ["ncloud_secret_access_key", "ncloud_secret_key"]

  /// The path of the file; `nil` where there is no home.
  static func profilePath(_ context: Context) -> String? {
    guard let home = context.environment["HOME"], !home.isEmpty else { return nil }
    return "\(home)/.ncloud/configure"
  }

  static func fromProfile(_ profile: String, context: Context) throws(ReissueError) -> Credentials {
    guard let path = profilePath(context) else {
      throw ReissueError(
        "credentials.missing", "the profile \(Text.quoted(profile)) needs a home folder",
        hint: "set HOME", exit: .credentials)
    }
    var bytes = try secret(
      path, path, limit: maximumFileBytes,
      hint:
        "write [\(profile)] with ncloud_access_key_id and ncloud_secret_access_key into it, mode 600",
      context)
    let values: [String: Range<Int>]
    do throws(ReissueError) {
      guard let found = try section(profile, of: bytes, path) else {
        throw ReissueError(
          "credentials.no-profile", "there is no profile \(Text.quoted(profile)) in \(path)",
          hint: "add [\(profile)] with ncloud_access_key_id and ncloud_secret_access_key",
          exit: .credentials)
      }
      values = found
    } catch {
      _ = SecretBytes(taking: &bytes)
      throw error
    }
    func part(_ names: [String]) -> Range<Int> {
      names.lazy.compactMap { values[$0] }.first ?? 0..<0
    }
    func text(_ names: [String]) -> String {
      String(decoding: bytes[part(names)], as: UTF8.self)
    }
    let (access, gateway) = (text(accessKeyNames), text(["ncloud_api_url"]))
    var found = try pair(
      access, &bytes, part(secretKeyNames), source: "profile \(profile) of \(path)",
      names: (accessKeyNames[0], secretKeyNames[0]))
    found.zone = zone(of: gateway)
    return found
  }

  /// The bytes of a file that no other user may read or change, as ssh asks of private keys. Messages call it
  /// `subject`; `hint` is the next step if its name is wrong.
  package static func secret(
    _ subject: String, _ path: String, limit: Int, hint: String? = nil, _ context: Context
  ) throws(ReissueError) -> [UInt8] {
    let unreadable = { (error: FileError) in
      ReissueError(
        "credentials.unreadable", reading: subject, error, hint: hint, wrongName: .credentials)
    }
    let contents = try mapError(unreadable) { () throws(FileError) in
      try context.files.contents(path, limit)
    }
    // The mode of the file itself first: its repair covers both.
    guard let exposure = contents.reading ?? contents.change else { return contents.bytes }
    throw ReissueError(
      "credentials.open-to-others", exposed: subject, exposure, exit: .credentials)
  }

  /// Where the values of a section are in the file, by name in lower case. Values are not copied, since one of them
  /// is a secret.
  ///
  /// Lines before the first header belong to `DEFAULT`, since some tools write no header at all. A value runs to the
  /// end of its line and may hold `=`. A line that is not understood is an error: if it was meant as a header, the
  /// keys below it belong to another account.
  ///
  /// - Returns: `nil` if there is no such section.
  /// - Throws: ``ReissueError`` `credentials.malformed`, exit 77.
  static func section(
    _ wanted: String, of bytes: [UInt8], _ path: String
  ) throws(ReissueError) -> [String: Range<Int>]? {
    var current = "DEFAULT"
    var found: [String: Range<Int>]?
    // Windows editors put a byte order mark in front (RFC 3629 section 6).
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    for slice in bytes[start...].split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      let line = trimmed(slice.startIndex..<slice.endIndex, of: bytes)
      guard let first = line.first, !"#;".utf8.contains(bytes[first]) else { continue }
      if let header = header(line, of: bytes) {
        current = String(decoding: bytes[header], as: UTF8.self)
        if isSame(current, wanted) { found = found ?? [:] }
        continue
      }
      guard bytes[first] != UInt8(ascii: "["),
        let equals = line.first(where: { "=:".utf8.contains(bytes[$0]) })
      else {
        throw malformed("is neither [PROFILE] nor NAME = VALUE", line, of: bytes, path)
      }
      guard isSame(current, wanted) else { continue }
      let name = String(decoding: bytes[trimmed(first..<equals, of: bytes)], as: UTF8.self)
      let value = unquoted(trimmed(equals + 1..<line.upperBound, of: bytes), of: bytes)
      if let earlier = found?[name.lowercased()], bytes[earlier] != bytes[value] {
        throw malformed("has another value of a name of this profile", line, of: bytes, path)
      }
      found = found ?? [:]
      found?[name.lowercased()] = value
    }
    return found
  }

  /// The name in `[NAME]`, behind which a comment may stand; `nil` for any other line.
  private static func header(_ line: Range<Int>, of bytes: [UInt8]) -> Range<Int>? {
    guard let first = line.first, bytes[first] == UInt8(ascii: "["),
      let last = line.first(where: { bytes[$0] == UInt8(ascii: "]") })
    else { return nil }
    let rest = trimmed(last + 1..<line.upperBound, of: bytes)
    guard rest.isEmpty || "#;".utf8.contains(bytes[rest.lowerBound]) else { return nil }
    return trimmed(first + 1..<last, of: bytes)
  }

  /// The line is not repeated: it may hold a key.
  private static func malformed(
    _ what: String, _ line: Range<Int>, of bytes: [UInt8], _ path: String
  ) -> ReissueError {
    // A carriage return with its line feed is one end of a line.
    let number = bytes[..<line.lowerBound].count { $0 == 0x0A } + 1
    return ReissueError(
      "credentials.malformed", "line \(number) of \(path) \(what)",
      hint: "write [PROFILE] on a line of its own, and NAME = VALUE lines below it",
      exit: .credentials)
  }

  /// No key holds a quotation mark: a pair of them around a value is no part of it.
  private static func unquoted(_ part: Range<Int>, of bytes: [UInt8]) -> Range<Int> {
    guard part.count >= 2, let first = part.first, let last = part.last,
      "\"'".utf8.contains(bytes[first]), bytes[last] == bytes[first]
    else { return part }
    return first + 1..<last
  }

  /// `[DEFAULT]` and `[default]` are both in use.
  private static func isSame(_ section: String, _ wanted: String) -> Bool {
    section == wanted || (section.lowercased() == "default" && wanted.lowercased() == "default")
  }
}
