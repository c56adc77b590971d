import Foundation

/// A folder of its own for a test, removed with everything in it when the last reference goes.
package final class TemporaryDirectory: Sendable {
  /// The absolute path.
  package let path: String

  /// Makes a folder below the one for temporary files, which is on a disk: the ledger warns of a file in memory, and
  /// since Debian 13 `/tmp` is in memory.
  package init() throws {
    let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/var/tmp"
    let url = URL(fileURLWithPath: parent)
      .appendingPathComponent("ncloud-reissue-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of something in the folder, there or not.
  package func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file, with the folders above it, and returns its path.
  @discardableResult
  package func write(_ text: String, to name: String, permissions: Int = 0o600) throws -> String {
    try write(Array(text.utf8), to: name, permissions: permissions)
  }

  /// Writes bytes to a file, with the folders above it, and returns its path.
  @discardableResult
  package func write(_ bytes: [UInt8], to name: String, permissions: Int = 0o600) throws -> String {
    let file = path(name)
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: file)
    return file
  }

  /// The text of a file in the folder.
  package func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
  }

  /// The names in the folder, or in one below it, sorted.
  package func names(in folder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(folder)).sorted()
  }
}
