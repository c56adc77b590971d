// What `eval` does: one expression against an event, with the names that are defined in a template.

package import Core
package import JMESPath
package import JSON
package import Templates

/// An expression that is tried on an event.
package struct ExpressionTrial: Sendable {
  private let expression: Expression
  private let templates: [Template]
  private let areTemplatesNamed: Bool
  private let item: Int?
  private let variables: JSONObject
  private let context: Context

  /// Why there is no value.
  package enum Failure: Error, Hashable, Sendable {
    /// The expression is wrong in itself, or does not fit the event.
    case expression(ExpressionError)
    /// Template, event or settings cannot be used.
    case surroundings(ReissueError)

    /// The failure as an error of a document.
    package var error: ReissueError {
      switch self {
      case .expression(let error): ReissueError(expression: error)
      case .surroundings(let error): error
      }
    }
  }

  /// The value of the expression.
  package struct Answer: Hashable, Sendable {
    /// The value.
    package let value: JSONValue
    /// The first step of a path that found nothing, if the value is `null` or an empty array.
    package let missing: String?
  }

  /// Reads the expression, and the templates that define its names. It is evaluated for the item with this index, or
  /// for the event as a whole. Without `--template` it is an item of the folder's template that accepts the event.
  package init(
    _ source: String, item: Int?, settings: Settings, context: Context
  ) throws(Failure) {
    expression = try Self.parse(source)
    areTemplatesNamed = !settings.templateNames.isEmpty
    self.item = item
    variables = settings.variables
    self.context = context
    let isPlain = settings.templateNames.isEmpty && item == nil
    templates = try mapError(Failure.surroundings) { () throws(ReissueError) in
      isPlain
        ? []
        : try TemplateFolder(path: settings.templatesFolder, context: context)
          .templates(named: settings.templateNames)
    }
    try checkVariables()
  }

  /// The syntax tree of an expression.
  package static func tree(of source: String) throws(Failure) -> JSONValue {
    try parse(source).tree
  }

  private static func parse(_ source: String) throws(Failure) -> Expression {
    try mapError(Failure.expression) { () throws(ExpressionError) in try Expression(source) }
  }

  /// Finds a name that is not defined before an event is read.
  private func checkVariables() throws(Failure) {
    let bindings = item == nil ? [] : templates.flatMap(\.bindings).map(\.name)
    let known = Template.scopeNames + bindings
    if let error = expression.undefinedVariables(known: known).first { throw .expression(error) }
  }

  /// The value of the expression for an event; the deadline is in milliseconds of the monotonic clock.
  package func answer(for event: Event, until deadline: Int) throws(Failure) -> Answer {
    var rendering = Rendering(event: event, variables: variables, context, until: deadline)
    let (current, scope) = try surroundings(&rendering)
    do throws(ExpressionError) {
      rendering.budget.renewBytes()
      let value = try expression.evaluate(current, in: scope, spending: &rendering.budget)
      let missing = expression.firstMissingStep(
        current, in: scope, spending: &rendering.budget)
      return Answer(value: value, missing: missing?.text)
    } catch {
      // After the deadline, the deadline is the reason.
      try mapError(Failure.surroundings, rendering.goOn)
      throw .expression(error)
    }
  }

  private func surroundings(
    _ rendering: inout Rendering
  ) throws(Failure) -> (current: JSONValue, scope: Scope) {
    do throws(ReissueError) {
      guard let item else {
        // A single template is used even if its `when` is not true: `when` may be the expression that is tried.
        let template = templates.count > 1 ? try chosen(&rendering) : templates.first
        return (rendering.event, rendering.scope(of: template ?? Template(name: "")))
      }
      let template = try chosen(&rendering)
      let values = try rendering.values(of: template)
      guard values.indices.contains(item) else {
        let count =
          values.isEmpty ? "no items" : values.count == 1 ? "1 item" : "\(values.count) items"
        throw ReissueError(
          "eval.no-item", "the event gives \(count), none with number \(item)",
          hint: "items are counted from 0", exit: .event, place: Place(template: template.name))
      }
      return (
        values[item], try rendering.scope(of: template, binding: values[item], index: item)
      )
    } catch {
      throw .surroundings(error)
    }
  }

  private func chosen(_ rendering: inout Rendering) throws(ReissueError) -> Template {
    if let template = try rendering.choose(from: templates, isNamed: areTemplatesNamed) {
      return template
    }
    throw ReissueError(
      "eval.no-template", "no template takes this event",
      hint: "render --explain shows what each `when` gives", exit: .event)
  }
}

extension Log {
  /// Writes why an expression has no value; in text form with a mark below the mistake.
  package func log(_ failure: ExpressionTrial.Failure) {
    guard case .expression(let error) = failure, format == .text else { return log(failure.error) }
    // The diagnostic holds no control characters except its own line feeds.
    log(
      .error, lines: error.diagnostic().split(separator: "\n").map { String($0) },
      isMarked: { $0.hasPrefix("  ") })
  }
}
