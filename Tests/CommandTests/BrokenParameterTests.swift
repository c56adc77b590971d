import Foundation
import JSON
import TestSupport
import Testing

/// Mistakes in the parameters of a template that are the same for every event. Exit status 78 whether the template
/// accepts the event or not, with the code that `check` reports, and nothing claimed or sent.
@Suite(.waiting)
struct BrokenParameterTests {
  struct BrokenTemplate: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The changed members of the template.
    let members: JSONValue
    /// The changed members of `reissue`.
    let parameters: JSONValue
    let code: String
    let pointer: String

    init(
      _ name: String, members: JSONValue = [:], parameters: JSONValue = [:], _ code: String,
      at pointer: String
    ) {
      testDescription = name
      self.members = members
      self.parameters = parameters
      self.code = code
      self.pointer = pointer
    }

    /// A template whose parameter has this value.
    static func constant(
      _ parameter: String, _ value: JSONValue, _ code: String
    ) -> BrokenTemplate {
      BrokenTemplate(
        "\(parameter) \(JSONEncoder.text(value))",
        parameters: .object(JSONObject([(parameter, value)])), code, at: "/reissue/\(parameter)")
    }

    /// A template without this parameter.
    static func missing(_ parameter: String) -> BrokenTemplate {
      BrokenTemplate(
        "without \(parameter)", parameters: .object(JSONObject([(parameter, JSONValue.null)])),
        "template.parameter-missing", at: "/reissue")
    }

    /// A template with this member.
    static func member(
      _ name: String, _ value: JSONValue, parameters: JSONValue = [:], _ code: String,
      at pointer: String
    ) -> BrokenTemplate {
      BrokenTemplate(
        "\(name) \(JSONEncoder.text(value))", members: .object(JSONObject([(name, value)])),
        parameters: parameters, code, at: pointer)
    }

    /// The template, which accepts events with `"isMeant": true`.
    func json(isTemplateOfAllEvents: Bool = false) throws -> JSONValue {
      let sound = try #require(Workbench.plainTemplate.object).with([
        "when": isTemplateOfAllEvents ? nil : "isMeant", "policy": nil, "store": "${cn}",
      ])
      let reissue = try #require(Workbench.plainParameters.object)
        .with(["csr": ["generate": "ec-p256"]]).with(parameters)
      return .object(sound.with(["reissue": .object(reissue)]).with(members))
    }
  }

  private static let brokenTemplates: [BrokenTemplate] = [
    .missing("certificateName"), .missing("commonName"), .missing("validationMethod"),
    .missing("csr"),
    .constant("certificateNo", "007", "parameters.certificate-no"),
    .constant("certificateNo", 0, "parameters.certificate-no"),
    .constant("certificateName", "", "parameters.certificate-name"),
    .constant("commonName", "a b.example", "parameters.common-name"),
    .constant("commonName", "*.co.uk", "parameters.common-name"),
    .constant("commonName", true, "parameters.common-name"),
    .constant("dnsName", ["a.example", "-"], "parameters.dns-name"),
    .constant("dnsName", 5, "parameters.dns-name"),
    .constant("validationMethod", "X", "parameters.validation-method"),
    .constant("csr", ["generate": "rsa2048"], "parameters.csr"),
    .constant("csr", [:], "parameters.csr"), .constant("csr", 1, "parameters.csr"),
    .constant("csr", ["generate": "${ kind }", "file": "a"], "parameters.csr"),
    .constant("csr", ["fil": "${cn}"], "parameters.csr"),
    .constant("csr", "-----BEGIN PRIVATE KEY-----", "csr.private-key"),
    .member("store", "a/b", "store.outside-folder", at: "/store"),
    .member("store", "", "store.outside-folder", at: "/store"),
    .member("store", nil, "store.missing", at: "/store"),
    .member(
      "store", nil, parameters: ["csr": ["generate": "${ kind }"]], "store.missing", at: "/store"),
    .member(
      "policy", ["preflight": "off"], parameters: ["certificateNo": nil],
      "parameters.certificate-no", at: "/reissue/certificateNo"),
    .member(
      "policy", ["registerKey": "on"], parameters: ["csr": ["file": "${cn}.csr"]],
      "template.key-not-kept", at: "/policy/registerKey"),
  ]

  @Test("A template that is wrong for every event stops the run", arguments: brokenTemplates)
  func everyEventStops(_ broken: BrokenTemplate) throws {
    let bench = try Workbench(template: broken.json())
    var meant = try #require(Workbench.event(.api).object)
    meant["isMeant"] = true
    try expectStop(.object(meant), by: broken, bench)
    try expectStop(Workbench.event(.api), by: broken, bench)
    // A sound template that accepts the event changes nothing: the broken one might have been meant.
    try bench.write(template: Workbench.plainTemplate, named: "a")
    try expectStop(Workbench.event(.api), by: broken, bench)
    #expect(!FileManager.default.fileExists(atPath: bench.ledgerFile))
    #expect(try bench.sandbox.journal().isEmpty)
    let check = try bench.command(bench.options(["check", "plain", "--json"]))
    #expect(check.status == 78)
    let findings = try #require(try check.document()["templates"]?[0]?["findings"]?.array)
    let errors = findings.filter { $0["severity"] == "error" }
    #expect(errors.map { $0["code"] } == [.string(broken.code)], "\(check.stdout)")
    #expect(errors.first?["at"]?["pointer"] == .string(broken.pointer))
  }

  private func expectStop(
    _ event: JSONValue, by broken: BrokenTemplate, _ bench: Workbench
  ) throws {
    let replies = [
      try bench.remembering(["run"], on: event),
      try bench.command(bench.options(["render"]), stdin: JSONEncoder.encode(event)),
    ]
    for reply in replies {
      try reply.expectFailure(broken.code, exit: 78)
      let error = try #require(try reply.document()["error"], "the error is that of the run")
      #expect(error["at"]?["template"] == "plain")
      #expect(error["at"]?["pointer"] == .string(broken.pointer))
      #expect(!reply.stderr.contains("BEGIN"))
    }
  }

  /// A value with an expression may be valid for another event.
  @Test(
    "A wrong value from an event fails only its item",
    arguments: [
      (["validationMethod": "${ method }"], "parameters.validation-method"),
      (["commonName": "${ cn } x"], "parameters.common-name"),
      (["csr": ["generate": "${ method }"]], "parameters.csr"),
      (["dnsName": ["-", "${ cn }"]], "parameters.dns-name"),
    ] as [(JSONValue, String)])
  func aValueOfAnEventFailsItsItem(parameters: JSONValue, code: String) throws {
    let broken = BrokenTemplate("", parameters: parameters, code, at: "")
    let bench = try Workbench(template: broken.json(isTemplateOfAllEvents: true))
    var item = try #require(CertificateSample.api.item.object)
    item["method"] = "X"
    let reply = try bench.remembering(["run"], on: ["items": [.object(item)]])
    try reply.expectFailure(code, exit: 65)
    #expect(try reply.document()["items"]?[0]?["status"] == "failed")
    #expect(try bench.posts().isEmpty)
  }

  @Test("doctor reports a template that is wrong for every event")
  func doctorReportsIt() throws {
    let bench = try Workbench()
    try bench.write(
      template: BrokenTemplate.missing("commonName").json(), named: "broken")
    let reply = try bench.command(bench.options(["doctor"]))
    #expect(reply.status == 78, "\(reply.stdout)")
    #expect(reply.stdout.contains("the template does not set commonName"), "\(reply.stdout)")
  }
}
