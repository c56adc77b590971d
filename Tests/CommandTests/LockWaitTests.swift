import Foundation
import JSON
import SQLite
import TestSupport
import Testing

/// Another process keeps a lock: the deadline and a signal end the wait, unless an outcome is to be recorded.
@Suite(.waiting)
struct LockWaitTests {
  /// Much less than the ten seconds of a wait that nothing ends, and more than a busy machine adds.
  private static let latest = 6.0

  private let bench: Workbench

  /// A ledger with one accepted request.
  init() throws {
    bench = try Workbench()
    try #require(try bench.remembering(["run"], on: Workbench.event(.api)).status == 0)
  }

  /// The lock of the ledger for writers; it ends with the connection.
  private func lockLedger() throws -> SQLiteConnection {
    let connection = try SQLiteConnection.open(bench.ledgerFile, busyTimeout: 5_000)
    try connection.execute("BEGIN IMMEDIATE")
    return connection
  }

  private func start(_ command: [String]) throws -> RunningProcess {
    try bench.start(
      bench.rememberingOptions(command), stdin: JSONEncoder.encode(Workbench.event(.shop)))
  }

  @Test(
    "The deadline ends the wait for the ledger, and nothing is sent", arguments: ["run", "follow"])
  func theDeadlineEndsTheWaitForTheLedger(command: String) throws {
    let lock = try lockLedger()
    let began = Date()
    let process = try start([command, "--deadline", "1s"])
    try Reply(try process.wait(timeLimit: 30)).expectFailure("run.ended", exit: 75)
    #expect((0.9..<Self.latest).contains(Date().timeIntervalSince(began)))
    #expect(try bench.posts().count == 1)
    try lock.execute("ROLLBACK")
    #expect(try Reply(start([command]).wait()).status == 0)
  }

  @Test(
    "A signal ends the wait for the ledger",
    arguments: [["run"], ["follow"], ["ledger", "prune", "--older-than", "30d"]])
  func aSignalEndsTheWaitForTheLedger(command: [String]) throws {
    let lock = try lockLedger()
    let process = try start(command)
    try expectWait(of: process)
    let began = Date()
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: 30))
    #expect(Date().timeIntervalSince(began) < Self.latest)
    #expect(reply.status == 75 && reply.stderr.contains("[run.ended]"), "\(reply.stderr)")
    #expect(try bench.posts().count == 1)
    try lock.execute("ROLLBACK")
  }

  /// The request was sent, so its outcome is recorded although the run is to end.
  @Test("A signal and the deadline do not end the wait in which an outcome is recorded")
  func anOutcomeIsRecordedAfterASignal() throws {
    try bench.sandbox.control(
      "POST", "faults", ["kind": "delay", "method": "POST", "milliseconds": 2_000])
    let process = try start(["run", "--follow", "none", "--deadline", "5s"])
    _ = try waitFor("the request") { try bench.posts().count == 2 ? true : nil }
    let lock = try lockLedger()
    process.kill(SIGTERM)
    Thread.sleep(forTimeInterval: 5)
    #expect(process.isRunning)
    try lock.execute("ROLLBACK")
    let reply = Reply(try process.wait(timeLimit: 30))
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    let record = try bench.remembering(["ledger", "show", "55882", "--json"]).document()
    #expect(record["records"]?[0]?["state"] == "accepted", "\(record)")
  }

  @Test("A signal ends the wait of prune for another process at the store")
  func aSignalEndsTheWaitOfPrune() throws {
    let store = "certificates/shop.example.com"
    for number in 1...2 { try bench.folder.write("key", to: "\(store)/\(number)/privkey.pem") }
    try FileManager.default.createSymbolicLink(
      atPath: bench.folder.path("\(store)/current"), withDestinationPath: "2")
    let holder = try RunningProcess("/usr/bin/flock", [bench.folder.path(store), "sleep", "60"])
    defer { holder.kill(SIGKILL) }
    _ = try waitFor("the lock") {
      try TestSupport.run("/usr/bin/flock", ["-n", bench.folder.path(store), "true"]).status == 1
        ? true : nil
    }
    let process = try start(["ledger", "prune", "--older-than", "30d", "--yes"])
    try expectWait(of: process)
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: Self.latest))
    #expect(reply.status == 75 && reply.stderr.contains("[run.ended]"), "\(reply.stderr)")
    #expect(try bench.folder.names(in: store) == ["1", "2", "current"])
  }

  /// An earlier signal would end the process in another way.
  private func expectWait(of process: RunningProcess) throws {
    Thread.sleep(forTimeInterval: 0.7)
    try #require(process.isRunning, "\(process.stderr)")
  }
}
