// What a run sees of the machine that it is on: clock, randomness, environment and files to read. A test
// holds them still by handing in its own.

package import Platform

/// What a run sees of the world.
package struct Context: Sendable {
  /// The environment of the process.
  package var environment: [String: String]
  /// The wall clock.
  package var now: @Sendable () -> Timestamp
  /// Milliseconds that never go back, for spans of time.
  package var monotonicMilliseconds: @Sendable () -> Int
  /// A random number from 0 to below a bound.
  var randomBelow: @Sendable (Int) -> Int
  /// Files, read only.
  package var files: FileAccess
  /// Whether the run was asked to end, by a signal.
  package var isEnding: @Sendable () -> Bool
  /// Lets so many milliseconds pass, or fewer if a signal comes.
  package var sleep: @Sendable (Int) -> Void

  /// The real world.
  package static func system(environment: [String: String]) -> Context {
    Context(
      environment: environment, now: SystemClock.now,
      monotonicMilliseconds: SystemClock.monotonicMilliseconds,
      randomBelow: { Entropy.uniform(below: $0) }, files: .system,
      isEnding: { Signals.pending != nil }, sleep: { SystemClock.sleep(milliseconds: $0) })
  }

  /// A world of the caller's making.
  package init(
    environment: [String: String], now: @escaping @Sendable () -> Timestamp,
    monotonicMilliseconds: @escaping @Sendable () -> Int,
    randomBelow: @escaping @Sendable (Int) -> Int, files: FileAccess,
    isEnding: @escaping @Sendable () -> Bool = { false },
    sleep: @escaping @Sendable (Int) -> Void = { SystemClock.sleep(milliseconds: $0) }
  ) {
    self.sleep = sleep
    self.isEnding = isEnding
    self.environment = environment
    self.now = now
    self.monotonicMilliseconds = monotonicMilliseconds
    self.randomBelow = randomBelow
    self.files = files
  }
}

/// Reading files; every length is bounded by the caller.
package struct FileAccess: Sendable {
  /// A whole file of at most so many bytes.
  package var contents: @Sendable (_ path: String, _ limit: Int) throws(FileError) -> FileContents
  /// A file below a folder, which a name or a link must not leave.
  package var contentsBelow:
    @Sendable (_ folder: String, _ name: String, _ limit: Int) throws(FileError) -> FileContents
  /// The names in a folder, sorted.
  package var list: @Sendable (_ folder: String) throws(FileError) -> [String]
  /// Whether a path leads to a regular file.
  package var isFile: @Sendable (_ path: String) -> Bool
  /// Whether something bears that name, or may: only what is surely not there can be passed over.
  package var isTaken: @Sendable (_ path: String) -> Bool
  /// Whether a path leads anywhere.
  package var exists: @Sendable (_ path: String) -> Bool
  /// The permission bits of a regular file; 0 for a pipe and the like, which are no place for others
  /// to change anything.
  package var permissions: @Sendable (_ path: String) throws(FileError) -> UInt32
  /// The permission bits of a folder, without those of writing if its file system cannot be written.
  package var folderPermissions: @Sendable (_ path: String) throws(FileError) -> UInt32

  /// The bytes of a file alone.
  func read(_ path: String, _ limit: Int) throws(FileError) -> [UInt8] {
    try contents(path, limit).bytes
  }

  /// Whether something other than a file bears that name. A library that reads a pipe waits without an end.
  func isNoFile(_ path: String) -> Bool { exists(path) && !isFile(path) }

  /// Whether group or others may read or write a file: no place for a secret.
  func isOpenToOthers(_ path: String) throws(FileError) -> Bool {
    try permissions(path) & FileContents.openToOthers != 0
  }
}

extension FileAccess {
  /// The real file system.
  package static let system = FileAccess(
    contents: { path, limit throws(FileError) in
      // A pipe that nobody writes to must not outlast the wish to end.
      FileContents(try Files.contents(path, limit: limit) { Signals.pending == nil })
    },
    contentsBelow: { folder, name, limit throws(FileError) in
      FileContents(try Folder.open(folder).contents(name, limit: limit))
    },
    list: { folder throws(FileError) in try Folder.open(folder).names() },
    isFile: { path in (try? Files.facts(path))?.kind == .file },
    isTaken: Files.isTaken, exists: { path in (try? Files.facts(path)) != nil },
    permissions: { path throws(FileError) in
      let facts = try Files.facts(path)
      return facts.kind == .file ? facts.mode : 0
    },
    folderPermissions: { path throws(FileError) in
      let mode = try Files.facts(path).mode
      // Kubernetes gives volumes of configuration mode 0777, and mounts them to be read only.
      guard mode & Weakness.writableByAnyone != 0, try FileSystemKind.isReadOnly(path) else {
        return mode
      }
      return mode & ~0o222
    })
}
