package import JSON
internal import Platform

/// What `render` shows: the parameters that an event gives, or why it gives none.
package struct RenderReport: Sendable {
  private static let version = 1

  /// One item: its parameters or why there are none, and how they came about if that is asked for.
  private struct Entry {
    let index: Int
    let outcome: Result<ReissueParameters, ReissueError>
    let explanation: Explanation?
  }

  private let isExplained: Bool
  private var template: String?
  private var items: [Entry] = []
  private var error: ReissueError?
  private var trials: [(trial: TemplateTrial, step: Explanation.Step?)] = []

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
  init(
    of event: Event, by templates: [Template], isExplained: Bool, _ settings: Settings,
    _ context: Context
  ) {
    self.isExplained = isExplained
    do throws(ReissueError) {
      try render(event, templates, settings, context)
    } catch {
      self.error = error
    }
  }

  private mutating func render(
    _ event: Event, _ templates: [Template], _ settings: Settings, _ context: Context
  ) throws(ReissueError) {
    let rendering = Rendering(event: event, variables: settings.variables, context)
    if isExplained { trials = Self.trials(of: templates, rendering) }
    guard let template = try rendering.choose(from: templates, settings) else { return }
    self.template = template.name
    items = try rendering.items(of: template).map { item throws(ReissueError) in
      if isExplained { try rendering.goOn() }
      return Entry(
        index: item.index, outcome: Self.parameters(of: item, template),
        explanation: isExplained
          ? Explanation(of: item.value, index: item.index, by: template, rendering) : nil)
    }
  }

  /// The templates up to the one that takes the event.
  private static func trials(
    of templates: [Template], _ rendering: Rendering
  ) -> [(TemplateTrial, Explanation.Step?)] {
    var trials: [(TemplateTrial, Explanation.Step?)] = []
    for template in templates {
      let trial = rendering.trial(of: template)
      let step = template.when.map {
        Explanation.Step($0, rendering.event, rendering.scope(of: template))
      }
      trials.append((trial, step))
      if trial.matched { break }
    }
    return trials
  }

  private static func parameters(
    of item: Item, _ template: Template
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

  /// The document.
  package var json: JSONValue {
    var document = JSONObject([("version", .integer(Self.version))])
    if let error {
      document["error"] = error.json
    } else {
      document["template"] = template.map(JSONValue.string) ?? .null
      document["items"] = .array(items.map(Self.json))
    }
    if isExplained { document["tried"] = .array(trials.map(Self.json)) }
    return .object(document)
  }

  private static func json(of entry: Entry) -> JSONValue {
    let outcome: (String, JSONValue?) =
      switch entry.outcome {
      case .success(let parameters): ("parameters", .object(parameters.json))
      case .failure(let error): ("error", error.json)
      }
    return .object(
      .present([("index", .integer(entry.index)), outcome, ("explain", entry.explanation?.json)]))
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
