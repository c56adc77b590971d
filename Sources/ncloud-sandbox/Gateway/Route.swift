/// The operations of Certificate Manager API 2.0 that the sandbox has.
enum Route: Hashable, Sendable {
  case reissue(certificateNo: String)
  case registerPrivateKey
  case paidCertificates
  case orders
  case order(id: String)
  case verificationInfo(certificateNo: String)
  case chain(certificateNo: String)

  /// The operation of a method and a path; `nil` is the gateway's 404/300.
  ///
  /// Paths are compared as they are sent: no decoding, no merging of slashes, no dot segments.
  init?(method: String, path: String) {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard segments.starts(with: ["", "api", "v2", "certificate"]) else { return nil }
    let rest = Array(segments.dropFirst(4))
    guard rest.allSatisfy({ !$0.isEmpty }) else { return nil }
    switch (method, rest.count) {
    case ("POST", 2) where rest[1] == "reissue": self = .reissue(certificateNo: rest[0])
    case ("POST", 1) where rest[0] == "registPrivateKey": self = .registerPrivateKey
    case ("GET", 1) where rest[0] == "getPaidCertificates": self = .paidCertificates
    case ("GET", 1) where rest[0] == "orders": self = .orders
    case ("GET", 2) where rest[0] == "orders": self = .order(id: rest[1])
    case ("GET", 2) where rest[0] == "getVerificationInfo":
      self = .verificationInfo(certificateNo: rest[1])
    case ("GET", 3) where rest[0] == "exportCertificate" && rest[2] == "chain":
      self = .chain(certificateNo: rest[1])
    default: return nil
    }
  }

  /// The certificate number in the path, if the route has one.
  var certificateNo: String? {
    switch self {
    case .reissue(let number), .verificationInfo(let number), .chain(let number): number
    case .registerPrivateKey, .paidCertificates, .orders, .order: nil
    }
  }
}
