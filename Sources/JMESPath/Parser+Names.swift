// Names: fields, calls and let.

internal import JSON
internal import PCRE

extension Parser {
  /// A name at the beginning of an expression.
  mutating func identifier(_ name: String) throws(ExpressionError) -> Node {
    let begin = advance()
    if name == "let", case .variable = token.kind { return try letExpression(begin) }
    return isNext(.leftParenthesis)
      ? try call(name, begin) : try node(.field(name), from: begin)
  }

  /// Names for values, `let $a = x, $b = y in body` (JEP-11a); the names are known in the body only.
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

  /// A call, `name(a, &b)`, from its parenthesis on.
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

  /// What can be said about a call before there is any value.
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

  /// Patterns that are written out are compiled once, and their mistakes found here.
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
