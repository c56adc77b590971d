// Why the certificate of the service is not trusted, and how to fix it.

internal import Core
internal import HTTP

extension ReissueError {
  /// A peer whose certificate is not trusted, with the cause and the names or dates in the certificate.
  static func untrusted(
    _ cause: HTTPFailure.Distrust, _ failure: HTTPFailure, peer: PeerCertificate?
  ) -> ReissueError {
    ReissueError(
      "network.tls-untrusted",
      "the service's certificate is not trusted: \(text(cause, peer) ?? failure.reason)",
      hint: hint(cause), exit: .configuration)
  }

  /// A proxy that is reached over TLS and whose certificate is not trusted.
  static func untrustedProxy(
    _ cause: HTTPFailure.Distrust, _ failure: HTTPFailure
  ) -> ReissueError {
    ReissueError(
      "network.tls-untrusted",
      "the proxy's certificate is not trusted: \(text(cause, nil) ?? failure.reason)",
      hint: cause == .expired || cause == .notYetValid
        ? "check this machine's clock first, then the proxy's certificate"
        : "check HTTPS_PROXY, and name the proxy's authority with --ca-file, beside that of the service",
      exit: .configuration)
  }

  private static func text(_ cause: HTTPFailure.Distrust, _ peer: PeerCertificate?) -> String? {
    let shown = peer.map { Text.quoted($0.names.isEmpty ? $0.subject : $0.names) }
    let whose = shown.map { " (it is for \($0))" } ?? ""
    let issuer = peer.map { " \(Text.quoted($0.issuer))" } ?? ""
    return switch cause {
    case .expired: "it expired\(peer.map { " \($0.notAfter)" } ?? "")\(whose)"
    case .notYetValid: "it is not valid yet\(peer.map { ", from \($0.notBefore)" } ?? "")\(whose)"
    case .wrongName: "it is for other names than the endpoint's\(whose)"
    case .unknownIssuer: "its issuer\(issuer) is not known here\(whose)"
    case .selfSigned: "it is signed by itself\(whose)"
    case .other: nil
    }
  }

  private static func hint(_ cause: HTTPFailure.Distrust) -> String {
    switch cause {
    case .expired, .notYetValid:
      "check this machine's clock; if it is right, the server needs a new certificate"
    case .wrongName: "check --endpoint, and what answers under its name (DNS, proxy)"
    case .unknownIssuer, .selfSigned, .other:
      "name its authority with --ca-file if that is meant to be, for example a proxy that looks inside"
    }
  }
}
