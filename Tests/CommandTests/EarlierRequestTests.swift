import Foundation
import JSON
import TestSupport
import Testing

/// A certificate with an earlier request: the result reports the earlier one if it blocks the new request, and not if
/// the new request is sent.
@Suite(.waiting)
struct EarlierRequestTests {
  private static func template(
    number: JSONValue? = "${no}", csr: JSONValue = ["generate": "ec-p256"], store: Bool = true
  ) -> JSONValue {
    var reissue = JSONObject([
      ("certificateName", "${name}"), ("commonName", "${cn}"), ("dnsName", "${sans || `[]`}"),
      ("validationMethod", "D"), ("csr", csr),
    ])
    reissue["certificateNo"] = number
    var template = JSONObject([
      ("version", 1), ("items", "items"), ("reissue", .object(reissue)),
    ])
    template["store"] = store ? "${cn}" : nil
    return .object(template)
  }

  private func bench(_ template: JSONValue = template()) throws -> Workbench {
    try Workbench(template: template)
  }

  private func run(_ bench: Workbench, _ options: [String] = []) throws -> Reply {
    try bench.remembering(["run"] + options, on: Workbench.event(.shop))
  }

  private func item(_ reply: Reply) throws -> JSONValue {
    try #require(try reply.document()["items"]?[0])
  }

  /// A request that was accepted and whose validation failed, which no query has found yet.
  private func givenUp() throws -> Workbench {
    let bench = try bench()
    #expect(try item(run(bench))["newCertificateNo"] == "56010")
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "statusCode": "-4"])
    try bench.ageLedger(minutes: 120)
    return bench
  }

  @Test(
    "After a failed validation the result reports only the new request", arguments: ["none", "dns"])
  func afterAFailedValidationTheNewRequestIsToldAlone(follow: String) throws {
    let bench = try givenUp()
    let reply = try run(bench, ["--follow", follow])
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let item = try item(reply)
    #expect(item["status"] == "reissued" && item["previous"] == nil, "\(reply.stdout)")
    #expect(item["store"] == "shop.example.com/2")
    #expect(item["stage"] == (follow == "dns" ? "waiting-for-dns" : "accepted"))
    #expect(item["newCertificateNo"] == (follow == "dns" ? "56011" : nil))
    #expect(item["dns"]?.array?.count == (follow == "dns" ? 2 : nil))
    #expect(try bench.posts().count == 2)
  }

  @Test("A wait is for the new certificate, not for an earlier one")
  func patienceWaitsForTheNewCertificate() throws {
    let bench = try givenUp()
    let running = try bench.start(
      bench.rememberingOptions(["run", "--follow", "issued", "--follow-deadline", "25s"]),
      stdin: JSONEncoder.encode(Workbench.event(.shop)))
    _ = try waitFor("the second request") { try bench.posts().count == 2 ? true : nil }
    try bench.sandbox.control("POST", "issue", ["certificateNo": 56011])
    let reply = Reply(try running.wait())
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let item = try item(reply)
    #expect(item["newCertificateNo"] == "56011" && item["stage"] == "issued")
  }

  /// The certificate of last year was issued; the request of this year was lost, and surely not carried out.
  @Test("Last year's certificate is not mistaken for the new one")
  func lastYearsCertificateIsNotTakenForTheNewOne() throws {
    let bench = try bench()
    #expect(try run(bench).status == 0)
    try bench.sandbox.control("POST", "issue", [:])
    #expect(try item(bench.remembering(["follow"]))["stage"] == "issued")
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "daysLeft": 10])
    try bench.ageLedger(minutes: 370 * 24 * 60)
    try bench.sandbox.control(
      "POST", "faults", ["kind": "reset-before", "method": "POST", "count": 1])
    try run(bench).expectFailure("network.lost-answer", exit: 76)

    let held = try run(bench)
    try held.expectFailure("ledger.unknown", exit: 76)
    let holding = try item(held)
    #expect(holding["stage"] == nil && holding["newCertificateNo"] == nil, "\(held.stdout)")
    #expect(holding["previous"]?["state"] == "unknown")

    try bench.ageLedger(minutes: 12)
    let reply = try run(bench)
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let item = try item(reply)
    #expect(item["newCertificateNo"] == "56011" && item["stage"] == "waiting-for-dns")
    #expect(item["dns"]?.array?.isEmpty == false)
  }

  /// The key of an earlier request may be in use, whatever the outcome of this one.
  @Test("A refusal does not remove the key of an earlier request")
  func aRefusalRemovesNoKeyOfAnEarlierRequest() throws {
    let bench = try givenUp()
    try bench.write(
      template: Self.template(csr: ["file": "${cn}.csr"], store: false), named: "plain")
    try bench.sandbox.control(
      "POST", "faults", ["kind": "gateway", "code": "200", "method": "POST"])
    let reply = try run(bench)
    #expect(reply.status == 77, "\(reply.stdout)")
    #expect(try item(reply)["store"] == nil)
    #expect(try bench.posts().count == 2)
    let key = bench.folder.path("certificates/shop.example.com/1/privkey.pem")
    #expect(FileManager.default.fileExists(atPath: key))
  }

  /// A refusal within the cooldown of an accepted request does not change that request.
  @Test("A refused repeat does not change the accepted request")
  func aRefusedRepeatLeavesTheAcceptedRequestAsItWas() throws {
    let bench = try bench()
    #expect(try run(bench).status == 0)
    try bench.sandbox.control(
      "POST", "faults", ["kind": "service", "code": "1300", "method": "POST"])
    // Preflight would block it; --force without preflight does not.
    var template = try #require(Self.template().object)
    template["policy"] = ["preflight": "off"]
    try bench.write(template: .object(template), named: "plain")
    try run(bench, ["--force"]).expectFailure("service.1300", exit: 69)
    try bench.sandbox.control("DELETE", "faults")

    let again = try item(run(bench))
    #expect(again["reason"] == "cooldown" && again["store"] == "shop.example.com/1")
    #expect(again["newCertificateNo"] == "56010" && again["previous"]?["state"] == "accepted")
    #expect(try bench.posts().count == 2)
    try bench.sandbox.control("POST", "issue", [:])
    let followed = try item(bench.remembering(["follow"]))
    #expect(followed["stage"] == "issued" && followed["newCertificateNo"] == "56010")
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
  }

  /// A template that finds the certificate by its names has no number for the ledger before the query.
  @Test("An unknown request is settled even if the event has no number")
  func whatIsUnknownIsSettledWithoutANumberToo() throws {
    let bench = try bench(Self.template(number: nil, csr: ["file": "${cn}.csr"], store: false))
    try bench.sandbox.control(
      "POST", "faults", ["kind": "reset-after", "method": "POST", "count": 1])
    try run(bench).expectFailure("network.lost-answer", exit: 76)
    #expect(try bench.remembering(["ledger", "check"]).status == 1)
    let reply = try run(bench)
    #expect(reply.status == 0, "\(reply.stdout)")
    let item = try item(reply)
    #expect(item["reason"] == "cooldown" && item["newCertificateNo"] == "56010", "\(reply.stdout)")
    let check = try bench.remembering(["ledger", "check"])
    #expect(check.status == 0, "\(check.stdout)")
    #expect(try bench.posts().count == 1)
  }

  @Test("A request that may be under way is unknown even if the event has no number")
  func whatMayBeOnItsWayIsUnknownWithoutANumberToo() throws {
    let bench = try bench(Self.template(number: nil, csr: ["file": "${cn}.csr"], store: false))
    try bench.sandbox.control(
      "POST", "faults", ["kind": "reset-before", "method": "POST", "count": 1])
    try run(bench).expectFailure("network.lost-answer", exit: 76)
    try run(bench).expectFailure("ledger.unknown", exit: 76)
    #expect(try bench.posts().count == 1)
    try bench.ageLedger(minutes: 12)
    #expect(try item(run(bench))["status"] == "reissued")
    #expect(try bench.posts().count == 2)
  }
}
