import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Platform

/// A temporary folder for each test.
private final class Scratch: Sendable {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appending(path: "platform-tests-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String = "x") throws {
    let file = URL(fileURLWithPath: "\(path)/\(name)")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: "\(path)/\(name)", withDestinationPath: target)
  }

  var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path) } }
}

@Suite("Folders are created when they are missing")
struct FolderMakingTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test("A folder can be created exactly if it is reported as writable")
  func makingAndAsking() throws {
    try scratch.write("file")
    try scratch.link("nowhere", to: "missing/target")
    for (name, works) in [
      ("", true), ("a", true), ("a/b/c/", true), ("a/b/c", true), ("file", false),
      ("file/a", false), ("nowhere/a", false), ("x/../y", false),
    ] {
      let path = "\(scratch.path)/\(name)"
      let before = try scratch.names
      #expect(((try? Folder.requireWritable(path)) != nil) == works, "\(name)")
      #expect(try scratch.names == before)
      #expect(((try? Folder.openOrCreate(path).facts()) != nil) == works, "\(name)")
    }
    let facts = try Folder.openOrCreate("\(scratch.path)/a/b").facts()
    #expect(facts.mode & 0o777 == 0o700)
  }

  @Test(
    "Folder and name of a path are those of dirname and basename",
    arguments: [
      ("/a/b", "/a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("a/b/", "a", "b"), ("/", "/", ""),
    ])
  func splitting(path: String, folder: String, name: String) {
    #expect(Folder.split(path) == (folder, name))
  }
}

@Suite("Only files below a folder can be reached")
struct FolderTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try scratch.write("root/a.txt", "inside")
    try scratch.write("root/sub/b.txt", "deeper")
    try scratch.write("outside.txt", "outside")
    try scratch.link("root/out", to: "../outside.txt")
    try scratch.link("root/absolute", to: "\(scratch.path)/root/a.txt")
    try scratch.link("root/up", to: "..")
    try scratch.link("root/in", to: "sub/b.txt")
    try scratch.link("root/sub/back", to: "../a.txt")
    try scratch.link("root/loop", to: "loop")
  }

  @Test(
    "Names that lead out are refused, with and without the kernel's check",
    arguments: [
      "", "/etc/passwd", "..", "../outside.txt", "sub/../../outside.txt", "sub/../a.txt", "out",
      "absolute", "up/outside.txt", "a.txt\0", "\0",
    ])
  func escapes(name: String) throws {
    let root = try Folder.open("\(scratch.path)/root")
    #expect { try root.read(name, limit: 100) } throws: { ($0 as? FileError)?.isEscape == true }
    #expect {
      _ = try root.walkBelow(name, flags: O_RDONLY, operation: "read")
    } throws: {
      ($0 as? FileError)?.isEscape == true
    }
  }

  @Test(
    "Names and links that stay below are followed",
    arguments: [
      ("a.txt", "inside"), ("sub/b.txt", "deeper"), ("./sub//b.txt", "deeper"), ("in", "deeper"),
      ("sub/back", "inside"),
    ])
  func below(name: String, text: String) throws {
    let root = try Folder.open("\(scratch.path)/root")
    #expect(try root.read(name, limit: 100) == Array(text.utf8))
  }

  @Test(
    "Without the kernel's check, plain names are found, links are refused, and missing names are reported"
  )
  func walk() throws {
    let root = try Folder.open("\(scratch.path)/root")
    let file = try root.walkBelow("sub/b.txt", flags: O_RDONLY, operation: "read")
    #expect(try Files.read(descriptor: file.number, limit: 9) == Array("deeper".utf8))
    for name in ["in", "sub/back", "loop"] {
      #expect {
        _ = try root.walkBelow(name, flags: O_RDONLY, operation: "read")
      } throws: {
        ($0 as? FileError)?.isEscape == true
      }
    }
    #expect {
      _ = try root.walkBelow("sub/none", flags: O_RDONLY, operation: "read")
    } throws: {
      ($0 as? FileError)?.isMissing == true
    }
  }

  @Test("Limits count bytes, and errors have operation, path and reason")
  func limits() throws {
    let root = try Folder.open("\(scratch.path)/root")
    #expect(try root.read("a.txt", limit: 6).count == 6)
    #expect(
      throws: FileError(
        operation: "read", path: "\(scratch.path)/root/a.txt", number: FileError.tooLarge)
    ) { try root.read("a.txt", limit: 5) }
    // The system's own EFBIG is a fault of the machine, as EIO is: it may be gone in the next run.
    #expect(FileError(operation: "read", path: "a.txt", number: FileError.tooLarge).isOfName)
    #expect(!FileError(operation: "open", path: "root", number: EFBIG).isOfName)
    let missing = #expect(throws: FileError.self) { try root.read("none", limit: 5) }
    #expect(
      missing?.description == "cannot read \(scratch.path)/root/none: no such file or directory")
    let escape = #expect(throws: FileError.self) { try root.read("../x", limit: 5) }
    #expect(escape?.reason == "the name leads out of its folder")
    #expect(throws: FileError.self) { try root.read("sub", limit: 5) }
  }

  @Test("A new file is complete, has its mode, and never replaces another one")
  func create() throws {
    let root = try Folder.open("\(scratch.path)/root")
    try root.create("new", Array("first".utf8))
    #expect(try root.facts("new").mode == 0o600)
    #expect { try root.create("new", Array("second".utf8)) } throws: {
      ($0 as? FileError)?.isTaken == true
    }
    #expect(try root.read("new", limit: 99) == Array("first".utf8))
    try root.create("open", [], mode: 0o644)
    #expect(try root.facts("open").mode == 0o644)
    try root.removeFile("open")
    for name in ["", ".", "..", "a/b", "/a", "a\0"] {
      #expect { try root.create(name, []) } throws: { ($0 as? FileError)?.isEscape == true }
    }
    // Failed calls leave no file behind.
    #expect(
      try root.names() == ["a.txt", "absolute", "in", "loop", "new", "out", "sub", "up"])
  }

  @Test("A link is switched, and a file of that name is not replaced")
  func switchLink() throws {
    let root = try Folder.open("\(scratch.path)/root")
    try root.switchLink("current", to: "1")
    try root.switchLink("current", to: "2")
    #expect(try root.linkTarget("current") == "2")
    #expect { try root.switchLink("a.txt", to: "2") } throws: {
      ($0 as? FileError)?.isTaken == true
    }
    #expect(try root.facts("current").kind == .link)
    #expect(try root.facts("a.txt").kind == .file)
  }

  @Test("Subfolders are created for their owner only, and removed only with known files")
  func subfolders() throws {
    let root = try Folder.open("\(scratch.path)/root")
    do {
      let made = try root.createSubfolder("1")
      try made.create("key.pem", [1])
      try made.create("other", [2])
    }
    #expect(try root.facts("1").mode == 0o700)
    #expect { _ = try root.createSubfolder("1") } throws: { ($0 as? FileError)?.isTaken == true }
    #expect { try root.removeSubfolder("1", files: ["key.pem", "csr.pem"]) } throws: {
      ($0 as? FileError)?.number == ENOTEMPTY
    }
    try root.removeSubfolder("1", files: ["key.pem", "other"])
    try root.removeSubfolder("1", files: ["key.pem"])
    #expect { try root.facts("1") } throws: { ($0 as? FileError)?.isMissing == true }
  }
}

@Suite("Whole files and descriptors are read and written")
struct FilesTests {
  @Test("Pipes are read to their end or up to the limit")
  func pipes() throws {
    let pipe = Pipe()
    let bytes = [UInt8](repeating: 7, count: 40_000)
    try Files.write(bytes, to: pipe.fileHandleForWriting.fileDescriptor, name: "pipe")
    try pipe.fileHandleForWriting.close()
    let number = pipe.fileHandleForReading.fileDescriptor
    #expect(try Files.read(descriptor: number, limit: .max) == bytes)
    #expect(try Files.read(descriptor: number, limit: 0) == [])
    #expect(throws: FileError(operation: "read", path: "standard input", number: EBADF)) {
      try Files.read(descriptor: -1, limit: 1)
    }
  }

  @Test(
    "A named pipe is read to its end, and one without a writer is waited for as long as the caller allows"
  )
  func namedPipes() throws {
    let scratch = try Scratch()
    let path = "\(scratch.path)/pipe"
    try #require(unsafe mkfifo(path, 0o600) == 0)
    var asked = 0
    #expect(throws: FileError(operation: "read", path: path, number: ECANCELED)) {
      try Files.read(path, limit: 9) {
        asked += 1
        return asked < 3
      }
    }
    #expect(asked == 3)
    // Only regular files are read below a folder.
    #expect(throws: FileError(operation: "read", path: path, number: EMEDIUMTYPE)) {
      try Folder.open(scratch.path).read("pipe", limit: 9)
    }
    let writer = try RunningProcess(
      "/bin/sh", ["-c", "{ printf a; sleep 0.1; printf b; } > pipe"],
      workingDirectory: scratch.path)
    #expect(try Files.read(path, limit: 9) == Array("ab".utf8))
    #expect(try writer.wait().status == 0)
  }

  @Test("A full disk and a closed pipe are errors of the write")
  func failedWrites() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    #expect(throws: FileError(operation: "write", path: "result", number: ENOSPC)) {
      try Files.write([1], to: full.fileDescriptor, name: "result")
    }
    Signals.ignoreFailedWrites()
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    #expect(throws: FileError(operation: "write", path: "result", number: EPIPE)) {
      try Files.write([1], to: pipe.fileHandleForWriting.fileDescriptor, name: "result")
    }
  }

  @Test("Lines are appended to a file that others cannot read")
  func append() throws {
    let scratch = try Scratch()
    try Files.append(Array("a\n".utf8), to: "\(scratch.path)/log")
    try Files.append(Array("b\n".utf8), to: "\(scratch.path)/log")
    #expect(try Files.read("\(scratch.path)/log", limit: 99) == Array("a\nb\n".utf8))
    #expect(try Files.facts("\(scratch.path)/log").mode == 0o600)
    #expect(try !Files.facts("\(scratch.path)/log").isOpenToOthers)
    #expect(throws: FileError(operation: "append to", path: scratch.path, number: EISDIR)) {
      try Files.append([], to: scratch.path)
    }
    #expect(throws: FileError(operation: "append to", path: "/dev/full", number: ENOSPC)) {
      try Files.append([1], to: "/dev/full")
    }
    // A named pipe without a reader would block.
    #expect(unsafe mkfifo("\(scratch.path)/pipe", 0o600) == 0)
    #expect(throws: FileError(operation: "append to", path: "\(scratch.path)/pipe", number: ENXIO))
    {
      try Files.append([1], to: "\(scratch.path)/pipe")
    }
  }
}

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
    try holder.lock { true }
    let other = try Folder.open(scratch.path)
    #expect(throws: FileError(operation: "lock", path: scratch.path, number: EWOULDBLOCK)) {
      try other.lock(tries: 3) { true }
    }
    #expect(throws: FileError(operation: "lock", path: scratch.path, number: ECANCELED)) {
      try other.lock { false }
    }
  }
}

private final class Flag: Sendable {
  let value = Atomic<Bool>(false)
  let done = DispatchSemaphore(value: 0)
}
