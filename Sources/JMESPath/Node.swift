// The tree of an expression.

internal import JSON
internal import PCRE

/// A part of an expression: what it does, and where it is written.
struct Node: Sendable {
  let kind: Kind
  /// The whole part, in UTF-8 offsets.
  let span: Span
  /// The same with the parentheses around it: what a larger part that it begins is written from.
  private(set) var written: Span
  /// How many levels the tree has from here down; the parser bounds it.
  let depth: Int

  init(kind: Kind, span: Span, depth: Int) {
    self.kind = kind
    self.span = span
    self.depth = depth
    written = span
  }

  /// The same part, with the parentheses that were found around it.
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
    /// `[n]`, applied to the current value.
    case index(Int)
    /// `left.right` and `left[n]`: the right part sees what the left one gives, unless that is null.
    case chain(Node, Node)
    /// `left | right`: the right part sees what the left one gives, null too (JEP-19).
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
    /// `over[?condition]`, then each element that is left.
    case filter(over: Node, condition: Node, each: Node)
    /// `over[]`, then each element.
    case flatten(over: Node, each: Node)
    case call(Function, [Node])
    /// `&x`, only as an argument.
    case reference(Node)
    /// `let $a = x in body`
    case bind([Member], body: Node)
  }

  /// A name and what stands behind it.
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
  /// The parts below, from left to right.
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

  /// Whether this hands its value on as it is.
  var isCurrent: Bool {
    if case .current = kind { return true }
    return false
  }
}
