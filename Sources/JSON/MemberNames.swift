/// Numbers for names of members that were seen. Names of events repeat, so that a few suffice.
///
/// A name gets its number when it is first seen, or never, and keeps it.
struct MemberNames {
  /// The most names; more than the events of all senders have together.
  private static let capacity = 512
  /// The lengths of names that get a number, in bytes. A shorter name is not worth it; of a longer one, three words do
  /// not hold all bytes.
  private static let lengths = 4...24
  private static let slotBits = 10
  /// The slots that are searched for a name, so that names with the same hash cost little.
  private static let longestSearch = 8

  private var names: [String] = []
  private var keys: [Key] = []
  /// The number of a name, plus one; 0 in an empty slot.
  private var slots = [UInt16](repeating: 0, count: 1 << slotBits)

  /// The bytes of a name: the first, the next and the last eight, which may overlap.
  private struct Key: Equatable {
    let length: Int
    let first: UInt64
    let next: UInt64
    let last: UInt64

    init(_ name: UnsafeRawBufferPointer) {
      func word(at offset: Int) -> UInt64 {
        unsafe name.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      }
      length = name.count
      guard length >= 8 else {
        var word: UInt64 = 0
        for index in 0..<length { word = unsafe word << 8 | UInt64(name[index]) }
        (first, next, last) = (word, 0, 0)
        return
      }
      first = word(at: 0)
      next = length > 16 ? word(at: 8) : 0
      last = word(at: length - 8)
    }

    /// The upper bits of a product depend on all bits (Knuth, The Art of Computer Programming 3, 6.4).
    var slot: Int {
      let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
      let folded = ((first &* factor ^ next) &* factor ^ last) &* factor
      return Int(truncatingIfNeeded: folded >> UInt64(64 - MemberNames.slotBits))
    }
  }

  /// The name with a number.
  subscript(number: Int) -> String { names[number] }

  /// The number of a name; `nil` if it has none.
  mutating func number(of name: UnsafeRawBufferPointer) -> Int? {
    guard Self.lengths.contains(name.count) else { return nil }
    let key = unsafe Key(name)
    var slot = key.slot
    for _ in 0..<Self.longestSearch {
      let number = Int(slots[slot]) - 1
      if number < 0 { return unsafe add(name, key, in: slot) }
      if keys[number] == key { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private mutating func add(
    _ name: UnsafeRawBufferPointer, _ key: Key, in slot: Int
  ) -> Int? {
    guard names.count < Self.capacity else { return nil }
    names.append(unsafe String(decoding: name, as: UTF8.self))
    keys.append(key)
    slots[slot] = UInt16(names.count)
    return names.count - 1
  }
}

/// A selection with the names of members as they are in a `ShortText`.
indirect enum NumberedSelection {
  case whole
  case parts([Member], elements: NumberedSelection?)

  struct Member {
    /// The name, or the short form of its number.
    let key: String
    let name: String
    let parts: NumberedSelection
  }

  init(_ selection: JSONSelection, _ names: inout MemberNames) {
    guard case .parts(let members, let elements) = selection else {
      self = .whole
      return
    }
    var numbered: [Member] = []
    for member in members {
      let parts = NumberedSelection(member.parts, &names)
      let key = Self.key(of: member.name, &names)
      numbered.append(Member(key: key, name: member.name, parts: parts))
    }
    self = .parts(numbered, elements: elements.map { NumberedSelection($0, &names) })
  }

  private static func key(of name: String, _ names: inout MemberNames) -> String {
    // The bytes of the array are only read during the call.
    let number = unsafe Array(name.utf8).withUnsafeBytes { name in
      unsafe ShortForm.plainEnd(in: name, from: 0) == name.count
        ? unsafe names.number(of: name) : nil
    }
    guard let number else { return name }
    var form = [UInt8](repeating: 0, count: 1 + ShortForm.numberDigits)
    unsafe form.withUnsafeMutableBytes {
      unsafe ShortForm.write(number, digits: ShortForm.numberDigits, to: $0, at: 0)
    }
    return String(decoding: form, as: UTF8.self)
  }
}
