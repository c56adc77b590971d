/// Collects the header lines of a reply from libcurl, which passes one line per call.
struct ReplyHead {
  private(set) var headers: [HTTPHeader] = []
  private var size = 0
  /// Whether the empty line after the headers was received.
  private(set) var hasEnded = false
  private let limit: Int

  /// - Parameter limit: The most bytes of all lines, including interim replies and trailers.
  init(limit: Int) { self.limit = limit }

  /// Adds a line with its line end.
  ///
  /// - Returns: `false` if the limit is exceeded.
  mutating func take(_ line: some Collection<UInt8>) -> Bool {
    size += line.count
    guard size <= limit else { return false }
    if line.starts(with: "HTTP/".utf8) {
      // A status line: earlier lines belong to an interim (1xx) reply.
      headers = []
      hasEnded = false
      return true
    }
    let text = line.trimmingBlanks()
    guard !text.isEmpty else {
      hasEnded = true
      return true
    }
    // Lines after the empty line are trailers, which are ignored.
    if !hasEnded { append(text, isContinuation: line.first.map(isBlank) ?? false) }
    return true
  }

  private mutating func append(_ text: [UInt8], isContinuation: Bool) {
    if isContinuation, let last = headers.popLast() {
      // Obsolete folding (RFC 9112 section 5.2): one header in several lines.
      headers.append(
        HTTPHeader(last.name, "\(last.value) \(String(decoding: text, as: UTF8.self))"))
    } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
      headers.append(
        HTTPHeader(
          String(decoding: text[..<colon].trimmingBlanks(), as: UTF8.self),
          String(decoding: text[(colon + 1)...].trimmingBlanks(), as: UTF8.self)))
    }
  }
}

/// Blank, tab, carriage return, line feed.
private func isBlank(_ byte: UInt8) -> Bool {
  byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
}

extension Collection where Element == UInt8 {
  fileprivate func trimmingBlanks() -> [UInt8] {
    var bytes = Array(drop(while: isBlank))
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return bytes
  }
}
