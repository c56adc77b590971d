/// The parts of a document that are read. What is left out is judged by the decoder and not converted.
package indirect enum JSONSelection: Hashable, Sendable {
  /// The whole value.
  case whole
  /// Some members of an object, and the elements of an array with the selection for each; `nil` gives an empty array.
  /// Any other value is whole.
  case parts(members: [Member], elements: JSONSelection?)

  /// Whether nothing is left out.
  package var isWhole: Bool { if case .whole = self { true } else { false } }

  /// A member that is read if the object has it.
  package struct Member: Hashable, Sendable {
    /// Its name.
    package let name: String
    /// The parts of its value that are read.
    package let parts: JSONSelection

    /// A member with the parts of its value that are read.
    package init(name: String, parts: JSONSelection) {
      self.name = name
      self.parts = parts
    }
  }
}

extension JSONSelection {
  /// The most that a value of a document may lack because it was not selected.
  package struct LeftOut: Hashable, Sendable {
    /// Nothing is left out.
    package static let nothing = LeftOut(bytes: 0, values: 0, depth: 0)

    /// The bytes of its text.
    package let bytes: Int
    /// The values in it.
    package let values: Int
    /// The levels of nesting.
    package let depth: Int

    /// At most this is left out.
    package init(bytes: Int, values: Int, depth: Int) {
      self.bytes = bytes
      self.values = values
      self.depth = depth
    }
  }
}
