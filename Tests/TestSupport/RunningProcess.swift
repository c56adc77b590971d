import Foundation

/// The exit status of a program and its output.
package struct Completion: Sendable {
  /// The exit status, or 128 + the number of the signal that ended it, as in a shell.
  package let status: Int32
  package let stdout: String
  package let stderr: String
}

/// A program that a test started.
///
/// Its streams are files, so no output is lost and no write blocks.
package final class RunningProcess {
  private let child: Child
  private let name: String
  private let directory: TemporaryDirectory

  /// The variables that a program inherits from the test, with the options of sanitizers.
  private static let inherited: Set = [
    "PATH", "HOME", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS",
  ]

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - environment: The whole environment of the program; `PATH`, `HOME` and the options of
  ///     sanitizers are those of the test unless they are given. No other variable is inherited.
  ///   - stdin: The content of its standard input, which is a file.
  package init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
    stdin: [UInt8] = [], workingDirectory: String? = nil
  ) throws {
    directory = try TemporaryDirectory()
    name = (program as NSString).lastPathComponent
    let inherited = ProcessInfo.processInfo.environment.filter { Self.inherited.contains($0.key) }
    try directory.write(stdin, to: "stdin")
    for name in ["stdout", "stderr"] { try directory.write("", to: name) }
    // posix_spawn has no portable way to change the folder; env(1) calls exec, so the process id stays.
    let change = workingDirectory.map { ["/usr/bin/env", "-C", $0] } ?? []
    let words = change + [program] + arguments
    child = try Child(
      words[0], Array(words.dropFirst()),
      environment: inherited.merging(environment) { _, given in given },
      stdin: directory.path("stdin"), stdout: directory.path("stdout"),
      stderr: directory.path("stderr"))
  }

  /// The process id.
  package var id: Int32 { child.id }

  /// Its standard output until now.
  package var stdout: String { (try? directory.read("stdout")) ?? "" }

  /// Its standard error until now.
  package var stderr: String { (try? directory.read("stderr")) ?? "" }

  /// Whether it still runs.
  package var isRunning: Bool { child.poll() == nil }

  /// Sends a signal to this process alone.
  package func kill(_ signal: Int32) { child.signal(signal) }

  /// Waits for the end, and kills the program at the time limit.
  ///
  /// - Throws: ``TestSupportError`` if it had to be killed, with what it wrote to standard error.
  package func wait(timeLimit seconds: Double = 30) throws -> Completion {
    guard let status = child.wait(seconds: seconds) else {
      child.signal(SIGKILL)
      throw TestSupportError("\(name) ran longer than \(seconds) s: \(stderr)")
    }
    return Completion(status: status, stdout: stdout, stderr: stderr)
  }

  /// Sends SIGTERM and waits for the end.
  @discardableResult
  package func stop(timeLimit seconds: Double = 10) throws -> Completion {
    kill(SIGTERM)
    return try wait(timeLimit: seconds)
  }
}

/// Runs a program to its end, and kills it at the time limit.
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

/// Polls until there is a value, and throws at the time limit.
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
