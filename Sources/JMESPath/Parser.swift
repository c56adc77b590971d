// Tokens to a tree: a top-down operator precedence parser (Pratt) for the grammar of the JMESPath
// community edition (https://jmespath.site), with JEP-21 (ternary).

internal import JSON

/// Reads one expression.
struct Parser {
  var lexer: Lexer
  /// The token that is looked at.
  var token: Token
  /// The one behind it, if it was needed.
  private var ahead: Token?
  /// The end of the last token that was taken.
  private(set) var lastEnd = 0
  /// The text that errors point into.
  let source: String
  private var parts = 0
  /// How many functions that ``enter()`` counts are under way.
  private var nesting = 0

  init(_ lexer: Lexer, source: String) {
    self.lexer = lexer
    self.source = source
    token = self.lexer.next()
  }

  /// An expression that ends before the first token that binds no tighter than that.
  mutating func expression(_ minimum: Int = 0) throws(ExpressionError) -> Node {
    try enter()
    defer { leave() }
    return try extended(try prefix(), minimum)
  }

  /// Counts a function that can come to call itself: the depth of the tree is known on the way back
  /// only, when a stack that is too small has long overflowed.
  mutating func enter() throws(ExpressionError) {
    guard nesting < Limits.maximumExpressionDepth else { throw tooDeep(token.span) }
    nesting += 1
  }

  /// Ends what ``enter()`` began.
  mutating func leave() { nesting -= 1 }

  /// The expression so far, with all that binds tighter than that.
  mutating func extended(_ left: Node, _ minimum: Int) throws(ExpressionError) -> Node {
    var left = left
    while minimum < token.kind.bindingPower { left = try infix(left) }
    return left
  }

  /// The parts that begin an expression.
  private mutating func prefix() throws(ExpressionError) -> Node {
    let first = token
    switch first.kind {
    case .identifier(let name): return try identifier(name)
    case .quotedIdentifier(let name):
      advance()
      guard !isNext(.leftParenthesis) else { throw quotedFunctionName(first) }
      return try node(.field(name), from: first.span)
    case .variable(let name): return try leaf(.variable(name))
    case .literal(let value): return try leaf(.literal(value))
    case .symbol(let symbol): return try prefix(symbol)
    case .number, .invalid, .end: throw unexpected(first, "an expression")
    }
  }

  private mutating func prefix(_ symbol: Symbol) throws(ExpressionError) -> Node {
    switch symbol {
    case .current: return try leaf(.current)
    case .root: return try leaf(.root)
    case .star: return try valueProjection(over: implied(), power: BindingPower.star)
    case .filter: return try filter(over: implied())
    case .flatten: return try flatten(over: implied())
    case .leftBracket: return try bracketOrList()
    case .leftBrace: return try hash()
    case .leftParenthesis: return try group()
    case .not:
      let begin = advance()
      let operand = try expression(BindingPower.not)
      return try node(.not(operand), from: begin)
    case .minus, .plus:
      let begin = advance()
      let operand = try expression(BindingPower.sum)
      return try node(.sign(negative: symbol == .minus, operand), from: begin)
    default: throw unexpected(token, "an expression")
    }
  }

  /// The parts that carry an expression on.
  private mutating func infix(_ left: Node) throws(ExpressionError) -> Node {
    guard case .symbol(let symbol) = token.kind else { throw unexpected(token, "an operator") }
    switch symbol {
    case .dot: return try dot(left)
    case .leftBracket: return try bracket(over: left)
    case .filter: return try filter(over: left)
    case .flatten: return try flatten(over: left)
    case .question: return try conditional(left)
    default: return try binary(left, symbol)
    }
  }

  private mutating func binary(
    _ left: Node, _ symbol: Symbol
  ) throws(ExpressionError) -> Node {
    let power = token.kind.bindingPower
    advance()
    let right = try expression(power)
    let kind: Node.Kind? =
      switch symbol {
      case .pipe: .pipe(left, right)
      case .or: .or(left, right)
      case .and: .and(left, right)
      default: Self.comparison(symbol, left, right) ?? Self.arithmetic(symbol, left, right)
      }
    guard let kind else { throw unexpected(token, "an operator") }
    return try node(kind, from: left.written)
  }

  private static func comparison(_ symbol: Symbol, _ left: Node, _ right: Node) -> Node.Kind? {
    Node.Comparison(rawValue: symbol.rawValue).map { .comparison($0, left, right) }
  }

  private static func arithmetic(_ symbol: Symbol, _ left: Node, _ right: Node) -> Node.Kind? {
    let operation = symbol == .times ? .multiply : Node.Arithmetic(rawValue: symbol.rawValue)
    return operation.map { .arithmetic($0, left, right) }
  }

  private mutating func conditional(_ condition: Node) throws(ExpressionError) -> Node {
    advance()
    let then = try expression()
    try take(.colon, "the `:` of `condition ? a : b`")
    // One less than its own power: the chain a ? b : c ? d : e reads from the right.
    let otherwise = try expression(BindingPower.ternary - 1)
    return try node(
      .conditional(condition, then: then, otherwise: otherwise), from: condition.written)
  }

  private mutating func group() throws(ExpressionError) -> Node {
    let begin = advance()
    let inner = try expression()
    try take(.rightParenthesis, "`)`")
    return inner.inParentheses(Span(start: begin.start, end: lastEnd))
  }

  private mutating func leaf(_ kind: Node.Kind) throws(ExpressionError) -> Node {
    let begin = advance()
    return try node(kind, from: begin)
  }

  // MARK: Steps

  /// Goes to the next token.
  @discardableResult
  mutating func advance() -> Span {
    let span = token.span
    lastEnd = span.end
    token = ahead ?? lexer.next()
    ahead = nil
    return span
  }

  /// The token behind the one that is looked at.
  mutating func lookAhead() -> Token {
    if let ahead { return ahead }
    let next = lexer.next()
    ahead = next
    return next
  }

  /// Whether the token looked at is that symbol.
  func isNext(_ symbol: Symbol) -> Bool { token.kind == .symbol(symbol) }

  /// Steps over a symbol that has to be there.
  mutating func take(_ symbol: Symbol, _ expected: String) throws(ExpressionError) {
    guard isNext(symbol) else { throw unexpected(token, expected) }
    advance()
  }

  /// The current value where the grammar leaves it out.
  func implied() -> Node {
    Node(
      kind: .current, span: Span(start: token.span.start, end: token.span.start), depth: 1)
  }

  /// A part that ends with the last token taken.
  mutating func node(_ kind: Node.Kind, from begin: Span) throws(ExpressionError) -> Node {
    let span = Span(start: begin.start, end: max(begin.end, lastEnd))
    let flat = Node(kind: kind, span: span, depth: 1)
    let depth = 1 + (flat.children.map(\.depth).max() ?? 0)
    parts += 1
    guard depth <= Limits.maximumExpressionDepth else { throw tooDeep(span) }
    guard parts <= Limits.maximumExpressionParts else { throw tooManyParts(span) }
    return Node(kind: kind, span: span, depth: depth)
  }
}
