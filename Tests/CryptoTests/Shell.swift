// Other programs, to compare results with.

import Crypto
import Foundation
import TestSupport

/// An unexpected failure of a shell.
struct ShellFailure: Error {
  let line: String
  let outcome: Completion
}

/// The standard output of a line, run by `sh -e` in a new folder with these files.
func shell(_ line: String, files: [String: [UInt8]] = [:]) throws -> [UInt8] {
  let folder = try TemporaryDirectory()
  for (name, bytes) in files { try folder.write(bytes, to: name) }
  // Through a file, since the output may be DER.
  let outcome = try run(
    "/bin/sh", ["-ec", "exec >standard-output\n\(line)"], workingDirectory: folder.path)
  guard outcome.status == 0 else { throw ShellFailure(line: line, outcome: outcome) }
  return Array(try Data(contentsOf: URL(fileURLWithPath: folder.path("standard-output"))))
}

/// As ``shell(_:files:)``, for text.
func shellText(_ line: String, files: [String: [UInt8]] = [:]) throws -> String {
  String(decoding: try shell(line, files: files), as: UTF8.self)
}

extension SecretBytes {
  /// The secret bytes, to compare them.
  var revealed: [UInt8] {
    withSpan { span in span.indices.map { span[$0] } }
  }

  /// Copies bytes that are not secret in a test.
  convenience init(copying bytes: [UInt8]) {
    var copy = bytes
    self.init(taking: &copy)
  }
}

extension String {
  var bytes: [UInt8] { Array(utf8) }
}

/// The code of the error that a call throws; `nil` without an error.
func code(_ body: () throws(CryptoError) -> Void) -> CryptoError.Code? {
  do throws(CryptoError) {
    try body()
    return nil
  } catch {
    return error.code
  }
}
