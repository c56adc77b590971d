/// The text of `--help`.
package enum HelpText {
  /// The width of a terminal; longer lines are broken between words.
  private static let width = 80
  /// The column where the explanations of options begin.
  private static let column = 26

  /// The help of the last command of a path, which begins with the program.
  package static func text(of path: [Command]) -> String {
    guard let command = path.last else { return "" }
    let name = path.map(\.name).joined(separator: " ")
    var sections = [paragraph("OVERVIEW: " + command.abstract)]
    sections += command.discussion.map { paragraph($0) }
    if !command.examples.isEmpty {
      sections.append(section("EXAMPLES", command.examples.map { "  \($0)\n" }))
    }
    sections.append(statuses(of: command, program: path.count > 1 ? path[0].name : nil))
    sections.append("USAGE: \(name)\(usage(of: command))\n")
    if !command.operands.isEmpty {
      sections.append(
        section("ARGUMENTS", command.operands.map { entry("<\($0.name)>", $0.summary) }))
    }
    var groups = command.groups.filter { $0.title != "Options" }
    groups.append(
      Command.Group("Options", command.groups.filter { $0.title == "Options" }.flatMap(\.options)))
    for group in groups { sections.append(section(group)) }
    if !command.shownCommands.isEmpty {
      sections.append(
        section("SUBCOMMANDS", commands(of: command))
          + "\n  See '\(path[0].name) help \(path.dropFirst().map { $0.name + " " }.joined())"
          + "<subcommand>' for its options.\n")
    }
    return sections.joined(separator: "\n")
  }

  private static func usage(of command: Command) -> String {
    let options = command.options.contains { !$0.isHidden } ? " [<options>]" : ""
    if !command.commands.isEmpty { return " [<subcommand>] [<options>]" }
    return options + command.operands.map { " " + $0.usage }.joined()
  }

  /// The exit statuses; those of the program follow, unless it is the program itself.
  private static func statuses(of command: Command, program: String?) -> String {
    let others = program.map { "as in '\($0) --help'." }
    guard !command.statuses.isEmpty else { return paragraph("EXIT STATUS: \(others ?? "0")") }
    let entries = command.statuses.map { status, meaning in
      wrapped("\(status) ".padded(to: 4) + meaning, indent: 6, first: 2)
    }
    return section("EXIT STATUS", entries + (others.map { ["  Others: \($0)\n"] } ?? []))
  }

  private static func section(_ group: Command.Group) -> String {
    var entries = group.options.filter { !$0.isHidden }.map { option in
      entry(
        (option.short.map { "-\($0), " } ?? "") + "--\(option.name)"
          + (option.kind == .flag ? "" : " <\(option.valueName)>"),
        option.summary + (option.isRepeatable ? " May be repeated." : ""))
    }
    if group.title == "Options" {
      entries += [entry("--version", "Show the version."), entry("-h, --help", "Show this help.")]
    }
    return section(group.title.uppercased(), entries)
  }

  private static func commands(of command: Command) -> [String] {
    command.shownCommands.map { each in
      entry(
        each.name + (each.name == command.commands.first?.name ? " (default)" : ""), each.abstract)
    }
  }

  private static func section(_ title: String, _ entries: [String]) -> String {
    "\(title):\n" + entries.joined()
  }

  private static func entry(_ label: String, _ text: String) -> String {
    let label = "  " + label
    guard label.count < column - 1 else {
      return label + "\n" + wrapped(text, indent: column, first: column)
    }
    return wrapped(label.padded(to: column) + text, indent: column, first: 0)
  }

  private static func paragraph(_ text: String) -> String { wrapped(text, indent: 0, first: 0) }

  /// Lines of at most ``width`` characters; the blanks at the beginning of the text stay.
  private static func wrapped(_ text: String, indent: Int, first: Int) -> String {
    var result = ""
    var line = String(repeating: " ", count: first) + text.prefix { $0 == " " }
    var isEmpty = true
    for word in text.drop(while: { $0 == " " }).split(
      separator: " ", omittingEmptySubsequences: false)
    {
      if !isEmpty, line.count + 1 + word.count > width {
        result += line + "\n"
        line = String(repeating: " ", count: indent)
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return result + line + "\n"
  }
}

extension String {
  /// The text with blanks up to a column.
  fileprivate func padded(to column: Int) -> String {
    self + String(repeating: " ", count: max(0, column - count))
  }
}
