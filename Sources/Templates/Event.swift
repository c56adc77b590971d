// First step: the bytes that a monitoring system sent become one JSON value, or an error that says
// where they are wrong.

package import Core
package import JSON
package import Platform

/// What came in: one JSON document, an object or an array.
package struct Event: Sendable {
  /// The document.
  package let document: JSONValue

  /// Takes a document that is there already, as when it is built from the environment.
  package init(document: JSONValue) { self.document = document }

  /// Reads a document (RFC 8259, UTF-8; one leading byte order mark is dropped).
  ///
  /// - Throws: ``ReissueError`` with a code `event.…`, exit 65, and line, column and byte.
  package init(parsing bytes: [UInt8]) throws(ReissueError) {
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

  /// Checks that a document is an object or an array: a lone number or text is no event.
  package static func requireContainer(_ document: JSONValue) throws(ReissueError) {
    guard document.object == nil, document.array == nil else { return }
    throw ReissueError(
      "event.not-a-container", "the event is a \(document.typeName), not an object or an array",
      hint: "send the alert's JSON document on standard input", exit: .event,
      place: Place(column: 1, line: 1, byte: 0))
  }
}

extension ReissueError {
  /// An event that cannot be read from where it comes.
  package init(unreadableEvent error: FileError, limit: Int) {
    if error.isTooLarge {
      self = .eventTooLarge(limit: limit)
    } else if error.isCanceled {
      self.init(
        "run.ended", "the run ended before the whole event had come",
        hint: "does the sender close its end of the pipe?", exit: .tryAgain)
    } else {
      // What the event says is not known: to drop it would lose an alert.
      self.init(
        "event.unreadable", "the event cannot be read: \(error)",
        hint: "mend what it is read from, and run again", exit: .inputOutput)
    }
  }

  /// An event of more bytes than are allowed.
  package static func eventTooLarge(limit: Int) -> ReissueError {
    ReissueError(
      "event.too-large", "the event is larger than \(limit) bytes",
      hint: "raise --max-event-bytes if such events are expected", exit: .event)
  }

  /// A document that cannot be read.
  package init(event error: JSONError) {
    self.init(
      "event.\(error.code.rawValue)", "the event cannot be read: \(error.detail)",
      hint: Self.hint(for: error.code), exit: .event,
      place: error.line > 0
        ? Place(column: error.column, line: error.line, byte: error.byte) : nil)
  }

  private static func hint(for code: JSONError.Code) -> String {
    switch code {
    case .empty:
      "nothing arrived on standard input; is the sender's payload passed on to this command?"
    case .truncated: "the payload was cut; check size limits between the sender and this command"
    case .trailingData: "one document is expected; --stream takes many"
    case .duplicateName:
      "the sender names one member twice, so its meaning is open; mend the sender"
    case .numberRange: "send numbers beyond 64 bits as text"
    case .invalidUTF8: "send UTF-8, as RFC 8259 asks"
    case .tooManyValues: "send fewer alerts at once, or less of each"
    case .tooDeep, .nulInName, .syntax: "check what the sender writes, for example with jq ."
    }
  }
}
