internal import Crypto
internal import Platform
internal import TrialAuthority

/// Signs the certificates of the account, and those of TLS servers in front of the sandbox. No program trusts its root
/// without being configured to.
final class Authority {
  private let authority: CertificateAuthority
  /// The key of seeded certificates, which have no request, and of servers.
  private let ownKey: PrivateKey
  private var chains: [Int: [Crypto.Certificate]] = [:]
  /// How long a server's certificate is valid, in days.
  private let certificateDays: Int
  private var nextServerSerial = firstServerSerial

  /// Smaller serials are the certificate numbers.
  private static let firstServerSerial: UInt64 = 1 << 62
  private static let name = "ncloud-sandbox"
  /// How long a server's certificate is still valid unless a control request says otherwise, in days.
  static let serverDays = 30
  private static let yearsBefore = 10
  private static let yearsAfter = 30
  private static let secondsPerYear = 365 * secondsPerDay

  /// Makes the keys and the two authorities, valid long before and after now.
  init(at seconds: Int, certificateDays: Int) throws(SandboxError) {
    self.certificateDays = certificateDays
    do throws(CryptoError) {
      let first = seconds - Self.yearsBefore * Self.secondsPerYear
      authority = try CertificateAuthority(
        name: Self.name, validity: first...(seconds + Self.yearsAfter * Self.secondsPerYear))
      ownKey = try PrivateKey.generate(.p256)
    } catch {
      throw SandboxError("the sandbox's authority cannot be made: \(error)")
    }
  }

  /// Forgets what was signed: another seed may give the same numbers to other certificates.
  func forgetChains() { chains = [:] }

  /// The root, PEM: what a client has to trust.
  var rootPEM: String { authority.root.pem }

  /// The chain of a certificate that was issued: leaf, intermediate, root.
  func chain(of certificate: AccountCertificate) throws(SandboxError) -> [Crypto.Certificate] {
    if let chain = chains[certificate.number] { return chain }
    guard let first = certificate.notBefore, let last = certificate.notAfter, first <= last else {
      throw SandboxError("certificate \(certificate.number) is not issued")
    }
    let chain = try sign(
      certificate.publicKey ?? ownKey.publicKey, names: certificate.domainsInOrder,
      validity: first...last, serial: UInt64(certificate.number))
    chains[certificate.number] = chain
    return chain
  }

  /// A certificate for a TLS server of a trial: its chain without the root, and its private key, PEM.
  func server(
    names: [String], daysLeft: Int, at seconds: Int
  ) throws(SandboxError) -> (chain: String, privateKey: String) {
    nextServerSerial += 1
    let end = daysAhead(daysLeft, of: seconds)
    let chain = try sign(
      ownKey.publicKey, names: names,
      validity: min(end - certificateDays * secondsPerDay, seconds)...end,
      serial: nextServerSerial)
    do throws(CryptoError) {
      let key = try ownKey.pkcs8PEM().withSpan { span in
        String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
      }
      return (chain.dropLast().map(\.pem).joined(), key)
    } catch {
      throw SandboxError("the server's key cannot be written: \(error)")
    }
  }

  /// Writes the root for clients, and chain and key for a TLS server named localhost.
  func writeTrustFiles(to path: String, at seconds: Int) throws(SandboxError) {
    let made = try server(names: ["localhost"], daysLeft: Self.serverDays, at: seconds)
    try SandboxError.wrap { () throws(FileError) in
      let folder = try Folder.openOrCreate(path)
      for (name, text, mode) in [
        ("root.pem", rootPEM, 0o644), ("server.pem", made.chain, 0o644),
        ("server.key", made.privateKey, 0o600),
      ] as [(String, String, UInt32)] {
        try folder.removeFile(name)
        try folder.create(name, Array(text.utf8), mode: mode)
      }
    }
  }

  private func sign(
    _ key: PublicKey, names: [String], validity: ClosedRange<Int>, serial: UInt64
  ) throws(SandboxError) -> [Crypto.Certificate] {
    do throws(CryptoError) {
      return try authority.issue(for: key, names: names, validity: validity, serial: serial)
    } catch {
      throw SandboxError("the sandbox's authority cannot sign: \(error)")
    }
  }
}
