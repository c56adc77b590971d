// What stands in brackets and braces, and behind a dot.

internal import JSON

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

  /// What is done to each element of a projection.
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

  /// A `*` with what follows.
  mutating func valueProjection(over: Node, power: Int) throws(ExpressionError) -> Node {
    let begin = advance()
    let each = try each(power)
    return try node(.valueProjection(over: over, each: each), from: over.written.through(begin))
  }

  /// A `[]` with what follows.
  mutating func flatten(over: Node) throws(ExpressionError) -> Node {
    advance()
    let each = try each(BindingPower.flatten)
    return try node(.flatten(over: over, each: each), from: over.written)
  }

  /// A `[?…]` with what follows.
  mutating func filter(over: Node) throws(ExpressionError) -> Node {
    advance()
    let condition = try expression()
    try take(.rightBracket, "the `]` of the filter")
    let each = isNext(.flatten) ? implied() : try each(BindingPower.filter)
    return try node(.filter(over: over, condition: condition, each: each), from: over.written)
  }

  // MARK: Brackets

  /// A bracket at the beginning of an expression: an index, a slice, a projection or a list.
  mutating func bracketOrList() throws(ExpressionError) -> Node {
    switch lookAhead().kind {
    case .number, .symbol(.colon): return try bracket(over: implied())
    case .symbol(.star): return try starOrList()
    default: return try list()
    }
  }

  /// `[*]` and `[*, a]` differ in the third token only.
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

  /// Values for an array: `[a, b]`.
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

  /// Values for an object: `{a: b, "c": d}`.
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
