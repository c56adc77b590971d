internal import CJansson

/// Reads short documents one after the other, faster than ``JSONDecoder``.
///
/// jansson examines each byte of a string several times, and this decoder does so only once: it gives jansson a copy of
/// the document in which texts are replaced by their places, and names by their numbers. Documents that are not short,
/// or that jansson refuses, are read by ``JSONDecoder``, so that every mistake is found and described in the same way.
package struct JSONStreamDecoder {
  /// The parts of each document that are read.
  package var selection = JSONSelection.whole {
    didSet { numbered = NumberedSelection(selection, &names) }
  }
  private var numbered = NumberedSelection.whole
  private var names = MemberNames()
  /// The longest short document, less than a `ShortForm` can tell. Events are shorter, except with many alerts.
  private static let maximumBytes = 1 << 16
  /// The memory of jansson's values for a document. What does not fit is allocated one by one.
  private static let valueBytes = 1 << 18
  /// Memory for the copy and for jansson's values, used again for each document.
  private var memory: [UInt8] = []

  /// A decoder that reads whole documents.
  package init() {}

  /// A document, and where it ends.
  package struct Found {
    /// The selected parts.
    package let value: JSONValue
    /// The offset of the first byte after the document.
    package let end: Int
    /// The line feeds in the document.
    package let lineFeeds: Int
    /// The most that a value lacks; `nil` if the document is whole.
    package let leftOut: JSONSelection.LeftOut?
  }

  /// Reads the document at an offset.
  ///
  /// - Throws: As ``JSONDecoder/decodePrefix(_:from:)``.
  package mutating func decodePrefix(
    _ bytes: [UInt8], from start: Int
  ) throws(JSONError) -> Found {
    if let found = decodeShort(bytes, from: start) { return found }
    let (value, end) = try JSONDecoder.decodePrefix(bytes, from: start)
    let lineFeeds = bytes[start..<end].count { $0 == UInt8(ascii: "\n") }
    return Found(value: value, end: end, lineFeeds: lineFeeds, leftOut: nil)
  }

  private static func memory() -> [UInt8] {
    _ = isPrepared
    return Array(repeating: 0, count: maximumBytes + valueBytes)
  }

  /// Set once for the process: the functions allocate as before where no memory is given.
  private static let isPrepared: Bool = {
    cjansson_prepare_memory()
    return true
  }()

  /// The document, if it is short, complete and without mistakes.
  private mutating func decodeShort(_ bytes: [UInt8], from start: Int) -> Found? {
    if self.memory.isEmpty { self.memory = Self.memory() }
    var memory: [UInt8] = []
    swap(&memory, &self.memory)
    defer { swap(&memory, &self.memory) }
    // Both arrays keep their places during the calls, and `ShortText` checks its offsets against their sizes.
    return unsafe bytes.withUnsafeBytes { bytes in
      unsafe memory.withUnsafeMutableBytes { memory in
        let copy = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<Self.maximumBytes])
        let values = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[Self.maximumBytes...])
        let source = unsafe UnsafeRawBufferPointer(
          rebasing: bytes[min(start, bytes.count)...].prefix(Self.maximumBytes))
        var text = unsafe ShortText(of: source, into: copy)
        guard unsafe text.shorten(&names) else { return nil }
        unsafe cjansson_begin_memory(values.baseAddress, values.count)
        let root = unsafe json_loadb(
          copy.baseAddress, text.count, JSONDecoder.baseFlags, nil)
        // Nothing that is left of jansson's values is used after that.
        defer { unsafe cjansson_end_memory(root) }
        guard let root = unsafe root else { return nil }
        let value = try? unsafe convert(
          root, numbered, depth: 1, from: ShortSource(source, names))
        guard let value else { return nil }
        let leftOut = unsafe JSONSelection.LeftOut(
          bytes: text.end, values: text.values, depth: text.depth)
        return unsafe Found(
          value: value, end: start + text.end, lineFeeds: text.lineFeeds,
          leftOut: selection.isWhole ? nil : leftOut)
      }
    }
  }
}
