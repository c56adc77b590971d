/// Why there is no whole reply.
package struct HTTPFailure: Error, Hashable, Sendable {
  /// What went wrong, as far as a program cares.
  package enum Kind: Hashable, Sendable {
    /// The URL is none, has user information, or is not `https` (`http` only to loopback).
    case invalidURL
    /// A header name or value that HTTP does not allow.
    case invalidHeader
    /// The host name has no address.
    case resolve
    /// Nobody answers at the address.
    case connect
    /// TLS could not be agreed upon.
    case tlsHandshake
    /// The peer's certificate is not trusted.
    case tlsUntrusted(Distrust)
    /// The certificate of the proxy itself is not trusted.
    case proxyUntrusted(Distrust)
    /// The authorities to trust cannot be read.
    case trustStore
    /// The proxy cannot be reached or refuses; the status of its answer, or 0.
    case proxy(status: Int)
    /// The time was over.
    case timeout
    /// The caller's interruption check said so, or ``HTTPClient/cancelAll()`` was called.
    case interrupted
    /// The connection ended before the reply was whole.
    case lost
    /// The reply's body is over the limit.
    case bodyTooLarge
    /// The reply's headers are over the limit.
    case headersTooLarge
    /// What came is not HTTP.
    case protocolViolation
    /// The reply's body is coded in a way that cannot be decoded.
    case contentCoding
    /// This machine has no more descriptors or memory for it.
    case exhausted
    /// libcurl could not be used.
    case library
  }

  /// Why a certificate is not trusted.
  package enum Distrust: String, Hashable, Sendable {
    /// Its last day is over, or that of a certificate above it.
    case expired
    /// Its first day is still to come; often the clock here is wrong.
    case notYetValid = "not-yet-valid"
    /// It is for other hosts.
    case wrongName = "wrong-name"
    /// The chain leads to no authority that is trusted.
    case unknownIssuer = "unknown-issuer"
    /// It vouches for itself, or the root above it does and is not trusted.
    case selfSigned = "self-signed"
    /// Any other reason of OpenSSL's; ``HTTPFailure/reason`` has its words.
    case other
  }

  /// How far the request had come.
  package enum Stage: Int, Comparable, Hashable, Sendable {
    /// Nothing was done on the network.
    case notStarted
    /// The name of the host was being looked up.
    case resolving
    /// The connection is coming about: TCP, proxy, TLS.
    case connecting
    /// The connection was there and the request was given to it.
    case sent

    package static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
  }

  /// What went wrong.
  package let kind: Kind
  /// How far the request had come.
  package let stage: Stage
  /// libcurl's number for the error; 0 if it was found before libcurl was asked.
  package let code: Int
  /// The reason in libcurl's words, without control characters. No secret can be in it: what libcurl is given as a
  /// URL never holds one.
  package let reason: String

  /// A failure in the words of its finder; for stand-ins of the network too.
  package init(_ kind: Kind, stage: Stage, code: Int = 0, reason: String) {
    self.kind = kind
    self.stage = stage
    self.code = code
    self.reason = reason
  }

  /// Whether bytes of the request may have left: `false` only if surely none has, so that the request was
  /// surely not carried out.
  package var mayHaveBeenSent: Bool { stage == .sent }
}

extension HTTPFailure: CustomStringConvertible {
  package var description: String { reason }
}
