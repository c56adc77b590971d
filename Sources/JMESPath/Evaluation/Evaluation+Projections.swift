// The parts that go over many values. An element for which the rest gives null is left out.

internal import JSON

extension Evaluation {
  /// Every element: `over[*]`.
  mutating func projection(
    _ over: Node, _ each: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    guard case .array(let elements) = try value(of: over, at: current) else { return .null }
    return try project(elements, each)
  }

  /// Every member: `over.*`.
  mutating func valueProjection(
    _ over: Node, _ each: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    guard case .object(let object) = try value(of: over, at: current) else { return .null }
    return try project(object.members.map(\.value), each)
  }

  /// Some elements, `over[a:b]`; a text is not gone through, but handed on in one piece (JEP-15).
  mutating func sliceProjection(
    _ over: Node, _ slice: Node.Slice, _ each: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    switch try value(of: over, at: current) {
    case .array(let elements): return try project(slice.applied(to: elements), each)
    case .string(let text):
      try spend(characters: text, at: over.span)
      try spend(text: text.utf8.count, at: over.span)
      let scalars = slice.applied(to: Array(text.unicodeScalars))
      return try value(of: each, at: .string(String(String.UnicodeScalarView(scalars))))
    default: return .null
    }
  }

  /// The elements for which the condition holds: `over[?condition]`.
  mutating func filter(
    _ over: Node, _ condition: Node, _ each: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    guard case .array(let elements) = try value(of: over, at: current) else { return .null }
    var result: [JSONValue] = []
    for element in elements where Self.isTrue(try value(of: condition, at: element)) {
      let value = try value(of: each, at: element)
      guard !value.isNull else { continue }
      try spend(elements: 1, at: over.span)
      result.append(value)
    }
    return .array(result)
  }

  /// Arrays in the array dissolved, one level: `over[]`.
  mutating func flatten(
    _ over: Node, _ each: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    guard case .array(let elements) = try value(of: over, at: current) else { return .null }
    var merged: [JSONValue] = []
    for element in elements {
      guard case .array(let inner) = element else {
        try spend(memory: 2 * Self.elementBytes, at: over.span)
        merged.append(element)
        continue
      }
      try spend(1 + inner.count, at: over.span)
      try spend(memory: 2 * Self.elementBytes * inner.count, at: over.span)
      merged += inner
    }
    return try project(merged, each)
  }

  private mutating func project(
    _ elements: [JSONValue], _ each: Node
  ) throws(ExpressionError) -> JSONValue {
    if each.isCurrent {
      try spend(elements.count, at: each.span)
      try spend(memory: Self.elementBytes * elements.count, at: each.span)
      return .array(elements.contains(where: \.isNull) ? elements.filter { !$0.isNull } : elements)
    }
    try spend(memory: Self.arrayBytes + Self.elementBytes * elements.count, at: each.span)
    var result: [JSONValue] = []
    result.reserveCapacity(elements.count)
    for element in elements {
      let value = try value(of: each, at: element)
      if !value.isNull { result.append(value) }
    }
    return .array(result)
  }
}

extension Node.Slice {
  /// The elements that the slice takes, with the rules of JEP-5: a bound beyond the end is the end.
  func applied<Element>(to elements: [Element]) -> [Element] {
    let count = elements.count
    let first = bound(start, count, whenAbsent: step > 0 ? 0 : count - 1)
    let end = bound(stop, count, whenAbsent: step > 0 ? count : -1)
    if step == 1 { return first < end ? Array(elements[first..<end]) : [] }
    var result: [Element] = []
    var position = first
    while step > 0 ? position < end : position > end {
      result.append(elements[position])
      let (next, overflow) = position.addingReportingOverflow(step)
      if overflow { break }
      position = next
    }
    return result
  }

  /// A bound as a position from 0 to `count`, or from -1 to `count - 1` going backwards.
  private func bound(_ bound: Int?, _ count: Int, whenAbsent absent: Int) -> Int {
    guard let bound else { return absent }
    let position = bound < 0 ? bound + count : bound
    return step > 0 ? min(max(position, 0), count) : min(max(position, -1), count - 1)
  }
}
