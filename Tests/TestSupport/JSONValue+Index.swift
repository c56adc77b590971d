package import JSON

extension JSONValue {
  /// The element at that index, if this is an array with that many elements.
  package subscript(index: Int) -> JSONValue? {
    guard case .array(let array) = self, array.indices.contains(index) else { return nil }
    return array[index]
  }
}
