// Programs that know better than we do, run for a second opinion.

import Crypto
import Foundation

/// A shell that failed where the test takes success for granted.
struct ShellFailure: Error {
  let line: String
  let status: Int32
  let errors: String
}

/// What the line writes to standard output, run by `sh -e` in a new folder with these files.
func shell(_ line: String, files: [String: [UInt8]] = [:]) throws -> [UInt8] {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("crypto-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(
    at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  defer { try? FileManager.default.removeItem(at: folder) }
  for (name, bytes) in files {
    try Data(bytes).write(to: folder.appendingPathComponent(name))
  }
  let errors = folder.appendingPathComponent("standard-error")
  try Data().write(to: errors)
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/sh")
  process.arguments = ["-ec", line]
  process.currentDirectoryURL = folder
  let output = Pipe()
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = output
  process.standardError = try FileHandle(forWritingTo: errors)
  try process.run()
  let bytes = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw ShellFailure(
      line: line, status: process.terminationStatus,
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
  }
  return Array(bytes)
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
