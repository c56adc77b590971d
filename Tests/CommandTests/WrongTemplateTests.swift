import Foundation
import JSON
import TestSupport
import Testing

/// Broken templates: exit status 78 for every event, the place of the mistake, and nothing sent.
@Suite(.waiting)
struct WrongTemplateTests {
  struct WrongTemplate: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let code: String
    let pointer: String?
    /// Parts of message and hint.
    let words: [String]

    init(_ name: String, _ text: String, _ code: String, at pointer: String?, says words: String...)
    {
      testDescription = name
      self.text = text
      self.code = code
      self.pointer = pointer
      self.words = words
    }

    /// A template with one member of `reissue` changed.
    init(
      _ name: String, _ member: String, _ value: String, _ code: String, says words: String...
    ) {
      testDescription = name
      var parameters = Workbench.plainParameters.object ?? JSONObject()
      parameters[member] = .string(value)
      text = JSONEncoder.text(["version": 1, "reissue": .object(parameters)])
      self.code = code
      pointer = "/reissue/\(member)"
      self.words = words
    }
  }

  private static let wrongTemplates = [
    WrongTemplate(
      "an unknown member", #"{"version":1,"item":"x","reissue":{}}"#, "template.unknown-member",
      at: "/item", says: "\"item\"", "items"),
    WrongTemplate(
      "an unknown parameter", #"{"version":1,"reissue":{"commonname":"a.example"}}"#,
      "template.unknown-member", at: "/reissue/commonname", says: "\"commonname\"", "commonName"),
    WrongTemplate(
      "an unknown rule", #"{"version":1,"reissue":{},"policy":{"coolDown":"7d"}}"#,
      "template.unknown-member", at: "/policy/coolDown", says: "cooldown"),
    WrongTemplate(
      "a rule out of range", #"{"version":1,"reissue":{},"policy":{"cooldown":"7 days"}}"#,
      "template.duration", at: "/policy/cooldown", says: "7 days", "7d"),
    WrongTemplate(
      "a later version", #"{"version":2,"reissue":{}}"#, "template.version", at: "/version",
      says: "2"),
    WrongTemplate(
      "without version", #"{"reissue":{}}"#, "template.version", at: "", says: "version"),
    WrongTemplate("without reissue", #"{"version":1}"#, "template.shape", at: "", says: "reissue"),
    WrongTemplate("no object", "[]", "template.shape", at: "", says: "object"),
    WrongTemplate("no JSON", "{version: 1}", "template.not-json", at: "", says: "JSON"),
    WrongTemplate(
      "a member twice", #"{"version":1,"version":1,"reissue":{}}"#, "template.not-json", at: "",
      says: "twice"),
    WrongTemplate(
      "a broken when", #"{"version":1,"when":"a ==","reissue":{}}"#, "template.expression",
      at: "/when"),
    WrongTemplate("a broken leaf", "commonName", "${ labels.[ }", "template.expression"),
    WrongTemplate("an open leaf", "commonName", "${ labels", "template.expression"),
    WrongTemplate(
      "an unknown function", "commonName", "${ lenght(cn) }", "template.expression",
      says: "lenght", "length"),
    WrongTemplate(
      "a wrong number of arguments", "commonName", "${ length(cn, cn) }", "template.expression",
      says: "length"),
    WrongTemplate(
      "an undefined variable", "commonName", "${ $hots }", "template.undefined-variable",
      says: "$hots"),
    WrongTemplate(
      "data that is not there", #"{"version":1,"data":{"a":"nowhere.json"},"reissue":{}}"#,
      "template.file", at: "/data/a", says: "nowhere.json"),
    WrongTemplate(
      "data outside", #"{"version":1,"data":{"a":"../config.json"},"reissue":{}}"#,
      "template.file", at: "/data/a", says: "../config.json"),
  ]

  /// What other template languages would replace, and what would be a comment elsewhere in a template.
  private static let foreignSpellings = [
    WrongTemplate(
      "Go in a leaf", "commonName", "{{ .host }}", "template.expression", says: "${ host }"),
    WrongTemplate(
      "Jinja within a text", "certificateName", "cert-{{ item.name }}", "template.expression",
      says: "${ item.name }"),
    WrongTemplate(
      "Go in store", #"{"version":1,"reissue":{},"store":"{{ .host }}"}"#, "template.expression",
      at: "/store", says: "${ host }"),
    WrongTemplate(
      "a name and nothing else", "certificateName", "$host", "template.expression",
      says: "${ $host }", "${ host }"),
    WrongTemplate(
      "a leaf as when", #"{"version":1,"when":"${ daysLeft < `30` }","reissue":{}}"#,
      "template.expression", at: "/when", says: "leave out ${ }"),
    WrongTemplate(
      "a path and nothing else", "commonName", "$cert.cn", "template.expression",
      says: "${ $cert.cn }"),
    WrongTemplate(
      "a leaf as items", #"{"version":1,"items":"${ alerts }","reissue":{}}"#,
      "template.expression", at: "/items", says: "leave out ${ }"),
    WrongTemplate(
      "a leaf in let", #"{"version":1,"let":{"h":"${ host }"},"reissue":{}}"#,
      "template.expression", at: "/let/h", says: "leave out ${ }"),
    WrongTemplate(
      "a name of let with its sign", #"{"version":1,"let":{"$h":"host"},"reissue":{}}"#,
      "template.name", at: "/let/$h", says: #"write "h" here, and $h where it is used"#),
  ]

  @Test(
    "The spelling of other template languages is an error that shows the right one",
    arguments: foreignSpellings)
  func foreignSpellingStopsTheRun(_ wrong: WrongTemplate) throws {
    try aBrokenTemplateStopsTheRun(wrong)
  }

  @Test("A broken template stops the run", arguments: wrongTemplates)
  func aBrokenTemplateStopsTheRun(_ wrong: WrongTemplate) throws {
    let bench = try Workbench()
    try bench.folder.write(wrong.text, to: "templates/broken.template.json")
    let event = Workbench.event(.api)
    for options in [[], ["--template", "broken"]] {
      let reply = try bench.run(options, on: event)
      try reply.expectFailure(wrong.code, exit: 78)
      let error = try #require(try reply.error())
      #expect(error["at"]?["template"] == "broken")
      if let pointer = wrong.pointer { #expect(error["at"]?["pointer"] == .string(pointer)) }
      let text = (error["message"]?.string ?? "") + (error["hint"]?.string ?? "")
      for word in wrong.words { #expect(text.contains(word), "\(text)") }
    }
    // The other template of the folder is valid and can be named.
    let reply = try bench.run(["--template", "plain"], on: event)
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(try bench.sandbox.journal().count == 1)
  }

  @Test("Errors in expressions name the column")
  func expressionErrorsCarryTheColumn() throws {
    let bench = try Workbench()
    try bench.folder.write(
      #"{"version":1,"when":"ok && lenght(alerts) > `0`","reissue":{}}"#,
      to: "templates/broken.template.json")
    let at = try bench.run(on: [:]).error()?["at"]
    #expect(at?["expression"] == "ok && lenght(alerts) > `0`")
    #expect(at?["column"] == 7)
  }

  /// The template might match the event; a dangling link may be a volume that is not mounted.
  @Test(
    "A template that cannot be read stops the run",
    arguments: [
      "lost/template.json", "lost", "lost.template.json",
    ])
  func aTemplateThatCannotBeReachedStopsTheRun(link: String) throws {
    let bench = try Workbench()
    try bench.folder.write("", to: "templates/lost/other")
    if link == "lost" {
      try FileManager.default.removeItem(atPath: bench.folder.path("templates/lost"))
    }
    try FileManager.default.createSymbolicLink(
      atPath: bench.folder.path("templates/\(link)"), withDestinationPath: "/nowhere")
    let reply = try bench.run(on: Workbench.event(.api))
    try reply.expectFailure("template.not-found", exit: 78)
    #expect(try reply.error()?["message"]?.string?.contains("lost") == true)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// Names of files that editors and other systems create beside a file.
  @Test("Hidden files are not templates")
  func hiddenFilesAreNoTemplates() throws {
    let bench = try Workbench()
    for name in [
      ".#plain.template.json", "._plain.template.json", ".template.json", ".a/template.json",
    ] {
      try bench.folder.write("no template", to: "templates/\(name)")
    }
    let reply = try bench.run(on: Workbench.event(.api))
    #expect(reply.status == 0, "\(reply.stderr)")
  }

  @Test("A name that two files share is an error")
  func aNameOfTwoFilesIsNobodys() throws {
    let bench = try Workbench()
    let text = JSONEncoder.text(Workbench.plainTemplate)
    try bench.folder.write(text, to: "templates/plain/template.json")
    for options in [[], ["--template", "plain"]] {
      let reply = try bench.run(options, on: Workbench.event(.api))
      try reply.expectFailure("template.folder", exit: 78)
    }
    let check = try bench.command(
      ["check", "plain", "--config", bench.folder.path("config.json")])
    #expect(check.status == 78 && check.stderr.contains("[template.folder]"), "\(check.stderr)")
  }

  @Test("A missing template is named")
  func aTemplateThatIsNotThereIsNamed() throws {
    let bench = try Workbench()
    let reply = try bench.run(["--template", "alertmanger"], on: [:])
    try reply.expectFailure("template.not-found", exit: 78)
    #expect(try reply.error()?["message"]?.string?.contains("alertmanger") == true)
    let slip = try bench.run(["-t", "plian"], on: [:]).error()
    #expect(slip?["hint"] == "did you mean plain?", "\(String(describing: slip))")
    let noFolder = try bench.run(["--templates", "nowhere"], on: [:])
    try noFolder.expectFailure("template.folder", exit: 78)
  }

  @Test("A file of --template has its own error, reported once, with the nearest name")
  func aFileThatIsNotThereIsNamed() throws {
    let bench = try Workbench()
    try bench.folder.write("{}", to: "expiry.json")
    let missing = try bench.run(["-t", "exp.json"], on: [:])
    try missing.expectFailure("template.not-found", exit: 78)
    #expect(try missing.error()?["message"] == "the template \"exp.json\" does not exist")
    let slip = try bench.run(["-t", "./expriy.json"], on: [:]).error()
    #expect(slip?["hint"] == "did you mean expiry.json?", "\(String(describing: slip))")
    let folder = try bench.run(["-t", "./templates"], on: [:])
    try folder.expectFailure("template.not-found", exit: 78)
    #expect(
      try folder.error()?["message"]
        == "the template \"./templates\" cannot be read: is a directory")
    try bench.folder.write("a: 1\n", to: "yaml.json")
    let yaml = try bench.run(["-t", "yaml.json"], on: [:])
    try yaml.expectFailure("template.not-json", exit: 78)
    #expect(try yaml.error()?["message"]?.string?.contains("this is YAML") == true)
  }
}
