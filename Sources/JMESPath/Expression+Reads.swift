// Which places of its input an expression looks at, told from its tree alone.

/// A path inside an expression, from the value it is applied to, the root or a variable on.
extension Expression {
  /// The paths that are followed whatever the rest of the expression makes of their values, in the
  /// order they are written and each once: for `a.b || $c[0]`, `a.b` and `$c[0]`.
  ///
  /// What is applied to the elements of a projection, behind `|` or behind `&` has no one value and is
  /// left out, unless it begins at the root or at a variable.
  package var reads: [Expression] {
    var found: [Node] = []
    collectReads(of: node, isInner: false, bound: [], into: &found)
    let bytes = Array(source.utf8)
    var seen: Set<String> = []
    return found.compactMap { node in
      guard node.span.start <= node.span.end, node.span.end <= bytes.count else { return nil }
      let text = String(decoding: bytes[node.span.start..<node.span.end], as: UTF8.self)
      // The value that `[*]` and the like begin at is not written at all.
      let path = text.isEmpty ? "@" : text
      return seen.insert(path).inserted ? Expression(source: path, node: node) : nil
    }
  }

  /// Whether it is a path of at least one step and nothing else: where a step finds nothing, there is
  /// no other value.
  package var isBarePath: Bool {
    switch node.kind {
    case .field, .index: true
    case .chain: node.isPath(isInner: false, bound: [])
    default: false
    }
  }

  /// The variable that a bare path begins at, if it begins at one.
  package var rootVariable: String? { isBarePath ? node.rootVariable : nil }

  /// The object that `lookup(object, key)` looks into, if the expression is such a call and nothing
  /// else.
  package var lookupTable: Expression? {
    guard case .call(let function, let arguments) = node.kind,
      function.description.name == "lookup", let table = arguments.first
    else { return nil }
    let text = source.utf8.dropFirst(table.span.start).prefix(table.span.end - table.span.start)
    return Expression(source: String(decoding: Array(text), as: UTF8.self), node: table)
  }

  /// The name, if the expression is a variable and nothing else.
  package var variableName: String? {
    if case .variable(let name) = node.kind { name } else { nil }
  }
}

extension Node {
  /// Whether it only follows names and positions; an inner one must begin at the root or a variable.
  fileprivate func isPath(isInner: Bool, bound: [String]) -> Bool {
    switch kind {
    case .current, .field, .index: !isInner
    case .root: true
    case .variable(let name): !bound.contains(name)
    case .chain(let left, let right):
      left.isPath(isInner: isInner, bound: bound) && right.isStep
    default: false
    }
  }

  fileprivate var rootVariable: String? {
    switch kind {
    case .variable(let name): name
    case .chain(let left, _): left.rootVariable
    default: nil
    }
  }

  private var isStep: Bool {
    switch kind {
    case .field, .index: true
    case .chain(let left, let right): left.isStep && right.isStep
    default: false
    }
  }
}

private func collectReads(
  of node: Node, isInner: Bool, bound: [String], into found: inout [Node]
) {
  func collect(_ node: Node, isInner: Bool) {
    collectReads(of: node, isInner: isInner, bound: bound, into: &found)
  }
  if node.isPath(isInner: isInner, bound: bound) { return found.append(node) }
  switch node.kind {
  case .chain(let left, let right), .pipe(let left, let right):
    collect(left, isInner: isInner)
    collect(right, isInner: true)
  case .projection(let over, let each), .valueProjection(let over, let each),
    .sliceProjection(let over, _, let each), .flatten(let over, let each):
    collect(over, isInner: isInner)
    collect(each, isInner: true)
  case .filter(let over, let condition, let each):
    collect(over, isInner: isInner)
    collect(condition, isInner: true)
    collect(each, isInner: true)
  case .reference(let part): collect(part, isInner: true)
  case .bind(let members, let body):
    for member in members { collect(member.value, isInner: isInner) }
    collectReads(of: body, isInner: isInner, bound: bound + members.map(\.name), into: &found)
  default:
    for child in node.children { collect(child, isInner: isInner) }
  }
}
