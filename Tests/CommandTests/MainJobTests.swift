import Crypto
import Foundation
import JSON
import TestSupport
import Testing

/// An event with four alerts, three of them for certificates that are due: three signed calls and one result.
@Suite(.waiting)
struct MainJobTests {
  private static let template: JSONValue = [
    "version": 1,
    "when": "version == '4' && contains(keys(@), 'alerts')",
    "items": "alerts[?status == 'firing' && labels.alertname == 'TLSCertExpiringSoon']",
    "data": ["inventory": "inventory.json"],
    "let": [
      "host": "url_host(labels.instance)", "cert": "lookup($data.inventory, $host)",
    ],
    "reissue": [
      "certificateNo": "${ labels.certificate_no || $cert.no }",
      "certificateName": "${ $cert.name }", "commonName": "${ $cert.cn }",
      "dnsName": "${ $cert.sans }", "validationMethod": "D", "csr": ["file": "${ $cert.cn }.csr"],
    ],
    "policy": ["preflight": "off"],
  ]

  private static let inventory: JSONValue = [
    "shop.example.com": [
      "name": "shop", "cn": "shop.example.com", "sans": ["WWW.shop.example.com."],
    ],
    "api.example.com": ["no": 55883, "name": "api", "cn": "api.example.com", "sans": []],
    "example.com": [
      "no": "55884", "name": "wildcard", "cn": "*.example.com",
      "sans": ["example.com", "*.example.com", "example.com"],
    ],
  ]

  private static func alert(
    _ status: String, _ instance: String, _ labels: [(String, JSONValue)] = []
  ) -> JSONValue {
    let common: [(String, JSONValue)] = [
      ("alertname", "TLSCertExpiringSoon"), ("instance", .string(instance)),
    ]
    return [
      "status": .string(status), "labels": .object(JSONObject(common + labels)),
      "annotations": ["summary": "the certificate expires in 9 days"],
      "startsAt": "2026-11-24T22:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
    ]
  }

  /// In the form of the webhook of Alertmanager (version 4).
  private static let event: JSONValue = [
    "version": "4", "groupKey": "{}:{alertname=\"TLSCertExpiringSoon\"}", "status": "firing",
    "receiver": "reissue", "truncatedAlerts": 0,
    "alerts": [
      alert("firing", "https://shop.example.com/health", [("certificate_no", "55882")]),
      alert("resolved", "https://mail.example.com/", [("certificate_no", "55885")]),
      alert("firing", "api.example.com:443"),
      alert("firing", "https://example.com"),
    ],
  ]

  private let bench: Workbench

  init() throws {
    bench = try Workbench(template: Self.template)
    try bench.folder.write(
      JSONEncoder.text(Self.inventory), to: "templates/inventory.json")
  }

  /// The body with members in the order of the API guide, written without the encoder of the program.
  private func body(of sample: CertificateSample) throws -> String {
    let pem = try #require(bench.signingRequests[sample.commonName])
    let escaped = pem.replacingOccurrences(of: "\n", with: "\\n")
    let quoted = sample.alternativeNames.map { "\"\($0)\"" }.joined(separator: ",")
    let names = sample.alternativeNames.isEmpty ? "" : ",\"dnsName\":[\(quoted)]"
    return "{\"csr\":\"\(escaped)\",\"certificateName\":\"\(sample.name)\","
      + "\"commonName\":\"\(sample.commonName)\"\(names),\"validationMethod\":\"D\"}"
  }

  @Test("Three of four alerts lead to a request")
  func threeOfFourAlertsAreAskedFor() throws {
    let before = Int(Date().timeIntervalSince1970 * 1000)
    let reply = try bench.run(on: Self.event)
    let after = Int(Date().timeIntervalSince1970 * 1000) + 1

    #expect(reply.status == 0, "\(reply.stderr)")
    let posts = try bench.posts().sorted {
      ($0["target"]?.string ?? "") < $1["target"]?.string ?? ""
    }
    #expect(try bench.sandbox.journal().count == 3)
    try #require(posts.count == 3)
    for (post, sample) in zip(posts, CertificateSample.all) {
      #expect(post["target"]?.string == sample.target)
      let body = try body(of: sample)
      #expect(post["body"]?.string == body)
      #expect(post["bodySha256"]?.string == SHA256.hex(Array(body.utf8)))
      try expectHeaders(of: post, bodyLength: body.utf8.count, sentWithin: before...after)
      #expect(post["reissue"]?["certificateNo"]?.integer == sample.number, "carried out")
    }
  }

  /// Checks every header line, and the signature of the received request.
  private func expectHeaders(
    of post: JSONValue, bodyLength: Int, sentWithin time: ClosedRange<Int>
  ) throws {
    let names = (post["headers"]?.array ?? []).compactMap { $0[0]?.string?.lowercased() }
    #expect(
      names.sorted() == [
        "accept", "accept-encoding", "content-length", "content-type", "host", "user-agent",
        "x-ncp-apigw-signature-v2", "x-ncp-apigw-timestamp", "x-ncp-iam-access-key",
      ])
    #expect(post.header("Host") == "127.0.0.1:\(bench.sandbox.port)")
    #expect(post.header("Accept") == "application/json")
    #expect(post.header("Accept-Encoding") == "identity")
    #expect(post.header("Content-Type") == "application/json")
    #expect(post.header("Content-Length") == String(bodyLength))
    #expect(post.header("x-ncp-iam-access-key") == Sandbox.accessKey)
    let timestamp = try #require(post.header("x-ncp-apigw-timestamp"))
    #expect(try time.contains(#require(Int(timestamp))))
    let target = try #require(post["target"]?.string)
    let code = HMACSHA256.authenticate(
      Array("POST \(target)\n\(timestamp)\n\(Sandbox.accessKey)".utf8),
      key: Array(Sandbox.secretKey.utf8))
    #expect(post.header("x-ncp-apigw-signature-v2") == Base64.encode(code))
  }

  @Test("The result reports every item")
  func theResultTellsEveryItem() throws {
    let document = try bench.run(on: Self.event).document()
    #expect(document["version"] == 1)
    #expect(document["status"] == "reissued")
    #expect(document["template"] == "plain")
    #expect(document["dryRun"] == false)
    #expect(document["error"] == nil)
    #expect(
      document["counts"] == [
        "items": 3, "reissued": 3, "wouldReissue": 0, "skipped": 0, "failed": 0, "unknown": 0,
      ])
    let items = try #require(document["items"]?.array)
    try #require(items.count == 3)
    for (index, (item, sample)) in zip(items, CertificateSample.all).enumerated() {
      #expect(item["index"] == .integer(index))
      #expect(item["status"] == "reissued")
      #expect(item["certificateNo"] == .string(String(sample.number)))
      #expect(item["askedNo"] == .string(String(sample.number)))
      #expect(item["certificateName"] == .string(sample.name))
      #expect(item["commonName"] == .string(sample.commonName))
      #expect(item["dnsName"] == .array(sample.alternativeNames.map(JSONValue.string)))
      #expect(item["validationMethod"] == "D")
      #expect(item["attempts"] == 1)
      #expect(item["response"]?["httpStatus"] == 200)
      #expect(item["response"]?["returnCode"] == "0")
      #expect(
        item["response"]?["returnMessage"] == "Certificate reissuance has been completed.")
      let pem = try #require(bench.signingRequests[sample.commonName])
      let der = try CertificateSigningRequest(parsing: Array(pem.utf8)).encoded.sha256
      #expect(item["csrSha256"] == .string(der))
    }
  }

  @Test("--detailed-exitcode reports that something changed")
  func detailedExitStatusSaysThatSomethingChanged() throws {
    #expect(try bench.run(["--detailed-exitcode"], on: Self.event).status == 2)
    let resolved: JSONValue = ["version": "4", "alerts": []]
    let nothing = try bench.run(["--detailed-exitcode"], on: resolved)
    #expect(nothing.status == 0)
    #expect(try nothing.document()["reason"] == "no-items")
  }

  @Test("A dry run sends nothing")
  func nothingIsSentInADryRun() throws {
    let reply = try bench.run(["--dry-run", "--detailed-exitcode"], on: Self.event)
    #expect(reply.status == 0)
    let document = try reply.document()
    #expect(document["status"] == "would-reissue")
    #expect(document["dryRun"] == true)
    #expect(document["counts"]?["wouldReissue"] == 3)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// The defaults: preflight, ledger, and the DNS records after the request.
  @Test("A run with all defaults uses preflight, ledger and DNS records")
  func withAllThatIsOnByDefault() throws {
    var template = try #require(Self.template.object)
    template["policy"] = nil
    try bench.write(template: .object(template), named: "plain")
    let reply = try bench.command(
      ["--config", bench.folder.path("config.json")], stdin: JSONEncoder.encode(Self.event))
    #expect(reply.status == 0, "\(reply.stderr)")
    let items = try #require(try reply.document()["items"]?.array)
    try #require(items.count == 3)
    for (item, sample) in zip(items, CertificateSample.all) {
      #expect(item["stage"] == "waiting-for-dns", "\(item)")
      #expect(item["newCertificateNo"]?.string != nil)
      let domains = (item["dns"]?.array ?? []).compactMap { $0["domain"]?.string }
      #expect(Set(domains) == Set([sample.commonName] + sample.alternativeNames), "\(domains)")
    }
    let methods = try bench.sandbox.journal().compactMap { $0["method"]?.string }
    #expect(methods.count { $0 == "POST" } == 3)
    #expect(methods.first == "GET" && methods.last == "GET")

    // The same alert again sends no call, not even a query.
    let before = methods.count
    let again = try bench.command(
      ["--config", bench.folder.path("config.json")], stdin: JSONEncoder.encode(Self.event))
    #expect(again.status == 0)
    #expect(try again.document()["counts"]?["skipped"] == 3)
    #expect(try bench.sandbox.journal().count == before)
  }

  @Test("An event that no template matches is skipped")
  func anotherSendersEventIsLeftAlone() throws {
    let reply = try bench.run(on: ["build": "passed"])
    #expect(reply.status == 0)
    let document = try reply.document()
    #expect(document["status"] == "skipped")
    #expect(document["reason"] == "no-template")
    #expect(try bench.sandbox.journal().isEmpty)
  }
}
