// Steps of paths, and of what paths go through.

internal import JSON

extension Evaluation {
  // MARK: Names and positions

  mutating func missingField(_ name: String, in value: JSONValue, at span: Span) -> MissingStep? {
    let shown = quotedName(name)
    guard case .object(let object) = value else {
      return step(
        "\(shown) is looked for in \(Self.phrase(value)), not in an object",
        hint: fieldHint(name, at: span), at: span)
    }
    if let member = object[name] {
      return member.isNull ? step("\(shown) is null", at: span) : nil
    }
    let nearest = nearest(to: name, in: object)
    let hint = fieldHint(name, at: span)
    return step(
      "no \(shown) in the object", nearest: nearest,
      hint: nearest.isEmpty && hint.isEmpty ? Self.listing(object) : hint, at: span)
  }

  /// The nearest names of an object, as far as there are steps left to look for them.
  private mutating func nearest(to name: String, in object: JSONObject) -> [String] {
    var steps = max(0, remaining) * Limits.bytesPerCharacterStep
    let names = nearestNames(to: name, among: object.lazy.map(\.name), steps: &steps)
    remaining = min(remaining, steps / Limits.bytesPerCharacterStep)
    return names
  }

  /// What people mean when they write a name that is none.
  private func fieldHint(_ name: String, at span: Span) -> String {
    if ["true", "false", "null"].contains(name) {
      return "the constant is written in backticks: `\(name)`"
    }
    if source.utf8.dropFirst(span.start).first == UInt8(ascii: "\"") {
      return "double quotes make a member name; a text is written '…'"
    }
    return Function.named[name] == nil ? "" : "the function is called \(name)(…)"
  }

  /// The names that there are, if they are few.
  private static func listing(_ object: JSONObject) -> String {
    guard !object.isEmpty else { return "it is empty" }
    let shown = object.members.prefix(8).map { quotedName($0.name) }.joined(separator: ", ")
    return object.count > 8 ? "it has \(shown), …" : "it has \(shown)"
  }

  func missingElement(_ index: Int, in value: JSONValue, at span: Span) -> MissingStep? {
    guard case .array(let elements) = value else {
      return step("[\(index)] is looked for in \(Self.phrase(value)), not in an array", at: span)
    }
    if !Self.element(index, of: value).isNull { return nil }
    let position = index < 0 ? index + elements.count : index
    return elements.indices.contains(position)
      ? step("[\(index)] is null", at: span)
      : step("no [\(index)] in an array of \(elements.count)", at: span)
  }

  // MARK: Two parts

  mutating func missingStep(
    through left: Node, to right: Node, at current: JSONValue
  ) -> MissingStep? {
    guard let value = try? value(of: left, at: current) else { return nil }
    // An index into what a projection has left empty says nothing; the projection does.
    if value.isNull || value == [], let step = missingStep(of: left, at: current) {
      // Behind a pipe the alternatives are tried on null, too.
      guard right.endsInAlternatives, let last = missingStep(of: right, at: value) else {
        return step
      }
      return Self.joined([last, step])
    }
    return missingStep(of: right, at: value)
  }

  mutating func missingStep(
    ofBoth left: Node, _ right: Node, at current: JSONValue
  ) -> MissingStep? {
    guard let value = try? value(of: left, at: current) else { return nil }
    return missingStep(of: Self.isTrue(value) ? right : left, at: current)
  }

  mutating func missingStep(
    after condition: Node, _ then: Node, _ otherwise: Node, at current: JSONValue
  ) -> MissingStep? {
    guard let value = try? value(of: condition, at: current) else { return nil }
    guard !Self.isTrue(value) else { return missingStep(of: then, at: current) }
    // The other branch was passed over because of the condition.
    return Self.joined(
      [missingStep(of: otherwise, at: current), shortcoming(of: condition, at: current)]
        .compactMap(\.self))
  }

  mutating func missingStep(
    with members: [Node.Member], of body: Node, at current: JSONValue
  ) -> MissingStep? {
    let (outer, known) = (bindings.count, origins)
    defer {
      bindings.removeLast(bindings.count - outer)
      origins = known
    }
    var bound: [(name: String, value: JSONValue)] = []
    for member in members {
      guard let value = try? value(of: member.value, at: current) else { return nil }
      if value.isNull { origins[outer + bound.count] = (member.value, current, outer) }
      bound.append((member.name, value))
    }
    bindings += bound
    return missingStep(of: body, at: current)
  }

  // MARK: Many values

  mutating func missingStep(
    over: Node, each: Node, wanted: String, at current: JSONValue
  ) -> MissingStep? {
    guard let value = try? value(of: over, at: current) else { return nil }
    // `[a, b][] | [0]` is another way to write alternatives.
    if case .list(let parts) = over.kind, each.isCurrent,
      let step = missingStep(ofAll: parts, at: current)
    {
      return step
    }
    switch value {
    case .null: return missingStep(of: over, at: current)
    case .array(let elements) where wanted == "an array":
      return missingStep(of: each, inAll: elements, of: over)
    case .object(let object) where wanted == "an object":
      if object.isEmpty { return step("the object is empty", at: over.span) }
      return missingStep(of: each, inAll: object.members.map(\.value), of: over)
    default:
      return step("found \(Self.phrase(value)) where \(wanted) is gone through", at: over.span)
    }
  }

  mutating func missingStep(
    over: Node, if condition: Node, each: Node, at current: JSONValue
  ) -> MissingStep? {
    guard let value = try? value(of: over, at: current) else { return nil }
    guard case .array(let elements) = value, !elements.isEmpty else {
      return missingStep(over: over, each: each, wanted: "an array", at: current)
    }
    var left: [JSONValue] = []
    for element in elements {
      guard let isLeft = try? self.value(of: condition, at: element) else { return nil }
      if Self.isTrue(isLeft) { left.append(element) }
    }
    if !left.isEmpty { return missingStep(of: each, inAll: left, of: over) }
    // `[a, b][?@] | [0]` is another way to write alternatives.
    if case .list(let parts) = over.kind, let step = missingStep(ofAll: parts, at: current) {
      return step
    }
    let noun = elements.count == 1 ? "the only element" : "any of \(elements.count) elements"
    return step("the filter does not hold for \(noun)", at: condition.span)
  }

  /// Every element came out null; the first one tells why.
  private mutating func missingStep(
    of each: Node, inAll elements: [JSONValue], of over: Node
  ) -> MissingStep? {
    guard let first = elements.first else { return step("the array is empty", at: over.span) }
    let found = missingStep(of: each, at: first)
    guard let found, elements.count > 1 else { return found }
    return MissingStep(
      message: "\(found.message), as in all \(elements.count) elements", nearest: found.nearest,
      hint: found.hint, column: found.column, variable: found.variable, tried: found.tried)
  }

  // MARK: Calls

  mutating func missingStep(
    ofCall function: Function, _ arguments: [Node], at current: JSONValue, _ span: Span
  ) -> MissingStep? {
    let name = function.description.name
    switch name {
    case "lookup": return missingKey(arguments, at: current, span)
    case "not_null": return missingStep(ofAll: arguments, at: current)
    default: break
    }
    if name == "to_number", let argument = arguments.first,
      let value = try? value(of: argument, at: current), value.isNull
    {
      return missingStep(of: argument, at: current)
    }
    return missingStep(asTextIn: arguments, at: current)
      ?? step("\(written(span)) gives null", hint: function.description.summary, at: span)
  }

  /// `to_string` keeps a function from failing where a value is missing; the missing value is the reason.
  private mutating func missingStep(
    asTextIn arguments: [Node], at current: JSONValue
  ) -> MissingStep? {
    for argument in arguments {
      guard case .call(let function, let parts) = argument.kind,
        function.description.name == "to_string", let part = parts.first,
        let value = try? value(of: part, at: current), value.isNull
      else { continue }
      return missingStep(of: part, at: current)
    }
    return nil
  }

  private mutating func missingKey(
    _ arguments: [Node], at current: JSONValue, _ span: Span
  ) -> MissingStep? {
    guard arguments.count == 2, let table = try? value(of: arguments[0], at: current).object,
      let key = try? value(of: arguments[1], at: current).string
    else { return nil }
    let found = table[key] == nil ? "no" : "a null for"
    let nearest =
      table[key] == nil ? self.nearest(to: key, in: table) : []
    return step(
      "\(written(span)) found \(found) \(quotedName(key))", nearest: nearest,
      hint: nearest.isEmpty ? "add it to \(written(arguments[0].written))" : "",
      at: arguments[1].span)
  }
}

extension Node {
  /// Whether it ends by trying one thing after the other, which null does not keep it from.
  fileprivate var endsInAlternatives: Bool {
    switch kind {
    case .or, .conditional: true
    case .call(let function, _): function.description.name == "not_null"
    case .pipe(_, let right): right.endsInAlternatives
    case .bind(_, let body): body.endsInAlternatives
    default: false
    }
  }
}
