import Foundation
import JSON
import TestSupport
import Testing

/// Keys that take seconds to generate: each is generated for its own call, and the run can end during one.
@Suite(.waiting)
struct KeyMakingTests {
  private static let items = 40

  private let bench: Workbench

  init() throws {
    bench = try Workbench(
      configuration: JSONObject([("storeDirectory", "keys-and-chains")]), template: Self.template)
  }

  private static let template: JSONValue = [
    "version": 1, "items": "items", "store": "${cn}", "policy": ["preflight": "off"],
    "reissue": [
      "certificateNo": "${no}", "certificateName": "many", "commonName": "${cn}", "dnsName": [],
      "validationMethod": "D", "csr": ["generate": "rsa-4096"],
    ],
  ]

  /// Certificates that do not exist in the sandbox, so that it refuses each.
  private static let event: JSONValue = [
    "items": .array(
      (0..<items).map { index in
        ["no": .integer(70_000 + index), "cn": .string("host-\(index).example.com")]
      })
  ]

  private var arguments: [String] {
    bench.rememberingOptions(["run", "--follow", "none", "--parallel", "2"])
  }

  /// The files and folders in the store.
  private var stored: [String] {
    FileManager.default.subpaths(atPath: bench.folder.path("keys-and-chains")) ?? []
  }

  /// Checks that a request that was not sent leaves no claim, folder or key.
  private func expectNothingLeft() throws {
    #expect(stored == [])
    let records = try bench.remembering(["ledger", "list", "--json"])
    #expect(!records.stdout.contains("claimed"), "\(records.stdout)")
  }

  /// The number of items that ended before their requests were sent.
  private func unsent(in reply: Reply) throws -> Int {
    let items = try #require(try reply.document()["items"]?.array)
    #expect(items.count == Self.items)
    return items.count { $0["error"]?["code"] == "run.ended" && $0["error"]?["retry"] == "safe" }
  }

  @Test("The deadline ends the generation of keys")
  func theDeadlineEndsTheMakingOfKeys() throws {
    let began = Date()
    let reply = try bench.command(
      arguments + ["--deadline", "2s"], stdin: JSONEncoder.encode(Self.event))
    // All of them take at least 40 s.
    #expect(Date().timeIntervalSince(began) < 20)
    #expect(reply.status == 75, "\(reply.stdout)")
    let posts = try bench.posts().count
    #expect(try unsent(in: reply) == Self.items - posts)
    #expect(posts < Self.items)
    try expectNothingLeft()
  }

  @Test("The first request is sent before the second key, and a signal ends the rest")
  func theFirstRequestLeavesBeforeTheSecondKeyAndASignalEndsTheRest() throws {
    let process = try bench.start(arguments, stdin: JSONEncoder.encode(Self.event))
    _ = try waitFor("the first request", timeLimit: 60) { try bench.posts().isEmpty ? nil : true }
    #expect(stored.count { $0.hasSuffix("privkey.pem") } < Self.items)
    let began = Date()
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: 20))
    #expect(Date().timeIntervalSince(began) < 10)
    #expect(reply.status == 75, "\(reply.stdout)")
    #expect(try unsent(in: reply) == Self.items - bench.posts().count)
    try expectNothingLeft()
  }

  /// A slow service does not delay the next key, and a reply that arrives during the generation of a key is used.
  @Test("A reply that arrives while a key is generated is read")
  func anAnswerThatComesWhileAKeyIsMadeIsRead() throws {
    let bench = try Workbench(
      ["--delay", "200ms"], configuration: JSONObject([("storeDirectory", "keys-and-chains")]),
      template: Self.template)
    let reply = try bench.command(
      bench.rememberingOptions(["run", "--follow", "none", "--timeout", "1s", "--parallel", "3"]),
      stdin: JSONEncoder.encode(Workbench.event(.shopAlone, .api)))
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(try bench.posts().count == 2)
  }

  /// A signing request for an existing key needs an RSA signature; thousands of them take long too.
  @Test("The deadline includes the time to sign requests")
  func theDeadlineCountsWhileRequestsAreMade() throws {
    var parameters = Workbench.plainParameters.object ?? JSONObject()
    parameters["csr"] = ["privateKey": "key.pem"]
    try bench.write(
      template: [
        "version": 1, "items": "items", "reissue": .object(parameters),
        "policy": ["preflight": "off"],
      ], named: "plain")
    let made = try TestSupport.run(
      "/usr/bin/openssl",
      ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"])
    try bench.folder.write(made.stdout, to: "keys/key.pem")
    let items = (0..<4_000).map { index -> JSONValue in
      [
        "no": .integer(70_000 + index), "name": "many",
        "cn": .string("host-\(index).example.com"), "sans": [],
      ]
    }
    let reply = try bench.run(["--deadline", "1s"], on: ["items": .array(items)])
    try reply.expectFailure("run.ended", exit: 75)
    #expect(try reply.document()["error"]?["code"] == "run.ended")
    #expect(try bench.posts().isEmpty)
  }
}

extension CertificateSample {
  /// The certificate `shop` without its alternative name, which ``KeyMakingTests`` does not request.
  fileprivate static let shopAlone = CertificateSample(
    number: shop.number, name: shop.name, commonName: shop.commonName, alternativeNames: [])
}
