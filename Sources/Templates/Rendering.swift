// Second step: the event meets the templates. One of them accepts it and gives its items, and each item its parameters.

package import Core
package import JMESPath
package import JSON
package import Parameters
package import Platform

/// One item that a template found in an event.
package struct RenderedItem: Sendable {
  /// Its index among the items of the event, from 0.
  package let index: Int
  /// The value that the template found.
  package let value: JSONValue
  /// What the sender calls the event; also known if the parameters could not be rendered.
  package let reference: String?
  /// Its parameters and store folder, or why they could not be rendered.
  package let rendered: Result<RenderedParameters, ReissueError>
}

/// What a template rendered for an item; the values are not checked yet.
package struct RenderedParameters: Hashable, Sendable {
  /// Values by parameter name.
  let values: JSONObject
  /// The folder below the store, if the template has `store`.
  let store: JSONValue?

  /// The parameters and the store folder, checked by themselves and against each other: the same for a run, for
  /// `render` and for the tests of a template.
  ///
  /// - Parameters:
  ///   - policy: The rules of the template.
  ///   - note: Receives the parameters as soon as each is valid by itself: results show them even if they do not fit
  ///     together.
  /// - Throws: ``ReissueError`` with a code `parameters.…` or `store.…`.
  package func checked(
    under policy: Policy, note: (ReissueParameters) -> Void = { _ in }
  ) throws(ReissueError) -> (parameters: ReissueParameters, store: StoreName?) {
    let parameters = try ReissueParameters(rendered: values)
    note(parameters)
    guard parameters.certificateNumber != nil || policy.preflight else { throw .numberMissing }
    if policy.registerKey {
      guard case .generate = parameters.signingRequest else { throw .keyNotKept }
    }
    if let store { return (parameters, try StoreName(parameter: store)) }
    if case .generate = parameters.signingRequest { throw .storeMissing }
    return (parameters, nil)
  }
}

/// Whether a template accepted an event, and why not; for `render --explain`.
package struct TemplateTrial: Hashable, Sendable {
  /// The template's name.
  package let template: String
  /// Whether its `when` is true, or it has none.
  package var matched = false
  /// The value of `when`; `nil` without one, or if it failed.
  package var value: JSONValue?
  /// Why `when` failed on this event.
  package var failure: ReissueError?

  /// The value of `when`, if it is neither a boolean nor null: probably the template's author expected that the
  /// template accepts the event.
  package var oddValue: JSONValue? {
    guard let value, value.boolean == nil, !value.isNull else { return nil }
    return value
  }

  /// What is wrong with ``oddValue``, for people; `nil` without one.
  package var oddity: String? {
    oddValue.map { "`when` gives a value of type \($0.typeName); only true acts" }
  }
}

/// Tries templates on an event. All evaluations of the event share one budget.
package struct Rendering: Sendable {
  /// The event.
  package let event: JSONValue
  private let variables: JSONObject
  private let now: Timestamp
  private let limits: Limits
  /// The remaining work for the event.
  package var budget: Budget
  /// The remaining memory for parameters, in bytes.
  private var parameterBytes = RunBounds.parameterBytes
  /// Called before each item; throws if the run must end.
  package let goOn: @Sendable () throws(ReissueError) -> Void

  /// A rendering without a deadline.
  ///
  /// - Parameters:
  ///   - event: The event.
  ///   - variables: The values of `$vars`, from `--var` and the configuration.
  ///   - now: The time of the run.
  ///   - budget: The work that is allowed.
  ///   - goOn: Called before each item; throws if the run must end.
  package init(
    event: Event, variables: JSONObject, now: Timestamp, budget: Budget = Budget(),
    goOn: @escaping @Sendable () throws(ReissueError) -> Void = {}
  ) {
    self.event = event.document
    limits = Limits(leftOut: event.leftOut)
    self.variables = variables
    self.now = now
    self.budget = budget
    self.goOn = goOn
  }

  /// A rendering that ends with code `run.ended`, exit 75, at `deadline` (monotonic ms) or after a signal.
  package init(event: Event, variables: JSONObject, _ context: Context, until deadline: Int) {
    self.init(
      event: event, variables: variables, now: context.now(),
      budget: Budget(isEnding: { context.isOver(deadline) })
    ) { () throws(ReissueError) in
      guard context.isOver(deadline) else { return }
      throw ReissueError(
        "run.ended", "the run ended before all items of the event were rendered",
        hint: context.isEnding()
          ? "run again with the same event"
          : "raise --deadline, or check whether the event should be so large", exit: .tryAgain)
    }
  }

  /// Throws if no time or no work remains for the event.
  package func requireRest() throws(ReissueError) {
    try goOn()
    if budget.isSpent { throw .workUsedUp() }
  }

  /// The first template whose `when` is true, and the trials up to it.
  ///
  /// - Parameters:
  ///   - templates: The templates, in the order of the trials.
  ///   - isNamed: Whether the user named the templates. Then a `when` that fails is an error; otherwise that template
  ///     does not accept the event.
  ///   - note: Receives each trial.
  package mutating func choose(
    from templates: [Template], isNamed: Bool,
    note: (inout Rendering, Template, TemplateTrial) -> Void = { _, _, _ in }
  ) throws(ReissueError) -> Template? {
    for template in templates {
      let trial = trial(of: template)
      // Without time or work the failure says nothing about the template.
      if trial.failure != nil { try requireRest() }
      note(&self, template, trial)
      if isNamed, let failure = trial.failure { throw failure }
      if trial.matched { return template }
    }
    return nil
  }

  /// Why a template did not accept the event, for people; `nil` if its `when` is false.
  package mutating func refusal(of template: Template, _ trial: TemplateTrial) -> String? {
    if let failure = trial.failure { return "`when` fails: \(failure.message)" }
    guard let when = template.when, trial.value?.isNull == true else { return trial.oddity }
    let missing = when.firstMissingStep(event, in: scope(of: template), spending: &budget)
    return "`when` gives null" + (missing.map { ": \($0.text)" } ?? "")
  }

  private mutating func trial(of template: Template) -> TemplateTrial {
    var trial = TemplateTrial(template: template.name)
    guard let when = template.when else {
      trial.matched = true
      return trial
    }
    budget.renewBytes()
    do throws(ReissueError) {
      let value = try evaluate(
        when, event, in: scope(of: template), at: Place(template: template.name, pointer: "/when"))
      trial.value = value
      trial.matched = value == true
    } catch {
      trial.failure = error
    }
    return trial
  }

  /// The items that the template finds. A mistake in one item fails only that item.
  ///
  /// - Throws: ``ReissueError`` with code `run.ended`, exit 75, if the run must end; `limit.items`, exit 65, if there
  ///   are too many items.
  package mutating func items(of template: Template) throws(ReissueError) -> [RenderedItem] {
    var items: [RenderedItem] = []
    for (index, value) in try values(of: template).enumerated() {
      try goOn()
      var reference: String?
      let rendered: Result<RenderedParameters, ReissueError>
      do throws(ReissueError) {
        rendered = .success(try render(value, index: index, by: template, &reference))
      } catch {
        rendered = .failure(error.at(Place(template: template.name)))
      }
      items.append(
        RenderedItem(index: index, value: value, reference: reference, rendered: rendered))
    }
    // The last items may have failed for lack of time.
    try goOn()
    return items
  }

  /// The values that `items` of the template finds.
  package mutating func values(of template: Template) throws(ReissueError) -> [JSONValue] {
    var found = event
    let place = Place(template: template.name, pointer: "/items")
    if let items = template.items {
      budget.renewBytes()
      found = try evaluate(items, event, in: scope(of: template), at: place)
    }
    switch found {
    case .null: return []
    case .array(let elements) where template.items != nil:
      guard elements.count <= RunBounds.items else {
        throw .tooManyItems(elements.count).at(place)
      }
      return elements
    case .object, .array: return [found]
    default:
      throw ReissueError(
        "template.items", "items gives a \(found.typeName), not an array or an object",
        exit: .event, place: place)
    }
  }

  private mutating func render(
    _ item: JSONValue, index: Int, by template: Template, _ reference: inout String?
  ) throws(ReissueError) -> RenderedParameters {
    let scope = try scope(of: template, binding: item, index: index)
    // First, so that an error of the parameters can be reported with it.
    reference = try self.reference(of: item, by: template, in: scope)
    // The names are those of one object of the template, so they are distinct.
    var values: [(name: String, value: JSONValue)] = []
    values.reserveCapacity(template.parameters.count)
    var size = 0
    for (parameter, node) in template.parameters {
      let value = try node.value(
        for: item, in: scope, spending: &budget, within: ValueBound(parameter),
        pointer: parameter.pointer)
      size += RunBounds.size(of: value)
      values.append((parameter.name, value))
      // A signing request will be made with that key.
      if value["privateKey"] != nil {
        guard !budget.isSpent else { throw .workUsedUp() }
        budget.spend(steps: RunBounds.signatureSteps)
      }
    }
    let store = try template.store?.value(
      for: item, in: scope, spending: &budget, within: .store, pointer: "/store")
    size += store.map(RunBounds.size) ?? 0
    guard size <= parameterBytes else { throw .parametersTooLarge }
    parameterBytes -= size
    return RenderedParameters(values: JSONObject(distinct: values), store: store)
  }

  /// The reference of an item; `nil` if the template has none, or it is empty.
  private mutating func reference(
    of item: JSONValue, by template: Template, in scope: Scope
  ) throws(ReissueError) -> String? {
    let value = try template.reference?.value(
      for: item, in: scope, spending: &budget, within: .reference, pointer: "/reference")
    guard let value else { return nil }
    let text = value.string ?? value.integer.map { String($0) }
    guard let text, text.unicodeScalars.count <= RunBounds.referenceCharacters else {
      throw .referenceUnusable
    }
    return text.isEmpty ? nil : text
  }

  /// The scope of an item with the names of `let`, evaluated in order; their values may be `null`.
  package mutating func scope(
    of template: Template, binding item: JSONValue, index: Int
  ) throws(ReissueError) -> Scope {
    budget.renewBytes()
    var scope = scope(of: template, item: item, index: index)
    for binding in template.bindings {
      let value = try evaluate(
        binding.expression, item, in: scope,
        at: Place(pointer: JSONPointer.member(binding.name, of: "/let")))
      scope.bind(binding.name, to: value, of: binding.expression, at: item)
    }
    return scope
  }

  /// The scope of a template for the event as a whole, without the names of `let`.
  package func scope(of template: Template) -> Scope {
    scope(of: template, item: event, index: nil)
  }

  func scope(of template: Template, item: JSONValue, index: Int?) -> Scope {
    // In the order of `Template.scopeNames`.
    let values: [JSONValue] = [
      event, item, index.map(JSONValue.integer) ?? .null, .integer(now.seconds), .object(variables),
      .object(template.data),
    ]
    var variables: [(name: String, value: JSONValue)] = []
    variables.reserveCapacity(values.count)
    for (position, name) in Template.scopeNames.enumerated() {
      variables.append((name, values[position]))
    }
    return Scope(root: event, variables: variables, now: now.seconds, limits: limits)
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

extension ReissueError {
  /// Neither a number nor a look-up of it.
  static let numberMissing = ReissueError(
    parameter: "certificateNo", "is not set, and it cannot be looked up with preflight off",
    hint: "name the certificate's number, or leave preflight on")

  /// Only a key in the store is registered.
  static let keyNotKept = ReissueError(
    "template.key-not-kept", "registerKey is on, but the template makes no key that is kept here",
    hint: "write \"csr\": {\"generate\": \"rsa-2048\"} and store, or leave registerKey off",
    exit: .configuration, place: Place(pointer: "/policy/registerKey"))

  /// A mistake in an expression outside of a template.
  package init(expression error: ExpressionError) {
    self.init(
      "expression.\(error.code.rawValue)", error.message,
      hint: error.hint.isEmpty ? nil : error.hint, exit: error.isStatic ? .configuration : .event,
      place: Place(expression: error.source, column: error.column))
  }
}
