import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Platform

@Suite("Names are checked as the kernel sees them, also during changes")
struct FolderWallTests {
  @Test("A combining mark after a slash does not bypass the check")
  func combiningMark() throws {
    let scratch = try TemporaryDirectory()
    let name = "\u{301}x"
    try Folder.openOrCreate(scratch.path("outside")).create(name, Array("secret".utf8))
    try scratch.write([], to: "inside/file")
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("inside/link"), withDestinationPath: "../outside")
    let folder = try Folder.open(scratch.path("inside"))
    #expect(throws: FileError.self) {
      _ = try folder.walkBelow("link/\(name)", flags: O_RDONLY, operation: "read")
    }
    #expect(throws: FileError.self) { try folder.read("link/\(name)", limit: 9) }
    #expect(Folder.split("a/\(name)") == ("a", name))
  }

  @Test("A link with .. is followed while other processes rename files")
  func renaming() throws {
    let scratch = try TemporaryDirectory()
    try scratch.write(Array("key".utf8), to: "archive/key")
    try scratch.write([], to: "live/other")
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("live/key"), withDestinationPath: "../archive/key")
    let isOver = Flag()
    let (one, two) = (scratch.path("one"), scratch.path("two"))
    try scratch.write([], to: "one")
    Thread.detachNewThread {
      while !isOver.value.load(ordering: .relaxed) {
        _ = unsafe rename(one, two)
        _ = unsafe rename(two, one)
      }
      isOver.done.signal()
    }
    defer {
      isOver.value.store(true, ordering: .relaxed)
      isOver.done.wait()
    }
    let folder = try Folder.open(scratch.path)
    for _ in 0..<5_000 {
      #expect(try folder.read("live/key", limit: 9) == Array("key".utf8))
    }
  }

  @Test("The wait for a locked folder ends")
  func heldLock() throws {
    let scratch = try TemporaryDirectory()
    let holder = try Folder.open(scratch.path)
    try holder.lock()
    let other = try Folder.open(scratch.path)
    #expect(throws: FileError(operation: "lock", path: scratch.path, number: EWOULDBLOCK)) {
      try other.lock(tries: 3)
    }
  }
}

private final class Flag: Sendable {
  let value = Atomic<Bool>(false)
  let done = DispatchSemaphore(value: 0)
}
