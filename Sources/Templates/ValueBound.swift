// How large what a template puts together may become. It is held to that while it grows: a text that is refused
// afterwards has been in memory already.

internal import Core
internal import JSON
internal import Parameters

/// The size that the value of a parameter may have at most.
struct ValueBound: Sendable {
  /// The longest name, number or method, in bytes. A domain name has at most 253 octets in DNS; written in other
  /// scripts, four bytes for each of them are enough.
  static let textBytes = DomainName.maximumTextBytes

  /// The store folder of an item.
  static let store = ValueBound(name: storeName, bytes: textBytes)
  private static let storeName = "store"

  /// What a template holds without any expression: no longer than the template.
  static let constant = ValueBound(name: "", bytes: .max)

  private let name: String
  private let bytes: Int

  private init(name: String, bytes: Int) {
    self.name = name
    self.bytes = bytes
  }

  /// The bound of a parameter, by its name in the API.
  init(parameter name: String) {
    self.init(name: name, bytes: name == "csr" ? SigningRequest.maximumBytes : Self.textBytes)
  }

  /// Refuses a text of so many bytes if that is too long.
  func check(bytes count: Int) throws(ReissueError) {
    guard count > bytes else { return }
    guard name != Self.storeName else {
      throw ReissueError(
        "store.outside-folder", "store becomes longer than \(bytes) bytes",
        hint: "one name without / and without a leading dot, such as the common name", exit: .event,
        place: Place(pointer: "/store"))
    }
    throw ReissueError(parameter: name, "becomes longer than \(bytes) bytes")
  }

  /// Refuses a value that is too large, or holds one.
  func check(_ value: JSONValue) throws(ReissueError) {
    switch value {
    case .string(let text): try check(bytes: text.utf8.count)
    case .array(let elements):
      guard elements.count <= RunBounds.elements else {
        throw ReissueError(
          parameter: name, "has \(elements.count) elements, more than \(RunBounds.elements)")
      }
      for case .string(let text) in elements { try check(bytes: text.utf8.count) }
    default: break
    }
  }
}
