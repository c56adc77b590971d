/// The members of a JSON object, in the order in which they were written.
///
/// Up to 16 members are searched one by one, which is faster than hashing; larger objects have an index.
package struct JSONObject: Sendable {
  /// The smallest number of members with an index (measured: hashing is faster from 16 on).
  private static let indexedFrom = 17

  /// The members in order.
  package private(set) var members: [(name: String, value: JSONValue)]
  private var index: [JSONName: Int]?

  /// No members.
  package init() { members = [] }

  /// The members in order; of a repeated name the last value wins, at the position of the first.
  package init(_ members: some Sequence<(String, JSONValue)>) {
    self.init()
    for (name, value) in members { self[name] = value }
  }

  /// Members with distinct names, for example from a decoder that refuses duplicates.
  package init(distinct members: [(name: String, value: JSONValue)]) {
    self.members = members
    if members.count >= Self.indexedFrom { buildIndex() }
  }

  /// The number of members.
  package var count: Int { members.count }

  /// Whether it has no members.
  package var isEmpty: Bool { members.isEmpty }

  /// The names in order.
  package var names: [String] { members.map(\.name) }

  /// The member of that name; `nil` removes it, a new name is appended.
  package subscript(name: String) -> JSONValue? {
    get { position(of: name).map { members[$0].value } }
    set {
      switch (position(of: name), newValue) {
      case (let position?, let value?): members[position].value = value
      case (let position?, nil):
        members.remove(at: position)
        index = nil
        if members.count >= Self.indexedFrom { buildIndex() }
      case (nil, let value?):
        members.append((name, value))
        if index != nil {
          index?[JSONName(name)] = members.count - 1
        } else if members.count >= Self.indexedFrom {
          buildIndex()
        }
      case (nil, nil): break
      }
    }
  }

  /// The same names with other values.
  package func mapValues(_ transform: (JSONValue) -> JSONValue) -> JSONObject {
    var result = self
    for position in members.indices {
      result.members[position].value = transform(members[position].value)
    }
    return result
  }

  private func position(of name: String) -> Int? {
    if let index { return index[JSONName(name)] }
    return members.firstIndex { isSameText($0.name, name) }
  }

  private mutating func buildIndex() {
    var index = [JSONName: Int](minimumCapacity: members.count)
    for (position, member) in members.enumerated() { index[JSONName(member.name)] = position }
    self.index = index
  }
}

/// A name that is compared by code points.
private struct JSONName: Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: JSONName, right: JSONName) -> Bool { isSameText(left.text, right.text) }

  func hash(into hasher: inout Hasher) {
    var text = text
    // The bytes belong to the copy, and are read during the call.
    text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension JSONObject: Hashable {
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    guard left.count == right.count else { return false }
    // Copies keep their order, so the member at the same position is compared first.
    for (position, member) in left.members.enumerated() {
      let twin = right.members[position]
      let other = isSameText(twin.name, member.name) ? twin.value : right[member.name]
      guard other == member.value else { return false }
    }
    return true
  }

  package func hash(into hasher: inout Hasher) {
    // The order must not matter, so the hashes of the members are combined with a commutative operation.
    var folded = 0
    for member in members {
      var each = Hasher()
      each.combine(JSONName(member.name))
      each.combine(member.value)
      folded ^= each.finalize()
    }
    hasher.combine(count)
    hasher.combine(folded)
  }
}

extension JSONObject: Sequence {
  package func makeIterator() -> IndexingIterator<[(name: String, value: JSONValue)]> {
    members.makeIterator()
  }
}
