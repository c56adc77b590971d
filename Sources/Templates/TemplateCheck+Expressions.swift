// Expressions that are right by the grammar, and yet hardly what was meant.

internal import Core
internal import JMESPath

extension TemplateCheck {
  /// Warns of what is likely a slip in any expression, as a text in double quotes: it is a member
  /// name, so that the comparison is never true, and no event tells why.
  mutating func checkExpressions() {
    var placed: [(pointer: String, expression: Expression)] = []
    if let when = template.when { placed.append(("/when", when)) }
    if let items = template.items { placed.append(("/items", items)) }
    placed += template.bindings.map { ("/let/" + JSONPointer.escaped($0.name), $0.expression) }
    for (pointer, expression) in placed + template.requestExpressions {
      for warning in expression.warnings {
        report(
          ReissueError(
            "template.likely-slip", warning.message, hint: warning.hint, exit: .configuration,
            place: Place(expression: expression.source, column: warning.column)),
          .warning, at: pointer)
      }
    }
  }
}
