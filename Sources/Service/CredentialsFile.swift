// `~/.ncloud/configure`, the file that NAVER Cloud's own tools share.

package import Core
internal import Crypto
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
    var bytes = try secret(
      path, path, limit: maximumFileBytes,
      hint:
        "write [\(profile)] with ncloud_access_key_id and ncloud_secret_access_key into it, mode 600",
      context)
    guard let values = section(profile, of: bytes) else {
      _ = SecretBytes(taking: &bytes)
      throw ReissueError(
        "credentials.no-profile", "there is no profile \(Text.quoted(profile)) in \(path)",
        hint: "add [\(profile)] with ncloud_access_key_id and ncloud_secret_access_key",
        exit: .credentials)
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

  /// Where the values of a section are in the file, by name in lower case. Values are not copied, since one of them
  /// is a secret.
  ///
  /// Lines before the first header belong to `DEFAULT`, since some tools write no header at all. A value runs to the
  /// end of its line and may hold `=`.
  ///
  /// - Returns: `nil` if there is no such section.
  static func section(_ wanted: String, of bytes: [UInt8]) -> [String: Range<Int>]? {
    var current = "DEFAULT"
    var found: [String: Range<Int>]?
    func text(_ part: Range<Int>) -> String { String(decoding: bytes[part], as: UTF8.self) }
    func byte(_ index: Int, is character: Unicode.Scalar) -> Bool {
      bytes[index] == UInt8(ascii: character)
    }
    // Windows editors put a byte order mark in front (RFC 3629 section 6).
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    for slice in bytes[start...].split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      let line = trimmed(slice.startIndex..<slice.endIndex, of: bytes)
      guard let first = line.first, let last = line.last, !byte(first, is: "#"),
        !byte(first, is: ";")
      else { continue }
      if byte(first, is: "["), byte(last, is: "]"), first < last {
        current = text(trimmed(first + 1..<last, of: bytes))
        if isSame(current, wanted) { found = found ?? [:] }
      } else if isSame(current, wanted), let equals = line.first(where: { byte($0, is: "=") }) {
        let name = text(trimmed(first..<equals, of: bytes)).lowercased()
        found = found ?? [:]
        found?[name] = unquoted(trimmed(equals + 1..<line.upperBound, of: bytes), of: bytes)
      }
    }
    return found
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
