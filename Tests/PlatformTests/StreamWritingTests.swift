import Foundation
import Synchronization
import Testing

@testable import Platform

@Suite("Writing to a slow or non-blocking pipe is complete")
struct StreamWritingTests {
  private static let size = 300_000

  @Test("A non-blocking pipe gets every byte", arguments: [true, false])
  func wholeAnswer(isNonBlocking: Bool) throws {
    let pipe = Pipe()
    let output = pipe.fileHandleForWriting
    if isNonBlocking { #expect(fcntl(output.fileDescriptor, F_SETFL, O_NONBLOCK) == 0) }
    let reader = Thread.reading(pipe.fileHandleForReading)
    let bytes = [UInt8](repeating: 7, count: Self.size)
    try Files.write(bytes, to: output.fileDescriptor, name: "result")
    try output.close()
    #expect(reader.wait() == bytes.count)
  }

  @Test(
    "A reader that accepts nothing is waited for as long as the caller allows",
    arguments: [true, false])
  func stuckReader(isNonBlocking: Bool) throws {
    let pipe = Pipe()
    let output = pipe.fileHandleForWriting
    if isNonBlocking { #expect(fcntl(output.fileDescriptor, F_SETFL, O_NONBLOCK) == 0) }
    var turns = 3
    #expect(throws: FileError(operation: "write", path: "result", number: ECANCELED)) {
      try Files.write(
        [UInt8](repeating: 7, count: Self.size), to: output.fileDescriptor, name: "result"
      ) {
        turns -= 1
        return turns > 0
      }
    }
    #expect(turns == 0)
  }

  @Test("A non-blocking descriptor is read like any other")
  func nonBlockingInput() throws {
    let pipe = Pipe()
    let input = pipe.fileHandleForReading.fileDescriptor
    #expect(fcntl(input, F_SETFL, O_NONBLOCK) == 0)
    var turns = 3
    #expect(throws: FileError(operation: "read", path: "event", number: ECANCELED)) {
      try Files.readNext(descriptor: input, atMost: 9, name: "event") {
        turns -= 1
        return turns > 0
      }
    }
    try pipe.fileHandleForWriting.write(contentsOf: Data([1, 2]))
    #expect(try Files.readNext(descriptor: input, atMost: 9) { true } == [1, 2])
    try pipe.fileHandleForWriting.close()
    #expect(try Files.readNext(descriptor: input, atMost: 9) { true } == [])
  }
}

extension Thread {
  /// Counts the bytes up to the end.
  fileprivate static func reading(_ handle: FileHandle) -> Counter {
    let counter = Counter()
    detachNewThread {
      while let data = try? handle.read(upToCount: 4_096), !data.isEmpty {
        counter.total.add(data.count, ordering: .relaxed)
      }
      counter.done.signal()
    }
    return counter
  }
}

private final class Counter: Sendable {
  let total = Atomic<Int>(0)
  let done = DispatchSemaphore(value: 0)

  /// The number of bytes, after the end.
  func wait() -> Int {
    done.wait()
    return total.load(ordering: .relaxed)
  }
}
