// libFuzzer's target for signing requests, private keys and certificates: any bytes, as DER or as PEM,
// end in a value or an error.

import Crypto

/// Called by libFuzzer with one input, which is read as each of the three.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  // The bytes are libFuzzer's, and valid during the call.
  let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  attempt { () throws(CryptoError) in try readRequest(bytes) }
  attempt { () throws(CryptoError) in try readKey(bytes) }
  attempt { () throws(CryptoError) in try readCertificates(bytes) }
  return 0
}

/// An error is as good as a value, if it can be shown and blames nobody's library.
private func attempt(_ read: () throws(CryptoError) -> Void) {
  do throws(CryptoError) {
    try read()
  } catch {
    precondition(isPrintable(error.text), "a control character reaches the terminal")
    precondition(!error.text.isEmpty, "an error without words")
  }
}

private func readRequest(_ bytes: [UInt8]) throws(CryptoError) {
  let request = try CertificateSigningRequest(parsing: bytes)
  let findings = request.findings(
    commonName: "shop.example.com", names: ["www.shop.example.com"])
  for finding in findings {
    precondition(isPrintable(finding.text), "a control character reaches the terminal")
  }
  if !request.hasValidSignature {
    precondition(findings.contains { $0.code == .badSignature }, "a bad signature goes unseen")
  }
  // The canonical form of what was read reads as the same.
  let again = try? CertificateSigningRequest(parsing: Array(request.encoded.pem.utf8))
  precondition(again == request, "the canonical form holds another request")
}

private func readKey(_ bytes: [UInt8]) throws(CryptoError) {
  var copy = bytes
  let key = try PrivateKey(parsing: SecretBytes(taking: &copy))
  let request = try key.makeRequest(commonName: "shop.example.com", dnsNames: ["*.example.com"])
  precondition(request.hasValidSignature, "a request that does not prove its key")
  precondition(key.matches(request.publicKey), "a request with another key")
}

private func readCertificates(_ bytes: [UInt8]) throws(CryptoError) {
  for certificate in try Certificate.chain(parsing: bytes) {
    let again = try? Certificate.chain(parsing: Array(certificate.pem.utf8))
    precondition(again == [certificate], "the canonical form holds another certificate")
  }
}

private func isPrintable(_ text: String) -> Bool {
  text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
}
