// Private keys in the forms that programs write: PKCS #1, PKCS #8 and SEC 1, as PEM and as DER.

internal import CCrypto

extension PrivateKey {
  /// Reads the one private key of a text, whatever is around it (certificates, parameters), or DER.
  ///
  /// Nobody is ever asked for a passphrase: what is encrypted is refused.
  ///
  /// - Throws: ``CryptoError``: encrypted keys, foreign formats, several keys, a certificate or a
  ///   request in its place and each damage have a code of their own. No text holds anything of the key.
  package init(parsing text: SecretBytes) throws(CryptoError) {
    let pointer = try unsafe text.withSpan { (span) throws(CryptoError) -> OpaquePointer in
      if ContentKind.isDER(span) { return try unsafe Self.read(der: span) }
      var der = try Self.onlyKey(in: span)
      defer { cleanse(&der) }
      return try unsafe Self.read(der: der.span)
    }
    try unsafe self.init(pointer, orThrow: .openSSL(.notPrivateKey, "cannot be read"))
  }

  private static func onlyKey(in text: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    let keys = try ContentKind.privateKey.blocks(in: text)
    guard keys.count == 1, let key = keys.first else {
      throw CryptoError(
        .severalPrivateKeys, "\(keys.count) private keys in one file: keep the one that is meant")
    }
    guard key.label != "OPENSSH PRIVATE KEY" else {
      throw CryptoError(
        .unsupportedKeyFormat,
        "a private key in the format of OpenSSH: convert a copy with ssh-keygen -p -m PKCS8 -f FILE"
      )
    }
    guard key.label != "ENCRYPTED PRIVATE KEY", !PEM.isEncrypted(key, of: text) else {
      throw encrypted
    }
    return try PEM.decode(key, of: text)
  }

  private static var encrypted: CryptoError {
    CryptoError(
      .encryptedKey,
      "the private key is encrypted, and nobody is there to be asked for its passphrase: decrypt it "
        + "with openssl pkey -in FILE -out NEWFILE")
  }

  /// - Returns: A new key, the caller's to own.
  private static func read(der: Span<UInt8>) throws(CryptoError) -> OpaquePointer {
    // Asked first: OpenSSL's own reader tries for a passphrase.
    guard !isEncryptedPrivateKey(der) else { throw encrypted }
    return try unsafe ContentKind.privateKey.object(
      from: der, with: d2i_AutoPrivateKey, freedBy: EVP_PKEY_free
    ).released()
  }
}
