// What an event may ask of a run as a whole. Each bound of a part would be a bound of the whole only if an event had
// one item.

internal import Core
internal import JMESPath
package import JSON

/// The bounds of a run.
package enum RunBounds {
  /// The most items of an event. The account's orders are counted in hundreds, and no alert is about all of them; the
  /// largest events that monitoring systems send hold some thousands of alerts.
  static let items = 10_000
  /// The most memory that the parameters of all items may take, in bytes, by an estimate: 3 KB for each of the
  /// items, a signing request of usual size and some names.
  static let parameterBytes = 32 << 20
  /// The most memory that the explanations of `render --explain` may take, in bytes, by an estimate.
  package static let explanationBytes = 24 << 20
  /// The most elements of an array that becomes a parameter, repeated ones counted: alerts name one host many times.
  static let elements = 10_000
  /// What it costs to make a signing request with a key that is there, in steps: some milliseconds.
  static let signatureSteps = 20_000
  /// What a value takes in memory beside its text, in bytes.
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

extension ReissueError {
  /// An event with more items than a run takes.
  static func tooManyItems(_ count: Int) -> ReissueError {
    ReissueError(
      "limit.items",
      "the event gives \(count) items, more than the \(RunBounds.items) that a run takes",
      hint: "send fewer alerts at once, or filter them in `items`", exit: .event,
      place: Place(pointer: "/items"))
  }

  /// The work of a run is used up before all items are made.
  static func workUsedUp(_ place: Place? = nil) -> ReissueError {
    ReissueError(
      "limit.work", "the work that a run may do is used up",
      hint: "send fewer alerts at once, or filter before the template goes through every element",
      exit: .event, place: place)
  }

  /// The parameters of an item do not fit beside those of the items before it.
  static let parametersTooLarge = ReissueError(
    "limit.size",
    "the parameters of all items together take more than \(RunBounds.parameterBytes >> 20) MiB",
    hint: "send fewer alerts at once", exit: .event)
}
