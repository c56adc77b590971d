// Where the value of a setting comes from: flag beats environment beats configuration file beats
// default. Nothing here knows what a setting means.

/// One setting's text and where it was found, so that a mistake can be named at its place.
struct SettingValue {
  let text: String
  let origin: SettingOrigin
}

/// The place of a setting; it decides whether a mistake is wrong usage or wrong configuration.
enum SettingOrigin: Hashable {
  case flag(String)
  case environment(String)
  case configuration(file: String, member: String)

  var description: String {
    switch self {
    case .flag(let name): "--\(name)"
    case .environment(let name): name
    case .configuration(let file, let member): "\(member) in \(file)"
    }
  }

  var exit: ExitStatus {
    if case .flag = self { .usage } else { .configuration }
  }
}

/// Flags, environment and configuration file, asked by the name of an option.
package struct SettingSources: Sendable {
  /// The values of the command line, by option name without dashes; flags without a value say `true`.
  package var flags: [String: [String]]
  let environment: [String: String]
  let configuration: Configuration

  /// Joins the three.
  package init(
    flags: [String: [String]], environment: [String: String], configuration: Configuration
  ) {
    self.flags = flags
    self.environment = environment
    self.configuration = configuration
  }

  /// `max-event-bytes` is `NCLOUD_REISSUE_MAX_EVENT_BYTES` in the environment.
  static func environmentName(_ option: String) -> String {
    "NCLOUD_REISSUE_"
      + String(option.uppercased().map { $0 == "-" ? "_" : $0 })
  }

  /// `max-event-bytes` is `maxEventBytes` in the configuration file.
  static func configurationName(_ option: String) -> String {
    let words = option.split(separator: "-")
    return words.dropFirst().reduce(String(words.first ?? "")) { name, word in
      name + word.prefix(1).uppercased() + word.dropFirst()
    }
  }

  /// All values of a repeatable option, from the strongest source that has any.
  func values(_ option: String) -> [SettingValue] {
    if let values = flags[option], !values.isEmpty {
      return values.map { SettingValue(text: $0, origin: .flag(option)) }
    }
    let variable = Self.environmentName(option)
    if let value = environment[variable], !value.isEmpty {
      return [SettingValue(text: value, origin: .environment(variable))]
    }
    let member = Self.configurationName(option)
    let origin = SettingOrigin.configuration(file: configuration.file, member: member)
    return configuration.texts(of: member).map { SettingValue(text: $0, origin: origin) }
  }

  /// The one value of an option; of a repeated flag the last.
  func value(_ option: String) -> SettingValue? { values(option).last }

  /// The parsed value of an option, or its default.
  ///
  /// - Throws: ``ReissueError``: exit 64 for a flag, 78 for environment and configuration.
  func parsed<Value>(
    _ option: String, default fallback: Value, expecting: @autoclosure () -> String,
    _ parse: (String) -> Value?
  ) throws(ReissueError) -> Value {
    guard let value = value(option) else { return fallback }
    if let parsed = parse(value.text) { return parsed }
    throw ReissueError(
      value.origin.exit == .usage ? "usage.option" : "configuration.setting",
      "\(value.origin.description): \(Text.quoted(value.text)) is not \(expecting())",
      exit: value.origin.exit)
  }

  /// A duration of at least one second.
  func duration(_ option: String, default fallback: Int) throws(ReissueError) -> TimeSpan {
    try parsed(
      option, default: TimeSpan(seconds: fallback),
      expecting: "a duration such as 90s, 15m, 12h or 7d"
    ) { TimeSpan($0).flatMap { $0.seconds > 0 ? $0 : nil } }
  }

  /// A whole number within bounds.
  func integer(
    _ option: String, default fallback: Int, in bounds: ClosedRange<Int>
  ) throws(ReissueError) -> Int {
    try parsed(
      option, default: fallback,
      expecting: "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)"
    ) { Int($0).flatMap { bounds.contains($0) ? $0 : nil } }
  }

  /// Yes or no.
  func flag(_ option: String) throws(ReissueError) -> Bool {
    try parsed(option, default: false, expecting: "true or false") {
      switch $0 {
      case "true", "1", "yes", "on": true
      case "false", "0", "no", "off": false
      default: nil
      }
    }
  }

  /// One of several words.
  func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ option: String, default fallback: Value
  ) throws(ReissueError) -> Value {
    try parsed(
      option, default: fallback,
      expecting: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "),
      Value.init(rawValue:))
  }
}
