// Signature v2 of NAVER Cloud's API Gateway (https://api.ncloud-docs.com/docs/common-ncpapi), each
// stage a function of its arguments alone. Clock and keys come from outside.

package import Crypto

/// Signs calls of NAVER Cloud's API Gateway.
package enum Signature {
  /// Stage 1: the text that is signed.
  ///
  /// - Parameters:
  ///   - target: Path and query exactly as they stand in the request line, `/api/v2` included.
  ///   - timestamp: Milliseconds since 1970 UTC, the same that goes into the header.
  ///   - method: The method of the call.
  ///   - accessKey: The id of the key, which is no secret.
  /// - Returns: Method, a space, target, line feed, timestamp, line feed, access key; nothing behind.
  package static func stringToSign(
    method: String, target: String, timestamp: Int, accessKey: String
  ) -> String {
    "\(method) \(target)\n\(timestamp)\n\(accessKey)"
  }

  /// Stage 2: Base64 (RFC 4648) of HMAC-SHA256 (RFC 2104) of that text, under the secret key's UTF-8
  /// bytes as they are.
  package static func signature(of text: String, secretKey: SecretBytes) -> String {
    Base64.encode(HMACSHA256.authenticate(Array(text.utf8), key: secretKey))
  }

  /// Stage 3: the three headers of a signed call.
  package static func headers(
    method: String, target: String, timestamp: Int, credentials: Credentials
  ) -> [(name: String, value: String)] {
    let text = stringToSign(
      method: method, target: target, timestamp: timestamp, accessKey: credentials.accessKey)
    return [
      ("x-ncp-apigw-timestamp", String(timestamp)),
      ("x-ncp-iam-access-key", credentials.accessKey),
      ("x-ncp-apigw-signature-v2", signature(of: text, secretKey: credentials.secretKey)),
    ]
  }
}
