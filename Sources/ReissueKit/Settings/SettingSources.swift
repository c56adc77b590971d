// Where the value of a setting comes from: flag beats environment beats configuration file beats
// default. Nothing here knows what a setting means.

internal import CommandOptions
internal import Core
internal import Platform

/// One setting's text and where it was found, so that a mistake can be named at its place.
package struct SettingValue: Hashable, Sendable {
  let text: String
  let origin: SettingOrigin

  /// The two sides of `NAME=VALUE`.
  func assignment() throws(ReissueError) -> (name: String, value: String) {
    // By bytes: a combining mark behind the sign makes no other character of it.
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals != text.startIndex else {
      throw problem("\(Text.quoted(text)) is not NAME=VALUE")
    }
    return (String(text[..<equals]), String(text[text.utf8.index(after: equals)...]))
  }

  /// Why the value cannot be used.
  func problem(_ reason: String, hint: String? = nil) -> ReissueError {
    origin.problem("\(origin.description): \(reason)", hint: hint)
  }
}

/// The place of a setting; it decides whether a mistake is wrong usage or wrong configuration.
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

  /// Which of two holds: the greater one.
  var strength: Int {
    switch self {
    case .flag: 2
    case .environment: 1
    case .configuration: 0
    case .fallback: -1
    }
  }

  /// What is wrong there.
  func problem(_ message: String, hint: String? = nil) -> ReissueError {
    if case .flag = self {
      return ReissueError("usage.option", message, hint: hint, exit: .usage)
    }
    return ReissueError("configuration.setting", message, hint: hint, exit: .configuration)
  }
}

/// The values that command line, environment and configuration file give to options.
package struct SettingSources: Sendable {
  /// The values of the command line, by option name without dashes; flags without a value are `true`.
  let flags: [String: [String]]
  /// The variables of the environment that set options.
  let environment: [String: String]
  let configuration: Configuration
  /// Options that count as not given.
  private var ignored: Set<String> = []

  /// Joins the three.
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

  /// Checks that every variable sets an option that variables may set.
  ///
  /// - Throws: ``ReissueError``, exit 78: what is ignored would be believed to hold.
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

  /// The same sources without these options.
  func ignoring(_ options: Set<String>) -> SettingSources {
    var sources = self
    sources.ignored.formUnion(options)
    return sources
  }

  /// The value of an option, if one was given; of a repeated flag the last.
  func value(_ option: CommandOption) -> SettingValue? { values(option).last }

  /// The path that an option has, or its default; `nil` if there is neither.
  ///
  /// Relative paths of the configuration file, and defaults, start at its folder; all others at the working directory.
  func path(_ option: CommandOption) -> String? {
    guard let value = value(option) else {
      return option.fallback.isEmpty ? nil : configuration.absolute(option.fallback)
    }
    return path(value)
  }

  /// The same for a value that was found before.
  func path(_ value: SettingValue) -> String {
    guard case .configuration = value.origin else { return value.text }
    return configuration.absolute(value.text)
  }

  /// The parsed value of an option, or of its default.
  ///
  /// - Throws: ``ReissueError``: exit 64 for a flag, 78 for environment and configuration.
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
