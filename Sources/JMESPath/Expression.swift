// The door to the language: text in, an expression that can be evaluated any number of times out.

package import JSON

/// A JMESPath expression (community edition, https://jmespath.site, with the extensions that
/// ``functions`` marks), read and checked.
package struct Expression: Sendable {
  /// The text it was made from, without white space around it.
  ///
  /// Columns of errors count in it.
  package let source: String
  let node: Node

  /// Reads an expression that fills the whole text but for white space.
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

  /// Reads the longest expression at an offset that ends before a `}`, as in `${ … }`.
  ///
  /// Braces and quotes inside the expression are part of it. What follows the `}` is not looked at.
  /// - Parameters:
  ///   - offset: Where the expression begins, behind `${`, in UTF-8 bytes.
  ///   - text: The expression as it was written.
  /// - Returns: The expression, and the offset of the `}` in the text.
  /// - Throws: ``ExpressionError``, with columns that count from the first character of the
  ///   expression; its ``ExpressionError/source`` is the text from there on.
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

  /// The names of the variables that have to come from the scope, in the order of their first use.
  package var freeVariables: [String] { freeUses.map(\.name) }

  /// What is wrong if the scope holds no more than these variables: a mistake for each other name.
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

  /// What the expression gives for a value.
  ///
  /// - Throws: ``ExpressionError``; ``ExpressionError/isStatic`` tells whether another value could
  ///   have helped.
  ///
  /// - Parameters:
  ///   - budget: What the run may still do; what is used is taken off.
  ///   - current: The value.
  ///   - scope: What the expression can see beside it.
  package func evaluate(
    _ current: JSONValue, in scope: Scope, spending budget: inout Budget
  ) throws(ExpressionError) -> JSONValue {
    var evaluation = Evaluation(scope: scope, source: source, budget: budget)
    defer { budget = evaluation.unspent }
    let result = try evaluation.value(of: node, at: current)
    // What a path leads to was there before: it is no larger than what it is a part of.
    if !isBarePath { try evaluation.checkResult(result, of: node) }
    return result
  }

  /// The same for an evaluation that stands alone, and has the budget of a run for itself.
  package func evaluate(
    _ current: JSONValue, in scope: Scope
  ) throws(ExpressionError) -> JSONValue {
    var budget = Budget()
    return try evaluate(current, in: scope, spending: &budget)
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
