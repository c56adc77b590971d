// `~/.ncloud/configure`, the file that NAVER Cloud's own tools share.

package import Core
internal import Platform

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
    let bytes = try privateFile(path, limit: maximumFileBytes, context)
    let text = String(decoding: bytes, as: UTF8.self)
    guard let values = section(profile, of: text) else {
      throw ReissueError(
        "credentials.no-profile", "there is no profile \(Text.quoted(profile)) in \(path)",
        hint: "add [\(profile)] with ncloud_access_key_id and ncloud_secret_access_key",
        exit: .credentials)
    }
    func value(_ names: [String]) -> String { names.lazy.compactMap { values[$0] }.first ?? "" }
    var found = try pair(
      value(accessKeyNames), value(secretKeyNames), source: "profile \(profile) of \(path)",
      names: (accessKeyNames[0], secretKeyNames[0]))
    found.zone = zone(of: values["ncloud_api_url"])
    return found
  }

  /// A file that only its owner may read, as ssh asks of private keys.
  package static func privateFile(
    _ path: String, limit: Int, _ context: Context
  ) throws(ReissueError) -> [UInt8] {
    try secret(path, path, limit: limit, context)
  }

  /// The bytes of a file that nobody else may read or change.
  static func secret(
    _ subject: String, _ path: String, limit: Int, hint: String? = nil, _ context: Context
  ) throws(ReissueError) -> [UInt8] {
    let contents: FileContents
    do throws(FileError) {
      contents = try context.files.contents(path, limit)
    } catch {
      throw ReissueError(
        "credentials.unreadable", reading: subject, error, hint: hint, wrongName: .credentials)
    }
    // The mode of the file itself first: its repair covers both.
    guard let exposure = contents.reading ?? contents.change else { return contents.bytes }
    throw ReissueError(
      "credentials.open-to-others", exposed: subject, exposure, exit: .credentials)
  }

  /// The values of a section. What stands before the first header belongs to `DEFAULT`, since some
  /// tools write no header at all. A value runs to the end of its line and may hold `=`.
  static func section(_ wanted: String, of text: String) -> [String: String]? {
    var current = "DEFAULT"
    var found: [String: String]?
    // Windows editors put a byte order mark in front (RFC 3629 section 6).
    let text =
      text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    for line in text.split(whereSeparator: \.isNewline) {
      let line = trimmed(String(line))
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("["), line.hasSuffix("]") {
        current = trimmed(String(line.dropFirst().dropLast()))
        if isSame(current, wanted) { found = found ?? [:] }
      } else if let equals = line.firstIndex(of: "="), isSame(current, wanted) {
        let name = trimmed(String(line[..<equals])).lowercased()
        found = found ?? [:]
        found?[name] = unquoted(trimmed(String(line[line.index(after: equals)...])))
      }
    }
    return found
  }

  /// No key holds a quotation mark: a pair of them around a value is no part of it.
  private static func unquoted(_ value: String) -> String {
    guard value.count >= 2, let mark = value.first, mark == "\"" || mark == "'", value.last == mark
    else { return value }
    return String(value.dropFirst().dropLast())
  }

  /// `[DEFAULT]` and `[default]` are both in use.
  private static func isSame(_ section: String, _ wanted: String) -> Bool {
    section == wanted || (section.lowercased() == "default" && wanted.lowercased() == "default")
  }
}
