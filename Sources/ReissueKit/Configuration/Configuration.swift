// The configuration file: one JSON object; an unknown member is an error.

internal import CommandOptions
package import Core
package import JSON
internal import Platform
internal import Templates

/// The content of the configuration file; a missing file has no members.
package struct Configuration: Sendable {
  /// The file of the system, used if the user has none.
  static let systemFile = "/etc/ncloud-reissue/config.json"
  /// The most bytes of the file. A configuration is short; a longer file was named by mistake.
  static let maximumBytes = 1 << 20

  /// The file's path, whether it exists or not.
  package let file: String
  /// The members, without comments.
  package let members: JSONObject
  /// Whether the file exists.
  package let isThere: Bool

  /// The options that it may set.
  static var options: [CommandOption] { CommandOption.all.filter(\.isMember) }

  /// The folder of the file, with templates, signing requests and keys; relative paths in the file start there.
  package var folder: String {
    file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
  }

  /// Whether the file is that of the system.
  package var isOfSystem: Bool { isThere && file == Self.systemFile }

  /// A folder that this program keeps: that of systemd, of the system if its configuration is in use, or of the user
  /// (XDG Base Directory Specification); `nil` where there is no home.
  ///
  /// - Parameters:
  ///   - environment: The environment of the process.
  ///   - variable: The variable that names the user's folder for files of this kind.
  ///   - fallback: That folder below the home without the variable.
  func standardFolder(
    _ environment: [String: String], _ variable: String, below fallback: String
  ) -> String? {
    // systemd separates several folders by colons; the first is used.
    if let folder = environment["STATE_DIRECTORY"]?.split(separator: ":").first {
      return String(folder)
    }
    return isOfSystem
      ? "/var/lib/ncloud-reissue" : Self.userFolder(environment, variable, below: fallback)
  }

  private static func userFolder(
    _ environment: [String: String], _ variable: String, below fallback: String
  ) -> String? {
    if let folder = environment[variable], folder.hasPrefix("/") {
      return "\(folder)/ncloud-reissue"
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return "\(home)/\(fallback)/ncloud-reissue"
  }

  /// The file that the environment names.
  package static func file(namedIn environment: [String: String]) -> String? {
    environment[CommandOption.config.environmentName].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Reads the named file, or else the first that exists: that of the user, then that of the system.
  ///
  /// - Throws: ``ReissueError``, exit 78, if a named file does not exist or an existing file cannot be read: without
  ///   it, the run would use another ledger and another service.
  package static func load(named: String?, context: Context) throws(ReissueError) -> Configuration {
    if let named { return try read(named, context) }
    let own = userFolder(context.environment, "XDG_CONFIG_HOME", below: ".config")
      .map { "\($0)/config.json" }
    for file in [own, systemFile].compactMap(\.self) where context.files.isTaken(file) {
      return try read(file, context)
    }
    return Configuration(file: own ?? systemFile, members: JSONObject(), isThere: false)
  }

  private static func read(_ file: String, _ context: Context) throws(ReissueError) -> Configuration
  {
    let bytes = try contents(of: file, context)
    let document: JSONValue
    do throws(JSONError) {
      document = try JSONDecoder.decode(bytes)
    } catch {
      throw ReissueError(
        "configuration.not-json", "the configuration is no usable JSON: \(error)",
        hint: error.advice, exit: .configuration, place: Place(file: file))
    }
    return try Configuration(file: file, document: document)
  }

  private static func contents(of file: String, _ context: Context) throws(ReissueError) -> [UInt8]
  {
    let subject = "the configuration \(Text.quoted(file))"
    let contents: FileContents
    do throws(FileError) {
      contents = try context.files.contents(file, maximumBytes)
    } catch {
      throw ReissueError(
        "configuration.unreadable", reading: subject, error,
        hint: "is HOME that of this user? XDG_CONFIG_HOME and --config name another place",
        wrongName: .configuration, place: Place(file: file))
    }
    guard let exposure = contents.change else { return contents.bytes }
    throw ReissueError(
      "configuration.writable", exposed: subject, exposure, exit: .configuration,
      place: Place(file: file))
  }

}

extension Configuration {
  /// Checks the names and the types of the members.
  init(file: String, document: JSONValue) throws(ReissueError) {
    guard let object = document.object else {
      throw Self.problem("a configuration is a JSON object", in: file)
    }
    var members = JSONObject()
    for (name, value) in object where !TemplateReader.isComment(name) {
      guard let option = CommandOption.member(name) else {
        throw Self.unknown(name, among: Self.options.map(\.memberName), in: file)
      }
      guard Self.fits(value, option) else {
        throw Self.problem(
          "\(name) cannot be a \(value.typeName)", hint: "write \(option.example)", in: file)
      }
      // Only members without a flag or variable are checked here; the others are checked together with those.
      if option.scope == .file, let text = Self.texts(value).first {
        guard !text.isEmpty || !option.kind.words.isEmpty else {
          throw Self.problem("\(name) cannot be empty", in: file)
        }
        if let expected = option.kind.expectation(unmetBy: text) {
          throw Self.problem("\(name): \(Text.quoted(text)) is not \(expected)", in: file)
        }
      }
      members[name] = value
    }
    self.init(file: file, members: members, isThere: true)
  }

  /// The error for an unknown member, which may be a misspelled setting.
  static func unknown(_ name: String, among known: [String], in file: String) -> ReissueError {
    problem(
      "unknown member \(Text.quoted(name))", hint: ReissueError.nearest(to: name, among: known),
      in: file)
  }

  /// The error for a member.
  static func problem(
    _ text: String, hint: String? = nil, in file: String
  ) -> ReissueError {
    ReissueError(
      "configuration.member", text, hint: hint, exit: .configuration, place: Place(file: file))
  }

  private static func fits(_ value: JSONValue, _ option: CommandOption) -> Bool {
    switch (option.kind, value) {
    case (.flag, .boolean), (.integer, .integer), (.object, .object), (.objectOrWord, .object):
      true
    case (.flag, _), (.integer, _), (.object, _): false
    case (_, .string): true
    case (_, .array(let elements)): option.isRepeatable && elements.allSatisfy { $0.string != nil }
    default: false
    }
  }

  /// The values of a member as texts, in the form of the command line.
  func texts(of member: String) -> [String] { members[member].map(Self.texts) ?? [] }

  private static func texts(_ value: JSONValue) -> [String] {
    switch value {
    case .string(let text): [text]
    case .integer(let number): [String(number)]
    case .boolean(let flag): [flag ? "true" : "false"]
    case .array(let elements): elements.compactMap(\.string)
    default: []
    }
  }

  /// The absolute path for a path in the file.
  func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : "\(folder)/\(path)"
  }
}
