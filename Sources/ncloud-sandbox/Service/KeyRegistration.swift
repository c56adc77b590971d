internal import Crypto
internal import JSON

/// The body of a RegisterPrivateKey request.
struct KeyRegistration {
  /// The digits of the number.
  let certificateNo: String
  private let privateKey: SecretBytes

  /// Reads the body.
  ///
  /// - Throws: 400 with code 2000; the message names the member, and has no part of a value.
  init(body: [UInt8]) throws(ServiceRefusal) {
    guard let value = try? JSONDecoder.decode(body), let members = value.object else {
      throw .invalid("the body must be a JSON object")
    }
    // Integer in the newest documents, String in the older ones.
    switch members["certificateNo"] {
    case .integer(let number): certificateNo = String(number)
    case .string(let text): certificateNo = text
    default: throw .invalid("certificateNo is required")
    }
    guard let text = members["privateKey"]?.string, !text.isEmpty else {
      throw .invalid("privateKey is required")
    }
    privateKey = SecretBytes(copying: text)
  }

  /// Checks that the key belongs to a certificate.
  ///
  /// - Throws: An invented code for a text that is no key, and for another key.
  func checkKey(of publicKey: PublicKey?) throws(ServiceRefusal) {
    let key: PrivateKey
    do throws(CryptoError) {
      key = try PrivateKey(parsing: privateKey)
    } catch {
      throw ServiceRefusal("sandbox-key-unreadable", "Unable to load the private key.")
    }
    guard let publicKey, key.matches(publicKey) else {
      throw ServiceRefusal(
        "sandbox-key-mismatch", "The private key does not belong to the certificate.")
    }
  }
}
