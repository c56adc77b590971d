// Everything that a run reads from its machine: clock, randomness, environment and files. Tests pass their own.

package import Platform
internal import Synchronization

/// A moment of the monotonic clock, in milliseconds. It is set later: the configuration, which holds it, is itself
/// read from a file.
package final class Deadline: Sendable {
  private let moment = Atomic<Int>(.max)

  /// A deadline that is not set.
  package init() {}

  /// The moment; `Int.max` until it is set.
  package var milliseconds: Int {
    get { moment.load(ordering: .relaxed) }
    set { moment.store(newValue, ordering: .relaxed) }
  }
}

/// The machine and the process as a run sees them.
package struct Context: Sendable {
  /// The environment of the process, without the variables that hold secret keys.
  package var environment: [String: String]
  /// The value of a variable that holds a secret; the caller wipes it.
  package var secret: @Sendable (_ variable: String) -> [UInt8]?
  /// The wall clock.
  package var now: @Sendable () -> Timestamp
  /// The monotonic clock, in milliseconds.
  package var monotonicMilliseconds: @Sendable () -> Int
  /// A random number, at least 0 and less than the argument.
  package var randomBelow: @Sendable (Int) -> Int
  /// Files, read only.
  package var files: FileAccess
  /// When waiting for a file ends, for example for a pipe without a writer, or for a ledger that is locked.
  package let fileDeadline: Deadline
  /// Whether a signal asked the run to end.
  package var isEnding: @Sendable () -> Bool
  /// Sleeps for this number of milliseconds, or until a signal arrives.
  package var sleep: @Sendable (Int) -> Void

  /// The context of a real run.
  package static func system(environment: [String: String]) -> Context {
    let deadline = Deadline()
    return Context(
      environment: environment, secret: { Environment.bytes(of: $0) }, now: SystemClock.now,
      monotonicMilliseconds: SystemClock.monotonicMilliseconds,
      randomBelow: { Entropy.uniform(below: $0) },
      files: .system {
        Signals.pending == nil && SystemClock.monotonicMilliseconds() < deadline.milliseconds
      },
      fileDeadline: deadline, isEnding: { Signals.pending != nil })
  }

  /// A context with injected clock, randomness and files.
  package init(
    environment: [String: String], secret: (@Sendable (String) -> [UInt8]?)? = nil,
    now: @escaping @Sendable () -> Timestamp,
    monotonicMilliseconds: @escaping @Sendable () -> Int,
    randomBelow: @escaping @Sendable (Int) -> Int, files: FileAccess,
    fileDeadline: Deadline = Deadline(),
    isEnding: @escaping @Sendable () -> Bool = { false },
    sleep: @escaping @Sendable (Int) -> Void = { SystemClock.sleep(milliseconds: $0) }
  ) {
    self.sleep = sleep
    self.fileDeadline = fileDeadline
    self.isEnding = isEnding
    self.environment = environment
    self.secret = secret ?? { environment[$0].map { Array($0.utf8) } }
    self.now = now
    self.monotonicMilliseconds = monotonicMilliseconds
    self.randomBelow = randomBelow
    self.files = files
  }

  /// Whether a run must end: a signal asked for it, or `deadline` (monotonic ms) has passed.
  package func isOver(_ deadline: Int) -> Bool { isEnding() || monotonicMilliseconds() >= deadline }
}

/// Reading files; the caller bounds every length.
package struct FileAccess: Sendable {
  /// A whole file of at most `limit` bytes.
  package var contents: @Sendable (_ path: String, _ limit: Int) throws(FileError) -> FileContents
  /// A regular file below a folder; neither `name` nor a link may lead out of the folder.
  package var contentsBelow:
    @Sendable (_ folder: String, _ name: String, _ limit: Int) throws(FileError) -> FileContents
  /// The names in a folder, sorted.
  package var list: @Sendable (_ folder: String) throws(FileError) -> [String]
  /// Whether a path leads to a regular file.
  package var isFile: @Sendable (_ path: String) -> Bool
  /// Whether a name exists, or may exist: `false` only if it surely does not. Links are not followed.
  package var isTaken: @Sendable (_ path: String) -> Bool
  /// Whether the target of a path exists, or may exist. Links are followed: a link to nothing does not exist.
  package var exists: @Sendable (_ path: String) -> Bool
  /// What a path leads to, and who else can change it.
  package var place: @Sendable (_ path: String) throws(FileError) -> FilePlace

  /// The real file system.
  ///
  /// - Parameter mayWait: Called while a pipe has no data; `false` ends the wait.
  package static func system(
    while mayWait: @escaping @Sendable () -> Bool = { Signals.pending == nil }
  ) -> FileAccess {
    FileAccess(
      contents: { path, limit throws(FileError) in
        try Files.contents(path, limit: limit, while: mayWait)
      },
      contentsBelow: { folder, name, limit throws(FileError) in
        try Folder.open(folder).contents(name, limit: limit)
      },
      list: { folder throws(FileError) in try Folder.open(folder).names() },
      isFile: { path in (try? Files.facts(path))?.kind == .file },
      isTaken: Files.isTaken, exists: Files.exists,
      place: { path throws(FileError) in try FilePlace(of: path) })
  }
}
