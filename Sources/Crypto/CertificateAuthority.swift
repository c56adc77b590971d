// A certificate authority for trials: two levels, in memory, gone with the process.

/// A root and an intermediate authority with P-256 keys, made on the spot.
///
/// It signs whatever it is asked to: who may ask is decided elsewhere. Nothing but a trial trusts it.
package struct CertificateAuthority: ~Copyable, Sendable {
  /// The self-signed certificate that a client has to trust.
  package let root: Certificate
  /// The certificate that signs the leaves.
  package let intermediate: Certificate
  private let key: PrivateKey

  /// Makes both authorities, in less than a millisecond.
  ///
  /// - Parameters:
  ///   - name: What the common names begin with, at most 40 characters.
  ///   - validity: From the first to the last second of their life, Unix time.
  /// - Throws: ``CryptoError``.
  package init(name: String, validity: ClosedRange<Int>) throws(CryptoError) {
    let rootKey = try PrivateKey.generate(.p256)
    let key = try PrivateKey.generate(.p256)
    let root = try CertificateTemplate(
      subject: "\(name) root", publicKey: rootKey.publicKey, serial: 1, validity: validity,
      kind: .root
    ).signed(by: rootKey, issuer: nil)
    let intermediate = try CertificateTemplate(
      subject: "\(name) intermediate", publicKey: key.publicKey, serial: 2, validity: validity,
      kind: .intermediate
    ).signed(by: rootKey, issuer: root)
    self.root = root
    self.intermediate = intermediate
    self.key = key
  }

  /// Signs a certificate for a TLS server.
  ///
  /// - Parameters:
  ///   - publicKey: The key of a request, whose signature the caller has checked.
  ///   - names: The DNS names, the common name first. One of more than 64 characters cannot be the
  ///     common name (RFC 5280 appendix A.1) and is an alternative name only.
  ///   - validity: From the first to the last second of its life, Unix time.
  ///   - serial: A number that this authority has not given yet.
  /// - Returns: The chain in the order that servers send: leaf, intermediate, root.
  /// - Throws: ``CryptoError`` of code `invalidName`, `invalidTime` or `library`.
  package func issue(
    for publicKey: PublicKey, names: [String], validity: ClosedRange<Int>, serial: UInt64
  ) throws(CryptoError) -> [Certificate] {
    let names = distinct(names)
    let commonName = names.first.flatMap {
      $0.unicodeScalars.count <= PrivateKey.maximumCommonNameLength ? $0 : nil
    }
    let leaf = try CertificateTemplate(
      subject: commonName, publicKey: publicKey, serial: serial, validity: validity,
      kind: .server(names)
    ).signed(by: key, issuer: intermediate)
    return [leaf, intermediate, root]
  }
}
