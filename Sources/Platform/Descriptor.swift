internal import Glibc

/// Owns one file descriptor and closes it.
@safe
struct Descriptor: ~Copyable {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  deinit { _ = close(number) }

  /// Closes now, and tells what close(2) says: on some network file systems a failed write shows only here.
  consuming func closed(_ path: String) throws(FileError) {
    let number = self.number
    discard self
    // EINTR: Linux has closed it all the same (close(2)).
    guard close(number) == 0 || errno == EINTR else { throw FileError("close", path) }
  }
}

/// Repeats a system call that a signal broke off; its result is negative on failure.
func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
