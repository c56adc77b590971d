// Programs that know better than we do, run for a second opinion.

import Crypto
import Foundation
import TestSupport

/// A shell that failed where the test takes success for granted.
struct ShellFailure: Error {
  let line: String
  let outcome: Completion
}

/// What the line writes to standard output, run by `sh -e` in a new folder with these files.
func shell(_ line: String, files: [String: [UInt8]] = [:]) throws -> [UInt8] {
  let folder = try TemporaryDirectory()
  for (name, bytes) in files { try folder.write(bytes, to: name) }
  // Through a file, since what comes out may be DER.
  let outcome = try run(
    "/bin/sh", ["-ec", "exec >standard-output\n\(line)"], workingDirectory: folder.path)
  guard outcome.status == 0 else { throw ShellFailure(line: line, outcome: outcome) }
  return Array(try Data(contentsOf: URL(fileURLWithPath: folder.path("standard-output"))))
}

/// The text that ``shell(_:files:)`` gives.
func shellText(_ line: String, files: [String: [UInt8]] = [:]) throws -> String {
  String(decoding: try shell(line, files: files), as: UTF8.self)
}

extension SecretBytes {
  /// The bytes in the open, for comparing.
  var revealed: [UInt8] {
    withSpan { span in span.indices.map { span[$0] } }
  }

  /// Copies bytes that a test does not need to keep secret.
  convenience init(copying bytes: [UInt8]) {
    var copy = bytes
    self.init(taking: &copy)
  }
}

extension String {
  var bytes: [UInt8] { Array(utf8) }
}

/// The code of what a call throws; `nil` if it throws nothing.
func code(_ body: () throws(CryptoError) -> Void) -> CryptoError.Code? {
  do throws(CryptoError) {
    try body()
    return nil
  } catch {
    return error.code
  }
}
