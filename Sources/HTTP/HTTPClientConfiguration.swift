/// How a client connects; all of it given, nothing read from the environment.
package struct HTTPClientConfiguration: Sendable {
  /// A PEM file of the only authorities to trust; `nil` for those of the system.
  package var caFile: String?
  /// A PEM file with this side's certificate, and those between it and its authority; `nil` for none.
  package var clientCertificateFile: String?
  /// A PEM file with the key of that certificate; `nil` if it is in the same file.
  package var clientKeyFile: String?
  /// The proxy for `https`; `nil` for none.
  package var proxy: Proxy?
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
  /// Asked at least five times a second: `true` ends ``HTTPClient/perform(_:)``, and what is asked of a server's
  /// certificate.
  package var isInterrupted: @Sendable () -> Bool = { false }

  /// The defaults: the system's authorities, no proxy, nothing traced.
  package init() {}
}
