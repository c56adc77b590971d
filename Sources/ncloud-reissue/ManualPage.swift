// Manual pages in mdoc (mdoc(7)), from the same definitions as the help.

internal import CommandOptions
internal import Core

/// A page of section 1.
struct ManualPage {
  /// A hidden command for building packages: `manual` lists the pages, `manual PAGE DATE` prints one.
  static let command: Command = Command(
    "manual", "Print a manual page, or list the names of all.",
    operands: [Operand("page", count: .any, help: "The name of the page, and its date.")],
    isHidden: true
  ) { call in
    let pages = all([Program.command])
    guard let name = call.operands.first else {
      return Terminal.write(Array(pages.map { $0.name + "\n" }.joined().utf8), exit: .done).rawValue
    }
    guard let page = pages.first(where: { $0.name == name }) else {
      Session().log().log(call.wrongUsage("there is no page of this name"))
      return ExitStatus.usage.rawValue
    }
    let date = call.operands.dropFirst().first ?? ""
    return Terminal.write(Array(page.text(date: date).utf8), exit: .done).rawValue
  }

  private let path: [Command]
  private var isProgram: Bool { path.count == 1 }
  private var name: String { path.map(\.name).joined(separator: "-") }

  private static func all(_ path: [Command]) -> [ManualPage] {
    [ManualPage(path: path)]
      + (path.last?.shownCommands ?? []).flatMap { all(path + [$0]) }
  }

  private func text(date: String) -> String {
    guard let command = path.last else { return "" }
    var lines = [
      ".Dd \(date)", ".Dt \(name.uppercased()) 1", ".Os", ".Sh NAME", ".Nm \(name)",
      ".Nd \(Self.escaped(String(command.abstract.dropLast())))", ".Sh SYNOPSIS",
      ".Nm \"\(path.map(\.name).joined(separator: " "))\"",
    ]
    lines += synopsis(command) + [".Sh DESCRIPTION"]
    lines +=
      command.discussion.isEmpty
      ? [Self.escaped(command.abstract)]
      : Array(command.discussion.map { [Self.escaped($0)] }.joined(separator: [".Pp"]))
    lines += options(command) + commands(command)
    if isProgram { lines.append(Self.sections) }
    lines += statuses(command)
    if !command.examples.isEmpty {
      lines += [".Sh EXAMPLES", ".Bd -literal"]
      lines += command.examples.map { Self.escaped($0, isLiteral: true) } + [".Ed"]
    }
    return (lines + seeAlso(command)).joined(separator: "\n") + "\n"
  }

  /// The line that `examples/manual.sh` replaces with the sections on environment and files.
  private static let sections = ".\\\" sections"

  private func synopsis(_ command: Command) -> [String] {
    guard command.commands.isEmpty else { return [".Op Ar subcommand", ".Op Ar options"] }
    let options = command.options.filter { !$0.isHidden }.map { option in
      ".Op Fl -\(option.name)" + (option.kind == .flag ? "" : " Ar \(option.valueName)")
        + (option.isRepeatable ? " ..." : "")
    }
    let operands = command.operands.map { operand in
      switch operand.count {
      case .one: ".Ar \(operand.name)"
      case .optional: ".Op Ar \(operand.name)"
      case .any: ".Op Ar \(operand.name) ..."
      }
    }
    return options + operands
  }

  private func options(_ command: Command) -> [String] {
    var lines = [".Bl -tag -width 6n"]
    for operand in command.operands {
      lines += [".It Ar \(operand.name)", Self.escaped(operand.summary)]
    }
    for option in command.options where !option.isHidden {
      lines.append(
        ".It " + (option.short.map { "Fl \($0) , " } ?? "") + "Fl -\(option.name)"
          + (option.kind == .flag ? "" : " Ar \(option.valueName)"))
      lines.append(Self.escaped(option.summary + (option.isRepeatable ? " May be repeated." : "")))
    }
    return lines + [
      ".It Fl -version", "Show the version.", ".It Fl h , -help", "Show the help.", ".El",
    ]
  }

  private func commands(_ command: Command) -> [String] {
    guard !command.commands.isEmpty else { return [] }
    return [".Sh COMMANDS", "The first is the default.", ".Bl -tag -width 6n"]
      + command.shownCommands.flatMap { [".It Cm \($0.name)", Self.escaped($0.abstract)] }
      + [".El"]
  }

  private func statuses(_ command: Command) -> [String] {
    let title = ".Sh \"EXIT STATUS\""
    guard !command.statuses.isEmpty else { return [title, "As of", ".Xr \(path[0].name) 1 ."] }
    let list = command.statuses.flatMap { [".It \($0)", Self.escaped($1)] }
    return [title, ".Bl -tag -width 6n"] + list + [".El", ".Pp"]
      + (isProgram
        ? ["A status that is not in this table is a failure."]
        : ["Others as of", ".Xr \(path[0].name) 1 ."])
  }

  private func seeAlso(_ command: Command) -> [String] {
    let others =
      command.shownCommands.map { "\(name)-\($0.name)" }
      + (isProgram ? [] : [path.dropLast().map(\.name).joined(separator: "-")])
    let pages =
      others.map { "\($0) 1" }
      + (isProgram
        ? ["config 5", "result 5", "template 5", "ledger 7"].map { "\(name)-\($0)" } : [])
    return [".Sh \"SEE ALSO\"", pages.map { ".Xr \($0)" }.joined(separator: " ,\n")]
  }

  /// Escapes a text for groff(1), so that it is shown unchanged; in examples, hyphens and quotes stay ASCII.
  private static func escaped(_ text: String, isLiteral: Bool = false) -> String {
    var result = text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" : ""
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-" where isLiteral: result += "\\-"
      case "'" where isLiteral: result += "\\(aq"
      case "`" where isLiteral: result += "\\(ga"
      default: result.append(character)
      }
    }
    // Options in sentences stay ASCII too, so that they can be copied.
    return isLiteral ? result : result.replacing("--", with: "\\-\\-")
  }
}
