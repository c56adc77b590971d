internal import ReissueKit

/// The version of the program, in one place.
enum Version {
  /// Semantic Versioning 2.0.0.
  static let text = "1.0.0"

  /// The output of `--version`: the version of the program, then those of the loaded C libraries.
  static var report: String {
    (["ncloud-reissue \(text)"] + Libraries.versions).joined(separator: "\n")
  }
}
