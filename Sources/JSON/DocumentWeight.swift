// A short text can hold very many values, and jansson takes up to eighty bytes of memory for one byte of text:
// 8 MiB of `{},` would take 600 MiB. So the values are counted before anything is allocated for them.

extension JSONDecoder {
  /// The most memory that jansson may take for one document, in bytes, by an estimate.
  ///
  /// An event of the default limit, 8 MiB, holds 70,000 small alerts within it; a larger sum of event, its copy and
  /// the work on it would not fit the 256 MiB that this program may take.
  package static let maximumWeight = 144 << 20

  /// How much memory jansson would take for the document in a text, in bytes, by the same estimate.
  package static func weight(of text: String) -> Int { DocumentWeight.weight(of: text.utf8) }

  /// The same for bytes.
  package static func weight(of bytes: [UInt8]) -> Int { DocumentWeight.weight(of: bytes) }
}

/// What jansson allocates for the values of a document, estimated from its text alone.
enum DocumentWeight {
  // Measured with jansson 2.14 and glibc on 64 bits, in bytes, with what the allocator adds.
  private static let ofObject = 224
  private static let ofArray = 128
  /// The entry of a member and its share of the hash table, its name aside.
  private static let ofMember = 64
  /// A number, and the place of a value in its array.
  private static let ofScalar = 40
  /// A string, its text aside; a name is counted as one, too.
  private static let ofString = 32
  /// The most that one byte of text can weigh, in `{},`.
  private static let ofByte = 90

  /// Refuses a document that weighs more than ``JSONDecoder/maximumWeight``.
  ///
  /// What weighs less whatever it holds is not looked at, which is nearly every event.
  static func check(_ bytes: ArraySlice<UInt8>) throws(JSONError) {
    guard bytes.count > JSONDecoder.maximumWeight / ofByte else { return }
    guard weight(of: bytes) > JSONDecoder.maximumWeight else { return }
    throw JSONError(
      code: .tooManyValues, line: 0, column: 0, byte: 0,
      detail: JSONError.detail(for: .tooManyValues))
  }

  /// Counts by the characters that begin or separate values; those inside of strings do not count.
  static func weight(of bytes: some Collection<UInt8>) -> Int {
    var weight = bytes.count
    var isInString = false
    var isEscaped = false
    for byte in bytes {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""):
        isInString = true
        weight += ofString
      case UInt8(ascii: "{"): weight += ofObject
      case UInt8(ascii: "["): weight += ofArray
      case UInt8(ascii: ":"): weight += ofMember
      case UInt8(ascii: ","): weight += ofScalar
      default: break
      }
    }
    return weight
  }
}
