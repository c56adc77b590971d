internal import Glibc

// Several processes at one folder: one changes it at a time, and what it made appears whole.

extension Folder {
  /// Gives a folder below its name, if nothing has that name yet.
  ///
  /// - Throws: ``FileError/isTaken`` if the name is in use; then nothing has changed.
  package borrowing func nameSubfolder(
    _ temporary: String, as name: String
  ) throws(FileError) {
    try requireComponent(temporary, "rename")
    try requireComponent(name, "create")
    // rename(2) would put a folder in the place of an empty one: no folder of ours is ever empty, and
    // one that is not gives ENOTEMPTY, so that no flag is needed that some file systems lack.
    guard unsafe renameat(descriptor.number, temporary, descriptor.number, name) == 0 else {
      let number = errno == ENOTEMPTY || errno == ENOTDIR ? EEXIST : errno
      throw FileError(operation: "create", path: full(name), number: number)
    }
    try synchronize()
  }

  /// Waits until no other process holds this folder, then holds it until the folder is closed.
  ///
  /// The lock is flock(2)'s: the kernel takes it back when the process dies.
  ///
  /// - Parameter goOn: Asked every few milliseconds; `false` ends the wait.
  /// - Throws: ``FileError``; `EWOULDBLOCK` if another process, stopped or held up by its disk, does not let go.
  package borrowing func lock(while goOn: () -> Bool = { true }) throws(FileError) {
    try lock(tries: Folder.lockTries, while: goOn)
  }

  borrowing func lock(tries: Int, while goOn: () -> Bool = { true }) throws(FileError) {
    let number = descriptor.number
    for _ in 0..<tries where goOn() {
      if retrying({ flock(number, LOCK_EX | LOCK_NB) }) == 0 { return }
      guard errno == EWOULDBLOCK else { throw FileError("lock", path) }
      _ = usleep(Folder.lockPause)
    }
    throw FileError(operation: "lock", path: path, number: EWOULDBLOCK)
  }

  /// Some ten seconds in all: who holds it writes two small files.
  private static let lockTries = 2_000
  /// In microseconds.
  private static let lockPause: UInt32 = 5_000
}
