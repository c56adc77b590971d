import Foundation
import JSON
import TestSupport
import Testing

/// The ledger is used where the service no longer shows a certificate, or shows it late.
@Suite(.waiting)
struct FollowMemoryTests {
  /// The template generates no key, so that no chain is stored.
  private static func template(_ policy: JSONValue = [:]) -> JSONValue {
    ["version": 1, "items": "items", "reissue": Workbench.plainParameters, "policy": policy]
  }

  /// A workbench with an accepted reissue of `shop` that was not followed.
  private func asked(_ arguments: [String] = []) throws -> Workbench {
    let bench = try Workbench(arguments, template: Self.template())
    let reply = try bench.remembering(["run", "--follow", "none"], on: Workbench.event(.shop))
    try #require(reply.status == 0, "\(reply.stderr)")
    return bench
  }

  // MARK: Certificates that are gone

  @Test(
    "A reissue stays pending after the old certificate is deleted",
    arguments: [[], ["55882"], ["56010"]] as [[String]])
  func theOldCertificateIsDeletedAfterTheReissue(numbers: [String]) throws {
    let bench = try asked()
    try bench.sandbox.control("POST", "status", ["certificateNo": 55882, "statusCode": "-6"])
    let reply = try bench.remembering(["follow"] + numbers)
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let item = try #require(try reply.document()["items"]?[0])
    #expect(item["stage"] == "waiting-for-dns")
    #expect(item["certificateNo"] == "55882")
    #expect(item["newCertificateNo"] == "56010")
    #expect(item["dns"]?.array?.count == 2)
  }

  /// The reply of the request was lost; now its certificate or its whole order is gone.
  @Test(
    "An unknown request stays unknown if its certificate is gone",
    arguments: [[], ["55882"]] as [[String]])
  func anUnknownRequestStaysUnknown(numbers: [String]) throws {
    let bench = try Workbench(
      ["--fault", "close-before,method=POST,count=1"], template: Self.template())
    let lost = try bench.remembering(["run", "--follow", "none"], on: Workbench.event(.shop))
    try lost.expectFailure("network.lost-answer", exit: 76)
    try bench.sandbox.control("POST", "status", ["certificateNo": 55882, "statusCode": "-6"])
    let reply = try bench.remembering(["follow"] + numbers)
    try reply.expectFailure("ledger.unknown", exit: 76)
    #expect(try reply.document()["items"]?[0]?["status"] == "unknown")
    let records = try bench.remembering(["ledger", "list", "--json"]).document()
    #expect(records["records"]?[0]?["state"] == "unknown")
  }

  @Test("An accepted request whose order is gone is reported")
  func anAcceptedRequestWhoseOrderIsGone() throws {
    let bench = try asked()
    for number in [55882, 56010] as [JSONValue] {
      try bench.sandbox.control("POST", "status", ["certificateNo": number, "statusCode": "-6"])
    }
    try bench.remembering(["follow"]).expectFailure("certificate.not-found", exit: 69)
  }

  // MARK: Certificates that expired

  /// An issued certificate has expired; its reissue is not pending.
  @Test(
    "An issued record stays issued after the certificate expires",
    arguments: [[], ["--wait"]] as [[String]])
  func whatWasIssuedStaysIssued(options: [String]) throws {
    let bench = try asked()
    try bench.sandbox.control("POST", "issue", [:])
    #expect(try bench.remembering(["follow"]).status == 0)
    try bench.sandbox.control("POST", "status", ["certificateNo": 56010, "statusCode": "-2"])
    let reply = try bench.remembering(
      ["follow", "55882", "--detailed-exitcode", "--follow-deadline", "20s"] + options)
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let document = try reply.document()
    #expect(document["items"]?[0]?["stage"] == "issued")
    #expect(document["items"]?[0]?["newCertificateNo"] == "56010")
    #expect(try #require(document["durationMs"]?.integer) < 15_000)
  }

  // MARK: Certificates that appear late

  /// The first query shows nothing new, and the next one a certificate that is issued already.
  @Test("A certificate that first appears as issued is recorded")
  func aCertificateThatFirstAppearsAsIssued() throws {
    let bench = try asked()
    let server = try ListServer()
    let old = ListServer.certificate()
    let new = ListServer.certificate(JSONObject([("certificateNo", 56010)]))
    try server.write(orders: [ListServer.order("ORDER-1001", old)])
    let running = try bench.start(
      bench.rememberingOptions(
        ["follow", "--wait", "--follow-deadline", "20s", "--log-level", "debug"] + server.options))
    _ = try waitFor("the waiting") { running.stderr.contains("looking again") ? true : nil }
    try server.write(ListServer.order("ORDER-1001", old, new), to: "orders/ORDER-1001")
    let reply = Reply(try running.wait())
    #expect(reply.status == 0, "\(reply.stderr)")
    let document = try reply.document()
    #expect(document["items"]?[0]?["stage"] == "issued", "\(reply.stdout)\(reply.stderr)")
    #expect(document["items"]?[0]?["newCertificateNo"] == "56010")
    #expect(try #require(document["durationMs"]?.integer) < 15_000)
  }

  /// The same in the run that sent the request, without a query before it.
  @Test("A certificate that is issued immediately is recorded by the run")
  func aCertificateThatIsIssuedAtOnce() throws {
    let bench = try Workbench(
      ["--issue-after", "1ms"], template: Self.template(["preflight": "off"]))
    let reply = try bench.remembering(
      ["run", "--follow", "issued", "--follow-deadline", "20s"], on: Workbench.event(.shop))
    #expect(reply.status == 0, "\(reply.stderr)")
    let document = try reply.document()
    #expect(document["items"]?[0]?["stage"] == "issued", "\(reply.stdout)")
    #expect(document["items"]?[0]?["newCertificateNo"] == "56010")
    #expect(try #require(document["durationMs"]?.integer) < 15_000)
  }
}
