import JSON
import TestSupport
import Testing

/// A value in a list of the service that cannot be read blocks a reissue, and never permits one.
@Suite(.waiting)
struct UnreadableListTests {
  private static let template: JSONValue = [
    "version": 1, "items": "items", "reissue": Workbench.plainParameters,
  ]

  private let bench: Workbench
  private let server: ListServer

  init() throws {
    bench = try Workbench(template: Self.template)
    server = try ListServer()
  }

  private func run() throws -> Reply {
    try bench.run(server.options, on: Workbench.event(.shop))
  }

  /// Checks that the request was not blocked: it was sent, and the server refused it.
  private func expectSent(_ reply: Reply) throws {
    try reply.expectFailure("gateway.status-405", exit: 69)
    #expect(try server.requests("POST").count == 1)
  }

  private func certificate(_ changes: [(String, JSONValue)]) -> JSONValue {
    ListServer.certificate(JSONObject(changes))
  }

  // MARK: Entries without a number

  @Test(
    "A certificate in progress blocks a reissue even without a number",
    arguments: [.null, 0, "", "5588x", ["no": 7]] as [JSONValue])
  func somethingOnItsWayNeedsNoNumber(number: JSONValue) throws {
    let pending = certificate([("certificateNo", number), ("statusCode", "0")])
    try server.write(orders: [ListServer.order("A", certificate([]), pending)])
    let reply = try run()
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let item = try reply.document()["items"]?[0]
    #expect(item?["reason"] == "in-progress-at-service")
    #expect(item?["stage"] == "waiting-for-dns")
    #expect(item?["newCertificateNo"] == nil)
    #expect(try server.requests("POST").isEmpty)
  }

  @Test(
    "An entry without a number blocks a reissue of its order",
    arguments: ["1", "-4", "-2", "77", .null] as [JSONValue])
  func anEntryWithoutNumberStandsAgainstItsOrder(statusCode: JSONValue) throws {
    let entry = certificate([("certificateNo", .null), ("statusCode", statusCode)])
    try server.write(orders: [ListServer.order("A", certificate([]), entry)])
    let reply = try run()
    try reply.expectFailure("certificate.unreadable", exit: 69)
    #expect(try reply.error()?["hint"]?.string?.contains(#""preflight": "off""#) == true)
    #expect(try server.requests("POST").isEmpty)
  }

  /// An entry without a number may be a certificate that is not found, but not one that is found.
  @Test("An entry of another order blocks only what was not found")
  func anEntryOfAnotherOrder() throws {
    let entry = certificate([("certificateNo", .null)])
    try server.write(orders: [ListServer.order("A", entry)])
    try run().expectFailure("certificate.unreadable", exit: 69)
    #expect(try server.requests("POST").isEmpty)
    try server.write(orders: [ListServer.order("A", entry), ListServer.order("B", certificate([]))])
    try expectSent(try run())
  }

  @Test("A page of entries without a number does not end the list")
  func aPageOfEntriesWithoutNumber() throws {
    let entry = certificate([("certificateNo", .null)])
    try server.write(orders: [ListServer.order("A", entry)], totalCount: 2)
    try server.write(page: 2, orders: [ListServer.order("B", certificate([]))], totalCount: 2)
    try expectSent(try run())
  }

  @Test("An order id may be a number or a text")
  func anOrderWhoseIdIsANumber() throws {
    try server.write(orders: [ListServer.order(1001, certificate([]))])
    try server.write(
      subscriptions: [["orderId": "1001", "subscriptionEndDt": "2026-06-01 00:00:00"]])
    try run().expectFailure("order.ends", exit: 69)
    try server.write(
      subscriptions: [["orderId": 1001, "subscriptionEndDt": "2026-06-01 00:00:00"]])
    try run().expectFailure("order.ends", exit: 69)
    #expect(try server.requests("POST").isEmpty)
  }

  // MARK: Ends

  @Test(
    "An end date that can be read is compared",
    arguments: [
      ("2099-12-01T10:00:00+0900", "2099-11-01T01:00:00Z"),
      ("2099-12-01 10:00:00-0030", "2099-11-01T10:30:00Z"),
      ("2099-12-01T10:00:00+09:00", "2099-11-01T01:00:00Z"),
      ("2099-12-01 10:00:00", "2099-11-01T10:00:00Z"), ("2099-12-01", "2099-11-01T00:00:00Z"),
      ("2099.12.01", "2099-11-01T00:00:00Z"), ("20991201", "2099-11-01T00:00:00Z"),
      (20_991_201, "2099-11-01T00:00:00Z"), ("20991201100000", "2099-11-01T10:00:00Z"),
      ("4099680000", "2099-10-31T00:00:00Z"), ("4099680000000", "2099-10-31T00:00:00Z"),
      (4_099_680_000, "2099-10-31T00:00:00Z"), (4_099_680_000_000, "2099-10-31T00:00:00Z"),
    ] as [(JSONValue, String)])
  func anEndThatIsRead(end: JSONValue, dueFrom: String) throws {
    try server.write(orders: [ListServer.order("A", certificate([("notAfter", end)]))])
    let reply = try run()
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let item = try reply.document()["items"]?[0]
    #expect(item?["reason"] == "not-due")
    #expect(item?["until"] == .string(dueFrom))
  }

  @Test(
    "An end date that cannot be read blocks a reissue",
    arguments: [
      "1.12.2099", "20991301", 20_991_301, "209912011000", "2099-12-01T10:00:00+9", "soon", 0,
      -4_099_680_000, true, ["at": "2099-12-01"],
    ] as [JSONValue])
  func anEndThatCannotBeRead(end: JSONValue) throws {
    try server.write(orders: [ListServer.order("A", certificate([("notAfter", end)]))])
    let reply = try run()
    try reply.expectFailure("dates.unreadable", exit: 69)
    #expect(try reply.error()?["hint"]?.string?.contains(#""preflight": "off""#) == true)
    #expect(try server.requests("POST").isEmpty)
  }

  /// If the order ends before the certificate, a reissue is useless, so its end is checked in the same way.
  @Test("An end date of an order that cannot be read blocks a reissue")
  func anOrdersEndThatCannotBeRead() throws {
    try server.write(orders: [ListServer.order("A", certificate([]))])
    try server.write(subscriptions: [["orderId": "A", "subscriptionEndDt": "1.6.2026"]])
    try run().expectFailure("dates.unreadable", exit: 69)
    #expect(try server.requests("POST").isEmpty)
    try server.write(subscriptions: [["orderId": "A", "subscriptionEndDt": .null]])
    try expectSent(try run())
  }

  /// Only a warning is reported if the service gives no end.
  @Test("A missing end date is a warning", arguments: [.null, "", " "] as [JSONValue])
  func anEndThatIsNotThere(end: JSONValue) throws {
    try server.write(orders: [ListServer.order("A", certificate([("notAfter", end)]))])
    let reply = try run()
    try expectSent(reply)
    let warnings = try reply.document()["items"]?[0]?["warnings"]?.array
    #expect(warnings?.contains { $0.string?.contains("until when") == true } == true)
  }
}
