// Which variables of the environment no event may hold: an event reaches templates, results and logs.

/// Variables that hold credentials, or lead to them.
enum ProtectedVariables {
  /// What this program and NAVER Cloud's own tools read.
  private static let prefixes = ["NCLOUD_", "NCP_", "TF_VAR_"]
  /// Proxies with their passwords, in the spellings that libcurl, wget and others read (`https_proxy`, `ALL_PROXY`).
  private static let suffix = "_PROXY"
  /// Words that names of secrets hold: `AWS_SECRET_ACCESS_KEY`, `NOTIFY_PARAMETER_API_KEY`, `PGPASSWORD`.
  private static let words = [
    "SECRET", "PASSW", "PASSPHRASE", "TOKEN", "CREDENTIAL", "ACCESSKEY", "ACCESS_KEY", "APIKEY",
    "API_KEY", "PRIVATE_KEY", "PRIVATEKEY", "AUTHORIZATION", "COOKIE",
  ]
  /// Prefixes that only name such variables, besides those above: `--event-env HTTPS_`.
  private static let proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY"]

  /// Whether a variable is kept out of events, whatever the case of its name.
  static func contains(_ name: String) -> Bool {
    let name = name.uppercased()
    return prefixes.contains(where: name.hasPrefix) || name.hasSuffix(suffix)
      || words.contains(where: name.contains)
  }

  /// Whether a prefix can only be meant for such variables.
  static func isPrefix(_ prefix: String) -> Bool {
    let prefix = prefix.uppercased()
    return contains(prefix) || (prefixes + proxies).contains { $0.hasPrefix(prefix) }
  }
}
