// Bounds of a run as a whole, and of each value that a template builds. A bound of each item alone would not bound an
// event with many items.

internal import Core
internal import JMESPath
package import JSON
internal import Parameters

/// The bounds of a run.
package enum RunBounds {
  /// The most items of an event. Accounts have hundreds of orders, and the largest events of monitoring systems hold
  /// a few thousand alerts.
  static let items = 10_000
  /// The most memory that the parameters of all items may need, in bytes, by an estimate: 3 KB for each item, enough
  /// for a signing request of usual size and some names.
  static let parameterBytes = 32 << 20
  /// The most memory that the explanations of `render --explain` may need, in bytes, by an estimate.
  package static let explanationBytes = 24 << 20
  /// The most elements of an array that becomes a parameter, with repeated ones: alerts often repeat a host.
  static let elements = 10_000
  /// The cost of a signing request with an existing key, which takes some milliseconds, in steps.
  static let signatureSteps = 20_000
  /// The longest `reference`, in characters: an id or a fingerprint of a sender, or a URL of one.
  static let referenceCharacters = 200
  /// The memory of a value without its text, in bytes.
  static let valueBytes = 64

  /// The memory of a value that is kept until the end of the run, in bytes.
  package static func size(of value: JSONValue) -> Int {
    switch value {
    case .null, .boolean, .integer, .real: valueBytes
    case .string(let text): valueBytes + text.utf8.count
    case .array(let elements): elements.reduce(valueBytes) { $0 + size(of: $1) }
    case .object(let object):
      object.members.reduce(valueBytes) {
        $0 + valueBytes + $1.name.utf8.count + size(of: $1.value)
      }
    }
  }
}

/// The largest value of a parameter. It is checked while the value grows: a text that is refused afterwards has been
/// in memory already.
struct ValueBound: Sendable {
  /// The bound of the store folder.
  static let store = ValueBound(name: "store", bytes: DomainName.maximumTextBytes)
  /// The bound of the reference: UTF-8 has at most four bytes for a code point.
  static let reference = ValueBound(name: "reference", bytes: 4 * RunBounds.referenceCharacters)

  private let name: String
  private let bytes: Int

  private init(name: String, bytes: Int) {
    self.name = name
    self.bytes = bytes
  }

  init(_ parameter: ReissueParameter) {
    self.init(name: parameter.name, bytes: parameter.maximumBytes)
  }

  /// Refuses a text of `count` bytes if that is too long.
  func check(bytes count: Int) throws(ReissueError) {
    guard count > bytes else { return }
    let problem = "becomes longer than \(bytes) bytes"
    switch name {
    case Self.store.name: throw .storeOutsideFolder(problem)
    case Self.reference.name: throw .referenceUnusable
    default: throw ReissueError(parameter: name, problem)
    }
  }

  /// Refuses a value that is too large, or an array with such an element.
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

extension ReissueError {
  /// An event with more items than a run takes.
  static func tooManyItems(_ count: Int) -> ReissueError {
    ReissueError(
      "limit.items",
      "the event gives \(count) items, more than the \(RunBounds.items) that a run takes",
      hint: "send fewer alerts at once, or filter them in `items`", exit: .event,
      place: Place(pointer: "/items"))
  }

  /// The work of a run is used up before all items are rendered.
  static func workUsedUp(_ place: Place? = nil) -> ReissueError {
    ReissueError(
      "limit.work", "the work that a run may do is used up",
      hint: "send fewer alerts at once, or filter before the template goes through every element",
      exit: .event, place: place)
  }

  /// A reference that is no text, or too long.
  static let referenceUnusable = ReissueError(
    "template.reference",
    "the reference is not text of at most \(RunBounds.referenceCharacters) characters",
    hint: "use the id that the sender gives the event", exit: .event,
    place: Place(pointer: "/reference"))

  /// The parameters of an item do not fit beside those of the items before it.
  static let parametersTooLarge = ReissueError(
    "limit.size",
    "the parameters of all items together take more than \(RunBounds.parameterBytes >> 20) MiB",
    hint: "send fewer alerts at once", exit: .event)
}
