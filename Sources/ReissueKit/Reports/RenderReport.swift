package import Core
internal import JMESPath
package import JSON
internal import Parameters
internal import Platform
internal import Templates

/// What `render` shows: the parameters that an event gives, or why it gives none.
package struct RenderReport: Sendable {
  private static let version = 1

  /// One item: its parameters or why there are none, and how they came about if that is asked for.
  private struct Entry {
    let index: Int
    let outcome: Result<ReissueParameters, ReissueError>
    let explanation: JSONValue?
  }

  private let isExplained: Bool
  private var template: String?
  private var items: [Entry] = []
  private var error: ReissueError?
  private var trials: [(trial: TemplateTrial, step: Explanation.Step?)] = []
  /// The memory that further explanations may take.
  private var explanationBytes = RunBounds.explanationBytes

  /// A report that the event or the template failed whole.
  package init(_ error: ReissueError) {
    isExplained = false
    self.error = error
  }

  /// Renders an event; nothing outside of templates and their data is touched.
  ///
  /// - Parameters:
  ///   - isExplained: Whether to tell which templates were tried, and for every parameter the
  ///     expressions it came from and the values they read.
  ///   - event: The event that is mapped.
  ///   - templates: Those that are tried, in their order.
  ///   - settings: Variables, and whether templates were named.
  ///   - context: Clock and signals.
  ///   - deadline: When it has to end, by the monotonic clock.
  init(
    of event: Event, by templates: [Template], isExplained: Bool, _ settings: Settings,
    _ context: Context, until deadline: Int
  ) {
    self.isExplained = isExplained
    do throws(ReissueError) {
      try render(
        templates, settings,
        Rendering(event: event, variables: settings.variables, context, until: deadline))
    } catch {
      self.error = error
    }
  }

  private mutating func render(
    _ templates: [Template], _ settings: Settings, _ rendering: Rendering
  ) throws(ReissueError) {
    var rendering = rendering
    guard let template = try choose(from: templates, settings, &rendering) else { return }
    self.template = template.name
    let found = try rendering.items(of: template)
    var entries: [Entry] = []
    entries.reserveCapacity(found.count)
    for item in found {
      var explanation: JSONValue?
      if isExplained { explanation = try explain(item, by: template, &rendering) }
      entries.append(
        Entry(
          index: item.index, outcome: Self.parameters(of: item, template), explanation: explanation)
      )
    }
    items = entries
  }

  /// Why an item has its parameters, as long as there is room for more of that.
  private mutating func explain(
    _ item: Templates.Item, by template: Template, _ rendering: inout Rendering
  ) throws(ReissueError) -> JSONValue {
    try rendering.goOn()
    guard explanationBytes > 0, !rendering.budget.isSpent else { return Self.leftOut }
    let explanation = Explanation(
      of: item.value, index: item.index, by: template, &rendering
    ).json
    explanationBytes -= RunBounds.size(of: explanation)
    return explanationBytes > 0 ? explanation : Self.leftOut
  }

  private static let leftOut: JSONValue = [
    "note": "left out: the explanations of the items before it take all the room there is"
  ]

  /// The template that acts, with the trials up to it if they are to be told.
  private mutating func choose(
    from templates: [Template], _ settings: Settings, _ rendering: inout Rendering
  ) throws(ReissueError) -> Template? {
    guard isExplained else {
      return try rendering.choose(
        from: templates, isNamed: !settings.templateNames.isEmpty
      ).template
    }
    for template in templates {
      let trial = rendering.trial(of: template)
      if trial.failure != nil { try rendering.requireRest() }
      let scope = rendering.scope(of: template)
      let step = template.when.map {
        Explanation.Step($0, rendering.event, scope, spending: &rendering.budget)
      }
      trials.append((trial, step))
      if !settings.templateNames.isEmpty, let failure = trial.failure { throw failure }
      if trial.matched { return template }
    }
    return nil
  }

  private static func parameters(
    of item: Templates.Item, _ template: Template
  ) -> Result<ReissueParameters, ReissueError> {
    do throws(ReissueError) {
      return .success(try item.rendered.get().checked(under: template.policy).parameters)
    } catch {
      return .failure(error.at(Place(template: template.name)))
    }
  }

  /// Everything that went wrong.
  package var errors: [ReissueError] {
    items.compactMap { if case .failure(let error) = $0.outcome { error } else { nil } }
      + [error].compactMap(\.self)
  }

  /// The gravest of what went wrong.
  package var exit: ExitStatus { ExitStatus.gravest(of: errors.map(\.exit)) }

  /// The document without its items.
  private var frame: JSONObject {
    var document = JSONObject([("version", .integer(Self.version))])
    if let error {
      document["error"] = error.json
    } else {
      document["template"] = template.map(JSONValue.string) ?? .null
      document["items"] = .array([])
    }
    if isExplained { document["tried"] = .array(trials.map(Self.json)) }
    return document
  }

  /// The document.
  package var json: JSONValue {
    var document = frame
    if error == nil { document["items"] = .array(items.map(Self.json)) }
    return .object(document)
  }

  /// The document as text with a line feed behind it.
  package func encoded(_ layout: JSONEncoder.Layout) -> [UInt8] {
    JSONEncoder.encode(frame, layout: layout, elementsOf: "items", count: items.count) {
      Self.json(of: items[$0])
    }
  }

  private static func json(of entry: Entry) -> JSONValue {
    let outcome: (String, JSONValue?) =
      switch entry.outcome {
      case .success(let parameters): ("parameters", .object(parameters.json))
      case .failure(let error): ("error", error.json)
      }
    return .object(
      .present([("index", .integer(entry.index)), outcome, ("explain", entry.explanation)]))
  }

  private static func json(
    of tried: (trial: TemplateTrial, step: Explanation.Step?)
  ) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("template", .string(tried.trial.template)), ("matched", .boolean(tried.trial.matched)),
    ]
    if let step = tried.step { members.append(("when", .object(JSONObject(step.members)))) }
    if let value = tried.trial.oddValue {
      members.append(
        ("note", .string("`when` gives a value of type \(value.typeName); only true acts")))
    }
    if let failure = tried.trial.failure { members.append(("error", failure.json)) }
    return .object(JSONObject(members))
  }
}
