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
