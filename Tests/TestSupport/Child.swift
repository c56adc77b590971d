// Starts a program with posix_spawn(3). Process of Foundation is not safe with many threads (its `run` crashed at
// times), and its children inherit the signal mask of the calling thread.

import Foundation

/// A child process and its exit status.
final class Child {
  /// The process id.
  let id: pid_t
  private var ending: Int32?

  /// Starts a program with files for its three streams; it inherits no other descriptor.
  ///
  /// It blocks and ignores no signal: tests run on threads of libdispatch, which block nearly all signals, and a child
  /// would inherit that.
  init(
    _ program: String, _ arguments: [String], environment: [String: String],
    stdin: String, stdout: String, stderr: String
  ) throws {
    // Both structures are local and destroyed at the end of this function; the strings live until then, and
    // posix_spawn copies what it needs.
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
      unsafe posix_spawn_file_actions_destroy(&actions)
      unsafe posix_spawnattr_destroy(&attributes)
    }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, stdin, O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, stdout, O_WRONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, stderr, O_WRONLY, 0)
    for descriptor in try Self.openDescriptors() where descriptor > 2 {
      unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
    }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigfillset(&signals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
    unsafe posix_spawnattr_setflags(&attributes, flags)
    var id: pid_t = 0
    let status = unsafe withCStrings([program] + arguments) { arguments in
      unsafe withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
        unsafe posix_spawn(&id, program, &actions, &attributes, arguments, environment)
      }
    }
    guard status == 0 else {
      throw TestSupportError(
        "\(program) cannot be started: \(unsafe String(cString: strerror(status)))")
    }
    self.id = id
  }

  /// posix_spawn does not fail if a descriptor is closed already.
  private static func openDescriptors() throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
  }

  /// The exit status, or 128 + the number of the signal that ended it; `nil` while it runs.
  func poll() -> Int32? {
    if let ending { return ending }
    var status: Int32 = 0
    guard unsafe waitpid(id, &status, WNOHANG) == id else { return nil }
    // wait(2): the low seven bits are the signal, the byte above them the exit status.
    let signal = status & 0x7F
    ending = signal == 0 ? status >> 8 & 0xFF : 128 + signal
    return ending
  }

  /// Waits until it ends or the time limit is reached.
  func wait(seconds: Double) -> Int32? {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
      if let ending = poll() { return ending }
      guard ContinuousClock.now < end else { return nil }
      Thread.sleep(forTimeInterval: 0.001)
    }
  }

  /// Sends a signal, unless the process has ended and its id may be reused.
  func signal(_ number: Int32) {
    if poll() == nil { kill(id, number) }
  }

  deinit {
    // The last reference is gone: kill the process if it still runs, and reap it.
    guard poll() == nil else { return }
    kill(id, SIGKILL)
    _ = wait(seconds: 5)
  }
}

/// Passes texts as the null-terminated array of C strings that execve(2) takes.
private func withCStrings(
  _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Int32
) -> Int32 {
  // The strings live from strdup to free; the array must not be used after this call.
  let pointers = unsafe texts.map { unsafe strdup($0) }
  defer { _ = unsafe pointers.map { unsafe free($0) } }
  return unsafe body(pointers + [nil])
}
