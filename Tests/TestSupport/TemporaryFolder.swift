import Foundation

/// A folder of a test's own, removed with all that is in it when the last reference goes.
package final class TemporaryFolder: Sendable {
  /// The absolute path, without a slash at its end.
  package let path: String

  /// Makes a fresh folder.
  package init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "ncloud-reissue-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path()
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a name inside.
  package func file(_ name: String) -> String { "\(path)/\(name)" }
}
