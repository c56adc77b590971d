// First step: the bytes of a monitoring system become one JSON value, or an error with the position of the mistake.

package import Core
package import JSON
package import Platform

/// An event: one JSON document, an object or an array.
package struct Event: Sendable {
  /// The document, or the parts of it that the templates read.
  package let document: JSONValue
  /// The text of the document, if parts are left out: a part of the stream's buffer, which is not copied.
  private let text: ArraySlice<UInt8>?
  /// The most that a value of ``document`` lacks.
  let leftOut: JSONSelection.LeftOut

  /// An event from an existing document, for example one that is built from the environment.
  package init(document: JSONValue) {
    self.document = document
    text = nil
    leftOut = .nothing
  }

  /// An event of which only the parts that the templates read are known; `text` is the whole document.
  init(parts document: JSONValue, of text: ArraySlice<UInt8>, leftOut: JSONSelection.LeftOut) {
    self.document = document
    self.text = text
    self.leftOut = leftOut
  }

  /// Whether nothing is left out.
  package var isWhole: Bool { text == nil }

  /// The event with everything, for messages that tell what is in it.
  package func whole() throws(ReissueError) -> Event {
    guard let text else { return self }
    return try Event(parsing: Array(text))
  }

  /// Reads a document (RFC 8259, UTF-8). One leading byte order mark is dropped.
  ///
  /// - Throws: ``ReissueError`` with a code `event.…`, exit 65, and line, column and byte.
  package init(parsing bytes: [UInt8]) throws(ReissueError) {
    text = nil
    leftOut = .nothing
    do throws(JSONError) {
      document = try JSONDecoder.decode(bytes)
    } catch {
      var error = ReissueError(event: error)
      // RFC 7464 section 2.2: each text of a sequence begins with a record separator.
      if bytes.first == 0x1E { error.hint = "this is a JSON text sequence: read it with --stream" }
      throw error
    }
    try Self.requireContainer(document)
  }

  /// Checks that a document is an object or an array: a single number or string is not an event.
  package static func requireContainer(_ document: JSONValue) throws(ReissueError) {
    guard document.object == nil, document.array == nil else { return }
    throw ReissueError(
      "event.not-a-container", "the event is a \(document.typeName), not an object or an array",
      hint: "send the alert's JSON document on standard input", exit: .event,
      place: Place(column: 1, line: 1, byte: 0))
  }
}

extension ReissueError {
  /// An event that cannot be read from its source.
  package init(unreadableEvent error: FileError, limit: Int) {
    if error.isTooLarge {
      self = .eventTooLarge(limit: limit)
    } else if error.isCanceled {
      self.init(
        "run.ended", "the run ended before the whole event had arrived",
        hint: "check that the sender closes its end of the pipe", exit: .tryAgain)
    } else {
      // Exit 74, so that the sender repeats the event: its content is not known yet, and an alert would be lost.
      self.init(
        "event.unreadable", "the event cannot be read: \(error)",
        hint: "repair the source of the event, and run again", exit: .inputOutput)
    }
  }

  /// An event of more than `limit` bytes.
  package static func eventTooLarge(limit: Int) -> ReissueError {
    ReissueError(
      "event.too-large", "the event is larger than \(limit) bytes",
      hint: "raise --max-event-bytes if such events are expected", exit: .event)
  }

  /// An event that is not a usable JSON document.
  package init(event error: JSONError) {
    self.init(
      "event.\(error.code.rawValue)", "the event cannot be read: \(error.detail)",
      hint: error.advice ?? Self.hint(for: error.code), exit: .event,
      place: error.line > 0
        ? Place(column: error.column, line: error.line, byte: error.byte) : nil)
  }

  private static func hint(for code: JSONError.Code) -> String {
    switch code {
    case .empty:
      "standard input is empty: check that the sender's payload is passed on to this command"
    case .truncated: "the payload was cut; check size limits between the sender and this command"
    case .trailingData: "one document is expected; --stream takes many"
    case .duplicateName: "two members have the same name; the sender must be corrected"
    case .numberRange: "send numbers beyond 64 bits as text"
    case .invalidUTF8: "send UTF-8 (RFC 8259)"
    case .tooManyValues: "send fewer alerts at once, or less of each"
    case .tooDeep, .nulInName, .syntax: "check the sender's output, for example with jq ."
    }
  }
}
