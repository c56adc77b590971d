/// The version of the program, in one place.
enum Version {
  /// Semantic Versioning 2.0.0.
  static let text = "0.1.0"
}
