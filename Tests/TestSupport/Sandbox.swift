import Foundation
package import JSON

/// A running `ncloud-sandbox` on a free port with its own journal. It ends with the last reference.
package final class Sandbox {
  /// For example `http://127.0.0.1:40123`.
  package let endpoint: String
  /// The test keys of this sandbox.
  package let accessKey: String
  package let secretKey: String
  /// The journal file.
  package let journalPath: String
  private let process: RunningProcess
  private let directory: TemporaryDirectory

  /// The default keys of the sandbox.
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

  /// Its messages on standard error.
  package var stderr: String { process.stderr }

  /// Every request so far, as received, the oldest first.
  ///
  /// An entry is written before its reply is sent.
  package func journal() throws -> [JSONValue] {
    guard let text = try? String(contentsOfFile: journalPath, encoding: .utf8) else { return [] }
    return try text.split(separator: "\n").map { try JSONDecoder.decode(String($0)) }
  }

  /// The entries of one method whose target has this prefix.
  package func journal(_ method: String, _ prefix: String = "/") throws -> [JSONValue] {
    try journal().filter {
      $0["method"]?.string == method && $0["target"]?.string?.hasPrefix(prefix) == true
    }
  }

  /// Sends a control request, for example `control("POST", "issue", ["certificateNo": 56010])`.
  ///
  /// - Throws: ``TestSupportError`` with the message of the sandbox if it refuses the request.
  @discardableResult
  package func control(
    _ method: String, _ name: String, _ body: JSONValue? = nil
  ) throws -> JSONValue {
    try control(method, name, text: body.map { JSONEncoder.text($0) })
  }

  /// Sends a control request with any text as its body.
  @discardableResult
  package func control(_ method: String, _ name: String, text: String?) throws -> JSONValue {
    var arguments = ["-sS", "--max-time", "10", "-X", method, "\(endpoint)/sandbox/\(name)"]
    if text != nil { arguments += ["--data-binary", "@-"] }
    let completion = try run("/usr/bin/curl", arguments, stdin: text ?? "")
    guard completion.status == 0 else { throw TestSupportError(completion.stderr) }
    let value = try JSONDecoder.decode(completion.stdout)
    if let error = value["error"]?.string { throw TestSupportError(error) }
    return value
  }

  /// Ends it and returns its output.
  @discardableResult
  package func stop() throws -> Completion { try process.stop() }
}
