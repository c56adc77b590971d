// `~/.ncloud/configure`, the file that NAVER Cloud's own tools share.

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
  static func privateFile(
    _ path: String, limit: Int, _ context: Context
  ) throws(ReissueError) -> [UInt8] {
    let contents: FileContents
    do throws(FileError) {
      contents = try context.files.contents(path, limit)
    } catch {
      throw ReissueError(
        "credentials.unreadable", "\(path) cannot be read: \(error.reason)", exit: .credentials)
    }
    guard !contents.isOpenToOthers else {
      throw ReissueError(
        "credentials.open-to-others", "\(path) can be read or changed by group or others",
        hint: "chmod 600 \(path)", exit: .credentials)
    }
    return contents.bytes
  }

  /// The values of a section. What stands before the first header belongs to `DEFAULT`, since some
  /// tools write no header at all. A value runs to the end of its line and may hold `=`.
  static func section(_ wanted: String, of text: String) -> [String: String]? {
    var current = "DEFAULT"
    var found: [String: String]?
    for line in text.split(whereSeparator: \.isNewline) {
      let line = trimmed(String(line))
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("["), line.hasSuffix("]") {
        current = trimmed(String(line.dropFirst().dropLast()))
        if isSame(current, wanted) { found = found ?? [:] }
      } else if let equals = line.firstIndex(of: "="), isSame(current, wanted) {
        let name = trimmed(String(line[..<equals])).lowercased()
        found = found ?? [:]
        found?[name] = trimmed(String(line[line.index(after: equals)...]))
      }
    }
    return found
  }

  /// `[DEFAULT]` and `[default]` are both in use.
  private static func isSame(_ section: String, _ wanted: String) -> Bool {
    section == wanted || (section.lowercased() == "default" && wanted.lowercased() == "default")
  }
}
