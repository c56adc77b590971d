internal import ReissueKit

/// The version of the program, in one place.
enum Version {
  /// Semantic Versioning 2.0.0.
  static let text = "1.0.0"

  /// What `--version` says: the program's own, then those of the libraries that it runs with.
  static var report: String {
    (["ncloud-reissue \(text)"] + Libraries.versions).joined(separator: "\n")
  }
}
