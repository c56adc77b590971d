import Foundation
import TestSupport
import Testing

@testable import Platform

@Suite("The process and its environment are described correctly")
struct ProcessTests {
  @Test(
    "A process is alive, then a zombie, then gone, and a later one with its id is another process")
  func life() throws {
    let own = ProcessIdentity.current()
    #expect(own.life() == .alive)
    #expect(!own.bootID.isEmpty && own.pidNamespace.hasPrefix("pid:[") && own.startTime > 0)

    let child = try RunningProcess("/bin/sleep", ["60"])
    var identity = own
    identity.pid = Int(child.id)
    identity.startTime = try #require(ProcessIdentity.status(of: String(child.id))).startTime
    #expect(identity.life() == .alive)
    var earlier = identity
    earlier.startTime -= 1
    #expect(earlier.life() == .dead)
    child.kill(SIGKILL)
    _ = try child.wait()
    #expect(identity.life() == .dead)
  }

  @Test("A process that cannot be seen is not reported as dead")
  func unknown() {
    let own = ProcessIdentity.current()
    var other = own
    other.pidNamespace = "pid:[1]"
    #expect(other.life() == .unknown)
    other = own
    other.bootID = "another"
    #expect(other.life() == .dead)
    other.host = "another"
    #expect(other.life() == .unknown)
    other.bootID = ""
    #expect(other.life() == .unknown)
    other = own
    other.pid = -1
    #expect(other.life() == .dead)
  }

  @Test("A process without a start time is unknown until its id is free")
  func unidentified() throws {
    let child = try RunningProcess("/bin/sleep", ["60"])
    var identity = ProcessIdentity.current()
    identity.pid = Int(child.id)
    identity.startTime = 0
    #expect(identity.life() == .unknown)
    child.kill(SIGKILL)
    _ = try child.wait()
    #expect(identity.life() == .dead)
    var observer = ProcessIdentity.current()
    observer.bootID = ""
    #expect(ProcessIdentity.current().life(seenFrom: observer) == .unknown)
  }

  @Test("/proc/PID/stat is read correctly with a confusing process name")
  func status() throws {
    let rest = (4...21).map(String.init).joined(separator: " ")
    let running = try #require(ProcessIdentity.parse(Array("7 (a) R (b) S \(rest) 991 22 23".utf8)))
    #expect(running == (7, false, 991))
    let ended = try #require(ProcessIdentity.parse(Array("7 (a) Z \(rest) 991".utf8)))
    #expect(ended == (7, true, 991))
    for text in [
      "", "(a) S \(rest) 991", "7 (a", "7 (a) S", "7 (a) S \(rest)", "7 (a) S \(rest) x",
    ] {
      #expect(ProcessIdentity.parse(Array(text.utf8)) == nil)
    }
  }

  @Test("Variables, streams, file systems and randomness are available")
  func facts() throws {
    #expect(Environment.variables()["PATH"] == ProcessInfo.processInfo.environment["PATH"])
    #expect(StandardStreams.ensureOpen() == [])
    #expect(!StandardStreams.isTerminal(-1))
    #expect(try FileSystemKind.of("/proc") == .local)
    #expect { try FileSystemKind.of("/none") } throws: { ($0 as? FileError)?.isMissing == true }
    #expect(Entropy.bytes(32).count == 32)
    #expect(Entropy.bytes(-1).isEmpty)
    #expect(Entropy.bytes(16) != Entropy.bytes(16))
    #expect((0..<1000).allSatisfy { _ in (0..<3).contains(Entropy.uniform(below: 3)) })
    #expect(Entropy.uniform(below: 0) == 0)
    #expect(Entropy.name().count == 16)
  }
}
