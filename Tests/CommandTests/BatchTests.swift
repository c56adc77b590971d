import Crypto
import Foundation
import JSON
import TestSupport
import Testing

/// Several items of one event: each has its own end, and no other hangs on it.
struct BatchTests {
  private static func item(_ certificate: CertificateSample, csr: String) -> JSONValue {
    var item = certificate.item.object ?? JSONObject()
    item["csr"] = .string(csr)
    return .object(item)
  }

  /// Takes the signing request from the item.
  private func makeBench() throws -> Workbench {
    var parameters = Workbench.plainParameters.object ?? JSONObject()
    parameters["csr"] = "${csr}"
    return try Workbench(template: [
      "version": 1, "items": "items", "reissue": .object(parameters),
      "policy": ["preflight": "off"],
    ])
  }

  /// A certificate holds its names in no order, so two that differ in nothing else are one wish.
  @Test("Certificates that differ only in the order of their names are requested once")
  func theOrderOfNamesMakesNoOtherWish() throws {
    let bench = try Workbench()
    let item = { (names: JSONValue) -> JSONValue in
      var item = CertificateSample.api.item.object ?? JSONObject()
      item["sans"] = names
      return .object(item)
    }
    let request = try PrivateKey.generate(.p256).makeRequest(
      commonName: "api.example.com", dnsNames: ["b.example.com", "c.example.com"])
    try bench.folder.write(request.pem, to: "csr/api.example.com.csr")
    let reply = try bench.run(
      ["--dry-run"],
      on: [
        "items": [
          item(["b.example.com", "c.example.com"]), item(["c.example.com", "b.example.com"]),
        ]
      ])
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(try statuses(reply) == ["would-reissue", "skipped"])
    #expect(try reply.document()["items"]?[1]?["reason"] == "duplicate-item")
    // As given, for the call.
    #expect(
      try reply.document()["items"]?[0]?["dnsName"] == ["b.example.com", "c.example.com"])
  }

  private func statuses(_ reply: Reply) throws -> [JSONValue?] {
    (try reply.document()["items"]?.array ?? []).map { $0["status"] }
  }

  /// Signing requests are looked at while others are on their way: one that is bad stops itself alone.
  @Test("A bad signing request fails only its own item", arguments: [1, 2, 16])
  func aBadSigningRequestFailsItsItemAlone(parallel: Int) throws {
    let bench = try makeBench()
    let requests = bench.signingRequests
    let samples = CertificateSample.all
    let event: JSONValue = [
      "items": [
        Self.item(samples[0], csr: requests[samples[0].commonName] ?? ""),
        Self.item(samples[1], csr: try damaged(requests[samples[1].commonName])),
        Self.item(samples[2], csr: requests[samples[2].commonName] ?? ""),
      ]
    ]
    let reply = try bench.run(["--parallel", "\(parallel)"], on: event)
    #expect(reply.status == 65, "\(reply.stderr)")
    #expect(try statuses(reply) == ["reissued", "failed", "reissued"])
    let item = try #require(try reply.document()["items"]?[1])
    #expect(item["error"]?["code"]?.string?.hasPrefix("csr.") == true, "\(reply.stdout)")
    #expect(item["error"]?["at"]?["template"] == "plain")
    #expect(item["attempts"] == nil || item["attempts"] == 0)
    let targets = try bench.posts().compactMap { $0["target"]?.string }
    #expect(Set(targets) == [samples[0].target, samples[2].target])
    #expect(targets.count == 2)
  }

  /// Nothing but bad ones: nothing leaves.
  @Test("An event with only bad signing requests sends nothing")
  func badSigningRequestsAlone() throws {
    let bench = try makeBench()
    let items = try CertificateSample.all.map {
      Self.item($0, csr: try damaged(bench.signingRequests[$0.commonName]))
    }
    let reply = try bench.run(on: ["items": .array(items)])
    #expect(reply.status == 65, "\(reply.stderr)")
    #expect(try statuses(reply) == ["failed", "failed", "failed"])
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// The same request for two certificates: the one that it fits is sent.
  @Test("A signing request copied to two items is sent only for the item that it fits")
  func aCopiedSigningRequestIsSentWhereItFits() throws {
    let bench = try makeBench()
    let request = bench.signingRequests[CertificateSample.shop.commonName] ?? ""
    let reply = try bench.run(
      on: ["items": [Self.item(.shop, csr: request), Self.item(.api, csr: request)]])
    #expect(try statuses(reply) == ["reissued", "failed"])
    #expect(try bench.posts().map { $0["target"]?.string } == [CertificateSample.shop.target])
  }

  /// A letter of the signature is another one.
  private func damaged(_ pem: String?) throws -> String {
    var lines = try #require(pem).split(separator: "\n").map(String.init)
    let place = lines.count - 2
    let last = lines[place]
    let index = last.index(last.startIndex, offsetBy: 4)
    let letter = last[index] == "A" ? "B" : "A"
    lines[place] = last.replacingCharacters(in: index...index, with: letter)
    return lines.joined(separator: "\n") + "\n"
  }
}
