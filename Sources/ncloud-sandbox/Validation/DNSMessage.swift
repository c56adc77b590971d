/// The part of DNS (RFC 1035) that a validation needs: a query for one name and type, and the records of the reply.
enum DNSMessage {
  /// The types of ``RecordType``.
  static func code(of type: RecordType) -> UInt16 {
    switch type {
    case .alias: 5
    case .text: 16
    }
  }

  /// The only class in use, IN.
  private static let internet: UInt16 = 1
  /// The longest name with the length bytes of its labels (section 3.1).
  fileprivate static let maximumName = 255
  private static let maximumLabel = 63

  /// A query without recursion, as authoritative servers get it; `nil` if the text is not a domain name.
  static func query(id: UInt16, name: String, type: RecordType) -> [UInt8]? {
    var bytes = big(id) + big(0) + big(1) + big(0) + big(0) + big(0)
    let header = bytes.count
    for label in name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      guard (1...maximumLabel).contains(label.count) else { return nil }
      bytes.append(UInt8(label.count))
      bytes += label
    }
    bytes.append(0)
    guard bytes.count - header <= maximumName else { return nil }
    return bytes + big(code(of: type)) + big(internet)
  }

  private static func big(_ number: UInt16) -> [UInt8] {
    [UInt8(number >> 8), UInt8(number & 0xFF)]
  }
}

/// A reply of a name server.
struct DNSReply: Hashable {
  /// A record of the answer: for TXT its text, for CNAME its target; others are left out.
  struct Record: Hashable {
    /// In lower case, without the final dot.
    let name: String
    let type: RecordType
    let value: String
  }

  let id: UInt16
  let records: [Record]

  /// Reads a message; `nil` for anything that is not a whole reply.
  init?(_ bytes: [UInt8]) {
    var reader = DNSReader(bytes: bytes)
    guard let id = reader.number(), let flags = reader.number(), let questions = reader.number(),
      let answers = reader.number(), reader.number() != nil, reader.number() != nil,
      flags & 0x8000 != 0
    else { return nil }
    self.id = id
    for _ in 0..<questions {
      guard reader.name() != nil, reader.number() != nil, reader.number() != nil else { return nil }
    }
    var records: [Record] = []
    for _ in 0..<answers {
      guard let known = reader.record() else { return nil }
      records += known
    }
    self.records = records
  }

  /// The values of a name, and the last name of its chain of aliases; an alias is not followed if it is asked for.
  func values(of name: String, type: RecordType) -> (values: [String], end: String) {
    var name = name.lowercased()
    // Each step uses a record, so that a loop ends.
    var rest = records
    while type != .alias,
      let index = rest.firstIndex(where: { $0.name == name && $0.type == .alias })
    {
      name = rest.remove(at: index).value
    }
    return (rest.filter { $0.name == name && $0.type == type }.map(\.value), name)
  }
}

/// Reads a message from its start; every read is checked against its end.
private struct DNSReader {
  let bytes: [UInt8]
  var offset = 0

  mutating func number() -> UInt16? {
    guard offset + 2 <= bytes.count else { return nil }
    defer { offset += 2 }
    return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
  }

  /// A name in lower case, which may continue at an earlier place (section 4.1.4).
  mutating func name() -> String? {
    var labels: [String] = []
    var (place, length) = (offset, 0)
    // Where the message goes on: behind the first pointer, or behind the name.
    var next: Int?
    while place < bytes.count {
      let size = Int(bytes[place])
      switch size >> 6 {
      case 0 where size == 0:
        offset = next ?? place + 1
        return labels.joined(separator: ".")
      case 0:
        length += size + 1
        guard place + size < bytes.count, length < DNSMessage.maximumName else { return nil }
        let label = bytes[(place + 1)...(place + size)]
        labels.append(String(decoding: label, as: UTF8.self).lowercased())
        place += size + 1
      case 3 where place + 1 < bytes.count:
        let target = (size & 0x3F) << 8 | Int(bytes[place + 1])
        next = next ?? place + 2
        // Pointers lead back, so that none can be followed twice.
        guard target < place else { return nil }
        place = target
      default: return nil
      }
    }
    return nil
  }

  /// A record; none of a type that is not used here.
  mutating func record() -> [DNSReply.Record]? {
    guard let name = name(), let type = number(), number() != nil, number() != nil,
      number() != nil, let length = number(), offset + Int(length) <= bytes.count
    else { return nil }
    let end = offset + Int(length)
    defer { offset = end }
    guard let known = RecordType.allCases.first(where: { DNSMessage.code(of: $0) == type }) else {
      return []
    }
    let value: String?
    switch known {
    case .alias: value = self.name()
    case .text: value = text(until: end)
    }
    guard let value else { return nil }
    return [DNSReply.Record(name: name, type: known, value: value)]
  }

  /// The strings of a TXT record, joined.
  private mutating func text(until end: Int) -> String? {
    var text: [UInt8] = []
    while offset < end {
      let last = offset + Int(bytes[offset])
      guard last < end else { return nil }
      text += bytes[(offset + 1)..<(last + 1)]
      offset = last + 1
    }
    return String(decoding: text, as: UTF8.self)
  }
}
