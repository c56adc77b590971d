// Many events in a row: NDJSON, JSON text sequences, or documents with nothing between them. Memory does not grow with
// the stream, and a bad line costs only that line.

package import Core
package import JSON
package import Platform

/// Reads one event after the other from a source of bytes.
package struct EventStream {
  /// The bytes of one read: the capacity of a pipe.
  private static let chunkBytes = 65_536
  private static let lineFeed = UInt8(ascii: "\n")
  /// White space (RFC 8259 section 2), and the record separator before each text of a sequence (RFC 7464).
  private static let whiteSpace: [UInt8] = [0x20, 0x09, 0x0D, lineFeed, recordSeparator]
  private static let recordSeparator: UInt8 = 0x1E
  /// The most bytes of a character in UTF-8 (RFC 3629 section 3).
  private static let longestCharacter = 4
  /// Dropped at the beginning (RFC 8259 section 8.1), and between documents, where two files were joined.
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
  /// A document of at most this many bytes is tried again at each end of a line: the brackets of a broken document may
  /// never close.
  private static let smallBytes = 65_536

  private let limit: Int
  private let read: (_ atMost: Int) -> Result<[UInt8], FileError>
  private var buffer: [UInt8] = []
  private var position = 0
  private var line = 1
  private var isAtEnd = false
  private var decoder = JSONStreamDecoder()
  /// An incomplete document is tried again when the buffer has this many bytes, or when its brackets close.
  private var retryAt = 0
  private var brackets = BracketScanner()
  private var skipping = Skipping.nothing

  /// The part of the stream that is skipped after a mistake, because it belongs to the broken document.
  private enum Skipping {
    case nothing
    /// The rest of the line on which the document began; its brackets show whether more lines belong to it.
    case firstLine(BracketScanner, lines: FollowingLines)
    /// The rest of a later line.
    case line(FollowingLines)
    /// The following lines, if they look like the inside of a document.
    case following(FollowingLines)
  }

  /// Which lines may be a part of a broken document. A printed document indents its inner lines, and in NDJSON each
  /// document begins in column 1. A part of a document must not be taken for an event.
  private enum FollowingLines {
    /// None, unless brackets are open at the end of the first line; then as ``indented``.
    case ifOpen
    /// Lines that are indented, or that begin with a closing bracket.
    case indented
    /// All lines that do not begin a document in column 1.
    case allInside

    func mayHold(_ first: UInt8) -> Bool {
      switch self {
      case .ifOpen: false
      case .indented: [0x20, 0x09, 0x0D, lineFeed].contains(first) || "}]".utf8.contains(first)
      case .allInside: !"{[".utf8.contains(first) && first != EventStream.recordSeparator
      }
    }
  }

  /// A stream.
  ///
  /// - Parameters:
  ///   - limit: The longest event, in bytes.
  ///   - read: Waits for the next bytes and returns at least one; none at the end.
  package init(limit: Int, read: @escaping (_ atMost: Int) -> Result<[UInt8], FileError>) {
    self.limit = limit
    self.read = read
  }

  /// The parts of the following events that are read; at first everything.
  package var selection: JSONSelection {
    get { decoder.selection }
    set { decoder.selection = newValue }
  }

  /// The next event, or the mistake in the next document; `nil` at the end.
  ///
  /// After a mistake, the line on which the document began and all lines that may belong to it are skipped.
  package mutating func next() -> Result<Event, ReissueError>? {
    while true {
      skipMistake()
      if case .nothing = skipping { skipWhiteSpace() }
      if position < buffer.count, !isMarkCut, isWorthAnAttempt() {
        switch attempt() {
        case .event(let event): return .success(event)
        case .mistake(let error, let lines):
          skipping = .firstLine(BracketScanner(), lines: lines)
          return .failure(error)
        case .incomplete: break
        }
      }
      guard !isAtEnd else { return nil }
      if let error = fill() { return .failure(error) }
    }
  }

  /// Whether the document may be complete. A sender may wait for a reaction before it sends more, so a complete document
  /// is not held back.
  private mutating func isWorthAnAttempt() -> Bool {
    if isAtEnd || buffer.count >= retryAt { return true }
    let isWholeLine =
      buffer.last == Self.lineFeed && buffer.count - position <= Self.smallBytes
    return brackets.close(in: buffer[position...]) || isWholeLine
  }

  private enum Attempt {
    case event(Event)
    case mistake(ReissueError, FollowingLines)
    case incomplete
  }

  private mutating func attempt() -> Attempt {
    do throws(JSONError) {
      let found = try decoder.decodePrefix(buffer, from: position)
      guard found.end - position <= limit else { return tooLarge }
      do throws(ReissueError) {
        try Event.requireContainer(found.value)
      } catch {
        return .mistake(error.inLine(line), .ifOpen)
      }
      let text = position..<found.end
      advance(to: found.end, lineFeeds: found.lineFeeds)
      guard let leftOut = found.leftOut else { return .event(Event(document: found.value)) }
      return .event(Event(parts: found.value, of: buffer[text], leftOut: leftOut))
    } catch {
      guard !isAtEnd, error.code == .truncated || isCut(at: error.byte) else {
        // An unknown position (line 0) may be on any line.
        return .mistake(
          ReissueError(event: error.explained(in: buffer, from: position)).inLine(line),
          error.line == 1 ? .ifOpen : .allInside)
      }
      let size = buffer.count - position
      guard size <= limit else { return tooLarge }
      // Each attempt reads the document from its start, so they become rarer as it grows.
      retryAt = buffer.count + 1 + size / 4
      return .incomplete
    }
  }

  private var tooLarge: Attempt {
    .mistake(ReissueError.eventTooLarge(limit: limit).inLine(line), .allInside)
  }

  /// Whether the cause of a mistake may be a character, an escape or a word of which only a part has arrived.
  ///
  /// None of them contains white space, so a buffer that ends in white space holds no such part.
  private func isCut(at byte: Int) -> Bool {
    guard let last = buffer.last, !Self.whiteSpace.contains(last) else { return false }
    return byte >= buffer.count - Self.longestCharacter
  }

  /// Drops the bytes that were used, and reads more.
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

  /// Whether the remaining bytes may be the beginning of a byte order mark.
  private var isMarkCut: Bool {
    let rest = buffer[position...]
    return !isAtEnd && rest.count < Self.byteOrderMark.count
      && Self.byteOrderMark.starts(with: rest)
  }

  /// Skips white space, record separators and byte order marks between documents.
  private mutating func skipWhiteSpace() {
    var end = position
    while end < buffer.count {
      if Self.whiteSpace.contains(buffer[end]) {
        end += 1
      } else if buffer[end...].starts(with: Self.byteOrderMark) {
        end += Self.byteOrderMark.count
      } else {
        break
      }
    }
    advance(to: end, lineFeeds: lineFeeds(before: end))
  }

  /// Skips the part of a broken document that has arrived.
  private mutating func skipMistake() {
    while position < buffer.count {
      let end = buffer[position...].firstIndex(of: Self.lineFeed)
      switch skipping {
      case .nothing: return
      case .firstLine(var brackets, let lines):
        brackets.scan(buffer[position..<(end ?? buffer.count)])
        skipping =
          if end == nil {
            .firstLine(brackets, lines: lines)
          } else if case .ifOpen = lines {
            brackets.isOpen ? .following(.indented) : .nothing
          } else {
            .following(lines)
          }
      case .line(let lines):
        if end != nil { skipping = .following(lines) }
      case .following(let lines):
        skipping = lines.mayHold(buffer[position]) ? .line(lines) : .nothing
        continue
      }
      let next = end.map { $0 + 1 } ?? buffer.count
      advance(to: next, lineFeeds: lineFeeds(before: next))
    }
  }

  private func lineFeeds(before end: Int) -> Int {
    buffer[position..<end].count { $0 == Self.lineFeed }
  }

  private mutating func advance(to end: Int, lineFeeds: Int) {
    line += lineFeeds
    position = end
    retryAt = 0
    brackets = BracketScanner()
  }
}

extension ReissueError {
  /// The same mistake with the line number of the whole stream.
  fileprivate func inLine(_ line: Int) -> ReissueError {
    var error = self
    var place = error.place ?? Place()
    place.line = line + max(0, (place.line ?? 1) - 1)
    place.byte = nil
    error.place = place
    return error
  }
}

/// Follows the brackets of a document that arrives in pieces. Each byte is examined once.
///
/// It does not validate: for a document with mistakes its answers are a guess.
private struct BracketScanner {
  private var strings = StringTracker()
  private var depth = 0
  private var scanned = 0

  /// Whether the outermost bracket has closed.
  ///
  /// - Parameter document: The part of the document that has arrived, from its first byte.
  mutating func close(in document: ArraySlice<UInt8>) -> Bool {
    for byte in document.dropFirst(scanned) {
      scanned += 1
      if closesOutermost(byte) { return true }
    }
    return false
  }

  /// Follows the next piece.
  mutating func scan(_ piece: ArraySlice<UInt8>) {
    for byte in piece { _ = closesOutermost(byte) }
  }

  /// Whether a bracket is open.
  var isOpen: Bool { depth > 0 }

  private mutating func closesOutermost(_ byte: UInt8) -> Bool {
    guard strings.isOutside(byte) else { return false }
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      return depth <= 0
    default: break
    }
    return false
  }
}
