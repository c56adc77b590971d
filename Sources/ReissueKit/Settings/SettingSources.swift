// The source of the value of each setting: a flag overrides the environment, which overrides the configuration file,
// which overrides the default. This file does not depend on the meaning of a setting.

internal import CommandOptions
internal import Core
internal import Platform

/// The text of a setting and its source, which an error message names.
package struct SettingValue: Hashable, Sendable {
  let text: String
  let origin: SettingOrigin

  /// The two sides of `NAME=VALUE`.
  func assignment() throws(ReissueError) -> (name: String, value: String) {
    // Split by bytes: with a combining mark after it, the equals sign would be part of another character.
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals != text.startIndex else {
      throw problem("\(Text.quoted(text)) is not NAME=VALUE")
    }
    return (String(text[..<equals]), String(text[text.utf8.index(after: equals)...]))
  }

  /// The error for a value that cannot be used.
  func problem(_ reason: String, hint: String? = nil) -> ReissueError {
    origin.problem("\(origin.description): \(reason)", hint: hint)
  }
}

/// The source of a setting; it decides whether an error is wrong usage or wrong configuration.
enum SettingOrigin: Hashable, Sendable {
  case fallback(String)
  case flag(String)
  case environment(String)
  case configuration(file: String, member: String)

  var description: String {
    switch self {
    case .fallback(let name): "the default of --\(name)"
    case .flag(let name): "--\(name)"
    case .environment(let name): name
    case .configuration(let file, let member): "\(member) in \(file)"
    }
  }

  /// The strength of the source; the greater one is used.
  var strength: Int {
    switch self {
    case .flag: 2
    case .environment: 1
    case .configuration: 0
    case .fallback: -1
    }
  }

  /// The error for a setting of this source.
  func problem(_ message: String, hint: String? = nil) -> ReissueError {
    if case .flag = self {
      return ReissueError("usage.option", message, hint: hint, exit: .usage)
    }
    return ReissueError("configuration.setting", message, hint: hint, exit: .configuration)
  }
}

/// The values of options in the command line, the environment and the configuration file.
package struct SettingSources: Sendable {
  /// The values of the command line, by name without dashes; a flag without a value is `true`.
  let flags: [String: [String]]
  /// The variables of the environment that set options.
  let environment: [String: String]
  let configuration: Configuration
  /// Options that are ignored.
  private var ignored: Set<String> = []

  /// Combines the three sources.
  package init(
    flags: [String: [String]], environment: [String: String], configuration: Configuration
  ) {
    self.flags = flags
    self.environment = environment.filter { name, _ in
      name.hasPrefix(CommandOption.environmentPrefix)
        && !CommandOption.hookPrefixes.contains(where: name.hasPrefix)
    }
    self.configuration = configuration
  }

  /// Checks that every variable with the prefix of this program sets an option that may be a variable.
  ///
  /// - Throws: ``ReissueError``, exit 78. If the variable were ignored, the user would believe that it is in effect.
  func checkVariables() throws(ReissueError) {
    for name in environment.keys.sorted() {
      let option = CommandOption.variable(name)
      let problem: String
      var hint = "unset \(VisibleText.line(name))"
      switch option?.scope {
      case .environment, .everywhere: continue
      case .commandLine: problem = "--\(option?.name ?? "") is for the command line only"
      case .file: problem = "\(option?.memberName ?? "") is for the configuration file only"
      case nil:
        guard environment[name] != "" else { continue }
        problem = "there is no such option"
        hint = Self.nearestVariable(to: name) ?? hint
      }
      throw ReissueError(
        "configuration.setting", "\(VisibleText.line(name)) is set, but \(problem)", hint: hint,
        exit: .configuration)
    }
  }

  private static func nearestVariable(to name: String) -> String? {
    let prefix = CommandOption.environmentPrefix
    let known = CommandOption.all.filter { [.environment, .everywhere].contains($0.scope) }
      .map { String($0.environmentName.dropFirst(prefix.count)) }
    return ReissueError.nearest(
      to: String(name.dropFirst(prefix.count)), among: known, prefix: prefix)
  }

  /// All values of a repeatable option, from the strongest source that has any.
  func values(_ option: CommandOption) -> [SettingValue] {
    guard !ignored.contains(option.name) else { return [] }
    if let values = flags[option.name], !values.isEmpty {
      return values.map { SettingValue(text: $0, origin: .flag(option.name)) }
    }
    if !environment.isEmpty, option.scope != .file {
      let variable = option.environmentName
      if let value = environment[variable], !value.isEmpty {
        return [SettingValue(text: value, origin: .environment(variable))]
      }
    }
    guard configuration.isThere, option.isMember else { return [] }
    let member = option.memberName
    let origin = SettingOrigin.configuration(file: configuration.file, member: member)
    return configuration.texts(of: member).map { SettingValue(text: $0, origin: origin) }
  }

  /// The same sources; these options are ignored.
  func ignoring(_ options: Set<String>) -> SettingSources {
    var sources = self
    sources.ignored.formUnion(options)
    return sources
  }

  /// The value of an option, if it is set; for a repeated flag the last one.
  func value(_ option: CommandOption) -> SettingValue? { values(option).last }

  /// The path in an option, or its default; `nil` if there is neither.
  ///
  /// Relative paths in the configuration file and in defaults start at the folder of the file, all others at the
  /// working directory.
  func path(_ option: CommandOption) -> String? {
    guard let value = value(option) else {
      return option.fallback.isEmpty ? nil : configuration.absolute(option.fallback)
    }
    return path(value)
  }

  /// The path in a value, by the same rules.
  func path(_ value: SettingValue) -> String {
    guard case .configuration = value.origin else { return value.text }
    return configuration.absolute(value.text)
  }

  /// The parsed value of an option, or of its default.
  ///
  /// - Throws: ``ReissueError``, exit 64 for a flag, exit 78 for environment and configuration.
  private func parsed<Value>(
    _ option: CommandOption, expecting expected: String? = nil, _ parse: (String) -> Value?
  ) throws(ReissueError) -> Value {
    let value =
      value(option) ?? SettingValue(text: option.fallback, origin: .fallback(option.name))
    let unmet = option.kind.expectation(unmetBy: value.text)
    if unmet == nil, let parsed = parse(value.text) { return parsed }
    throw value.problem(
      "\(Text.quoted(value.text)) is not \(unmet ?? expected ?? "usable")",
      hint: ReissueError.nearest(to: value.text, among: option.kind.words))
  }

  /// A duration of at least one second.
  func duration(_ option: CommandOption) throws(ReissueError) -> TimeSpan {
    try parsed(option, expecting: "a duration such as 90s, 15m, 12h or 7d") {
      TimeSpan($0).flatMap { $0.seconds > 0 ? $0 : nil }
    }
  }

  /// A whole number within the bounds of the option.
  func integer(_ option: CommandOption) throws(ReissueError) -> Int {
    try parsed(option) { Int($0) }
  }

  /// Whether a flag is set.
  func flag(_ option: CommandOption) throws(ReissueError) -> Bool {
    guard value(option) != nil else { return false }
    return try parsed(option, ValueKind.truth)
  }

  /// One of several words.
  func choice<Value: RawRepresentable<String>>(
    _ option: CommandOption
  ) throws(ReissueError) -> Value {
    try parsed(option, Value.init(rawValue:))
  }
}

// Options that exclude each other: the one from the stronger source is used. Both from one source are an error.
extension SettingSources {
  /// Each option with the options that it excludes.
  private static let contradictions: KeyValuePairs<CommandOption, [CommandOption]> = [
    .stream: [], .event: [.stream], .eventEnv: [.stream, .event],
    .eventField: [.stream, .event], .pretty: [.stream], .force: [.stream],
  ]

  /// Drops options that conflict with one from a stronger source (flag, environment, file).
  ///
  /// - Throws: ``ReissueError``, exit 64 for two flags, exit 78 for two variables or two members of the configuration.
  func withoutContradictions() throws(ReissueError) -> SettingSources {
    let given = try given
    let strengths = Set(given.map(\.origin.strength)).sorted(by: >)
    var held: [(option: CommandOption, origin: SettingOrigin)] = []
    var dropped: Set<String> = []
    for strength in strengths {
      for (option, origin) in given where origin.strength == strength {
        guard let other = held.first(where: { Self.contradict($0.option, option) }) else {
          held.append((option, origin))
          continue
        }
        guard other.origin.strength > strength else {
          throw origin.problem(
            "\(other.origin.description) and \(origin.description) exclude each other")
        }
        if option == .stream, other.option == .pretty {
          // An option for the layout of the output does not override an option for the input.
          dropped.insert(other.option.name)
          held.removeAll { $0.option == .pretty }
          held.append((option, origin))
        } else {
          dropped.insert(option.name)
        }
      }
    }
    return ignoring(dropped)
  }

  /// The options that are set, each with its source.
  private var given: [(option: CommandOption, origin: SettingOrigin)] {
    get throws(ReissueError) {
      var given: [(option: CommandOption, origin: SettingOrigin)] = []
      for (option, _) in Self.contradictions {
        guard let value = value(option) else { continue }
        // A flag that is off does not exclude others.
        if option.kind == .flag, try !flag(option) { continue }
        given.append((option, value.origin))
      }
      return given
    }
  }

  private static func contradict(_ left: CommandOption, _ right: CommandOption) -> Bool {
    contradictions.contains {
      ($0.key == left && $0.value.contains(right)) || ($0.key == right && $0.value.contains(left))
    }
  }
}
