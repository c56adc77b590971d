/// A write-ahead log, as the bytes of its file (<https://www.sqlite.org/fileformat2.html#the_write_ahead_log>).
///
/// It finds damage that SQLite does not report: SQLite ends the log at the first frame with a wrong checksum, and later
/// frames are lost without an error.
package struct WriteAheadLog {
  private let bytes: [UInt8]
  /// Whether the words of the checksums are big-endian.
  private let isBigEndian: Bool
  private let pageSize: Int
  /// The checksum of the header, with which that of the first frame begins.
  private let start: Checksum
  private let isHeaderIntact: Bool

  /// The length of the header in bytes; a longer log has a frame.
  package static let headerBytes = 32
  private static let frameHeaderBytes = 24
  private static let magic: UInt32 = 0x377F_0682

  /// The log with these bytes; fewer than a header's are an empty log.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    guard bytes.count >= Self.headerBytes else {
      (isBigEndian, pageSize, start, isHeaderIntact) = (false, 4_096, Checksum(), false)
      return
    }
    isBigEndian = Self.word(bytes, 0) == Self.magic + 1
    let size = Int(Self.word(bytes, 8))
    let isSize = (512...65_536).contains(size) && size & (size - 1) == 0
    // The default size, if the one in the header is damaged.
    pageSize = isSize ? size : 4_096
    start = Checksum(Self.word(bytes, 24), Self.word(bytes, 28))
    let isMagic = Self.word(bytes, 0) | 1 == Self.magic | 1
    isHeaderIntact =
      isMagic && isSize
      && Checksum().adding(bytes, 0..<24, isBigEndian: isBigEndian) == start
  }

  /// The evidence that frames of the log are lost; `nil` if there is none.
  ///
  /// A log that ends in the middle of a write is not damaged: that write was not reported as complete. Later writes go
  /// over its frames, and some of them may remain behind a shorter one. But none of them ends a transaction: an undamaged
  /// log has no valid frame of the same salts that does so after an invalid one, and at least the frames that the index
  /// counts.
  ///
  /// - Parameter index: The bytes of the `-shm` file before SQLite opens it; without a whole header they are ignored.
  package func damage(index: [UInt8]) -> String? {
    let valid = validFrames
    if hasFrame(behind: valid) { return "frame \(valid + 1) of its log is damaged" }
    guard let index = Index(index), index.frames > 0 else { return nil }
    let isSameLog = isHeaderIntact && index.salts == Array(bytes[16..<24])
    if isSameLog {
      guard valid < index.frames else { return nil }
      return "its log has \(valid) of \(index.frames) frames"
    }
    // The first salt grows by 1 when a log is restarted, which happens when all of it is in the database.
    if isHeaderIntact,
      Int32(bitPattern: Self.word(bytes, 16) &- Self.word(index.salts, 0)) > 0
    {
      return nil
    }
    guard index.copied < index.frames else { return nil }
    return "its log is not the one that was written last"
  }

  private var frameCount: Int {
    max(0, bytes.count - Self.headerBytes) / (Self.frameHeaderBytes + pageSize)
  }

  private func offset(_ frame: Int) -> Int {
    Self.headerBytes + frame * (Self.frameHeaderBytes + pageSize)
  }

  /// The number of valid frames from the start, as SQLite reads them.
  private var validFrames: Int {
    guard isHeaderIntact else { return 0 }
    var checksum = start
    for frame in 0..<frameCount {
      guard hasSalts(frame), self.checksum(of: frame, after: checksum) == stored(frame) else {
        return frame
      }
      checksum = stored(frame)
    }
    return frameCount
  }

  /// Whether a frame after the first damaged one is valid and ends a transaction: it continues the checksum of the one
  /// before it.
  private func hasFrame(behind first: Int) -> Bool {
    guard first < frameCount else { return false }
    if !isHeaderIntact, first == 0 {
      // Frames of one log after the header of another one.
      return frameCount > 1
        && (1..<frameCount).contains { frame in
          endsTransaction(frame) && salts(frame) == salts(frame - 1)
            && checksum(of: frame, after: stored(frame - 1)) == stored(frame)
        }
    }
    let before = first == 0 ? start : stored(first - 1)
    let expected = checksum(of: first, after: before)
    return (first + 1..<frameCount).contains { frame in
      guard hasSalts(frame), endsTransaction(frame) else { return false }
      let isNext = frame == first + 1
      return checksum(of: frame, after: stored(frame - 1)) == stored(frame)
        // Only the checksum or the salts of the damaged frame may be wrong.
        || isNext && checksum(of: frame, after: expected) == stored(frame)
    }
  }

  /// The last frame of a transaction has the size of the database after it; the others have 0.
  private func endsTransaction(_ frame: Int) -> Bool { Self.word(bytes, offset(frame) + 4) != 0 }

  private func salts(_ frame: Int) -> ArraySlice<UInt8> {
    bytes[(offset(frame) + 8)..<(offset(frame) + 16)]
  }

  private func hasSalts(_ frame: Int) -> Bool { salts(frame).elementsEqual(bytes[16..<24]) }

  private func stored(_ frame: Int) -> Checksum {
    Checksum(Self.word(bytes, offset(frame) + 16), Self.word(bytes, offset(frame) + 20))
  }

  private func checksum(of frame: Int, after before: Checksum) -> Checksum {
    let start = offset(frame)
    let page = start + Self.frameHeaderBytes
    return before.adding(bytes, start..<(start + 8), isBigEndian: isBigEndian)
      .adding(bytes, page..<(page + pageSize), isBigEndian: isBigEndian)
  }

  /// A number of the log, most significant byte first.
  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
  }
}

/// The checksum of frames: two sums of pairs of words.
private struct Checksum: Equatable {
  var first: UInt32 = 0
  var second: UInt32 = 0

  init() {}

  init(_ first: UInt32, _ second: UInt32) {
    self.first = first
    self.second = second
  }

  /// The checksum continued with a range of bytes, whose length is a multiple of 8.
  func adding(_ bytes: [UInt8], _ range: Range<Int>, isBigEndian: Bool) -> Checksum {
    var result = self
    unsafe bytes.withUnsafeBytes { bytes in
      for offset in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
        // The buffer checks the bounds of both loads.
        var one = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        var two = unsafe bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        one = isBigEndian ? UInt32(bigEndian: one) : UInt32(littleEndian: one)
        two = isBigEndian ? UInt32(bigEndian: two) : UInt32(littleEndian: two)
        result.first = result.first &+ one &+ result.second
        result.second = result.second &+ two &+ result.first
      }
    }
    return result
  }
}

/// The header of a log's index (<https://www.sqlite.org/walformat.html#the_wal_index_header>), in the byte order of
/// this machine.
///
/// It is not synced: after a power failure it may be old or empty, but then it counts too few frames, not too many.
private struct Index {
  /// The number of written and synced frames.
  let frames: Int
  /// The number of frames that are in the database too.
  let copied: Int
  /// The salts of the log's header.
  let salts: [UInt8]

  private static let headerBytes = 48

  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 2 * Self.headerBytes + 4,
      bytes[..<Self.headerBytes] == bytes[Self.headerBytes..<(2 * Self.headerBytes)],
      bytes[12] == 1,
      Checksum().adding(bytes, 0..<40, isBigEndian: 1.bigEndian == 1)
        == Checksum(Self.word(bytes, 40), Self.word(bytes, 44))
    else { return nil }
    frames = Int(Self.word(bytes, 16))
    copied = Int(Self.word(bytes, 96))
    salts = Array(bytes[32..<40])
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    let word = bytes[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    return 1.bigEndian == 1 ? word.byteSwapped : word
  }
}
