/// How a client connects; all of it given, nothing read from the environment.
package struct HTTPClientConfiguration: Sendable {
  /// A PEM file of the only authorities to trust; `nil` for those of the system.
  package var caFile: String?
  /// A PEM file with this side's certificate, and those between it and its authority; `nil` for none.
  package var clientCertificateFile: String?
  /// A PEM file with the key of that certificate; `nil` if it is in the same file.
  package var clientKeyFile: String?
  /// The proxy, as curl reads it: `[scheme://][user:password@]host[:port]`; `nil` for none.
  package var proxy: String?
  /// The hosts that are reached without the proxy, as curl reads it: names separated by commas, or `*`.
  package var noProxy = ""
  /// The most connections to one host, and the most kept open; at least 1.
  package var maximumConnections = 4
  /// The most bytes of a reply's body.
  package var bodyLimit = 1 << 20
  /// The most bytes of all header lines of a reply, interim replies included.
  package var headerLimit = 1 << 16
  /// The longest that a connection may take to come about, TLS included.
  package var connectTimeoutMilliseconds = 10_000
  /// The User-Agent header.
  package var userAgent = "ncloud-reissue"
  /// Gets one line for each thing that happens on the wire, never the value of a header that may be secret.
  package var trace: (@Sendable (String) -> Void)?
  /// Asked whenever a wait is broken off, and at least five times a second: `true` ends the wait.
  package var isInterrupted: @Sendable () -> Bool = { false }

  /// The defaults: the system's authorities, no proxy, nothing traced.
  package init() {}

  /// Takes proxy and exceptions from variables as curl does: the lower-case name first, `https_proxy` before
  /// `all_proxy`; an empty value counts as not set.
  package mutating func readProxy(from environment: [String: String]) {
    func first(_ names: [String]) -> String? {
      names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
    proxy = first(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
    noProxy = first(["no_proxy", "NO_PROXY"]) ?? ""
  }
}
