// The parser's errors. Hints cover habits from other languages.
internal import JSON
internal import PCRE

extension Parser {
  /// An error that does not depend on a value.
  func mistake(
    _ code: ExpressionError.Code, _ message: String, hint: String = "", at span: Span
  ) -> ExpressionError {
    ExpressionError(code, message, hint: hint, at: span, in: source, isStatic: true)
  }

  /// Another token where something specific is expected.
  func unexpected(_ token: Token, _ expected: String) -> ExpressionError {
    if case .invalid(let mistake) = token.kind {
      return self.mistake(mistake.code, mistake.message, hint: mistake.hint, at: token.span)
    }
    return mistake(
      .syntax, "expected \(expected), found \(token.kind.name)",
      hint: hint(for: token, expected), at: token.span)
  }

  /// A token after a complete expression.
  func trailing(_ token: Token, behind node: Node) -> ExpressionError {
    if case .invalid = token.kind { return unexpected(token, "") }
    var hint = hint(for: token, "an operator")
    if case .field("if") = node.kind { hint = "write condition ? a : b" }
    if case .field("not") = node.kind { hint = "write !" }
    return mistake(
      .syntax, "the expression ends before \(token.kind.name)", hint: hint, at: token.span)
  }

  private func hint(for token: Token, _ expected: String) -> String {
    switch token.kind {
    case .number(let value) where expected == Self.behindDot: "an element is a[\(value)]"
    case .number(let value):
      value < 0
        ? "subtract a constant with a - `\(value.magnitude)`; a number is written in backticks"
        : "a number is written in backticks: `\(value)`"
    case .identifier(let name): Self.wordHints[name] ?? Self.operatorHint(expected)
    case .variable where expected == Self.behindDot:
      "a variable does not follow a dot; pipe into it instead"
    case .literal, .quotedIdentifier, .variable: Self.operatorHint(expected)
    case .symbol(.assign) where !expected.hasPrefix("`:`"): "compare with =="
    case .symbol(.dot): "a path begins with a name; the value itself is @"
    case .symbol(.ampersand): "& stands only before an argument of a function, as in sort_by(a, &b)"
    case .symbol(.leftParenthesis): "only a function name can be called"
    case .symbol(.leftBrace) where expected == "an operator":
      source.utf8.prefix(token.span.start).last == UInt8(ascii: "$")
        ? "here the whole string is the expression: leave out ${ }"
        : "put a dot before the brace: a.{b: c}"
    default: ""
    }
  }

  static let behindDot = "a name, `*`, `[` or `{` behind the dot"

  private static let wordHints = [
    "and": "write &&", "or": "write ||", "not": "write !", "then": "write condition ? a : b",
    "else": "write condition ? a : b", "as": "bind a name with let $a = b in c",
  ]

  private static func operatorHint(_ expected: String) -> String {
    expected == "an operator" ? "names are joined with dots, values need an operator" : ""
  }

  func quotedFunctionName(_ token: Token) -> ExpressionError {
    mistake(
      .syntax, "a function name is written without quotes",
      hint: "a name in double quotes is a member name", at: token.span)
  }

  func bracketBehindDot(_ token: Token) -> ExpressionError {
    mistake(
      .syntax, "an index follows without a dot", hint: "write a[0] or a[0:2]", at: token.span)
  }

  func unclosedIndex() -> ExpressionError {
    let error = unexpected(token, "`]` behind the index")
    guard isNext(.comma) else { return error }
    return mistake(
      .syntax, error.message, hint: "a list of constants is a literal: `[1, 2]`", at: token.span)
  }

  func notAnIndex(_ begin: Span) -> ExpressionError {
    if case .invalid = token.kind { return unexpected(token, "") }
    return mistake(
      .syntax, "expected a number, `:` or `*` in the brackets, found \(token.kind.name)",
      hint: "a filter is a[?b], a list of values a.[b, c], a member a.b",
      at: begin.through(token.span))
  }

  func stepOfZero(_ begin: Span) -> ExpressionError {
    mistake(.invalidValue, "the step of a slice cannot be 0", at: begin.through(token.span))
  }

  func tooDeep(_ span: Span) -> ExpressionError {
    mistake(
      .limit, "the expression is nested more than \(Limits.maximumExpressionDepth) levels deep",
      hint: "split it with let", at: span)
  }

  func tooManyParts(_ span: Span) -> ExpressionError {
    mistake(
      .limit, "the expression has more than \(Limits.maximumExpressionParts) parts",
      hint: "keep tables in a data file and look them up", at: span)
  }

  // MARK: Calls

  func unknownFunction(_ name: String, _ span: Span) -> ExpressionError {
    let near = nearestNames(to: name, among: Function.all.map(\.name))
    let elsewhere = Function.elsewhere[name.lowercased()].map { "write \($0)" }
    return mistake(
      .unknownFunction, "unknown function `\(name)`", hint: elsewhere ?? suggestion(near), at: span)
  }

  func wrongCount(_ count: Int, of function: Function, at span: Span) -> ExpressionError {
    let required = function.parameters.count { !$0.isOptional }
    let most = function.parameters.count
    let expected =
      function.parameters.last?.isVariadic == true
      ? "at least \(required)" : required == most ? "\(required)" : "\(required) to \(most)"
    let noun = expected == "1" || expected == "at least 1" ? "argument" : "arguments"
    return mistake(
      .invalidArity, "`\(function.name)` takes \(expected) \(noun), not \(count)",
      hint: function.description.signature, at: span)
  }

  func wrongArgument(
    _ argument: Node, _ found: String, _ parameter: Parameter, _ function: Function
  ) -> ExpressionError {
    mistake(
      .invalidType,
      "`\(function.name)` needs \(parameter.types.phrase) as $\(parameter.name), "
        + "found \(found)",
      hint: function.description.signature, at: argument.span)
  }

  /// The caret is inside the pattern, unless the text has escapes.
  func wrongPattern(
    _ text: String, _ error: RegularExpressionError, _ argument: Node
  ) -> ExpressionError {
    let begin = argument.span.start + 1
    let written = source.utf8.dropFirst(begin).prefix(text.utf8.count)
    var span = argument.span
    if written.elementsEqual(text.utf8) {
      span = Span(start: begin + error.offset, end: begin + error.offset + 1)
    }
    return mistake(
      .invalidValue, "the pattern is not a regular expression: \(error.message)", at: span)
  }

  func missingReference(_ argument: Node, _ function: Function) -> ExpressionError {
    mistake(
      .invalidType,
      "`\(function.name)` needs an expression here, not its value",
      hint: "put & before it, as in &name", at: argument.span)
  }
}

extension Parser {
  /// An embedded expression without `}`.
  func notClosed(behind node: Node) -> ExpressionError {
    guard token.kind == .end else { return trailing(token, behind: node) }
    return mistake(
      .syntax, "the `${` is not closed", hint: "put a `}` behind the expression", at: token.span)
  }
}
