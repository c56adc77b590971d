import Foundation

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
  private let child: Child
  private let name: String
  private let directory: TemporaryDirectory

  /// What a program gets of the test's environment; where a sanitizer reports to is for all of them.
  private static let inherited: Set = [
    "PATH", "HOME", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS",
  ]

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - environment: The whole environment of the program; `PATH`, `HOME` and the options of
  ///     sanitizers are those of the test unless they are given. Nothing else is handed on.
  ///   - stdin: What the program finds on its standard input, which is a file.
  package init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
    stdin: [UInt8] = [], workingDirectory: String? = nil
  ) throws {
    directory = try TemporaryDirectory()
    name = (program as NSString).lastPathComponent
    let inherited = ProcessInfo.processInfo.environment.filter { Self.inherited.contains($0.key) }
    try directory.write(stdin, to: "stdin")
    for name in ["stdout", "stderr"] { try directory.write("", to: name) }
    // posix_spawn has no portable way to change the folder; env(1) execs, so the id stays.
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

  /// What it has written to standard output so far.
  package var stdout: String { (try? directory.read("stdout")) ?? "" }

  /// What it has written to standard error so far.
  package var stderr: String { (try? directory.read("stderr")) ?? "" }

  /// Whether it still runs.
  package var isRunning: Bool { child.poll() == nil }

  /// Sends a signal to this process alone.
  package func kill(_ signal: Int32) { child.signal(signal) }

  /// Waits for the end; kills the program when the time is over.
  ///
  /// - Throws: ``TestSupportError`` if it had to be killed, with what it wrote to standard error.
  package func wait(timeLimit seconds: Double = 30) throws -> Completion {
    guard let status = child.wait(seconds: seconds) else {
      child.signal(SIGKILL)
      throw TestSupportError("\(name) ran longer than \(seconds) s: \(stderr)")
    }
    return Completion(status: status, stdout: stdout, stderr: stderr)
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
