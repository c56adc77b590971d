package import Core
package import JSON

/// The folder below the store that receives the keys and chains of an item: one plain folder name.
package struct StoreName: Hashable, Sendable {
  /// The longest file name of Linux's file systems, in bytes (limits.h, NAME_MAX).
  private static let maximumBytes = 255

  /// The name; a `*` has become `_`.
  package let text: String

  /// Takes a folder name.
  ///
  /// - Throws: ``ReissueError`` with code `store.outside-folder`.
  package init(parameter value: JSONValue) throws(ReissueError) {
    let text = value.string?.wildcardAsUnderscore ?? ""
    let isPlain =
      !text.isEmpty && text.utf8.count <= Self.maximumBytes && !text.hasPrefix(".")
      && !text.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 || $0 == 0x7F }
    guard isPlain else { throw .storeOutsideFolder("is not a folder name: \(value.shown)") }
    self.text = text
  }
}

extension ReissueError {
  /// A value of `store` that is no folder name.
  package static func storeOutsideFolder(_ problem: String) -> ReissueError {
    ReissueError(
      "store.outside-folder", "store \(problem)",
      hint: "one name without / and without a leading dot, such as the common name", exit: .event,
      place: Place(pointer: "/store"))
  }

  /// A new key needs a folder to be kept in.
  package static let storeMissing = ReissueError(
    "store.missing", "the template makes a key but names no store for it",
    hint: "add \"store\": \"${ commonName }\" or the like beside reissue", exit: .configuration,
    place: Place(pointer: "/store"))
}
