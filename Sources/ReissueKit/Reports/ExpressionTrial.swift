// One expression against an event, with the names that it would find in a template.

package import Core
package import JMESPath
package import JSON
internal import Platform
package import Templates

/// An expression on trial; what `eval` does.
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
    /// Anything around it: template, event, settings.
    case surroundings(ReissueError)

    /// The failure as a result tells it.
    package var error: ReissueError {
      switch self {
      case .expression(let error): ReissueError(expression: error)
      case .surroundings(let error): error
      }
    }
  }

  /// A value, and what a person may want to know of it.
  package struct Answer: Hashable, Sendable {
    /// What the expression gives.
    package let value: JSONValue
    /// Where nothing came out: the first step that found nothing.
    package let missing: String?
  }

  /// Reads the expression and what its names need.
  ///
  /// - Parameters:
  ///   - item: The item to evaluate for, from 0; `nil` for the event as a whole. Without
  ///     `--template` that is an item of the folder's template that takes the event.
  ///   - source: The expression as it was typed.
  ///   - settings: Templates and variables.
  ///   - context: Clock and files.
  package init(
    _ source: String, item: Int?, settings: Settings, context: Context
  ) throws(Failure) {
    expression = try Self.parse(source)
    areTemplatesNamed = !settings.templateNames.isEmpty
    do throws(ReissueError) {
      let isPlain = settings.templateNames.isEmpty && item == nil
      templates =
        isPlain
        ? []
        : try TemplateFolder(
          path: settings.templatesFolder, context: context
        ).templates(named: settings.templateNames)
    } catch {
      throw .surroundings(error)
    }
    self.item = item
    variables = settings.variables
    self.context = context
    try checkVariables()
  }

  /// The tree of an expression, for people.
  package static func tree(of source: String) throws(Failure) -> JSONValue {
    try parse(source).tree
  }

  private static func parse(_ source: String) throws(Failure) -> Expression {
    do throws(ExpressionError) {
      return try Expression(source)
    } catch {
      throw .expression(error)
    }
  }

  /// A name that nothing binds is found before any event is read.
  private func checkVariables() throws(Failure) {
    let bindings = item == nil ? [] : templates.flatMap(\.bindings).map(\.name)
    let known = Template.scopeNames + bindings
    if let error = expression.undefinedVariables(known: known).first { throw .expression(error) }
  }

  /// What the expression gives for an event.
  ///
  /// - Parameters:
  ///   - event: The event.
  ///   - deadline: When the evaluation ends at the latest, by the monotonic clock in milliseconds.
  package func answer(for event: Event, until deadline: Int = .max) throws(Failure) -> Answer {
    var rendering = Rendering(event: event, variables: variables, context, until: deadline)
    let (current, scope) = try surroundings(&rendering)
    do throws(ExpressionError) {
      rendering.budget.renewBytes()
      let value = try expression.evaluate(current, in: scope, spending: &rendering.budget)
      let missing = expression.firstMissingStep(
        current, in: scope, spending: &rendering.budget)
      return Answer(value: value, missing: missing?.text)
    } catch {
      // If there was no time, that is what is wrong.
      do throws(ReissueError) { try rendering.goOn() } catch { throw .surroundings(error) }
      throw .expression(error)
    }
  }

  private func surroundings(
    _ rendering: inout Rendering
  ) throws(Failure) -> (current: JSONValue, scope: Scope) {
    do throws(ReissueError) {
      guard let item else {
        // One template serves whether it takes the event or not: its `when` may be what is on trial.
        let template = templates.count > 1 ? try chosen(&rendering) : templates.first
        return (rendering.event, rendering.scope(of: template ?? Template(name: "")))
      }
      let template = try chosen(&rendering)
      let values = try rendering.values(of: template)
      guard values.indices.contains(item) else {
        throw ReissueError(
          "eval.no-item", "the event gives \(Self.count(values.count)), none with number \(item)",
          hint: "items are counted from 0", exit: .event, place: Place(template: template.name))
      }
      let scope = try rendering.scope(of: template, binding: values[item], index: item)
      return (values[item], scope)
    } catch {
      throw .surroundings(error)
    }
  }

  private func chosen(_ rendering: inout Rendering) throws(ReissueError) -> Template {
    let choice = try rendering.choose(from: templates, isNamed: areTemplatesNamed)
    if let template = choice.template { return template }
    throw ReissueError(
      "eval.no-template", "no template takes this event",
      hint: "render --explain shows what each `when` gives", exit: .event)
  }

  private static func count(_ items: Int) -> String {
    switch items {
    case 0: "no items"
    case 1: "1 item"
    default: "\(items) items"
    }
  }
}

extension Log {
  /// Writes why an expression has no value; in text with the mistake marked below it.
  package func log(_ failure: ExpressionTrial.Failure) {
    guard case .expression(let error) = failure, format == .text else { return log(failure.error) }
    // The diagnostic holds no control characters except its own line feeds.
    log(
      .error, lines: error.diagnostic().split(separator: "\n").map { String($0) },
      isMarked: { $0.hasPrefix("  ") })
  }
}
