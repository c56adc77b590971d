internal import JSON
internal import PCRE

/// A node of the tree of an expression.
struct Node: Sendable {
  let kind: Kind
  /// The node in the source, in UTF-8 offsets.
  let span: Span
  /// The span with parentheses around it, with which a larger node begins.
  private(set) var written: Span
  /// The number of levels from here down; the parser bounds it.
  let depth: Int

  init(kind: Kind, span: Span, depth: Int) {
    self.kind = kind
    self.span = span
    self.depth = depth
    written = span
  }

  /// The node with the parentheses around it.
  func inParentheses(_ written: Span) -> Node {
    var node = self
    node.written = written
    return node
  }

  indirect enum Kind: Sendable {
    /// `@`
    case current
    /// `$`
    case root
    case literal(JSONValue)
    /// `'text'` where a function takes a regular expression.
    case pattern(RegularExpression, String)
    /// `name`
    case field(String)
    /// `$name`
    case variable(String)
    /// `[n]` of the current value.
    case index(Int)
    /// `left.right` and `left[n]`: right gets the value of left, unless it is null.
    case chain(Node, Node)
    /// `left | right`: right gets the value of left, null too (JEP-19).
    case pipe(Node, Node)
    case or(Node, Node)
    case and(Node, Node)
    case not(Node)
    case conditional(Node, then: Node, otherwise: Node)
    case comparison(Comparison, Node, Node)
    case arithmetic(Arithmetic, Node, Node)
    /// `-x`; `+x` checks that it is a number.
    case sign(negative: Bool, Node)
    /// `[a, b]`
    case list([Node])
    /// `{a: b}`
    case hash([Member])
    /// `over[*]`, then each element.
    case projection(over: Node, each: Node)
    /// `over.*`, then each member.
    case valueProjection(over: Node, each: Node)
    /// `over[a:b]`, then each element, or the text at once (JEP-15).
    case sliceProjection(over: Node, Slice, each: Node)
    /// `over[?condition]`, then each remaining element.
    case filter(over: Node, condition: Node, each: Node)
    /// `over[]`, then each element.
    case flatten(over: Node, each: Node)
    case call(Function, [Node])
    /// `&x`, only as an argument.
    case reference(Node)
    /// `let $a = x in body`
    case bind([Member], body: Node)
  }

  /// A name and its value.
  struct Member: Sendable {
    let name: String
    let value: Node
  }

  /// The parts of `[start:stop:step]`; the step is never 0.
  struct Slice: Sendable {
    var start: Int?
    var stop: Int?
    var step: Int
  }

  enum Comparison: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
  }

  enum Arithmetic: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case remainder = "%"
  }
}

extension Node {
  /// The child nodes, from left to right.
  var children: [Node] {
    switch kind {
    case .current, .root, .literal, .pattern, .field, .variable, .index: []
    case .chain(let left, let right), .pipe(let left, let right), .or(let left, let right),
      .and(let left, let right), .comparison(_, let left, let right),
      .arithmetic(_, let left, let right):
      [left, right]
    case .not(let part), .sign(_, let part), .reference(let part): [part]
    case .conditional(let condition, let then, let otherwise): [condition, then, otherwise]
    case .list(let parts), .call(_, let parts): parts
    case .hash(let members): members.map(\.value)
    case .projection(let over, let each), .valueProjection(let over, let each),
      .sliceProjection(let over, _, let each), .flatten(let over, let each):
      [over, each]
    case .filter(let over, let condition, let each): [over, condition, each]
    case .bind(let members, let body): members.map(\.value) + [body]
    }
  }

  /// Whether it is the current value.
  var isCurrent: Bool {
    if case .current = kind { return true }
    return false
  }
}

extension Node {
  /// The node and its children as JSON, for people: `{"type": …, "column": …}` and the attributes of the type.
  func tree(in source: String) -> JSONValue {
    var members: [(String, JSONValue)] = [("type", .string(typeName))]
    members += attributes
    let column = countCodePoints(source.utf8.prefix(span.start)) + 1
    members.append(("column", .integer(column)))
    switch kind {
    case .hash(let pairs):
      members.append(("members", named(pairs, in: source)))
    case .bind(let pairs, let body):
      members.append(("bindings", named(pairs, in: source)))
      members.append(("body", body.tree(in: source)))
    default:
      let parts = children
      if !parts.isEmpty {
        members.append(("children", .array(parts.map { $0.tree(in: source) })))
      }
    }
    return .object(JSONObject(members))
  }

  private func named(_ pairs: [Member], in source: String) -> JSONValue {
    .array(
      pairs.map {
        .object(
          JSONObject([("name", .string($0.name)), ("value", $0.value.tree(in: source))]))
      })
  }

  private var typeName: String {
    switch kind {
    case .current: "current"
    case .root: "root"
    case .literal, .pattern: "literal"
    case .field: "field"
    case .variable: "variable"
    case .index: "index"
    case .chain: "subexpression"
    case .pipe: "pipe"
    case .or: "or"
    case .and: "and"
    case .not: "not"
    case .conditional: "ternary"
    case .comparison: "comparison"
    case .arithmetic: "arithmetic"
    case .sign: "sign"
    case .list: "multi-select-list"
    case .hash: "multi-select-hash"
    case .projection: "projection"
    case .valueProjection: "value-projection"
    case .sliceProjection: "slice-projection"
    case .filter: "filter-projection"
    case .flatten: "flatten-projection"
    case .call: "function"
    case .reference: "expression-type"
    case .bind: "let"
    }
  }

  private var attributes: [(String, JSONValue)] {
    switch kind {
    case .literal(let value): [("value", value)]
    case .pattern(_, let text): [("value", .string(text))]
    case .field(let name), .variable(let name): [("name", .string(name))]
    case .index(let index): [("index", .integer(index))]
    case .sliceProjection(_, let slice, _): Self.attributes(of: slice)
    case .comparison(let operation, _, _): [("operator", .string(operation.rawValue))]
    case .arithmetic(let operation, _, _): [("operator", .string(operation.rawValue))]
    case .sign(let isNegative, _): [("operator", .string(isNegative ? "-" : "+"))]
    case .call(let function, _): [("name", .string(function.name))]
    default: []
    }
  }

  private static func attributes(of slice: Slice) -> [(String, JSONValue)] {
    func number(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
    return [
      ("start", number(slice.start)), ("stop", number(slice.stop)),
      ("step", .integer(slice.step)),
    ]
  }
}
