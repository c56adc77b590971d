import Foundation
import JSON
import TestSupport
import Testing

/// `cgi` reads exactly Content-Length bytes of standard input, whatever the outcome.
@Suite(.waiting)
struct CGIBodyTests {
  private let bench: Workbench
  private let event = JSONEncoder.text(Workbench.event(.api))

  init() throws {
    bench = try Workbench()
    try bench.configure(
      JSONObject(
        [
          ("callerCheck", "none"), ("follow", "none"), ("maxEventBytes", 4_096),
          ("ledger", .string("sqlite:\(bench.folder.path("ledger.sqlite3"))")),
        ] as [(String, JSONValue)]))
  }

  /// A shell script in which `$PROGRAM` is the program, `$EVENT` the event and `$LENGTH` the Content-Length.
  private func shell(
    _ script: String, length: Int? = nil, _ changes: [String: String] = [:]
  ) throws -> Completion {
    let variables = [
      "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/json",
      "CONTENT_LENGTH": String(length ?? event.utf8.count), "EVENT": event,
      "PROGRAM": try Workbench.program,
      "NCLOUD_REISSUE_CONFIG": bench.folder.path("config.json"),
    ]
    return try run(
      "/bin/sh", ["-c", script],
      environment: bench.environment.merging(variables) { $1 }.merging(changes) { $1 },
      workingDirectory: bench.folder.path)
  }

  /// The pipe stays open after the body: a wait for its end would never return.
  @Test("The program does not wait for the end of the pipe after the body")
  func theEndOfThePipeIsNotWaitedFor() throws {
    let began = Date()
    let reply = try shell(
      #"mkfifo pipe; exec 3<>pipe; printf %s "$EVENT" >&3; exec "$PROGRAM" cgi <pipe"#)
    #expect(try CGIReply(Reply(reply)).status == 200)
    #expect(Date().timeIntervalSince(began) < 20)
    #expect(try bench.posts().count == 1)
  }

  @Test("Bytes after the body stay unread")
  func whatFollowsTheBodyIsLeftThere() throws {
    let reply = try shell(
      #"printf '%srest' "$EVENT" | { "$PROGRAM" cgi >reply; cat; }"#)
    #expect(reply.stdout == "rest", "\(reply)")
    #expect(try bench.folder.read("reply").hasPrefix("Status: 200 OK\n"))
  }

  /// The pieces arrive slowly, as from a slow network.
  @Test("A body may arrive in pieces")
  func aBodyMayComeInPieces() throws {
    let reply = try shell(
      #"""
      { printf %.9s "$EVENT"; sleep 0.3; printf %s "${EVENT#?????????}"; sleep 5 & } |
        "$PROGRAM" cgi
      """#)
    #expect(try CGIReply(Reply(reply)).status == 200)
  }

  @Test(
    "A body shorter than its Content-Length is refused",
    arguments: ["</dev/null", "<&-", "<partial"])
  func aBodyThatIsTooShortIsRefused(redirection: String) throws {
    try bench.folder.write(String(event.dropLast()), to: "partial")
    let reply = try CGIReply(Reply(try shell(#"exec "$PROGRAM" cgi \#(redirection)"#)))
    #expect(reply.status == 400)
    #expect(reply.document["error"]?["code"] == "cgi.short-body", "\(reply)")
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// If a part of the body is not read, some web servers drop the reply.
  @Test(
    "A refused body is still read to its end",
    arguments: [
      ([:], 413), (["CONTENT_TYPE": "text/plain"], 413), (["REQUEST_METHOD": "PUT"], 405),
      (["NCLOUD_REISSUE_CONFIG": "/nowhere.json"], 502),
    ] as [([String: String], Int)])
  func aBodyThatIsRefusedIsReadToItsEnd(changes: [String: String], status: Int) throws {
    let reply = try shell(
      #"""
      { head -c 3000000 /dev/zero; echo rest; } | { "$PROGRAM" cgi >reply 2>log; cat; }
      """#, length: 3_000_000, changes)
    #expect(reply.stdout == "rest\n")
    #expect(try bench.folder.read("reply").hasPrefix("Status: \(status) "))
  }

  @Test("The body is read even if the web server passes arguments")
  func argumentsDoNotKeepTheBodyFromBeingRead() throws {
    let reply = try shell(
      #"printf '%srest' "$EVENT" | { "$PROGRAM" cgi --force >reply 2>log; cat; }"#)
    #expect(reply.stdout == "rest")
  }

  /// The sender stops in the middle of the body.
  @Test("The deadline ends the wait for a body")
  func theDeadlineEndsTheWaitForABody() throws {
    try bench.configure(JSONObject([("callerCheck", "none"), ("deadline", "1s")]))
    let began = Date()
    let reply = try shell(
      #"mkfifo pipe; exec 3<>pipe; printf '{' >&3; exec "$PROGRAM" cgi <pipe"#)
    #expect(Date().timeIntervalSince(began) < 10)
    let answer = try CGIReply(Reply(reply))
    #expect(answer.status == 503)
    #expect(answer.document["error"]?["code"] == "run.ended")
  }

  /// The Content-Length is too large and the sender keeps its end open: the wait is ten seconds, not the deadline.
  @Test("A long pause ends the wait for a body")
  func aPauseEndsTheWaitForABody() throws {
    try bench.configure(JSONObject([("callerCheck", "none"), ("deadline", "60s")]))
    let began = Date()
    let reply = try shell(
      #"mkfifo pipe; exec 3<>pipe; printf '%s' "$EVENT" >&3; exec "$PROGRAM" cgi <pipe"#,
      length: 3_000_000)
    #expect(Date().timeIntervalSince(began) < 25)
    let answer = try CGIReply(Reply(reply))
    #expect(answer.status == 503)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  /// The reply is lost, which the exit status reports.
  @Test("A reply that cannot be written gives exit status 74")
  func aReplyThatCannotBeWrittenIs74() throws {
    let reply = try shell(#"printf %s "$EVENT" | "$PROGRAM" cgi >/dev/full; echo $?"#)
    #expect(reply.stdout == "74\n", "\(reply)")
  }
}
