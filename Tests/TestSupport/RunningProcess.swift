import Foundation
package import Synchronization

/// How a program ended and what it wrote.
package struct Completion: Sendable {
  /// The exit status; for a program that a signal ended, 128 + its number, as a shell says it.
  package let status: Int32
  package let stdout: String
  package let stderr: String
}

/// A program that a test started.
///
/// Its streams are files, so nothing is lost and nothing blocks.
package final class RunningProcess {
  private let process = Process()
  private let directory: TemporaryDirectory
  private let ended = DispatchSemaphore(value: 0)
  private var completion: Completion?

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - environment: The whole environment of the program; `PATH` and `HOME` of the test are added
  ///     unless they are given. Nothing else of the test's environment is handed on.
  ///   - stdin: What the program finds on its standard input, which is a file.
  package init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
    stdin: [UInt8] = [], workingDirectory: String? = nil
  ) throws {
    directory = try TemporaryDirectory()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let inherited = ProcessInfo.processInfo.environment.filter {
      $0.key == "PATH" || $0.key == "HOME"
    }
    process.environment = inherited.merging(environment) { _, given in given }
    if let workingDirectory {
      process.currentDirectoryURL = URL(fileURLWithPath: workingDirectory)
    }
    try directory.write(stdin, to: "stdin")
    for name in ["stdout", "stderr"] { try directory.write("", to: name) }
    process.standardInput = FileHandle(forReadingAtPath: directory.path("stdin"))
    process.standardOutput = FileHandle(forWritingAtPath: directory.path("stdout"))
    process.standardError = FileHandle(forWritingAtPath: directory.path("stderr"))
    process.terminationHandler = { [ended] _ in ended.signal() }
    try oneStartAtATime.withLock { _ in try withNoSignalBlocked { try process.run() } }
  }

  deinit {
    if completion == nil, process.isRunning { kill(SIGKILL) }
  }

  /// The process id.
  package var id: Int32 { process.processIdentifier }

  /// What it has written to standard output so far.
  package var stdout: String { (try? directory.read("stdout")) ?? "" }

  /// What it has written to standard error so far.
  package var stderr: String { (try? directory.read("stderr")) ?? "" }

  /// Whether it still runs.
  package var isRunning: Bool { process.isRunning }

  /// Sends a signal to this process alone.
  package func kill(_ signal: Int32) { _ = Foundation.kill(id, signal) }

  /// Waits for the end; kills the program when the time is over.
  ///
  /// - Throws: ``TestSupportError`` if it had to be killed, with what it wrote to standard error.
  package func wait(timeLimit seconds: Double = 30) throws -> Completion {
    if let completion { return completion }
    if ended.wait(timeout: .now() + seconds) == .timedOut {
      kill(SIGKILL)
      _ = ended.wait(timeout: .now() + 5)
      throw TestSupportError(
        "\(process.executableURL?.lastPathComponent ?? "") ran longer than \(seconds) s: \(stderr)")
    }
    let status = process.terminationStatus
    let completion = Completion(
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
      stdout: stdout, stderr: stderr)
    self.completion = completion
    return completion
  }

  /// Asks it to end (SIGTERM) and waits.
  @discardableResult
  package func stop(timeLimit seconds: Double = 10) throws -> Completion {
    kill(SIGTERM)
    return try wait(timeLimit: seconds)
  }
}

/// Runs a program to its end, with a time limit after which it is killed.
package func run(
  _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
  stdin: [UInt8] = [], workingDirectory: String? = nil, timeLimit seconds: Double = 30
) throws -> Completion {
  let process = try RunningProcess(
    program, arguments, environment: environment, stdin: stdin, workingDirectory: workingDirectory)
  return try process.wait(timeLimit: seconds)
}

/// Runs a program with text on its standard input.
package func run(
  _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
  stdin text: String, workingDirectory: String? = nil, timeLimit seconds: Double = 30
) throws -> Completion {
  try run(
    program, arguments, environment: environment, stdin: Array(text.utf8),
    workingDirectory: workingDirectory, timeLimit: seconds)
}

/// Asks again and again until there is an answer, or throws when the time is over.
package func waitFor<Value>(
  _ what: String, timeLimit seconds: Double = 10, _ answer: () throws -> Value?
) throws -> Value {
  let end = Date().addingTimeInterval(seconds)
  while true {
    if let value = try answer() { return value }
    guard Date() < end else { throw TestSupportError("waited \(seconds) s for \(what)") }
    Thread.sleep(forTimeInterval: 0.002)
  }
}

/// Runs something while this thread blocks no signal.
///
/// Tests run on threads of libdispatch, which block nearly all of them, and a program inherits the
/// mask of the thread that starts it: it would not hear SIGTERM.
private func withNoSignalBlocked(_ body: () throws -> Void) rethrows {
  // Both sets are plain values of this call; the functions keep no pointer to them.
  var none = sigset_t()
  var before = sigset_t()
  unsafe sigemptyset(&none)
  unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
  defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
  try body()
}

/// Foundation's `Process.run` is not safe against itself on several threads: it was seen to crash there.
package let oneStartAtATime = Mutex<Void>(())
