import JSON
import TestSupport
import Testing

@Suite("Messages for the journal have their priority", .waiting)
struct JournalTests {
  /// Runs with standard error in a file that `JOURNAL_STREAM` names, or does not.
  private func lines(
    format: String, isJournal: Bool, event: String = "{"
  ) throws -> [Substring] {
    let bench = try Workbench()
    let reply = try bench.shell(
      """
      exec 2>messages
      export JOURNAL_STREAM="$(stat -c %d:%i \(isJournal ? "messages" : "/dev/null"))"
      "$@" || true
      cat messages
      """,
      ["--log-level", "info", "--log-format", format], stdin: Array(event.utf8))
    return reply.stdout.split(separator: "\n").filter { !$0.hasPrefix("{\"version\"") }
  }

  @Test("A line in the journal begins with the priority of its level", arguments: ["text", "json"])
  func priorities(format: String) throws {
    let lines = try lines(format: format, isJournal: true)
    #expect(!lines.isEmpty)
    for line in lines {
      #expect(line.hasPrefix("<3>"), "\(line)")
    }
  }

  @Test("The outcome of an event has the priority of info", arguments: ["text", "json"])
  func outcomesHavePriorities(format: String) throws {
    let lines = try lines(format: format, isJournal: true, event: "{}")
    #expect(lines.count == 1 && lines[0].hasPrefix("<6>") && lines[0].contains("no-items"))
  }

  @Test("A line has no priority if standard error is not the journal", arguments: ["text", "json"])
  func elsewhere(format: String) throws {
    let lines = try lines(format: format, isJournal: false)
    #expect(!lines.isEmpty)
    #expect(!lines.contains { $0.hasPrefix("<") })
  }
}
