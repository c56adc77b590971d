// Events of systems that have no JSON: the environment of a notification script, or its arguments.

internal import JSON

extension Event {
  /// The shortest prefix of `--event-env`, in characters: `N` alone would take half of the environment.
  static let minimumPrefix = 3

  /// Builds an event from environment variables and from fields of the command line.
  ///
  /// The names of variables stay whole; what holds or leads to credentials is never taken.
  ///
  /// - Parameters:
  ///   - prefixes: How the names of the variables begin.
  ///   - fields: `NAME=VALUE` each.
  ///   - environment: The variables that are there.
  /// - Throws: ``ReissueError``, exit 64: a prefix that is too short, a field without a name, a name twice.
  package init(
    prefixes: [String], fields: [String], environment: [String: String]
  ) throws(ReissueError) {
    var members = JSONObject()
    for prefix in prefixes where prefix.count < Self.minimumPrefix {
      throw ReissueError(
        "usage.option", "--event-env: \(Text.quoted(prefix)) is shorter than \(Self.minimumPrefix)",
        hint: "name how the variables of the monitoring system begin, such as NAGIOS_", exit: .usage
      )
    }
    for name in environment.keys.sorted() where !Credentials.secretVariables.contains(name) {
      guard prefixes.contains(where: name.hasPrefix), let value = environment[name] else {
        continue
      }
      members[name] = .string(value)
    }
    for field in fields {
      guard let equals = field.firstIndex(of: "="), equals != field.startIndex else {
        throw ReissueError(
          "usage.option", "--event-field: \(Text.quoted(field)) is not NAME=VALUE", exit: .usage)
      }
      let name = String(field[..<equals])
      guard members[name] == nil else {
        throw ReissueError(
          "usage.option", "--event-field: \(Text.quoted(name)) is there already", exit: .usage)
      }
      members[name] = .string(String(field[field.index(after: equals)...]))
    }
    self.init(document: .object(members))
  }
}
