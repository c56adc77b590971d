/// The reason why there is no whole reply.
package struct HTTPFailure: Error, Hashable, Sendable {
  /// The kind of failure.
  package enum Kind: Hashable, Sendable {
    /// The URL is invalid, has user information, or is not `https` (`http` only to loopback).
    case invalidURL
    /// A header name or value that HTTP does not allow.
    case invalidHeader
    /// The host name has no address.
    case resolve
    /// No server answers at the address.
    case connect
    /// The TLS handshake failed.
    case tlsHandshake
    /// The peer's certificate is not trusted.
    case tlsUntrusted(Distrust)
    /// The certificate of the proxy is not trusted.
    case proxyUntrusted(Distrust)
    /// The trusted authorities cannot be read.
    case trustStore
    /// The proxy cannot be reached or refuses; the status of its answer, or 0.
    case proxy(status: Int)
    /// The time limit was reached.
    case timeout
    /// The interruption check returned true, or the request was cancelled.
    case interrupted
    /// The connection ended before the reply was whole.
    case lost
    /// The reply's body is over the limit.
    case bodyTooLarge
    /// The reply's headers are over the limit.
    case headersTooLarge
    /// The reply is not HTTP.
    case protocolViolation
    /// The reply's body has an encoding that cannot be decoded.
    case contentCoding
    /// This machine has no free descriptors or memory.
    case exhausted
    /// libcurl is not installed, or too old.
    case missingLibrary
    /// libcurl could not be used.
    case library
  }

  /// The reason why a certificate is not trusted.
  package enum Distrust: String, Hashable, Sendable {
    /// It has expired, or one above it has.
    case expired
    /// It is not valid yet; often the local clock is wrong.
    case notYetValid = "not-yet-valid"
    /// It is for other hosts.
    case wrongName = "wrong-name"
    /// The chain does not lead to a trusted authority.
    case unknownIssuer = "unknown-issuer"
    /// It is self-signed, or its root is and is not trusted.
    case selfSigned = "self-signed"
    /// Another reason of OpenSSL; ``HTTPFailure/reason`` has its words.
    case other
  }

  /// How far the request went.
  package enum Stage: Int, Comparable, Hashable, Sendable {
    /// Nothing was done on the network.
    case notStarted
    /// The name of the host was being looked up.
    case resolving
    /// The connection is being set up: TCP, proxy, TLS.
    case connecting
    /// The request was given to a connection.
    case sent

    package static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
  }

  /// The kind of failure; stable, for programs.
  package let kind: Kind
  /// How far the exchange got; from ``Stage/sent`` on the server may have the request.
  package let stage: Stage
  /// libcurl's error number; 0 if the error was found before libcurl was called.
  package let code: Int
  /// The reason in libcurl's words, without control characters. It contains no secret: the URL that libcurl gets has
  /// none.
  package let reason: String

  /// A failure; also for tests with a simulated network.
  package init(_ kind: Kind, stage: Stage, code: Int = 0, reason: String) {
    self.kind = kind
    self.stage = stage
    self.code = code
    self.reason = reason
  }

  /// Whether a part of the request may have been sent: `false` only if none was, so that the server cannot have carried
  /// it out.
  package var mayHaveBeenSent: Bool { stage == .sent }

  /// What to do if libcurl is missing.
  package static let missingLibraryHint =
    "install the package libcurl4t64 (Debian 13, Ubuntu 24.04) or libcurl4 (before these)"
}

extension HTTPFailure: CustomStringConvertible {
  package var description: String { reason }
}
