// Many events one after the other: NDJSON, or documents with nothing between them. Memory does not grow
// with the stream, and a bad line costs that line.

internal import JSON
package import Platform

/// Reads one event after the other from a source of bytes.
package struct EventStream {
  /// How much is asked for at once: what a pipe holds.
  private static let chunkBytes = 65_536
  private static let lineFeed = UInt8(ascii: "\n")

  private let limit: Int
  private let read: (_ atMost: Int) -> Result<[UInt8], FileError>
  private var buffer: [UInt8] = []
  private var position = 0
  private var line = 1
  private var isAtEnd = false
  /// A document that goes on over several lines is tried again when so many bytes are there.
  private var retryAt = 0

  /// A stream.
  ///
  /// - Parameters:
  ///   - limit: The longest event, in bytes.
  ///   - read: Gives the next bytes, at least one, or none at the end; waits for them.
  package init(limit: Int, read: @escaping (_ atMost: Int) -> Result<[UInt8], FileError>) {
    self.limit = limit
    self.read = read
  }

  /// The next event, or why the next line is none; `nil` at the end.
  ///
  /// After a mistake reading goes on behind the line on which the document began.
  package mutating func next() -> Result<Event, ReissueError>? {
    while true {
      skipWhiteSpace()
      if position < buffer.count, buffer.count >= retryAt || isAtEnd {
        switch attempt() {
        case .event(let event): return .success(event)
        case .mistake(let error):
          skipLine()
          return .failure(error)
        case .incomplete: break
        }
      }
      guard !isAtEnd else { return nil }
      if let error = fill() { return .failure(error) }
    }
  }

  private enum Attempt {
    case event(Event)
    case mistake(ReissueError)
    case incomplete
  }

  private mutating func attempt() -> Attempt {
    do throws(JSONError) {
      let (document, end) = try JSONDecoder.decodePrefix(buffer, from: position)
      do throws(ReissueError) {
        try Event.requireContainer(document)
      } catch {
        return .mistake(error.inLine(line))
      }
      advance(to: end)
      return .event(Event(document: document))
    } catch {
      guard error.code == .truncated, !isAtEnd else {
        return .mistake(ReissueError(event: error).inLine(line))
      }
      let size = buffer.count - position
      guard size <= limit else {
        return .mistake(ReissueError.eventTooLarge(limit: limit).inLine(line))
      }
      // Each further attempt reads the document from its start, so attempts get rarer as it grows.
      retryAt = buffer.count + 1 + size / 4
      return .incomplete
    }
  }

  /// Reads more; what was used is given up first.
  private mutating func fill() -> ReissueError? {
    buffer.removeFirst(position)
    retryAt = max(0, retryAt - position)
    position = 0
    do throws(FileError) {
      let bytes = try read(Self.chunkBytes).get()
      if bytes.isEmpty { isAtEnd = true }
      buffer += bytes
      return nil
    } catch {
      isAtEnd = true
      buffer = []
      return ReissueError(unreadableEvent: error, limit: limit)
    }
  }

  private mutating func skipWhiteSpace() {
    var end = position
    while end < buffer.count, [0x20, 0x09, 0x0D, Self.lineFeed].contains(buffer[end]) { end += 1 }
    advance(to: end)
  }

  /// Gives up the rest of the line; one that does not end in the buffer is read away piece by piece.
  private mutating func skipLine() {
    retryAt = 0
    while true {
      if let end = buffer[position...].firstIndex(of: Self.lineFeed) {
        return advance(to: end)
      }
      position = buffer.count
      guard !isAtEnd else { return }
      if fill() != nil { return }
    }
  }

  private mutating func advance(to end: Int) {
    line += buffer[position..<end].count { $0 == Self.lineFeed }
    position = end
    retryAt = 0
  }
}

extension ReissueError {
  /// The same mistake, counted in the lines of the whole stream.
  fileprivate func inLine(_ line: Int) -> ReissueError {
    var error = self
    var place = error.place ?? Place()
    place.line = line + max(0, (place.line ?? 1) - 1)
    place.byte = nil
    error.place = place
    return error
  }
}
