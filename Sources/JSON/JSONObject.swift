/// The members of a JSON object, in the order in which they were written.
///
/// Kept as pairs: up to 16 members a walk along them beats hashing, and events seldom have more.
/// Beyond that an index is built once, so that a large inventory is still one step a look-up.
package struct JSONObject: Sendable {
  /// From this many members on, look-ups go through an index (measured: 16 is where hashing wins).
  private static let indexedFrom = 17

  /// The members in order.
  package private(set) var members: [(name: String, value: JSONValue)]
  private var index: [JSONName: Int]?

  /// No members.
  package init() { members = [] }

  /// The members given, in order; of a repeated name the last value wins, in the place of the first.
  package init(_ members: some Sequence<(String, JSONValue)>) {
    self.init()
    for (name, value) in members { self[name] = value }
  }

  /// Members that are known to differ in name, as a decoder that refuses duplicates has them.
  package init(distinct members: [(name: String, value: JSONValue)]) {
    self.members = members
    if members.count >= Self.indexedFrom { buildIndex() }
  }

  /// How many members there are.
  package var count: Int { members.count }

  /// Whether there is no member.
  package var isEmpty: Bool { members.isEmpty }

  /// The names in order.
  package var names: [String] { members.map(\.name) }

  /// The member of that name; setting `nil` removes it, setting a new name appends it.
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

/// A name that is compared code point by code point.
private struct JSONName: Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: JSONName, right: JSONName) -> Bool { isSameText(left.text, right.text) }

  func hash(into hasher: inout Hasher) {
    var text = text
    // The bytes are the copy's, and read within the call.
    text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension JSONObject: Hashable {
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    guard left.count == right.count else { return false }
    // Copies keep their order, so the pair at the same place is looked at first.
    for (position, member) in left.members.enumerated() {
      let twin = right.members[position]
      let other = isSameText(twin.name, member.name) ? twin.value : right[member.name]
      guard other == member.value else { return false }
    }
    return true
  }

  package func hash(into hasher: inout Hasher) {
    // The order must not count, so the members' hashes are folded with a commutative operation.
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
