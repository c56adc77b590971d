// Where the value of a setting comes from: flag beats environment beats configuration file beats
// default. Nothing here knows what a setting means.

internal import Core

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

  /// Which of two holds: the greater one.
  var strength: Int {
    switch self {
    case .flag: 2
    case .environment: 1
    case .configuration: 0
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

/// Flags, environment and configuration file, asked by the name of an option.
package struct SettingSources: Sendable {
  /// The values of the command line, by option name without dashes; flags without a value say `true`.
  package var flags: [String: [String]]
  let environment: [String: String]
  let configuration: Configuration
  /// Options that count as not given.
  private var passedOver: Set<String> = []

  /// Joins the three.
  package init(
    flags: [String: [String]], environment: [String: String], configuration: Configuration
  ) {
    self.flags = flags
    self.environment = environment
    self.configuration = configuration
  }

  /// `max-event-bytes` is `NCLOUD_REISSUE_MAX_EVENT_BYTES` in the environment.
  package static func environmentName(_ option: String) -> String {
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
    guard !passedOver.contains(option) else { return [] }
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

  /// The same without these options.
  func passing(over options: Set<String>) -> SettingSources {
    var sources = self
    sources.passedOver.formUnion(options)
    return sources
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
    throw value.problem("\(Text.quoted(value.text)) is not \(expecting())")
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
