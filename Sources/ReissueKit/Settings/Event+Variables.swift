// Events of systems that have no JSON: the environment of a notification script, or its arguments.

package import Core
internal import Crypto
internal import JSON
internal import Service
internal import Templates

extension Event {
  /// The shortest prefix of `--event-env`, in characters: `N` alone would take half of the environment.
  static let minimumPrefix = 3

  /// Builds an event from environment variables and from fields of the command line.
  ///
  /// The names of variables stay whole; ``ProtectedVariables`` are never taken, nor is a value that holds one of
  /// the secrets that they hold.
  ///
  /// - Parameters:
  ///   - prefixes: How the names of the variables begin.
  ///   - fields: `NAME=VALUE` each.
  ///   - context: The environment.
  /// - Throws: ``ReissueError``, exit 64 or 78 by the origin of the field: one without a name, a name twice.
  package init(
    prefixes: [String], fields: [SettingValue], context: Context
  ) throws(ReissueError) {
    var members = JSONObject()
    let secrets = Credentials.secretKeyVariables.compactMap { variable in
      context.secret(variable).map { value in
        var bytes = value
        return SecretBytes(taking: &bytes)
      }
    }
    let environment = context.environment
    for name in environment.keys.sorted() where !ProtectedVariables.contains(name) {
      guard prefixes.contains(where: name.hasPrefix), let value = environment[name],
        !secrets.contains(where: { $0.occurs(in: value) })
      else { continue }
      members[name] = .string(value)
    }
    for field in fields {
      let (name, text) = try field.assignment()
      guard members[name] == nil else {
        throw field.problem("\(Text.quoted(name)) is there already")
      }
      members[name] = .string(text)
    }
    self.init(document: .object(members))
  }
}
