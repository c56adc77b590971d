internal import JSON
internal import PCRE

/// Parses one expression: a top-down operator precedence parser (Pratt) for the grammar of the JMESPath community
/// edition (https://jmespath.site), with JEP-21 (ternary).
struct Parser {
  var lexer: Lexer
  /// The current token.
  var token: Token
  /// The token after it, if it was needed.
  private var ahead: Token?
  /// The end of the last consumed token.
  private(set) var lastEnd = 0
  /// The text of the errors.
  let source: String
  private var parts = 0
  /// The number of nested ``enter()`` calls.
  private var nesting = 0

  init(_ lexer: Lexer, source: String) {
    self.lexer = lexer
    self.source = source
    token = self.lexer.next()
  }

  /// Parses an expression up to the first token that binds no tighter than `minimum`.
  mutating func expression(_ minimum: Int = 0) throws(ExpressionError) -> Node {
    try enter()
    defer { leave() }
    return try extended(try prefix(), minimum)
  }

  /// Limits recursion: the depth of the tree is known only on the way back, when a small stack would have overflowed.
  mutating func enter() throws(ExpressionError) {
    guard nesting < Limits.maximumExpressionDepth else { throw tooDeep(token.span) }
    nesting += 1
  }

  mutating func leave() { nesting -= 1 }

  /// The expression so far, with everything that binds tighter than `minimum`.
  mutating func extended(_ left: Node, _ minimum: Int) throws(ExpressionError) -> Node {
    var left = left
    while minimum < token.kind.bindingPower { left = try infix(left) }
    return left
  }

  /// Parses the start of an expression.
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

  /// Parses the continuation of an expression.
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
    // One less than its own power: a ? b : c ? d : e associates to the right.
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

  /// Consumes the current token.
  @discardableResult
  mutating func advance() -> Span {
    let span = token.span
    lastEnd = span.end
    token = ahead ?? lexer.next()
    ahead = nil
    return span
  }

  /// The token after the current one.
  mutating func lookAhead() -> Token {
    if let ahead { return ahead }
    let next = lexer.next()
    ahead = next
    return next
  }

  /// Whether the current token is that symbol.
  func isNext(_ symbol: Symbol) -> Bool { token.kind == .symbol(symbol) }

  /// Consumes a required symbol.
  mutating func take(_ symbol: Symbol, _ expected: String) throws(ExpressionError) {
    guard isNext(symbol) else { throw unexpected(token, expected) }
    advance()
  }

  /// The current value, where the grammar omits it.
  func implied() -> Node {
    Node(
      kind: .current, span: Span(start: token.span.start, end: token.span.start), depth: 1)
  }

  /// A node that ends with the last consumed token.
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

extension Parser {
  /// A name at the start of an expression.
  mutating func identifier(_ name: String) throws(ExpressionError) -> Node {
    let begin = advance()
    if name == "let", case .variable = token.kind { return try letExpression(begin) }
    return isNext(.leftParenthesis)
      ? try call(name, begin) : try node(.field(name), from: begin)
  }

  /// `let $a = x, $b = y in body` (JEP-11a); the names are bound in the body only.
  private mutating func letExpression(_ begin: Span) throws(ExpressionError) -> Node {
    var bindings = [try binding()]
    while isNext(.comma) {
      advance()
      bindings.append(try binding())
    }
    guard token.kind == .identifier("in") else { throw unexpected(token, "`,` or `in` of `let`") }
    advance()
    let body = try expression()
    return try node(.bind(bindings, body: body), from: begin)
  }

  private mutating func binding() throws(ExpressionError) -> Node.Member {
    guard case .variable(let name) = token.kind else {
      throw unexpected(token, "a `$name` to bind")
    }
    advance()
    try take(.assign, "`=` behind the name")
    return Node.Member(name: name, value: try expression())
  }

  /// A call, `name(a, &b)`, from its parenthesis.
  mutating func call(_ name: String, _ begin: Span) throws(ExpressionError) -> Node {
    advance()
    var arguments: [Node] = []
    if !isNext(.rightParenthesis) {
      arguments.append(try argument())
      while isNext(.comma) {
        advance()
        arguments.append(try argument())
      }
    }
    try take(.rightParenthesis, "`,` or `)` in the call of \(name)")
    guard let function = Function.named[name] else { throw unknownFunction(name, begin) }
    try check(arguments, of: function, at: begin)
    arguments = try compilePatterns(arguments, of: function)
    return try node(.call(function, arguments), from: begin)
  }

  private mutating func argument() throws(ExpressionError) -> Node {
    guard isNext(.ampersand) else { return try expression() }
    let begin = advance()
    let inner = try expression()
    return try node(.reference(inner), from: begin)
  }

  /// Checks a call as far as possible without values.
  private func check(
    _ arguments: [Node], of function: Function, at begin: Span
  ) throws(ExpressionError) {
    guard function.accepts(count: arguments.count) else {
      throw wrongCount(arguments.count, of: function, at: begin)
    }
    for (position, argument) in arguments.enumerated() {
      let parameter = function.parameter(at: position)
      switch argument.kind {
      case .reference:
        if !parameter.types.contains(.expression) {
          throw wrongArgument(argument, "an expression", parameter, function)
        }
      case .literal(let value):
        if !parameter.types.accepts(value) {
          throw wrongArgument(argument, Evaluation.phrase(value), parameter, function)
        }
      default:
        if parameter.types == .expression { throw missingReference(argument, function) }
      }
    }
  }

  /// Compiles constant patterns once, and reports their mistakes.
  private func compilePatterns(
    _ arguments: [Node], of function: Function
  ) throws(ExpressionError) -> [Node] {
    var compiled = arguments
    for (position, argument) in arguments.enumerated() {
      guard function.parameter(at: position).isPattern,
        case .literal(.string(let text)) = argument.kind
      else { continue }
      do throws(RegularExpressionError) {
        let pattern = try RegularExpression(text)
        compiled[position] = Node(kind: .pattern(pattern, text), span: argument.span, depth: 1)
      } catch {
        throw wrongPattern(text, error, argument)
      }
    }
    return compiled
  }
}

extension Parser {
  // MARK: Projections

  /// What follows a dot: `.name`, `.*`, `.[a, b]`, `.{a: b}` or `.name(…)`.
  mutating func dot(_ left: Node) throws(ExpressionError) -> Node {
    advance()
    if isNext(.star) { return try valueProjection(over: left, power: BindingPower.dot) }
    let right = try behindDot(BindingPower.dot)
    return try node(.chain(left, right), from: left.written)
  }

  private mutating func behindDot(_ power: Int) throws(ExpressionError) -> Node {
    try enter()
    defer { leave() }
    let first = token
    switch first.kind {
    case .identifier(let name):
      advance()
      let start =
        isNext(.leftParenthesis)
        ? try call(name, first.span) : try node(.field(name), from: first.span)
      return try extended(start, power)
    case .quotedIdentifier(let name):
      advance()
      guard !isNext(.leftParenthesis) else { throw quotedFunctionName(first) }
      return try extended(try node(.field(name), from: first.span), power)
    case .symbol(.star):
      return try extended(
        try valueProjection(over: implied(), power: BindingPower.star), power)
    case .symbol(.leftBracket):
      guard !isIndexAhead() else { throw bracketBehindDot(first) }
      return try list()
    case .symbol(.leftBrace): return try hash()
    default: throw unexpected(first, Self.behindDot)
    }
  }

  private mutating func isIndexAhead() -> Bool {
    switch lookAhead().kind {
    case .number, .symbol(.colon): true
    default: false
    }
  }

  /// The rest of a projection, which is applied to each element.
  private mutating func each(_ power: Int) throws(ExpressionError) -> Node {
    try enter()
    defer { leave() }
    switch token.kind {
    case .symbol(.dot):
      advance()
      return try behindDot(power)
    case .symbol(.leftBracket): return try extended(try bracket(over: implied()), power)
    case .symbol(.filter): return try extended(try filter(over: implied()), power)
    default: return implied()
    }
  }

  /// `*` and the rest.
  mutating func valueProjection(over: Node, power: Int) throws(ExpressionError) -> Node {
    let begin = advance()
    let each = try each(power)
    return try node(.valueProjection(over: over, each: each), from: over.written.through(begin))
  }

  /// `[]` and the rest.
  mutating func flatten(over: Node) throws(ExpressionError) -> Node {
    advance()
    let each = try each(BindingPower.flatten)
    return try node(.flatten(over: over, each: each), from: over.written)
  }

  /// `[?…]` and the rest.
  mutating func filter(over: Node) throws(ExpressionError) -> Node {
    advance()
    let condition = try expression()
    try take(.rightBracket, "the `]` of the filter")
    let each = isNext(.flatten) ? implied() : try each(BindingPower.filter)
    return try node(.filter(over: over, condition: condition, each: each), from: over.written)
  }

  // MARK: Brackets

  /// A bracket at the start of an expression: an index, a slice, a projection or a list.
  mutating func bracketOrList() throws(ExpressionError) -> Node {
    switch lookAhead().kind {
    case .number, .symbol(.colon): return try bracket(over: implied())
    case .symbol(.star): return try starOrList()
    default: return try list()
    }
  }

  /// `[*]` and `[*, a]` differ only in the third token.
  private mutating func starOrList() throws(ExpressionError) -> Node {
    let over = implied()
    let begin = advance()
    let star = advance()
    if isNext(.rightBracket) { return try projection(over: over) }
    let each = try each(BindingPower.star)
    let first = try node(
      .valueProjection(
        over: Node(kind: .current, span: Span(start: star.start, end: star.start), depth: 1),
        each: each),
      from: star)
    return try list(from: begin, first: try extended(first, 0))
  }

  /// `[n]`, `[a:b]` and `[*]` behind an expression.
  mutating func bracket(over: Node) throws(ExpressionError) -> Node {
    let begin = advance()
    switch token.kind {
    case .number(let index) where lookAhead().kind != .symbol(.colon):
      advance()
      guard isNext(.rightBracket) else { throw unclosedIndex() }
      advance()
      let step = try node(.index(index), from: begin)
      return over.isCurrent && over.span.start == over.span.end
        ? step : try node(.chain(over, step), from: over.written)
    case .number, .symbol(.colon): return try slice(over: over)
    case .symbol(.star):
      advance()
      guard isNext(.rightBracket) else { throw unexpected(token, "`]` behind `[*`") }
      return try projection(over: over)
    default: throw notAnIndex(begin)
    }
  }

  private mutating func projection(over: Node) throws(ExpressionError) -> Node {
    advance()
    let each = try each(BindingPower.star)
    return try node(.projection(over: over, each: each), from: over.written)
  }

  private mutating func slice(over: Node) throws(ExpressionError) -> Node {
    let begin = token.span
    var numbers: [Int?] = [nil]
    while !isNext(.rightBracket) {
      switch token.kind {
      case .symbol(.colon) where numbers.count < 3: numbers.append(nil)
      case .number(let value) where numbers.last == .some(nil): numbers[numbers.count - 1] = value
      default: throw unexpected(token, "a number, `:` or `]` in a slice [start:stop:step]")
      }
      advance()
    }
    advance()
    numbers += repeatElement(nil, count: 3 - numbers.count)
    guard numbers[2] != 0 else { throw stepOfZero(begin) }
    let slice = Node.Slice(start: numbers[0], stop: numbers[1], step: numbers[2] ?? 1)
    let each = try each(BindingPower.star)
    return try node(.sliceProjection(over: over, slice, each: each), from: over.written)
  }

  // MARK: Lists and hashes

  /// A list: `[a, b]`.
  mutating func list() throws(ExpressionError) -> Node {
    let begin = advance()
    return try list(from: begin, first: try expression())
  }

  private mutating func list(from begin: Span, first: Node) throws(ExpressionError) -> Node {
    var elements = [first]
    while isNext(.comma) {
      advance()
      elements.append(try expression())
    }
    try take(.rightBracket, "`,` or `]` in the list")
    return try node(.list(elements), from: begin)
  }

  /// An object: `{a: b, "c": d}`.
  mutating func hash() throws(ExpressionError) -> Node {
    let begin = advance()
    var members = [try member()]
    while isNext(.comma) {
      advance()
      members.append(try member())
    }
    try take(.rightBrace, "`,` or `}` in the hash")
    return try node(.hash(members), from: begin)
  }

  private mutating func member() throws(ExpressionError) -> Node.Member {
    let name: String
    switch token.kind {
    case .identifier(let text), .quotedIdentifier(let text): name = text
    default: throw unexpected(token, "a member name")
    }
    advance()
    try take(.colon, "`:` behind the member name")
    return Node.Member(name: name, value: try expression())
  }
}
