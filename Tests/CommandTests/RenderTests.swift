import JSON
import TestSupport
import Testing

/// `render` prints the parameters for an event, without ledger or network.
@Suite(.waiting)
struct RenderTests {
  private let bench: Workbench

  init() throws { bench = try Workbench() }

  private func render(
    _ event: JSONValue, _ options: [String] = [], environment: [String: String?] = [:]
  ) throws -> Reply {
    try bench.command(
      ["render", "--config", bench.folder.path("config.json")] + options,
      stdin: JSONEncoder.encode(event), environment: environment)
  }

  @Test("The parameters are shown as they would be sent")
  func theParametersAreShownAsTheyWouldBeSent() throws {
    let event: JSONValue = [
      "items": [
        [
          "no": 55_884, "name": "wildcard", "cn": "*.Example.COM.",
          "sans": ["example.com", "EXAMPLE.com", "*.example.com", "bücher.example"],
        ]
      ]
    ]
    let reply = try render(event)
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(
      try reply.document() == [
        "version": 1, "template": "plain",
        "items": [
          [
            "index": 0,
            "parameters": [
              "certificateNo": "55884", "certificateName": "wildcard",
              "commonName": "*.example.com",
              "dnsName": ["example.com", "xn--bcher-kva.example"], "validationMethod": "D",
              "csr": ["file": "*.Example.COM..csr"],
            ],
          ]
        ],
      ])
  }

  /// No credentials, service or file of a signing request exist here.
  @Test("Render needs no credentials, service or signing request")
  func nothingOutsideOfTemplatesIsTouched() throws {
    let reply = try render(
      ["items": [["no": "1", "name": "none", "cn": "none.example.com"]]],
      environment: [
        "NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil, "HTTPS_PROXY": "http://127.0.0.1:1",
      ])
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(try bench.sandbox.journal().isEmpty)
    #expect(try bench.folder.names() == ["config.json", "csr", "templates"])
  }

  @Test("A failed item does not hide the others")
  func anItemThatFailsStandsBesideTheOthers() throws {
    let reply = try render(["items": [["no": "x"], CertificateSample.api.item]])
    #expect(reply.status == 65)
    let items = try #require(try reply.document()["items"]?.array)
    #expect(items.map { $0["index"] } == [0, 1])
    #expect(items.first?["error"]?["code"] == "template.missing-value")
    #expect(items.first?["parameters"] == nil)
    #expect(items.last?["parameters"]?["commonName"] == "api.example.com")
    #expect(items.last?["error"] == nil)
    #expect(reply.stderr.contains("[template.missing-value]"))
  }

  /// Parameters that a run refuses before any call. Those that are the same for every event are mistakes of the template.
  @Test(
    "Render reports what a run would refuse",
    arguments: [
      (["store": "${ 'a/b' }"], "store.outside-folder", 65),
      (["store": "a/b"], "store.outside-folder", 78),
      (["reissue": ["csr": ["generate": "ec-p256"]]], "store.missing", 78),
      (["reissue": ["certificateNo": nil]], "parameters.certificate-no", 78),
    ] as [(JSONValue, String, Int32)])
  func whatARunRefusesIsToldHereToo(changes: JSONValue, code: String, exit: Int32) throws {
    var parameters = try #require(Workbench.plainParameters.object)
    for (name, value) in changes["reissue"]?.object ?? JSONObject() {
      parameters[name] = value.isNull ? JSONValue?.none : value
    }
    var template = try #require(Workbench.plainTemplate.object)
    template["reissue"] = .object(parameters)
    template["store"] = changes["store"]
    try bench.write(template: .object(template), named: "plain")
    for reply in [try render(Workbench.event(.api)), try bench.run(on: Workbench.event(.api))] {
      try reply.expectFailure(code, exit: exit)
    }
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("An event that no template matches gives no items")
  func noTemplateTakesTheEvent() throws {
    try bench.write(
      template: ["version": 1, "when": "kind == 'x'", "reissue": Workbench.plainParameters],
      named: "plain")
    let reply = try render(["kind": "y"])
    #expect(reply.status == 0)
    #expect(try reply.document() == ["version": 1, "template": nil, "items": []])
  }

  @Test("A failure of the whole event is one error")
  func aFailureOfTheWholeIsOneError() throws {
    let empty = try bench.command(["render", "--config", bench.folder.path("config.json")])
    #expect(empty.status == 65)
    #expect(try empty.document().object?.names == ["version", "error"])
    let wrong = try render(["items": 7])
    #expect(wrong.status == 65)
    #expect(try wrong.document()["error"]?["at"]?["pointer"] == "/items")
    let missing = try render([:], ["--template", "nowhere"])
    #expect(missing.status == 78)
    #expect(try missing.document()["error"]?["code"] == "template.not-found")
  }

  @Test("Variables come from configuration and command line")
  func variablesComeFromConfigurationAndCommandLine() throws {
    try bench.configure(
      JSONObject([("vars", ["zone": "example.com", "name": "configured"] as JSONValue)]))
    var parameters = try #require(Workbench.plainParameters.object)
    parameters["certificateName"] = "${ $vars.name }"
    parameters["commonName"] = "${ $vars.host }.${ $vars.zone }"
    try bench.write(
      template: ["version": 1, "reissue": .object(parameters)], named: "plain")
    let reply = try render(
      CertificateSample.api.item,
      ["--var", "name=given", "--var", "host=a=b", "--var", "host=www"])
    let shown = try reply.document()["items"]?[0]?["parameters"]
    #expect(shown?["certificateName"] == "given", "\(reply.stdout)")
    #expect(shown?["commonName"] == "www.example.com")
  }

  @Test("--pretty writes the same document")
  func prettyIsTheSameDocument() throws {
    let event = Workbench.event(.shop)
    let pretty = try render(event, ["--pretty"])
    #expect(pretty.stdout.split(separator: "\n").count > 10)
    #expect(try JSONDecoder.decode(pretty.stdout) == render(event).document())
  }
}
