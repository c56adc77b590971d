// What a program accepts, as plain data. The reader of the command line, the help text, the manual pages and the
// completions all work from these definitions.

/// What the value of an option is.
package enum ValueKind: Hashable, Sendable {
  /// No value on the command line; `true` or `false` elsewhere.
  case flag
  /// Any text.
  case text
  /// A path of a file.
  case file
  /// A path of a folder.
  case folder
  /// A number and a unit, such as `90s`.
  case duration
  /// A whole number within bounds.
  case integer(ClosedRange<Int>)
  /// One of these words.
  case word([String])
  /// `NAME=VALUE`.
  case assignment
  /// A JSON object; in configuration files only.
  case object
  /// A JSON object or one of these words; in configuration files only.
  case objectOrWord([String])

  /// The words to choose from; empty for other kinds.
  package var words: [String] {
    switch self {
    case .word(let words), .objectOrWord(let words): words
    default: []
    }
  }

  /// What a value must be, to follow "is not"; `nil` if `text` is such a value.
  ///
  /// Durations and paths have rules of their own, which the caller checks.
  package func expectation(unmetBy text: String) -> String? {
    switch self {
    case .flag: Self.truth(text) == nil ? "true or false" : nil
    case .integer(let bounds): Int(text).map(bounds.contains) == true ? nil : Self.name(of: bounds)
    case .word(let words): words.contains(text) ? nil : Self.list(words)
    case .assignment: isAssignment(text) ? nil : "NAME=VALUE"
    default: nil
    }
  }

  /// The value of a flag that is written out.
  package static func truth(_ text: String) -> Bool? {
    switch text {
    case "true", "1", "yes", "on": true
    case "false", "0", "no", "off": false
    default: nil
    }
  }

  private static func name(of bounds: ClosedRange<Int>) -> String {
    bounds.upperBound == .max
      ? "a whole number from \(bounds.lowerBound)"
      : "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)"
  }

  private static func list(_ words: [String]) -> String {
    words.count == 2
      ? words.joined(separator: " or ") : "one of " + words.joined(separator: ", ")
  }

  // By bytes: a combining mark after the sign joins it to one character.
  private func isAssignment(_ text: String) -> Bool {
    text.utf8.firstIndex(of: UInt8(ascii: "=")).map { $0 != text.startIndex } == true
  }
}

/// One option.
package struct CommandOption: Hashable, Sendable {
  /// Where an option may be given.
  package enum Scope: Hashable, Sendable {
    /// On the command line only.
    case commandLine
    /// On the command line and in the environment.
    case environment
    /// On the command line, in the environment and in the configuration file.
    case everywhere
    /// In the configuration file only.
    case file
  }

  /// The long name without dashes: lower-case words joined by hyphens.
  package let name: String
  /// The short name.
  package let short: Character?
  /// What its value is.
  package let kind: ValueKind
  /// What the help calls its value.
  package let valueName: String
  /// Whether it may be given several times, each time with another value.
  package let isRepeatable: Bool
  /// The value that holds if none is given; empty if there is none.
  package let fallback: String
  /// Where it may be given.
  package let scope: Scope
  /// Whether help, manual and completions leave it out.
  package let isHidden: Bool
  /// What it does: one sentence or two.
  package let help: String

  /// Defines an option.
  package init(
    _ name: String, short: Character? = nil, _ kind: ValueKind, _ valueName: String = "",
    isRepeatable: Bool = false, fallback: String = "", scope: Scope = .commandLine,
    isHidden: Bool = false, help: String
  ) {
    self.name = name
    self.short = short
    self.kind = kind
    self.valueName = valueName
    self.isRepeatable = isRepeatable
    self.fallback = fallback
    self.scope = scope
    self.isHidden = isHidden
    self.help = help
  }

  /// The same option as one command has it: with help of its own, or accepted without being shown.
  package func described(_ help: String, isHidden: Bool = false) -> CommandOption {
    CommandOption(
      name, short: short, kind, valueName, isRepeatable: isRepeatable, fallback: fallback,
      scope: scope, isHidden: isHidden, help: help)
  }

  /// Whether the configuration file may set it.
  package var isMember: Bool { scope == .everywhere || scope == .file }

  /// `max-event-bytes` is `maxEventBytes` in the configuration file.
  package var memberName: String {
    var member: [UInt8] = []
    var beginsWord = false
    for byte in name.utf8 {
      // Names are lower-case ASCII letters and hyphens.
      if byte != UInt8(ascii: "-") { member.append(beginsWord ? byte & ~0x20 : byte) }
      beginsWord = byte == UInt8(ascii: "-")
    }
    return String(decoding: member, as: UTF8.self)
  }

  /// The member of a configuration file with a value, in JSON.
  package var example: String {
    let text = fallback.isEmpty ? kind.words.first ?? valueName : fallback
    let value =
      switch kind {
      case .flag: "true"
      case .integer: text
      case .object, .objectOrWord: "{…}"
      default: "\"\(text.isEmpty ? "…" : text)\""
      }
    return "\"\(memberName)\": \(value)"
  }

  /// Help, words to choose from and default.
  package var summary: String {
    var summary = help
    if !kind.words.isEmpty { summary += " Values: \(kind.words.joined(separator: ", "))." }
    if !fallback.isEmpty { summary += " Default: \(fallback)." }
    return summary
  }
}

/// What a command works on, besides its options.
package struct Operand: Hashable, Sendable {
  /// How many there may be.
  package enum Count: Hashable, Sendable {
    /// One, or none.
    case optional
    /// Exactly one.
    case one
    /// Any number.
    case any
  }

  /// What the help calls it.
  package let name: String
  /// What it is; for completions.
  package let kind: ValueKind
  /// How many there may be.
  package let count: Count
  /// What it is for.
  package let help: String

  /// Defines an operand.
  package init(_ name: String, _ kind: ValueKind = .text, count: Count, help: String) {
    self.name = name
    self.kind = kind
    self.count = count
    self.help = help
  }

  /// Help and words to choose from.
  package var summary: String {
    kind.words.isEmpty ? help : "\(help) Values: \(kind.words.joined(separator: ", "))."
  }

  /// How it is shown in a line of usage.
  package var usage: String {
    switch count {
    case .optional: "[<\(name)>]"
    case .one: "<\(name)>"
    case .any: "[<\(name)> ...]"
    }
  }
}

/// A program or one of its commands.
package struct Command: Sendable {
  /// Options under a title.
  package struct Group: Sendable {
    /// The title in the help.
    package let title: String
    /// In the order of the help.
    package let options: [CommandOption]

    /// Defines a group.
    package init(_ title: String, _ options: [CommandOption]) {
      self.title = title
      self.options = options
    }
  }

  /// What its caller types.
  package let name: String
  /// What it does, in one sentence.
  package let abstract: String
  /// More about it, in paragraphs.
  package let discussion: [String]
  /// Command lines that work.
  package let examples: [String]
  /// Its exit statuses and what they mean; for a command those that differ from the program's.
  package let statuses: KeyValuePairs<Int, String>
  /// What it works on, in the order of the command line; only the last one may be optional or have any number.
  package let operands: [Operand]
  /// Its options.
  package let groups: [Group]
  /// Its commands; the first is run where none is named.
  package let commands: [Command]
  /// Whether help, manual and completions leave it out.
  package let isHidden: Bool
  /// Carries it out and returns the exit status; `nil` for a program or a command that has commands.
  package let run: (@Sendable (Invocation) -> Int32)?

  /// Defines a program or a command.
  package init(
    _ name: String, _ abstract: String, discussion: [String] = [], examples: [String] = [],
    statuses: KeyValuePairs<Int, String> = [:], operands: [Operand] = [], groups: [Group] = [],
    commands: [Command] = [], isHidden: Bool = false,
    run: (@Sendable (Invocation) -> Int32)? = nil
  ) {
    self.name = name
    self.abstract = abstract
    self.discussion = discussion
    self.examples = examples
    self.statuses = statuses
    self.operands = operands
    self.groups = groups
    self.commands = commands
    self.isHidden = isHidden
    self.run = run
  }

  /// Its options in the order of the help.
  package var options: [CommandOption] { groups.flatMap(\.options) }
  /// The operand at a place in the command line, counted from 0; `nil` where none is accepted.
  package func operand(at index: Int) -> Operand? {
    index < operands.count ? operands[index] : operands.last.flatMap { $0.count == .any ? $0 : nil }
  }
  /// Those of its commands that help, manual and completions show.
  package var shownCommands: [Command] { commands.filter { !$0.isHidden } }
}
