// The reader of the command line: arguments in, one command with its values out.

internal import Platform

/// Why a command line cannot be carried out.
package struct UsageError: Error, Hashable, Sendable {
  /// What is wrong, on one line without control characters.
  package let message: String
  /// The word that is not known; empty where no word is wrong.
  package let word: String
  /// The words that would be known.
  package let known: [String]
  /// Whether the word stands where no operand is accepted.
  package let isOperand: Bool
  /// The names of the program and the command that were understood so far.
  package let path: [String]
}

/// A command line that was understood.
package struct Invocation: Sendable {
  /// What is to be done.
  package enum Action: Hashable, Sendable {
    /// The command.
    case run
    /// Its help is to be shown.
    case help
    /// The version is to be shown.
    case version
  }

  /// The program, then the command that was named or that is the default, then its own command.
  package private(set) var path: [Command]
  /// What is to be done.
  package private(set) var action = Action.run
  /// The values by the names of their options, in the order of the command line; of a flag `true`.
  package private(set) var values: [String: [String]] = [:]
  /// What is no option.
  package private(set) var operands: [String] = []
  /// The options that are accepted: those of the command, and in the bare form those of the program too.
  private var options: [CommandOption] = []

  /// The command.
  package var command: Command { path[path.count - 1] }

  /// Whether a flag or an option was given.
  package func has(_ option: CommandOption) -> Bool { values[option.name] != nil }

  /// The value of an option; of several the last.
  package func value(_ option: CommandOption) -> String? { values[option.name]?.last }

  /// The number that an option has; its bounds were checked.
  package func integer(_ option: CommandOption) -> Int? { value(option).flatMap { Int($0) } }

  /// Reads the arguments behind the name of the program.
  ///
  /// `--name VALUE`, `--name=VALUE`, `-n VALUE` and `-n=VALUE` are equal; what follows `--` is no option. A value that
  /// begins with `-` and a letter needs the form with `=`, so that an option is never taken for the value of another.
  package init(_ arguments: [String], of program: Command) throws(UsageError) {
    path = [program]
    var rest = arguments[...]
    let wantsHelp = rest.first == "help" && !program.commands.isEmpty
    if wantsHelp { rest.removeFirst() }
    while let next = rest.first, let named = command.commands.first(where: { $0.name == next }) {
      path.append(named)
      rest.removeFirst()
    }
    if let asked = wantsHelp ? .help : Self.action(of: rest) {
      action = asked
      guard !wantsHelp || rest.isEmpty else { throw unexpected(rest[rest.startIndex]) }
      return
    }
    options = command.options
    while let next = command.commands.first {
      path.append(next)
      options += next.options
    }
    try read(rest)
    if let missing = command.operands.dropFirst(operands.count).first, missing.count == .one {
      throw error("<\(missing.name)> is missing")
    }
  }

  /// What `--help` and `--version` ask for, wherever they stand.
  private static func action(of arguments: ArraySlice<String>) -> Action? {
    for argument in arguments {
      switch argument {
      case "--": return nil
      case "-h", "--help": return .help
      case "--version": return .version
      default: continue
      }
    }
    return nil
  }

  private mutating func read(_ arguments: ArraySlice<String>) throws(UsageError) {
    var rest = arguments
    while let argument = rest.popFirst() {
      if argument == "--" {
        while let operand = rest.popFirst() { try add(operand) }
        return
      }
      guard argument.hasPrefix("-"), argument != "-" else {
        try add(argument)
        continue
      }
      // By bytes: a combining mark after the sign joins it to one character.
      let sign = argument.utf8.firstIndex(of: UInt8(ascii: "="))
      let name = String(argument[..<(sign ?? argument.endIndex)])
      let inline = sign.map { String(argument[argument.utf8.index(after: $0)...]) }
      guard name != "--help", name != "--version" else { throw error("\(name) takes no value") }
      guard let option = options.first(where: { $0.isCalled(name) }) else {
        throw error(
          "unknown option \(VisibleText.quoted(name))",
          unknown: (name, options.filter { !$0.isHidden }.map { "--\($0.name)" }))
      }
      try add(option, inline, &rest)
    }
  }

  private mutating func add(
    _ option: CommandOption, _ inline: String?, _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    if option.kind == .flag {
      guard inline == nil else { throw error("--\(option.name) takes no value") }
      values[option.name] = ["true"]
      return
    }
    var value = inline
    if value == nil, let next = rest.first, !Self.looksLikeOption(next) { value = rest.popFirst() }
    guard let value else { throw error("--\(option.name) needs a value: <\(option.valueName)>") }
    // Other options have other sources too; their values are checked where all sources meet.
    if option.scope == .commandLine, let expected = option.kind.expectation(unmetBy: value) {
      throw error(
        "--\(option.name): \(VisibleText.quoted(value)) is not \(expected)",
        unknown: (value, option.kind.words))
    }
    values[option.name, default: []].append(value)
  }

  /// Negative numbers and `-`, which stands for a standard stream, do not.
  private static func looksLikeOption(_ argument: String) -> Bool {
    guard argument.hasPrefix("-"), let second = argument.utf8.dropFirst().first else {
      return false
    }
    return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(second)
  }

  private mutating func add(_ operand: String) throws(UsageError) {
    guard let accepted = command.operand(at: operands.count) else { throw unexpected(operand) }
    if let expected = accepted.kind.expectation(unmetBy: operand) {
      throw error(
        "<\(accepted.name)>: \(VisibleText.quoted(operand)) is not \(expected)",
        unknown: (operand, accepted.kind.words))
    }
    operands.append(operand)
  }

  /// An operand where none is accepted; most often it is a command that is spelled wrong.
  private func unexpected(_ operand: String) -> UsageError {
    let commands = path.last { !$0.commands.isEmpty && $0.operands.isEmpty }?.shownCommands ?? []
    return error(
      "unexpected argument \(VisibleText.quoted(operand))",
      unknown: (operand, commands.map(\.name)),
      isOperand: true)
  }

  private func error(
    _ message: String, unknown: (word: String, known: [String]) = ("", []), isOperand: Bool = false
  ) -> UsageError {
    UsageError(
      message: message, word: unknown.word, known: unknown.known, isOperand: isOperand,
      path: path.map(\.name))
  }
}

extension CommandOption {
  /// Whether an argument, up to its `=`, is the option's long or short name.
  fileprivate func isCalled(_ argument: String) -> Bool {
    if argument.hasPrefix("--") { return argument.dropFirst(2) == name }
    return short.map { argument == "-\($0)" } == true
  }
}
