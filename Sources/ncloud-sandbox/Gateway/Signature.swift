// The gateway's side of signature v2. Written apart from the client on purpose: a mistake in the
// string to sign must not be able to hide in both.

internal import Crypto

/// Computes what `x-ncp-apigw-signature-v2` must hold.
enum Signature {
  /// `METHOD SP target LF timestamp LF access-key`: no host, no body, no line feed at the end.
  ///
  /// Source: NAVER Cloud Platform API, "Ncloud API overview", "Create signature".
  static func stringToSign(
    method: String, target: String, timestamp: String, accessKey: String
  ) -> String {
    method + " " + target + "\n" + timestamp + "\n" + accessKey
  }

  /// Base64 of the HMAC-SHA256 of the string to sign; the secret is used as it is written.
  static func value(of stringToSign: String, secretKey: String) -> String {
    Base64.encode(
      HMACSHA256.authenticate(Array(stringToSign.utf8), key: Array(secretKey.utf8)))
  }
}
