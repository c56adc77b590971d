// Many events one after the other: NDJSON, or documents with nothing between them. Memory does not grow
// with the stream, and a bad line costs that line.

package import Core
internal import JSON
package import Platform

/// Reads one event after the other from a source of bytes.
package struct EventStream {
  /// How much is asked for at once: what a pipe holds.
  private static let chunkBytes = 65_536
  private static let lineFeed = UInt8(ascii: "\n")
  /// White space (RFC 8259 section 2), and the record separator before each text of a sequence (RFC 7464).
  private static let whiteSpace: [UInt8] = [0x20, 0x09, 0x0D, lineFeed, recordSeparator]
  private static let recordSeparator: UInt8 = 0x1E
  /// Bytes of a character in UTF-8 (RFC 3629 section 3).
  private static let longestCharacter = 4
  /// Dropped at the beginning (RFC 8259 section 8.1) and between documents, where two files were joined.
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
  /// Up to here the end of a line is reason enough for another attempt, since the brackets of a broken
  /// document may never close.
  private static let smallBytes = 65_536

  private let limit: Int
  private let read: (_ atMost: Int) -> Result<[UInt8], FileError>
  private var buffer: [UInt8] = []
  private var position = 0
  private var line = 1
  private var isAtEnd = false
  /// A document that comes in pieces is tried again when so many bytes are there, or its brackets close.
  private var retryAt = 0
  private var brackets = BracketScanner()
  private var skipping = Skipping.nothing

  /// What is given up after a mistake, as far as it is known to belong to it.
  private enum Skipping {
    /// Nothing more.
    case nothing
    /// The rest of the line on which the document began; its brackets tell whether more belongs to it.
    case firstLine(BracketScanner, lines: FollowingLines)
    /// The rest of a later line.
    case line(FollowingLines)
    /// Lines behind it, if they look as those inside of a document do.
    case following(FollowingLines)
  }

  /// Which lines may be a part of a broken document. A printed document indents what is in it, and the
  /// documents of one a line begin in column 1: a part must not be taken for an event of its own.
  private enum FollowingLines {
    /// None, unless brackets are open at the end of the first line: then those that are indented, or close.
    case ifOpen
    case indented
    /// All that do not begin a document in column 1.
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
  ///   - read: Gives the next bytes, at least one, or none at the end; waits for them.
  package init(limit: Int, read: @escaping (_ atMost: Int) -> Result<[UInt8], FileError>) {
    self.limit = limit
    self.read = read
  }

  /// The next event, or why the next line is none; `nil` at the end.
  ///
  /// After a mistake reading goes on behind the line on which the document began, and behind what may be
  /// further lines of that document.
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

  /// Whoever sends a document and waits must not wait for what would come after it.
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
      let (document, end) = try JSONDecoder.decodePrefix(buffer, from: position)
      guard end - position <= limit else { return tooLarge }
      do throws(ReissueError) {
        try Event.requireContainer(document)
      } catch {
        return .mistake(error.inLine(line), .ifOpen)
      }
      advance(to: end)
      return .event(Event(document: document))
    } catch {
      guard !isAtEnd, error.code == .truncated || isCut(at: error.byte) else {
        // A place that is not known may be anywhere.
        return .mistake(
          ReissueError(event: error).inLine(line), error.line == 1 ? .ifOpen : .allInside)
      }
      let size = buffer.count - position
      guard size <= limit else { return tooLarge }
      // Each further attempt reads the document from its start, so attempts get rarer as it grows.
      retryAt = buffer.count + 1 + size / 4
      return .incomplete
    }
  }

  private var tooLarge: Attempt {
    .mistake(ReissueError.eventTooLarge(limit: limit).inLine(line), .allInside)
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

  /// Whether all that is there may be the beginning of a byte order mark.
  private var isMarkCut: Bool {
    let rest = buffer[position...]
    return !isAtEnd && rest.count < Self.byteOrderMark.count
      && Self.byteOrderMark.starts(with: rest)
  }

  /// Skips what stands between documents.
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
    advance(to: end)
  }

  /// Gives up what belongs to a mistake, as far as it has come.
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
      advance(to: end.map { $0 + 1 } ?? buffer.count)
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
