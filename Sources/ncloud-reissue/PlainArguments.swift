// The short way in: the options of `run` in the form in which programs spell them.
//
// A general reader of options, which also knows abbreviations, help, completions and near misses, asks Swift's runtime
// some seventy times whether a type conforms to a protocol; each such question goes through 4,000 records. That
// is a fifth of the time of a whole run, which monitoring systems start by the thousand. So options that are
// spelled out are taken here, and anything else goes to the general reader as it is, which then says what is
// wrong with it. Tests hold that both read the same.

enum PlainArguments {
  /// Options of `run` that take a value; one that stands twice is left to the general reader.
  static let values = [
    "event", "max-event-bytes", "templates", "ledger", "parallel", "follow", "follow-deadline",
    "result-file", "endpoint", "profile", "ca-file", "timeout", "deadline", "log-level",
    "log-format", "config",
  ]

  /// Options of `run` that take a value each time they stand.
  static let lists = ["event-env", "event-field", "template", "var"]

  /// Options of `run` without a value.
  static let switches = [
    "stream", "dry-run", "force", "detailed-exitcode", "pretty",
  ]

  /// The flags by name, or nil if anything is not as plain as that: a short option, an operand, `--`, a value that
  /// is missing or
  /// looks like an option, another command.
  static func flags(_ arguments: [String]) -> [String: [String]]? {
    var flags: [String: [String]] = [:]
    var rest = arguments[...]
    if rest.first == "run" { rest.removeFirst() }
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--") else { return nil }
      let parts = argument.dropFirst(2).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = parts.first.map { String($0) } ?? ""
      if switches.contains(name) {
        guard parts.count == 1 else { return nil }
        flags[name] = ["true"]
        continue
      }
      let isList = lists.contains(name)
      guard isList || (values.contains(name) && flags[name] == nil) else { return nil }
      let value: String
      if parts.count == 2 {
        guard !parts[1].isEmpty else { return nil }
        value = String(parts[1])
      } else {
        guard let next = rest.popFirst(), !next.hasPrefix("-") else { return nil }
        value = next
      }
      flags[name, default: []].append(value)
    }
    return flags
  }
}
