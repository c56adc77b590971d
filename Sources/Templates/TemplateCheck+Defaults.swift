// Values that a request needs and that an event, or the author's own inventory, may not have.

internal import Core
internal import JMESPath
internal import JSON
internal import Parameters

extension TemplateCheck {
  /// Warns of every required parameter that hangs on a path alone.
  mutating func checkDefaults() {
    for (name, node) in template.parameters where ReissueParameters.requiredNames.contains(name) {
      for (pointer, part) in node.parts(at: "/reissue/" + name) {
        for expression in part.expressions { checkDefault(of: expression, at: pointer) }
      }
    }
  }

  private mutating func checkDefault(of expression: Expression, at pointer: String) {
    let place = Place(expression: expression.source, column: 1)
    if let entries = inventory(of: expression) {
      var incomplete: [(name: String, value: JSONValue)] = []
      for entry in entries where isMissing(expression, in: entry) { incomplete.append(entry) }
      guard let first = incomplete.first else { return }
      report(
        ReissueError(
          "template.incomplete-data",
          "`\(expression.source)` is missing in \(incomplete.count) of \(entries.count) entries",
          hint: "complete the entry \(Text.quoted(first.name))", exit: .configuration, place: place),
        .warning, at: pointer)
    } else if isOptional(expression) {
      report(
        ReissueError(
          "template.no-default", "`\(expression.source)` has no default: without it an item fails",
          hint: "give one with || or not_null(…), or let items take only what has it",
          exit: .configuration, place: place),
        .warning, at: pointer)
    }
  }

  /// Whether nothing but a path gives the value, be it behind names in `let` before a position.
  private func isOptional(_ expression: Expression, before limit: Int? = nil) -> Bool {
    guard let name = expression.variableName else { return expression.isBarePath }
    guard let index = binding(of: name, before: limit) else { return false }
    return isOptional(template.bindings[index].expression, before: index)
  }

  private func binding(of name: String, before limit: Int?) -> Int? {
    template.bindings[..<(limit ?? template.bindings.count)].firstIndex { $0.name == name }
  }

  /// For a path behind a name that `let` looks up in the template's own data: all that it may find
  /// there. Which of them an event asks for is not known, so all have to be complete.
  private mutating func inventory(of expression: Expression) -> [(name: String, value: JSONValue)]?
  {
    guard let name = expression.rootVariable, let index = binding(of: name, before: nil),
      let table = template.bindings[index].expression.lookupTable, table.rootVariable == "data"
    else { return nil }
    let data = Scope(root: .null, variables: [("data", .object(template.data))])
    return (try? table.evaluate(.null, in: data, spending: &budget))?.object?.members
  }

  private mutating func isMissing(
    _ expression: Expression, in entry: (name: String, value: JSONValue)
  ) -> Bool {
    guard let name = expression.rootVariable else { return true }
    let scope = Scope(root: .null, variables: [(name, entry.value)])
    // What there is no work left for is taken to be there.
    guard !budget.isSpent else { return false }
    return (try? expression.evaluate(.null, in: scope, spending: &budget))?.isNull
      ?? !budget.isSpent
  }
}
