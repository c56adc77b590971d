import Crypto
import Foundation
import JSON
import TestSupport
import Testing

/// Several items of one event: each has its own outcome, independent of the others.
@Suite(.waiting)
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

  /// The order of names in a certificate has no meaning, so two items that differ only in it are one request.
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
    try bench.folder.write(request.encoded.pem, to: "csr/api.example.com.csr")
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
    // In the given order, for the call.
    #expect(
      try reply.document()["items"]?[0]?["dnsName"] == ["b.example.com", "c.example.com"])
  }

  private func statuses(_ reply: Reply) throws -> [JSONValue?] {
    (try reply.document()["items"]?.array ?? []).map { $0["status"] }
  }

  /// A signing request is checked while other calls are under way; a bad one fails only its own item.
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

  /// The same signing request for two certificates.
  @Test("A signing request copied to two items is sent only for the item that it fits")
  func aCopiedSigningRequestIsSentWhereItFits() throws {
    let bench = try makeBench()
    let request = bench.signingRequests[CertificateSample.shop.commonName] ?? ""
    let reply = try bench.run(
      on: ["items": [Self.item(.shop, csr: request), Self.item(.api, csr: request)]])
    #expect(try statuses(reply) == ["reissued", "failed"])
    #expect(try bench.posts().map { $0["target"]?.string } == [CertificateSample.shop.target])
  }

  /// The signing request with one letter of its signature changed.
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
