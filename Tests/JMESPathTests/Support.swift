import JMESPath
import JSON
import Testing

/// A moment for `days_until`: 2026-11-25T00:00:00Z.
let testNow = 1_795_564_800

/// What an expression gives for a document, as JSON text.
func result(
  _ expression: String, of document: String = "null", limits: Limits = Limits()
) throws -> String {
  let value = try JSONDecoder.decode(document)
  let scope = Scope(
    root: value, variables: [("now", .integer(testNow))], now: testNow, limits: limits)
  return JSONEncoder.text(try Expression(expression).evaluate(value, in: scope))
}

/// The error that an expression ends in; a result is recorded as a failure.
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
