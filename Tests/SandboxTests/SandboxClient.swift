import Crypto
import Foundation
import JSON
import TestSupport

// The client of these tests: curl, with signatures as documented.

/// One answer, as curl received it.
struct Reply {
  /// curl's exit status: 0, 18 cut, 28 timeout, 52 closed, 56 reset.
  let curlStatus: Int32
  let status: Int
  let headers: [(name: String, value: String)]
  let body: String

  func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

  var json: JSONValue? { try? JSONDecoder.decode(body) }
  var returnCode: String? { json?["returnCode"]?.string }
  var errorCode: String? { json?["error"]?["errorCode"]?.string }
}

/// The differences of a request from a valid one.
struct Variation {
  var timestamp: String?
  var accessKey: String?
  var signature: String?
  /// The signed target, if it differs from the sent one.
  var signedTarget: String?
  var suffix = ""
  var leftOut: Set<String> = []
  var maximumSeconds = 10.0
  var curlOptions: [String] = []
}

extension Sandbox {
  /// Sends a signed request.
  func call(
    _ method: String, _ target: String, _ body: JSONValue? = nil, _ variation: Variation = .init()
  ) throws -> Reply {
    try call(method, target, bytes: body.map { JSONEncoder.encode($0) }, variation)
  }

  /// Sends a signed request with any bytes as its body.
  func call(
    _ method: String, _ target: String, bytes: [UInt8]?, _ variation: Variation = .init()
  ) throws -> Reply {
    let timestamp = variation.timestamp ?? String(Int(Date().timeIntervalSince1970 * 1000))
    let key = variation.accessKey ?? accessKey
    let text =
      "\(method) \(variation.signedTarget ?? target)\n\(timestamp)\n\(key)\(variation.suffix)"
    let signature =
      variation.signature
      ?? Base64.encode(
        HMACSHA256.authenticate(Array(text.utf8), key: Array(secretKey.utf8)))
    let headers = [
      "x-ncp-apigw-timestamp": timestamp, "x-ncp-iam-access-key": key,
      "x-ncp-apigw-signature-v2": signature, "Content-Type": "application/json",
    ].filter { !variation.leftOut.contains($0.key) }
    var arguments = [
      "-sSi", "--path-as-is", "--max-time", String(variation.maximumSeconds), "-X", method,
      endpoint + target,
    ]
    for header in headers { arguments += ["-H", "\(header.key): \(header.value)"] }
    if bytes != nil { arguments += ["--data-binary", "@-"] }
    let completion = try run(
      "/usr/bin/curl", arguments + variation.curlOptions, stdin: bytes ?? [])
    return Reply(completion)
  }
}

extension Reply {
  /// Parses the output of `curl -i`.
  fileprivate init(_ completion: Completion) {
    curlStatus = completion.status
    let text = completion.stdout
    let end = text.range(of: "\r\n\r\n")
    let lines = text[..<(end?.lowerBound ?? text.startIndex)].components(separatedBy: "\r\n")
    status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    headers = lines.dropFirst().compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      return (String(line[..<colon]), value)
    }
    body = end.map { String(text[$0.upperBound...]) } ?? ""
  }
}

/// The time of a request to a sandbox with a moved clock.
enum SandboxTime {
  static func milliseconds(ahead seconds: Int) -> Int {
    Int(Date().timeIntervalSince1970 * 1000) + seconds * 1000
  }
}

/// The body of a reissue with a matching signing request.
struct ReissueBody {
  var name = "shop"
  var commonName = "shop.example.com"
  var dnsNames: [String] = ["www.shop.example.com"]
  var validationMethod = "D"
  /// Another signing request than the matching one.
  var signingRequest: String?

  func json() throws -> JSONValue {
    let fitting = try PrivateKey.generate(.p256)
      .makeRequest(commonName: commonName, dnsNames: dnsNames).encoded.pem
    return [
      "csr": .string(signingRequest ?? fitting), "certificateName": .string(name),
      "commonName": .string(commonName), "dnsName": .array(dnsNames.map(JSONValue.string)),
      "validationMethod": .string(validationMethod),
    ]
  }
}

extension Sandbox {
  /// Requests a reissue of a certificate, by default 55882 of the default seed.
  func reissue(
    _ number: String = "55882", _ body: ReissueBody = .init(), _ variation: Variation = .init()
  ) throws -> Reply {
    try call("POST", "/api/v2/certificate/\(number)/reissue", try body.json(), variation)
  }

  /// Reads below `/api/v2/certificate/`.
  func read(_ target: String, _ variation: Variation = .init()) throws -> Reply {
    try call("GET", "/api/v2/certificate/\(target)", nil, variation)
  }

  /// A certificate as shown by the control route.
  func certificate(_ number: Int) throws -> JSONValue? {
    try control("GET", "state")["certificates"]?.array?
      .first { $0["certificateNo"]?.integer == number }
  }

  /// The numbers of the certificates that reissues made, in the order of the journal.
  func reissued() throws -> [Int] {
    try journal().compactMap { $0["reissue"]?["newCertificateNo"]?.integer }
  }
}
