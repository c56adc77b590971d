import JMESPath
import JSON
import Testing

/// A moment for `days_until`: 2026-11-25T00:00:00Z.
let testNow = 1_795_564_800

/// The result of an expression for a document, as JSON text.
func result(
  _ expression: String, of document: String = "null", limits: Limits = Limits()
) throws -> String {
  let value = try JSONDecoder.decode(document)
  let scope = Scope(
    root: value, variables: [("now", .integer(testNow))], now: testNow, limits: limits)
  return JSONEncoder.text(try Expression(expression).evaluate(value, in: scope))
}

/// The error of an expression; a result is recorded as a failure of the test.
func failure(
  _ expression: String, of document: String = "null", limits: Limits = Limits()
) throws -> ExpressionError? {
  do {
    let text = try result(expression, of: document, limits: limits)
    Issue.record("no error but \(text.prefix(200)): \(expression.prefix(200))")
    return nil
  } catch let error as ExpressionError {
    return error
  }
}

extension Expression {
  /// The result with a full budget.
  func evaluate(_ current: JSONValue, in scope: Scope) throws(ExpressionError) -> JSONValue {
    var budget = Budget()
    return try evaluate(current, in: scope, spending: &budget)
  }

  /// The first missing step with a full budget.
  func firstMissingStep(_ current: JSONValue, in scope: Scope) -> MissingStep? {
    var budget = Budget()
    return firstMissingStep(current, in: scope, spending: &budget)
  }
}
