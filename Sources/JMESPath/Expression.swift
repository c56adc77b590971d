package import JSON

/// A parsed and checked JMESPath expression (community edition, https://jmespath.site, with the extensions in
/// ``functions``). It can be evaluated any number of times.
package struct Expression: Sendable {
  /// The text without white space around it; errors count columns in it.
  package let source: String
  let node: Node

  /// Parses an expression that takes the whole text except white space.
  ///
  /// - Throws: ``ExpressionError`` with ``ExpressionError/isStatic`` set.
  package init(_ source: String) throws(ExpressionError) {
    let bytes = Array(source.utf8)
    let end = bytes.lastIndex { !Lexer.isWhiteSpace($0) }.map { $0 + 1 } ?? 0
    let begin = bytes.firstIndex { !Lexer.isWhiteSpace($0) } ?? 0
    let text = Array(bytes[min(begin, end)..<end])
    self.source = String(decoding: text, as: UTF8.self)
    var parser = Parser(Lexer(bytes: text, from: 0), source: self.source)
    node = try parser.expression()
    guard parser.token.kind == .end else { throw parser.trailing(parser.token, behind: node) }
  }

  init(source: String, node: Node) {
    self.source = source
    self.node = node
  }

  /// Parses the longest expression at an offset that ends before a `}`, as in `${ … }`. Braces and quotes may be parts
  /// of the expression; the text after the `}` is not read.
  ///
  /// - Parameters:
  ///   - offset: The start of the expression, after `${`, in UTF-8 bytes.
  ///   - text: The whole text.
  /// - Returns: The expression, and the offset of the `}` in the text.
  /// - Throws: ``ExpressionError``, with columns from the first character of the expression; its
  ///   ``ExpressionError/source`` is the text from there on.
  package static func parseEmbedded(
    _ text: String, fromUTF8Offset offset: Int
  ) throws(ExpressionError) -> (expression: Expression, closingBraceUTF8Offset: Int) {
    let bytes = Array(text.utf8)
    let from = min(max(offset, 0), bytes.count)
    let begin = bytes[from...].firstIndex { !Lexer.isWhiteSpace($0) } ?? bytes.count
    let rest = String(decoding: bytes[begin...], as: UTF8.self)
    var parser = Parser(Lexer(bytes: bytes, from: begin), source: rest)
    let node = try parser.expression()
    guard parser.isNext(.rightBrace) else { throw parser.notClosed(behind: node) }
    let end = begin + parser.lastEnd
    let source = String(decoding: bytes[begin..<end], as: UTF8.self)
    return (Expression(source: source, node: node), begin + parser.token.span.start)
  }

  /// The functions that an expression can call, by name.
  package static var functions: [FunctionDescription] { Function.all.map(\.description) }

  /// The variables that the scope has to contain, in the order of their first use.
  package var freeVariables: [String] { freeUses.map(\.name) }

  /// The error for each variable that is neither bound nor known.
  package func undefinedVariables(known: some Collection<String>) -> [ExpressionError] {
    freeUses.filter { !known.contains($0.name) }.map { use in
      .undefinedVariable(use.name, known: known, at: use.span, in: source)
    }
  }

  private var freeUses: [(name: String, span: Span)] {
    var found: [(name: String, span: Span)] = []
    collectFreeVariables(of: node, bound: [], into: &found)
    return found
  }

  /// The tree of the expression, for people.
  package var tree: JSONValue { node.tree(in: source) }

  /// The result of the expression for a value.
  ///
  /// - Throws: ``ExpressionError``; ``ExpressionError/isStatic`` if no value can succeed.
  /// - Parameters:
  ///   - budget: The remaining work of the run, which is reduced.
  ///   - current: The value.
  ///   - scope: Root, variables and limits.
  package func evaluate(
    _ current: JSONValue, in scope: Scope, spending budget: inout Budget
  ) throws(ExpressionError) -> JSONValue {
    var evaluation = Evaluation(scope: scope, source: source, budget: budget)
    defer { budget = evaluation.unspent }
    let result = try evaluation.value(of: node, at: current)
    // The value of a path existed before: it is not larger than the whole.
    if !isBarePath { try evaluation.checkResult(result, of: node) }
    return result
  }
}

private func collectFreeVariables(
  of node: Node, bound: [String], into found: inout [(name: String, span: Span)]
) {
  switch node.kind {
  case .variable(let name):
    let isKnown = bound.contains(name) || found.contains { $0.name == name }
    if !isKnown { found.append((name, node.span)) }
  case .bind(let members, let body):
    for member in members { collectFreeVariables(of: member.value, bound: bound, into: &found) }
    collectFreeVariables(of: body, bound: bound + members.map(\.name), into: &found)
  default:
    for child in node.children { collectFreeVariables(of: child, bound: bound, into: &found) }
  }
}

// The paths in an expression, from the current value, the root or a variable.
extension Expression {
  /// The paths that are always evaluated from the start value, in order and each once: `a.b` and `$c[0]` for
  /// `a.b || $c[0]`.
  ///
  /// Paths on the elements of a projection, behind `|` or `&`, have no single start value and are left out, unless they
  /// begin at the root or at a variable.
  package var reads: [Expression] {
    var found: [Node] = []
    collectReads(of: node, isInner: false, bound: [], into: &found)
    let bytes = Array(source.utf8)
    var seen: Set<String> = []
    return found.compactMap { node in
      guard node.span.start <= node.span.end, node.span.end <= bytes.count else { return nil }
      let text = String(decoding: bytes[node.span.start..<node.span.end], as: UTF8.self)
      // The start value of `[*]` and the like is not written.
      let path = text.isEmpty ? "@" : text
      return seen.insert(path).inserted ? Expression(source: path, node: node) : nil
    }
  }

  /// Whether it is a path of at least one step and nothing else: without a value there is no alternative.
  package var isBarePath: Bool {
    switch node.kind {
    case .field, .index: true
    case .chain: node.isPath(isInner: false, bound: [])
    default: false
    }
  }

  /// The variable at which a bare path begins.
  package var rootVariable: String? { isBarePath ? node.rootVariable : nil }

  /// The object of `lookup(object, key)`, if the expression is such a call and nothing else.
  package var lookupTable: Expression? {
    guard case .call(let function, let arguments) = node.kind,
      function.name == "lookup", let table = arguments.first
    else { return nil }
    let text = source.utf8.dropFirst(table.span.start).prefix(table.span.end - table.span.start)
    return Expression(source: String(decoding: Array(text), as: UTF8.self), node: table)
  }

  /// The variable, if the expression is one and nothing else.
  package var variableName: String? {
    if case .variable(let name) = node.kind { name } else { nil }
  }
}

extension Node {
  /// Whether it only follows names and indexes; an inner path must begin at the root or a variable.
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

/// A part of an expression that is valid but probably a mistake.
package struct ExpressionWarning: Hashable, Sendable {
  /// What is probably wrong, in lower case without a full stop.
  package let message: String
  /// The form that was probably meant.
  package let hint: String
  /// Where it is, in code points from 1.
  package let column: Int
  /// How many code points it covers, at least 1.
  package let length: Int
}

extension Expression {
  /// Probable mistakes, from left to right.
  ///
  /// Words like `true` without backticks and texts in double quotes are member names: they are null in nearly every
  /// event, so that comparisons with them are silently false.
  package var warnings: [ExpressionWarning] {
    var found: [ExpressionWarning] = []
    collectWarnings(of: node, isCompared: false, into: &found)
    return found.sorted { $0.column < $1.column }
  }

  /// Whether the result can be `true` itself for some input, not only a value that counts as true.
  package var canBeTrue: Bool { node.canBeTrue }

  private func collectWarnings(
    of node: Node, isCompared: Bool, into found: inout [ExpressionWarning]
  ) {
    switch node.kind {
    case .field(let name):
      if let warning = warning(name, node, isCompared) { found.append(warning) }
    case .comparison(_, let left, let right):
      // Beside a constant, the member is meant: nobody compares two constants.
      collectWarnings(of: left, isCompared: !right.isConstant, into: &found)
      collectWarnings(of: right, isCompared: !left.isConstant, into: &found)
    default:
      for child in node.children { collectWarnings(of: child, isCompared: false, into: &found) }
    }
  }

  private func warning(_ name: String, _ node: Node, _ isCompared: Bool) -> ExpressionWarning? {
    let isQuoted = source.utf8.dropFirst(node.span.start).first == UInt8(ascii: "\"")
    if isQuoted, isCompared {
      return warning(
        "a member is compared, not a text: double quotes make a member name",
        hint: "write '…' for the text, or @.\"…\" for the member", node)
    }
    guard !isQuoted, ["true", "false", "null"].contains(name) else { return nil }
    return warning(
      "`\(name)` is a member name here", hint: "the constant is written in backticks: `\(name)`",
      node)
  }

  private func warning(_ message: String, hint: String, _ node: Node) -> ExpressionWarning {
    let place = ExpressionError(
      .syntax, message, hint: hint, at: node.span, in: source, isStatic: true)
    return ExpressionWarning(
      message: message, hint: hint, column: place.column, length: place.length)
  }
}

extension Node {
  fileprivate var isConstant: Bool {
    if case .literal = kind { true } else { false }
  }

  /// Whether the kind of node can give `true`.
  fileprivate var canBeTrue: Bool {
    switch kind {
    case .current, .root, .field, .variable, .index, .not, .comparison: true
    case .literal(let value): value == true
    case .chain(_, let right), .pipe(_, let right), .and(_, let right), .bind(_, let right):
      right.canBeTrue
    case .or(let left, let right): left.canBeTrue || right.canBeTrue
    case .conditional(_, let then, let otherwise): then.canBeTrue || otherwise.canBeTrue
    case .call(let function, _): function.canBeTrue
    case .pattern, .arithmetic, .sign, .list, .hash, .projection, .valueProjection,
      .sliceProjection, .filter, .flatten, .reference:
      false
    }
  }
}
