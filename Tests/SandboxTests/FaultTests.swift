import JSON
import TestSupport
import Testing

@testable import ncloud_sandbox

@Suite("Faults change the answers of the sandbox")
struct FaultTests {
  /// The effect of a fault on one reissue.
  struct Case: CustomTestStringConvertible {
    let fault: String
    var curl: Int32 = 0
    var status = 0
    var code: String?
    var body: String?
    var origin: String?
    var isCarriedOut = false
    var header: (name: String, value: String)?

    var testDescription: String { fault }
  }

  /// Every row of the gateway's table, with its documented body.
  static let gatewayCases = GatewayError.all.map { error in
    Case(
      fault: "gateway,code=\(error.code)", status: error.status, code: error.code,
      body: #"{"error":{"errorCode":"\#(error.code)","message":"\#(error.message)"}}"#,
      origin: "APIGW")
  }

  static let otherCases = [
    Case(
      fault: "gateway,code=420,retry-after=7", status: 429, code: "420", origin: "APIGW",
      header: ("retry-after", "7")),
    Case(
      fault: "gateway,code=510,carried-out=yes", status: 504, code: "510", origin: "APIGW",
      isCarriedOut: true),
    Case(
      fault: "gateway,code=777,status=418,message=tea", status: 418, code: "777", origin: "APIGW"),
    Case(fault: "forbidden", status: 403, body: "", origin: "ENDPOINT"),
    Case(fault: "service,code=26034", status: 200, code: "26034", origin: "ENDPOINT"),
    Case(
      fault: "service,code=2000,status=400,message=bad", status: 400, code: "2000",
      body: #"{"returnCode":"2000","returnMessage":"bad","totalRows":0}"#, origin: "ENDPOINT"),
    Case(fault: "spring", status: 404, origin: "ENDPOINT"),
    Case(
      fault: "response-error", status: 400,
      body: #"{"responseError":{"returnCode":"1300","returnMessage":"sandbox fault"}}"#,
      origin: "ENDPOINT"),
    Case(fault: "empty", status: 200, body: "", origin: "ENDPOINT"),
    Case(
      fault: "empty,carried-out=yes,status=202", status: 202, body: "", origin: "ENDPOINT",
      isCarriedOut: true),
    Case(fault: "html", status: 502, origin: nil),
    Case(fault: "html,status=407", status: 407, origin: nil),
    Case(fault: "not-json", status: 200, body: "upstream connect error", origin: "ENDPOINT"),
    Case(
      fault: "no-return-code", status: 200, body: #"{"returnMessage":"sandbox fault"}"#,
      origin: "ENDPOINT"),
    Case(
      fault: "redirect,location=http://127.0.0.1:1/", status: 302, body: "", origin: nil,
      header: ("location", "http://127.0.0.1:1/")),
    Case(
      fault: "delay,milliseconds=50", status: 200, code: "0", origin: "ENDPOINT", isCarriedOut: true
    ),
    Case(fault: "cut", curl: 18, status: 200, origin: "ENDPOINT", isCarriedOut: true),
    Case(
      fault: "oversize,bytes=2000000", status: 200, code: "0", origin: "ENDPOINT",
      isCarriedOut: true),
    Case(fault: "endless", curl: 28, status: 200, origin: "ENDPOINT", isCarriedOut: true),
    Case(
      fault: "drip,milliseconds=10,bytes=40", status: 200, code: "0", origin: "ENDPOINT",
      isCarriedOut: true),
    Case(
      fault: "drip,milliseconds=60000", curl: 28, status: 200, origin: "ENDPOINT",
      isCarriedOut: true),
    Case(
      fault: "header-flood,headers=200", status: 200, code: "0", origin: "ENDPOINT",
      isCarriedOut: true, header: ("x-sandbox-flood-199", String(repeating: "x", count: 80))),
    Case(fault: "header-flood", curl: 56, origin: nil, isCarriedOut: true),
    Case(fault: "silent", curl: 28, isCarriedOut: true),
    Case(fault: "silent,carried-out=no", curl: 28),
    Case(fault: "close-before", curl: 52),
    Case(fault: "close-after", curl: 52, isCarriedOut: true),
    Case(fault: "reset-before", curl: 56),
    Case(fault: "reset-after", curl: 56, isCarriedOut: true),
  ]

  @Test(
    "Each fault has its effect on the client and is in the journal",
    arguments: gatewayCases + otherCases)
  func fault(_ expected: Case) throws {
    let sandbox = try Sandbox(["--fault", expected.fault])
    let variation = Variation(maximumSeconds: expected.curl == 28 ? 0.5 : 10)
    let reply = try sandbox.reissue("55882", .init(), variation)
    #expect(reply.curlStatus == expected.curl)
    if expected.curl == 0 || expected.status != 0 { #expect(reply.status == expected.status) }
    if expected.curl == 0 {
      #expect((reply.returnCode ?? reply.errorCode) == expected.code)
      #expect(reply.header("x-ncp-apigw-response-origin") == expected.origin)
    }
    if let body = expected.body { #expect(reply.body == body) }
    if let header = expected.header { #expect(reply.header(header.name) == header.value) }
    let entry = try #require(try sandbox.journal().first)
    let kind = expected.fault.split(separator: ",").first.map(String.init)
    #expect(entry["answer"]?["fault"]?.string == kind)
    #expect(try sandbox.reissued().count == (expected.isCarriedOut ? 1 : 0))
    #expect((try sandbox.certificate(56010) != nil) == expected.isCarriedOut)
  }

  @Test("A padded body has exactly that many bytes and is still JSON")
  func oversize() throws {
    let reply = try Sandbox(["--fault", "oversize"]).reissue()
    #expect(reply.body.utf8.count == (1 << 20) + 1)
    #expect(reply.returnCode == "0")
  }

  @Test("An endless body continues until the client disconnects, and affects no other request")
  func endless() throws {
    let sandbox = try Sandbox(["--fault", "endless,count=1"])
    let reply = try sandbox.reissue("55882", .init(), Variation(maximumSeconds: 0.5))
    #expect(reply.curlStatus == 28)
    #expect(reply.body.utf8.count > 2 << 20)
    #expect(try sandbox.read("orders").status == 200)
  }

  @Test("A delay takes its time, and a Retry-After date is ahead of the gateway's clock")
  func times() throws {
    let sandbox = try Sandbox([
      "--fault", "delay,milliseconds=300,count=1",
      "--fault", "gateway,code=410,retry-after-date=90",
    ])
    let start = ContinuousClock.now
    #expect(try sandbox.reissue().returnCode == "0")
    #expect(ContinuousClock.now - start >= .milliseconds(300))
    let reply = try sandbox.reissue()
    let dates = try ["date", "retry-after"].map { try #require(reply.header($0)) }
    #expect(try imfSeconds(dates[1]) - imfSeconds(dates[0]) == 90)
  }

  private func imfSeconds(_ text: String) throws -> Int {
    let completion = try run("/bin/date", ["-u", "-d", text, "+%s"])
    return try #require(Int(completion.stdout.dropLast()))
  }

  @Test("Faults strike the matching requests after the skipped ones, up to their count")
  func matching() throws {
    let sandbox = try Sandbox()
    try sandbox.control(
      "POST", "faults",
      [
        [
          "kind": "gateway", "code": "410", "method": "POST", "certificate": 55883, "skip": 1,
          "count": 2,
        ],
        ["kind": "spring", "path": "/api/v2/certificate/orders*", "count": 1],
      ])
    #expect(try sandbox.read("getPaidCertificates").status == 200)
    #expect(try sandbox.read("orders/ORDER-1001").status == 404)
    #expect(try sandbox.read("orders").status == 200)
    let api = ReissueBody(name: "api", commonName: "api.example.com", dnsNames: [])
    let statuses = try (0..<4).map { _ in try sandbox.reissue("55883", api).status }
    #expect(statuses == [200, 429, 429, 200])
    #expect(try sandbox.reissue().returnCode == "0")
    #expect(
      try sandbox.control("GET", "state")["faults"]?.array?.map { $0["remaining"] } == [0, 0])
  }

  @Test("A request with a wrong signature does not count for a fault")
  func wrongSignature() throws {
    let sandbox = try Sandbox(["--fault", "empty,count=1"])
    #expect(try sandbox.reissue("55882", .init(), Variation(signature: "x")).status == 401)
    #expect(try sandbox.reissue().body.isEmpty)
    #expect(try sandbox.reissue().returnCode == "0")
  }

  @Test(
    "Invalid specifications are refused",
    arguments: [
      ("", "unknown fault ''"), ("nonsense", "unknown fault 'nonsense'"),
      ("empty,bytes=1", "no option 'bytes'"), ("empty,count", "not name=value"),
      ("empty,count=-1", "'count'"), ("empty,count=1,count=2", "twice"),
      ("empty,carried-out=perhaps", "yes or no"), ("cut,carried-out=no", "the kind decides"),
      ("gateway", "code="), ("gateway,code=777", "status="),
      ("gateway,code=410,status=99", "status="),
      ("redirect", "location="), ("delay", "milliseconds="), ("empty,origin=ME", "'origin'"),
    ] as [(String, String)])
  func badSpecifications(text: String, message: String) {
    let error = #expect(throws: SandboxError.self) { try Fault(specification: text) }
    #expect(error?.description.contains(message) == true)
  }
}
