// Events of systems that have no JSON: the environment of a notification script, or its arguments.

package import Core
internal import Crypto
internal import JSON
internal import Service
internal import Templates

extension Event {
  /// The shortest prefix of `--event-env`, in characters: `N` alone would take half of the environment.
  static let minimumPrefix = 3

  /// Builds an event from environment variables and from fields of the command line, `NAME=VALUE` each.
  ///
  /// The names of variables stay whole; ``ProtectedVariables`` are never taken, nor is a value that contains one of
  /// the secrets in them.
  ///
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

// Variables of the environment that no event may contain, because an event reaches templates, results and logs.
/// Variables with credentials, or with the path of a file that has them.
enum ProtectedVariables {
  /// Variables of this program and of NAVER Cloud's tools.
  private static let prefixes = ["NCLOUD_", "NCP_", "TF_VAR_"]
  /// Variables of proxies and their passwords, as libcurl, wget and others read them (`https_proxy`, `ALL_PROXY`).
  private static let suffix = "_PROXY"
  /// Words in names of secrets: `AWS_SECRET_ACCESS_KEY`, `NOTIFY_PARAMETER_API_KEY`, `PGPASSWORD`.
  private static let words = [
    "SECRET", "PASSW", "PASSPHRASE", "TOKEN", "CREDENTIAL", "ACCESSKEY", "ACCESS_KEY", "APIKEY",
    "API_KEY", "PRIVATE_KEY", "PRIVATEKEY", "AUTHORIZATION", "COOKIE",
  ]
  /// More prefixes that match only such variables: `--event-env HTTPS_`.
  private static let proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY"]

  /// Whether events must not contain a variable; the case of its name does not matter.
  static func contains(_ name: String) -> Bool {
    let name = name.uppercased()
    return prefixes.contains(where: name.hasPrefix) || name.hasSuffix(suffix)
      || words.contains(where: name.contains)
  }

  /// Whether a prefix matches only such variables.
  static func isPrefix(_ prefix: String) -> Bool {
    let prefix = prefix.uppercased()
    return contains(prefix) || (prefixes + proxies).contains { $0.hasPrefix(prefix) }
  }
}
