import Foundation
package import JSON

/// A running `ncloud-sandbox` on a free port, with a journal of its own; ends with the last reference.
package final class Sandbox {
  /// For example `http://127.0.0.1:40123`.
  package let endpoint: String
  /// The fake keys that it was started with.
  package let accessKey: String
  package let secretKey: String
  /// The journal file.
  package let journalPath: String
  private let process: RunningProcess
  private let directory: TemporaryDirectory

  /// The keys of the sandbox's defaults.
  package static let accessKey = "sandbox-access-key"
  package static let secretKey = "sandbox-secret-key"

  /// Starts one and waits until it is ready.
  ///
  /// - Parameters:
  ///   - seed: The text of a seed file in place of the default seed.
  ///   - arguments: More options, for example `["--fault", "reset-after,count=1"]`.
  package init(
    seed: String? = nil, accessKey: String = Sandbox.accessKey,
    secretKey: String = Sandbox.secretKey, _ arguments: [String] = []
  ) throws {
    let directory = try TemporaryDirectory()
    let journalPath = directory.path("journal.ndjson")
    var options = ["--port", "0", "--journal", journalPath]
    options += ["--access-key", accessKey, "--secret-key", secretKey]
    if let seed { options += ["--seed", try directory.write(seed, to: "seed.json")] }
    let process = try RunningProcess(Program.path("ncloud-sandbox"), options + arguments)
    let ready = try waitFor("the sandbox") {
      guard process.isRunning else {
        throw TestSupportError("the sandbox did not start: \(process.stderr)")
      }
      return process.stdout.hasSuffix("\n") ? process.stdout : nil
    }
    guard let endpoint = try JSONDecoder.decode(ready)["endpoint"]?.string else {
      throw TestSupportError("no endpoint in \(ready)")
    }
    self.endpoint = endpoint
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.journalPath = journalPath
    self.process = process
    self.directory = directory
  }

  deinit { process.kill(SIGTERM) }

  /// The port of ``endpoint``.
  package var port: Int { endpoint.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

  /// The process id.
  package var processId: Int32 { process.id }

  /// What it said to people.
  package var stderr: String { process.stderr }

  /// Every request so far, as received, the oldest first.
  ///
  /// Whoever has an answer finds its entry.
  package func journal() throws -> [JSONValue] {
    guard let text = try? String(contentsOfFile: journalPath, encoding: .utf8) else { return [] }
    return try text.split(separator: "\n").map { try JSONDecoder.decode(String($0)) }
  }

  /// The entries of one method whose target begins so.
  package func journal(_ method: String, _ prefix: String = "/") throws -> [JSONValue] {
    try journal().filter {
      $0["method"]?.string == method && $0["target"]?.string?.hasPrefix(prefix) == true
    }
  }

  /// Sends a control request, for example `control("POST", "issue", ["certificateNo": 56010])`.
  ///
  /// - Throws: ``TestSupportError`` with the sandbox's message if it does not like it.
  @discardableResult
  package func control(_ method: String, _ name: String, _ body: JSONValue? = nil) throws
    -> JSONValue
  {
    var arguments = ["-sS", "--max-time", "10", "-X", method, "\(endpoint)/sandbox/\(name)"]
    if body != nil { arguments += ["--data-binary", "@-"] }
    let completion = try run(
      "/usr/bin/curl", arguments, stdin: body.map { JSONEncoder.encode($0) } ?? [])
    guard completion.status == 0 else { throw TestSupportError(completion.stderr) }
    let value = try JSONDecoder.decode(completion.stdout)
    if let error = value["error"]?.string { throw TestSupportError(error) }
    return value
  }

  /// Ends it and returns what it left.
  @discardableResult
  package func stop() throws -> Completion { try process.stop() }
}
