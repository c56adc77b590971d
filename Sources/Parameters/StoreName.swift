package import Core
package import JSON

/// The folder below the store that an item's keys and chains go to: one plain folder name.
package struct StoreName: Hashable, Sendable {
  /// The longest file name of Linux's file systems, in bytes (limits.h, NAME_MAX).
  private static let maximumBytes = 255

  /// The name; a `*` has become `_`.
  package let text: String

  /// Takes a folder name.
  package init(parameter value: JSONValue) throws(ReissueError) {
    let text = value.string?.wildcardAsUnderscore ?? ""
    let isPlain =
      !text.isEmpty && text.utf8.count <= Self.maximumBytes && !text.hasPrefix(".")
      && !text.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 || $0 == 0x7F }
    guard isPlain else {
      throw ReissueError(
        "store.outside-folder", "store is not a folder name: \(value.shown)",
        hint: "one name without / and without a leading dot, such as the common name", exit: .event,
        place: Place(pointer: "/store"))
    }
    self.text = text
  }
}

extension ReissueError {
  /// A new key has to be kept somewhere.
  package static let storeMissing = ReissueError(
    "store.missing", "the template makes a key but names no store for it",
    hint: "add \"store\": \"${ commonName }\" or the like beside reissue", exit: .configuration,
    place: Place(pointer: "/store"))
}
