// Many events one after the other: NDJSON, or documents with nothing between them. Memory does not grow
// with the stream, and a bad line costs that line.

internal import JSON
package import Platform

/// Reads one event after the other from a source of bytes.
package struct EventStream {
  /// How much is asked for at once: what a pipe holds.
  private static let chunkBytes = 65_536
  private static let lineFeed = UInt8(ascii: "\n")
  private static let whiteSpace: [UInt8] = [0x20, 0x09, 0x0D, lineFeed]
  /// Bytes of a character in UTF-8 (RFC 3629 section 3).
  private static let longestCharacter = 4
  /// Dropped once, at the beginning (RFC 8259 section 8.1).
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
  /// Up to here the end of a line is reason enough for another attempt, since the brackets of a broken
  /// document may never close.
  private static let smallBytes = 65_536

  private let limit: Int
  private let read: (_ atMost: Int) -> Result<[UInt8], FileError>
  private var buffer: [UInt8] = []
  private var position = 0
  private var line = 1
  private var isAtStart = true
  private var isAtEnd = false
  /// A document that comes in pieces is tried again when so many bytes are there, or its brackets close.
  private var retryAt = 0
  private var brackets = BracketScanner()

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
      dropByteOrderMark()
      skipWhiteSpace()
      if !isAtStart, position < buffer.count, isWorthAnAttempt() {
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

  /// Whoever sends a document and waits must not wait for what would come after it.
  private mutating func isWorthAnAttempt() -> Bool {
    if isAtEnd || buffer.count >= retryAt { return true }
    let isWholeLine =
      buffer.last == Self.lineFeed && buffer.count - position <= Self.smallBytes
    return brackets.close(in: buffer[position...]) || isWholeLine
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
      guard !isAtEnd, error.code == .truncated || isCut(at: error.byte) else {
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

  /// Whether a mistake may be nothing but a character, an escape or a word that has not come whole.
  ///
  /// None of them holds white space, so what ends in it is as whole as it will be.
  private func isCut(at byte: Int) -> Bool {
    guard let last = buffer.last, !Self.whiteSpace.contains(last) else { return false }
    return byte >= buffer.count - Self.longestCharacter
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

  private mutating func dropByteOrderMark() {
    let isUndecided =
      buffer.count < Self.byteOrderMark.count && Self.byteOrderMark.starts(with: buffer)
    guard isAtStart, !isUndecided || isAtEnd else { return }
    isAtStart = false
    if buffer.starts(with: Self.byteOrderMark) { position = Self.byteOrderMark.count }
  }

  private mutating func skipWhiteSpace() {
    var end = position
    while end < buffer.count, Self.whiteSpace.contains(buffer[end]) { end += 1 }
    advance(to: end)
  }

  /// Gives up the rest of the line; one that does not end in the buffer is read away piece by piece.
  private mutating func skipLine() {
    retryAt = 0
    brackets = BracketScanner()
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
    brackets = BracketScanner()
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
