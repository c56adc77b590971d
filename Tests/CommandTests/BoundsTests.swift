import Foundation
import JSON
import TestSupport
import Testing

/// The bounds of one event, in the built program.
@Suite(.waiting)
struct BoundsTests {
  private static let items = (1...10_001).map {
    JSONValue.object(JSONObject([("no", .integer($0))]))
  }

  @Test(
    "An event with too many items is refused",
    arguments: [["run"], ["run", "--dry-run", "--ledger", "none"], ["render"]])
  func anEventOfTooManyItemsIsRefused(command: [String]) throws {
    let bench = try Workbench()
    let reply = try bench.command(
      command + ["--config", bench.folder.path("config.json")],
      stdin: JSONEncoder.encode(["items": .array(Self.items)]))
    #expect(reply.status == 65, "\(reply.stderr)")
    #expect(try reply.document()["error"]?["code"] == "limit.items")
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test(
    "An event with too many values is refused",
    arguments: [["run"], ["render"], ["eval", "type(@)"]])
  func anEventOfVeryManyValuesIsRefused(command: [String]) throws {
    let bench = try Workbench()
    let text = "[" + String(repeating: "{},", count: 2_500_000) + "{}]"
    let reply = try bench.command(
      command + ["--config", bench.folder.path("config.json")], stdin: Array(text.utf8))
    #expect(reply.status == 65, "\(reply.stderr)")
    #expect(reply.stderr.contains("[event.too-many-values]"))
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// Each expression ends, but there are many items: the deadline ends the whole.
  @Test("The deadline ends render")
  func renderHasADeadline() throws {
    let bench = try Workbench(template: ManyItems.template)
    let process = try bench.start(
      ["render", "--config", bench.folder.path("config.json"), "--deadline", "1s"],
      stdin: Array(ManyItems.event.utf8))
    try ManyItems.passDeadline(of: process)
    let reply = Reply(try process.wait(timeLimit: 10))
    #expect(reply.status == 75, "\(reply.stderr)")
    #expect(try reply.document()["error"]?["code"] == "run.ended")
  }

  @Test("The deadline ends check")
  func checkHasADeadline() throws {
    let bench = try Workbench(template: ManyItems.template)
    let event = try JSONDecoder.decode(ManyItems.event)
    let tests = JSONValue.array(Array(repeating: ["event": "event.json", "items": []], count: 20))
    try bench.folder.write(JSONEncoder.text(event), to: "templates/event.json")
    try bench.write(
      template: .object(
        JSONObject(
          (ManyItems.template.object ?? JSONObject()).map { ($0.name, $0.value) } + [
            ("tests", tests)
          ])), named: "plain")
    let reply = try bench.command(
      ["check", "--config", bench.folder.path("config.json"), "--deadline", "1s", "--json"])
    #expect(reply.status == 75, "\(reply.stderr)")
    #expect(try reply.document()["error"]?["code"] == "run.ended")
  }
}
