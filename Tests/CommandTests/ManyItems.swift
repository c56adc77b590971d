import Foundation
import JSON
import TestSupport

/// An event whose items take seconds to compute in all, although each expression is fast; then the limit of work ends
/// it, after about a second on a fast machine.
enum ManyItems {
  private static let items = 4_000
  private static let numbers = 4_000

  static let template: JSONValue = [
    "version": 1, "items": "items",
    "let": ["count": "length($event.numbers[?@ > `1`])"],
    "reissue": [
      "certificateNo": "${ $count }", "certificateName": "shop", "commonName": "shop.example.com",
      "validationMethod": "D", "csr": ["file": "shop.example.com.csr"],
    ],
    "policy": ["preflight": "off"],
  ]

  static let event = JSONEncoder.text([
    "items": .array((0..<items).map { .object(JSONObject([("no", .integer($0))])) }),
    "numbers": .array((0..<numbers).map(JSONValue.integer)),
  ])

  /// Stops a process that computes items until a deadline of one second has passed: a fast machine might end before.
  static func passDeadline(of process: RunningProcess) throws {
    try waitForWork(of: process)
    process.kill(SIGSTOP)
    Thread.sleep(forTimeInterval: 1)
    process.kill(SIGCONT)
  }

  /// Waits until a process has worked for a while, or has ended. Its start and the reading of the event take less
  /// processor time than this.
  static func waitForWork(of process: RunningProcess) throws {
    _ = try waitFor("0.2 s of work", timeLimit: 60) {
      guard process.isRunning else { return true }
      let stat = try String(contentsOfFile: "/proc/\(process.id)/stat", encoding: .utf8)
      // utime is the 14th field (proc(5)), in hundredths of a second; the second one, in brackets, may have blanks.
      let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
      return fields.count > 11 && (Int(fields[11]) ?? 0) >= 20 ? true : nil
    }
  }
}
