import JSON
import TestSupport
import Testing

/// Faults of queries: before a reissue nothing is sent, and after it the outcome does not change.
@Suite(.waiting)
struct LookTableTests {
  private static let list = "/api/v2/certificate/getPaidCertificates"
  private static let orders = "/api/v2/certificate/orders"
  private static let records = "/api/v2/certificate/getVerificationInfo/"

  private static let template: JSONValue = [
    "version": 1, "items": "items", "reissue": Workbench.plainParameters,
  ]

  /// The fault of a row, limited to queries of one path.
  private func fault(_ row: FaultRow, at path: String) -> [String] {
    ["--fault", row.fault + ",method=GET,path=" + path]
  }

  /// A short deadline for faults that stay, where the result of the last attempt does not matter.
  private static let impatient = ["--deadline", "2s"]

  /// The list of certificates cannot be read.
  @Test("A failed query before a reissue sends nothing", arguments: FaultRow.all.map(\.asLook))
  func beforeAReissue(_ row: FaultRow) throws {
    let bench = try Workbench(fault(row, at: Self.list), template: Self.template)
    let reply = try bench.run(row.options, on: Workbench.event(.api))
    try reply.expectFailure(row.code, exit: row.exit)
    row.expect(try reply.document()["items"]?[0])
    #expect(try bench.posts().isEmpty)
    let looks = try bench.sandbox.journal("GET", Self.list)
    #expect(looks.count == row.attempts, "a look-up may be repeated whatever came back")
    let signatures = Set(looks.map { $0.header("x-ncp-apigw-signature-v2") })
    #expect(signatures.count == looks.count)
    #expect(reply.controlCharactersOnStderr.isEmpty)
  }

  /// `certificates` sends only queries.
  @Test(
    "A failed query of certificates has its exit status",
    arguments: FaultRow.all.map(\.asLook).filter { $0.attempts == 1 || $0.fault == "html" })
  func ofTheCommandCertificates(_ row: FaultRow) throws {
    let bench = try Workbench(fault(row, at: Self.list))
    let options = ["certificates", "--config", bench.folder.path("config.json")]
    let reply = try bench.command(options + row.options)
    #expect(reply.status == row.exit, "\(reply.stderr)")
    #expect(reply.stdout == "")
    #expect(reply.stderr.contains("[\(row.code)]"), "\(reply.stderr)")
    #expect(reply.controlCharactersOnStderr.isEmpty)
  }

  /// The query after an accepted reissue is best effort: the reissue stays accepted.
  @Test(
    "A failed query after a reissue does not change the outcome",
    arguments: FaultRow.all.map(\.asLook))
  func afterAReissue(_ row: FaultRow) throws {
    let harmed = fault(row, at: Self.orders + "/*") + fault(row, at: Self.records + "*")
    let bench = try Workbench(harmed, template: Self.template)
    let options = ["--follow", "dns", "--log-level", "debug"] + Self.impatient + row.options
    let reply = try bench.run(options, on: Workbench.event(.api))
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let item = try #require(try reply.document()["items"]?[0])
    #expect(item["status"] == "reissued")
    #expect(item["stage"] == "accepted")
    #expect(item["dns"] == nil && item["error"] == nil)
    #expect(reply.stderr.contains("looking at the service"), "\(reply.stderr)")
    #expect(try bench.posts().count == 1)
  }

  /// The record of one domain cannot be read.
  @Test("A failed query for one domain does not hide the records of the others")
  func recordsOfOtherDomainsAreToldAllTheSame() throws {
    let fault = "service,code=1300,method=GET,skip=1,count=1,path=\(Self.records)*"
    let bench = try Workbench(["--fault", fault], template: Self.template)
    let reply = try bench.run(
      ["--follow", "dns", "--parallel", "1"], on: Workbench.event(.shop))
    #expect(reply.status == 0, "\(reply.stderr)")
    let item = try #require(try reply.document()["items"]?[0])
    #expect(item["stage"] == "waiting-for-dns")
    #expect(item["dns"]?.array?.map { $0["domain"] } == ["shop.example.com"])
  }

  /// A temporary fault causes one more query.
  @Test(
    "A temporary fault is retried until it is over",
    arguments: ["reset-before", "cut", "empty", "gateway,code=410", "html,status=503"])
  func aFaultThatPassesIsOutlasted(fault: String) throws {
    let bench = try Workbench(
      ["--fault", fault + ",method=GET,count=1,path=" + Self.list], template: Self.template)
    let reply = try bench.run(on: Workbench.event(.api))
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    #expect(try bench.sandbox.journal("GET", Self.list).count >= 2)
    #expect(try bench.posts().count == 1)
  }
}
