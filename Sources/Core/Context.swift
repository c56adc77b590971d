// What a run sees of the machine that it is on: clock, randomness, environment and files to read. A test
// holds them still by handing in its own.

package import Platform
internal import Synchronization

/// A moment by the monotonic clock that is set once it is known: the files that say it have to be read before.
package final class Deadline: Sendable {
  private let moment = Atomic<Int>(.max)

  /// No deadline.
  package init() {}

  /// The moment; `Int.max` while none is set.
  package var milliseconds: Int {
    get { moment.load(ordering: .relaxed) }
    set { moment.store(newValue, ordering: .relaxed) }
  }
}

/// What a run sees of the world.
package struct Context: Sendable {
  /// The environment of the process.
  package var environment: [String: String]
  /// The wall clock.
  package var now: @Sendable () -> Timestamp
  /// Milliseconds that never go back, for spans of time.
  package var monotonicMilliseconds: @Sendable () -> Int
  /// A random number from 0 to below a bound.
  package var randomBelow: @Sendable (Int) -> Int
  /// Files, read only.
  package var files: FileAccess
  /// When a wait for a file ends, such as a pipe that nobody writes to.
  package let fileDeadline: Deadline
  /// Whether the run was asked to end, by a signal.
  package var isEnding: @Sendable () -> Bool
  /// Lets so many milliseconds pass, or fewer if a signal comes.
  package var sleep: @Sendable (Int) -> Void

  /// The real world.
  package static func system(environment: [String: String]) -> Context {
    let deadline = Deadline()
    return Context(
      environment: environment, now: SystemClock.now,
      monotonicMilliseconds: SystemClock.monotonicMilliseconds,
      randomBelow: { Entropy.uniform(below: $0) },
      files: .system {
        Signals.pending == nil && SystemClock.monotonicMilliseconds() < deadline.milliseconds
      },
      fileDeadline: deadline,
      isEnding: { Signals.pending != nil }, sleep: { SystemClock.sleep(milliseconds: $0) })
  }

  /// A world of the caller's making.
  package init(
    environment: [String: String], now: @escaping @Sendable () -> Timestamp,
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
  /// A regular file below a folder, which a name or a link must not leave.
  package var contentsBelow:
    @Sendable (_ folder: String, _ name: String, _ limit: Int) throws(FileError) -> FileContents
  /// The names in a folder, sorted.
  package var list: @Sendable (_ folder: String) throws(FileError) -> [String]
  /// Whether a path leads to a regular file.
  package var isFile: @Sendable (_ path: String) -> Bool
  /// Whether something bears that name, or may: only what is surely not there can be passed over.
  package var isTaken: @Sendable (_ path: String) -> Bool
  /// The same with links followed: a link that leads nowhere does not count.
  package var exists: @Sendable (_ path: String) -> Bool
  /// Where a path leads, and who else can change that.
  package var place: @Sendable (_ path: String) throws(FileError) -> FilePlace
}

extension FileAccess {
  /// The real file system.
  ///
  /// - Parameter mayWait: Asked while a pipe gives nothing; `false` ends the wait.
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
