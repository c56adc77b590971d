import Foundation
import JSON
import TestSupport
import Testing

/// Hostile input: no crash, one document, exit status 0 or 65, and no control characters for the terminal.
@Suite(.waiting)
struct HostileTests {
  /// A template that reads many members of an event, so that hostile values reach every check.
  private static let greedyTemplate: JSONValue = [
    "version": 1,
    "items": "alerts || @",
    "let": [
      "labels": "labels || @",
      "host": "url_host(not_null($labels.instance, $labels.host, 'none.example.com'))",
    ],
    "reissue": [
      "certificateNo": "${ $labels.certificate_no || no || id }",
      "certificateName": "${ name || $labels.alertname || 'none' }",
      "commonName": "${ $labels.cn || $host }", "dnsName": "${ $labels.sans || `[]` }",
      "validationMethod": "D",
      "csr": ["file": "${ $labels.csr || 'none' }.csr"],
    ],
  ]

  private static let otherTemplate: JSONValue = [
    "version": 1, "when": "check.kind == 'tls' && length(check.targets) > `0`",
    "reissue": Workbench.plainParameters,
  ]

  /// Runs both commands on the bytes, first with a template that matches every event, then with one that matches other
  /// events.
  private func expectCalm(
    _ name: String, _ bytes: [UInt8], _ bench: Workbench,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let options = ["--template", "greedy", "--log-level", "trace"]
    let run = try bench.run(["--dry-run"] + options, stdin: bytes)
    let render = try bench.command(
      ["render", "--config", bench.folder.path("config.json")] + options, stdin: bytes)
    for (command, reply) in [("run", run), ("render", render)] {
      let place: Comment = "\(command) on \(name): \(reply.stderr)"
      #expect([0, 65].contains(reply.status), place, sourceLocation: sourceLocation)
      #expect(reply.controlCharactersOnStderr.isEmpty, place, sourceLocation: sourceLocation)
      let document = try reply.document(sourceLocation: sourceLocation)
      #expect(document["version"] == 1, place, sourceLocation: sourceLocation)
      let text = reply.stdout.unicodeScalars.dropLast()
      #expect(
        !text.contains { $0.properties.generalCategory == .control }, place,
        sourceLocation: sourceLocation)
    }
    if (try? JSONDecoder.decode(bytes)) == nil {
      #expect(run.status == 65, "\(name)", sourceLocation: sourceLocation)
    }
    try expectSkipped(name, bytes, bench, sourceLocation: sourceLocation)
  }

  /// A folder in which no template matches the event: an odd but valid event is skipped.
  private func expectSkipped(
    _ name: String, _ bytes: [UInt8], _ bench: Workbench, sourceLocation: SourceLocation
  ) throws {
    guard let event = try? JSONDecoder.decode(bytes), event.object != nil || event.array != nil
    else { return }
    let reply = try bench.run(["--templates", "others"], stdin: bytes)
    #expect(reply.status == 0, "\(name): \(reply.stderr)", sourceLocation: sourceLocation)
    let document = try reply.document(sourceLocation: sourceLocation)
    #expect(document["status"] == "skipped", "\(name)", sourceLocation: sourceLocation)
    #expect(document["reason"] == "no-template", "\(name)", sourceLocation: sourceLocation)
  }

  private func makeBench() throws -> Workbench {
    let bench = try Workbench()
    try bench.write(template: Self.greedyTemplate, named: "greedy")
    try bench.folder.write(
      JSONEncoder.text(Self.otherTemplate), to: "others/other.template.json")
    return bench
  }

  struct Input: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]

    init(_ name: String, _ bytes: [UInt8]) {
      testDescription = name
      self.bytes = bytes
    }

    init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }

    /// An alert with a hostile label.
    init(_ name: String, label: String, _ value: JSONValue) {
      let labels: JSONValue = ["certificate_no": "55883", "instance": "api.example.com:443"]
      var object = labels.object ?? JSONObject()
      object[label] = value
      self.init(
        name,
        JSONEncoder.encode(["alerts": [["name": "api", "labels": .object(object)]]]))
    }
  }

  private static let inputs: [Input] = [
    Input("terminal escapes", label: "cn", "\u{1B}[2J\u{1B}]0;owned\u{7}\u{9B}31mapi.example.com"),
    Input("a forged log line", label: "cn", "a.example\r\nncloud-reissue: info: all is well"),
    Input("line separators", label: "cn", "a\u{2028}b\u{2029}c\u{85}d.example"),
    Input("text direction turned round", label: "alertname", "api\u{202E}gnp.exe\u{2066}"),
    Input("an invisible letter", label: "cn", "a\u{200B}pi.exam\u{AD}ple.com"),
    Input("a look-alike", label: "cn", "аpi.example.com"),
    Input("an expression in a value", label: "cn", "${ $vars } {{ .Env }} $(id) `id`"),
    Input("a path for a signing request", label: "csr", "../../../../etc/passwd\u{0}"),
    Input("a path for a number", label: "certificate_no", "1/../../2?x=1#y"),
    Input("a header for a number", label: "certificate_no", "1\r\nHost: example.org"),
    Input("digits of another script", label: "certificate_no", "１２３"),
    Input("a number of 5000 digits", #"{"no":"# + String(repeating: "9", count: 5_000) + "}"),
    Input("a number written as 5.5883e4", #"{"no":5.5883e4,"name":"api"}"#),
    Input("a long label", label: "cn", .string(String(repeating: "a", count: 1 << 20))),
    Input("many names", label: "sans", .array((0..<5_000).map { .string("n\($0).example.com") })),
    Input("an address", label: "instance", "https://[::1%25eth0]:443/"),
    Input("a host that is no host", label: "instance", "http://:@/%00?#"),
    Input("types turned round", #"{"alerts":{"labels":[1,{"a":null}],"no":{},"name":[]}}"#),
    Input("alerts of all types", #"{"alerts":[null,true,1,-1.5,"x",[],{},[[]],{"labels":null}]}"#),
    Input("alerts that is a text", #"{"alerts":"firing"}"#),
    Input("an array of arrays", "[[],[[]],[[[]]]]"),
    Input("an empty array", "[]"),
    Input("odd names", #"{"":1,"$event":2,"__proto__":{"a":1},"a b":3,"\u001b[0m":4,"@":5}"#),
    Input("names that differ in case", #"{"Alerts":[1],"alerts":[],"ALERTS":[2]}"#),
    Input("names that differ in form", #"{"\u00e9":1,"e\u0301":2,"alerts":[]}"#),
    Input("one name in two spellings", #"{"alerts":[],"\u0061lerts":[]}"#),
    Input(
      "500 levels",
      String(repeating: #"{"a":"#, count: 499) + "{}" + String(repeating: "}", count: 499)),
    Input("ten thousand levels, open", String(repeating: "[", count: 10_000)),
    Input(
      "ten thousand levels, closed",
      String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)),
    Input(
      "two thousand alerts",
      #"{"alerts":["# + Array(repeating: "{}", count: 2_000).joined(separator: ",") + "]}"),
    Input("UTF-16", [0xFF, 0xFE] + "{}".utf8.flatMap { [$0, 0] }),
    Input("two byte order marks", [0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF] + Array("{}".utf8)),
    Input("overlong UTF-8", [0x5B, 0x22, 0xC0, 0xAF, 0x22, 0x5D]),
    Input("a surrogate in UTF-8", [0x5B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x5D]),
    Input("cut within a character", Array(#"{"a":"\#u{E9}"#.utf8.dropLast())),
    Input("NUL behind the document", Array("{}".utf8) + [0]),
    Input("a record separator before", [0x1E] + Array("{}\n".utf8)),
    Input("an HTTP request", "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"),
    Input("comments and commas", "// event\n{\"alerts\": [1,],}"),
    Input("not a number", #"{"no":NaN,"id":Infinity}"#),
    Input("YAML", "alerts:\n  - labels: {a: b}\n"),
  ]

  @Test("Hostile input gives one document and a normal exit status", arguments: inputs)
  func hostileInputIsTakenCalmly(_ input: Input) throws {
    let bench = try makeBench()
    try expectCalm(input.testDescription, input.bytes, bench)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// The same for the files of a folder, if the variable PAYLOADS names one with `hostile/` in it.
  @Test("Every file of a corpus gives one document and a normal exit status")
  func aCorpusIsTakenCalmly() throws {
    guard let folder = ProcessInfo.processInfo.environment["PAYLOADS"] else {
      print(
        "PAYLOADS is not set: no corpus of hostile events was tried, only the table of this file")
      return
    }
    let hostile = URL(fileURLWithPath: folder).appendingPathComponent("hostile")
    let files = try FileManager.default.contentsOfDirectory(atPath: hostile.path).sorted()
    try #require(!files.isEmpty)
    let bench = try makeBench()
    for file in files {
      let bytes = try Data(contentsOf: hostile.appendingPathComponent(file))
      try expectCalm(file, Array(bytes), bench)
    }
    #expect(try bench.sandbox.journal().isEmpty)
    print("PAYLOADS: \(files.count) hostile events were tried")
  }
}
