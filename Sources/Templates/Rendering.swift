// An event goes through the templates: which one takes it, which items it finds, which parameters
// each item gives.

package import Core
package import JMESPath
package import JSON
package import Platform

/// One unit of work that a template found in an event.
package struct Item: Sendable {
  /// Its place among the items of the event, from 0.
  package let index: Int
  /// What the template found.
  package let value: JSONValue
  /// Parameters and store folder, or why they could not be made.
  package let rendered: Result<RenderedItem, ReissueError>
}

/// What a template made of an item; not yet checked for being valid parameters.
package struct RenderedItem: Hashable, Sendable {
  /// Values by parameter name.
  package let parameters: JSONObject
  /// The folder below the store, if the template names one.
  package let store: JSONValue?
}

/// Whether a template took an event, and why not; for `render --explain`.
package struct TemplateTrial: Hashable, Sendable {
  /// The template's name.
  package let template: String
  /// Whether its `when` is true, or it has none.
  package let matched: Bool
  /// What its `when` gave; `nil` without one, or when it failed.
  package let value: JSONValue?
  /// The mistake that `when` made on this event, if it made one.
  package let failure: ReissueError?

  /// What `when` gave, if that would count as true elsewhere but is not `true`: its author may have
  /// thought that the template takes the event.
  package var oddValue: JSONValue? {
    guard let value, value.boolean == nil, Expression.countsAsTrue(value) else { return nil }
    return value
  }
}

/// Tries templates on an event, with one budget for all that is evaluated on the way.
package struct Rendering: Sendable {
  package let event: JSONValue
  let variables: JSONObject
  let now: Timestamp
  /// What may still be done for the event.
  package var budget: Budget
  /// The memory that the parameters of further items may take.
  private var parameterBytes = RunBounds.parameterBytes
  /// Asked before each item; throws once there is no time left for more of them.
  package let goOn: @Sendable () throws(ReissueError) -> Void

  /// The event, the values of `--var` and of the configuration, and the time of the run.
  package init(
    event: Event, variables: JSONObject, now: Timestamp, budget: Budget = Budget(),
    goOn: @escaping @Sendable () throws(ReissueError) -> Void = {}
  ) {
    self.event = event.document
    self.variables = variables
    self.now = now
    self.budget = budget
    self.goOn = goOn
  }

  /// The same in a run that ends at a deadline, or when it is asked to.
  ///
  /// - Parameters:
  ///   - deadline: When, by the monotonic clock; never unless given.
  ///   - event: What came in.
  ///   - variables: What `$vars` holds.
  ///   - context: Clocks and signals.
  package init(event: Event, variables: JSONObject, _ context: Context, until deadline: Int = .max)
  {
    self.init(
      event: event, variables: variables, now: context.now(),
      budget: Budget(isEnding: { context.isOver(deadline) })
    ) { () throws(ReissueError) in try context.goOn(until: deadline) }
  }

  /// Fails if there is no time or no work left for the rest of the event.
  package func requireRest() throws(ReissueError) {
    try goOn()
    if budget.isSpent { throw .workUsedUp() }
  }

  /// The first template whose `when` is true, with the trials up to it.
  ///
  /// - Parameters:
  ///   - isNamed: Whether the user named the templates: a `when` that fails is then a mistake
  ///     to be told, and not only a template that does not match.
  ///   - templates: Those that are tried, in their order.
  package mutating func choose(
    from templates: [Template], isNamed: Bool
  ) throws(ReissueError) -> (template: Template?, trials: [TemplateTrial]) {
    var trials: [TemplateTrial] = []
    for template in templates {
      let trial = trial(of: template)
      // A `when` that could not be evaluated to its end does not tell whether the template acts.
      if trial.failure != nil { try requireRest() }
      if isNamed, let failure = trial.failure { throw failure }
      trials.append(trial)
      if trial.matched { return (template, trials) }
    }
    return (nil, trials)
  }

  /// What the `when` of a template makes of the event.
  package mutating func trial(of template: Template) -> TemplateTrial {
    guard let when = template.when else {
      return TemplateTrial(template: template.name, matched: true, value: nil, failure: nil)
    }
    do throws(ReissueError) {
      budget.renewBytes()
      let value = try evaluate(
        when, event, in: scope(of: template),
        at: Place(template: template.name, pointer: "/when"))
      return TemplateTrial(
        template: template.name, matched: value == true, value: value, failure: nil)
    } catch {
      return TemplateTrial(template: template.name, matched: false, value: nil, failure: error)
    }
  }

  /// The items that the template finds; a mistake in one fails that one alone.
  ///
  /// - Throws: ``ReissueError`` with code `run.ended`, exit 75, if there is no time for all of them; `limit.items`,
  ///   exit 65, if there are more than a run takes.
  package mutating func items(of template: Template) throws(ReissueError) -> [Item] {
    var items: [Item] = []
    for (index, value) in try values(of: template).enumerated() {
      try goOn()
      items.append(
        Item(index: index, value: value, rendered: render(value, index: index, by: template)))
    }
    // An item for which there was no time is no item that fails.
    try goOn()
    return items
  }

  /// What the template finds, before anything is made of it.
  package mutating func values(of template: Template) throws(ReissueError) -> [JSONValue] {
    var found = event
    if let items = template.items {
      budget.renewBytes()
      found = try evaluate(
        items, event, in: scope(of: template),
        at: Place(template: template.name, pointer: "/items"))
    }
    switch found {
    case .null: return []
    case .array(let elements) where template.items != nil:
      guard elements.count <= RunBounds.items else {
        throw .tooManyItems(elements.count).at(Place(template: template.name))
      }
      return elements
    case .object, .array: return [found]
    default:
      throw ReissueError(
        "template.items", "items gives a \(found.typeName), not an array or an object",
        exit: .event, place: Place(template: template.name, pointer: "/items"))
    }
  }

  private mutating func render(
    _ item: JSONValue, index: Int, by template: Template
  ) -> Result<RenderedItem, ReissueError> {
    do throws(ReissueError) {
      return .success(try rendered(item, index: index, by: template))
    } catch {
      return .failure(error.at(Place(template: template.name)))
    }
  }

  private mutating func rendered(
    _ item: JSONValue, index: Int, by template: Template
  ) throws(ReissueError) -> RenderedItem {
    let scope = try scope(of: template, binding: item, index: index)
    // Names of one object of the template, which has none twice.
    var parameters: [(name: String, value: JSONValue)] = []
    var size = 0
    for parameter in template.parameters {
      let value = try parameter.node.value(
        for: item, in: scope, spending: &budget, within: ValueBound(parameter: parameter.name),
        pointer: "/reissue/" + JSONPointer.escaped(parameter.name))
      size += RunBounds.size(of: value)
      parameters.append((parameter.name, value))
      if value["privateKey"] != nil { try spendSignature() }
    }
    let store = try template.store?.value(
      for: item, in: scope, spending: &budget, within: .store, pointer: "/store")
    size += store.map(RunBounds.size) ?? 0
    guard size <= parameterBytes else { throw .parametersTooLarge }
    parameterBytes -= size
    return RenderedItem(parameters: JSONObject(distinct: parameters), store: store)
  }

  /// A signing request is made with the key of each item that names one.
  private mutating func spendSignature() throws(ReissueError) {
    guard !budget.isSpent else { throw .workUsedUp() }
    budget.spend(steps: RunBounds.signatureSteps)
  }

  /// The scope of an item with the template's `let` names bound in order; they may be `null`.
  package mutating func scope(
    of template: Template, binding item: JSONValue, index: Int
  ) throws(ReissueError) -> Scope {
    budget.renewBytes()
    var scope = scope(of: template, item: item, index: index)
    for binding in template.bindings {
      let value = try evaluate(
        binding.expression, item, in: scope,
        at: Place(pointer: "/let/" + JSONPointer.escaped(binding.name)))
      scope.bind(binding.name, to: value, of: binding.expression, at: item)
    }
    return scope
  }

  /// The scope of a template for the event as a whole, where `let` binds nothing yet.
  package func scope(of template: Template) -> Scope {
    scope(of: template, item: event, index: nil)
  }

  func scope(of template: Template, item: JSONValue, index: Int?) -> Scope {
    // In the order of `Template.scopeNames`.
    let values: [JSONValue] = [
      event, item, index.map(JSONValue.integer) ?? .null, .integer(now.seconds), .object(variables),
      .object(template.data),
    ]
    return Scope(
      root: event, variables: zip(Template.scopeNames, values).map { ($0, $1) }, now: now.seconds)
  }

  private mutating func evaluate(
    _ expression: Expression, _ value: JSONValue, in scope: Scope,
    at place: @autoclosure () -> Place
  ) throws(ReissueError) -> JSONValue {
    do throws(ExpressionError) {
      return try expression.evaluate(value, in: scope, spending: &budget)
    } catch {
      throw ReissueError(template: error, expression: expression.source).at(place())
    }
  }
}

extension Context {
  /// Whether a run is to end: its deadline has passed, by the monotonic clock, or a signal asked for it.
  package func isOver(_ deadline: Int) -> Bool { isEnding() || monotonicMilliseconds() >= deadline }

  /// Fails with code `run.ended`, exit 75, if a run is to end.
  func goOn(until deadline: Int) throws(ReissueError) {
    guard isOver(deadline) else { return }
    throw ReissueError(
      "run.ended", "the run ended before all items of the event were made",
      hint: isEnding()
        ? "run again with the same event"
        : "raise --deadline, or look whether the event is meant to be so large", exit: .tryAgain)
  }
}

extension ReissueError {
  /// A mistake in an expression that stands alone.
  package init(expression error: ExpressionError) {
    self.init(
      "expression.\(error.code.rawValue)", error.message,
      hint: error.hint.isEmpty ? nil : error.hint, exit: error.isStatic ? .configuration : .event,
      place: Place(expression: error.source, column: error.column))
  }
}
