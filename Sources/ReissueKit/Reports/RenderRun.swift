// What `render` does: event → template → parameters, and no further.

package import Core
internal import JMESPath
package import JSON
internal import Parameters
package import Templates

/// Renders one event, or many in a row.
package struct RenderRun {
  private let settings: Settings
  private let context: Context
  private let isExplained: Bool
  private let log: Log?
  /// Read once, for all events.
  private var templates: [Template]? {
    didSet { selection = isExplained ? .whole : templates.map(Template.selection) ?? .whole }
  }
  /// The parts of the following events that are read; everything until the templates are known.
  package private(set) var selection = JSONSelection.whole

  /// A run with these settings; nothing is read until it is needed. If `isExplained`, reports show the templates that
  /// were tried, and for every parameter its expressions and the values that they read. `log` gets the reasons of
  /// templates that do not accept an event.
  package init(settings: Settings, context: Context, isExplained: Bool, log: Log?) {
    self.settings = settings
    self.context = context
    self.isExplained = isExplained
    self.log = log
  }

  /// The parameters that an event gives, or why it gives none. The deadline is that of a run.
  package mutating func report(on event: () throws(ReissueError) -> Event) -> RenderReport {
    let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
    do throws(ReissueError) {
      let event = try event()
      let templates = try readTemplates()
      let report = report(on: event, templates, until: deadline)
      guard !event.isWhole, report.hasErrors else { return report }
      // An error tells what is in the event.
      return self.report(on: try event.whole(), templates, until: deadline)
    } catch {
      return RenderReport(error)
    }
  }

  private func report(on event: Event, _ templates: [Template], until deadline: Int) -> RenderReport
  {
    var rendering = Rendering(
      event: event, variables: settings.variables, context, until: deadline)
    var report = RenderReport(isExplained: isExplained)
    do throws(ReissueError) {
      try render(&rendering, templates, into: &report)
    } catch {
      report.error = error
    }
    return report
  }

  private mutating func readTemplates() throws(ReissueError) -> [Template] {
    if let templates { return templates }
    let read = try TemplateFolder(path: settings.templatesFolder, context: context)
      .templates(named: settings.templateNames)
    templates = read
    return read
  }

  private func render(
    _ rendering: inout Rendering, _ templates: [Template], into report: inout RenderReport
  ) throws(ReissueError) {
    let isNamed = !settings.templateNames.isEmpty
    var trials: [(template: Template, trial: TemplateTrial)] = []
    let template = try rendering.choose(from: templates, isNamed: isNamed) {
      rendering, template, trial in
      if log != nil { trials.append((template, trial)) }
      guard isExplained else { return }
      let scope = rendering.scope(of: template)
      let step = template.when.map {
        Explanation.Step($0, rendering.event, scope, spending: &rendering.budget)
      }
      report.trials?.append(RenderReport.Trial(outcome: trial, when: step))
    }
    log?.noteRefusals(trials, of: &rendering, hasTaken: template != nil, isNamed: isNamed)
    guard let template else { return }
    report.template = template.name
    var entries: [RenderReport.Entry] = []
    var bytes = RunBounds.explanationBytes
    for item in try rendering.items(of: template) {
      var explanation: JSONValue?
      if isExplained {
        explanation = try explain(item, by: template, &rendering, remaining: &bytes)
      }
      entries.append(
        RenderReport.Entry(
          index: item.index, reference: item.reference,
          outcome: Self.parameters(of: item, template), explanation: explanation))
    }
    report.items = entries
  }

  /// Why an item has its parameters, if enough memory remains for that.
  private func explain(
    _ item: RenderedItem, by template: Template, _ rendering: inout Rendering,
    remaining bytes: inout Int
  ) throws(ReissueError) -> JSONValue {
    let leftOut: JSONValue = [
      "note": "left out: the explanations of the items before it take all the room there is"
    ]
    try rendering.goOn()
    guard bytes > 0, !rendering.budget.isSpent else { return leftOut }
    let explanation = Explanation(
      of: item.value, index: item.index, by: template, &rendering
    ).json
    bytes -= RunBounds.size(of: explanation)
    return bytes > 0 ? explanation : leftOut
  }

  private static func parameters(
    of item: RenderedItem, _ template: Template
  ) -> Result<ReissueParameters, ReissueError> {
    Result { () throws(ReissueError) in
      try item.rendered.get().checked(under: template.policy).parameters
    }.mapError { $0.at(Place(template: template.name)) }
  }
}

/// What `render` shows: the parameters that an event gives, or why it gives none.
package struct RenderReport: Sendable {
  private static let version = 1

  /// An item: its parameters or why it has none, and its explanation if one is wanted.
  struct Entry {
    let index: Int
    let reference: String?
    let outcome: Result<ReissueParameters, ReissueError>
    let explanation: JSONValue?
  }

  /// A template that was tried, and how its `when` came to its value.
  struct Trial {
    let outcome: TemplateTrial
    let when: Explanation.Step?
  }

  /// The template that accepted the event.
  var template: String?
  /// The items in the order of the event.
  var items: [Entry] = []
  /// The templates that were tried; `nil` if no explanation is wanted.
  var trials: [Trial]?
  /// Why the event as a whole failed.
  var error: ReissueError?

  init(isExplained: Bool) { trials = isExplained ? [] : nil }

  /// A report that the event or the template as a whole failed.
  package init(_ error: ReissueError) { self.error = error }

  /// All errors.
  package var errors: [ReissueError] {
    items.compactMap { if case .failure(let error) = $0.outcome { error } else { nil } }
      + [error].compactMap(\.self)
  }

  /// Whether there are ``errors``.
  package var hasErrors: Bool { !errors.isEmpty }

  /// The most serious status of ``errors``.
  package var exit: ExitStatus { ExitStatus.gravest(of: errors.map(\.exit)) }

  /// The document; its items are encoded one by one.
  private var frame: JSONObject {
    .present([
      ("version", .integer(Self.version)), ("error", error?.json),
      ("template", error == nil ? template.map(JSONValue.string) ?? .null : nil),
      ("items", error == nil ? [] : nil), ("tried", trials.map { .array($0.map(Self.json)) }),
    ])
  }

  /// The document.
  package var json: JSONValue {
    var document = frame
    if error == nil { document["items"] = .array(items.map(Self.json)) }
    return .object(document)
  }

  /// The document as text with a line feed at its end.
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
      .present([
        ("index", .integer(entry.index)), ("reference", entry.reference.map(JSONValue.string)),
        outcome, ("explain", entry.explanation),
      ]))
  }

  private static func json(of trial: Trial) -> JSONValue {
    let outcome = trial.outcome
    return .object(
      .present([
        ("template", .string(outcome.template)), ("matched", .boolean(outcome.matched)),
        ("when", trial.when.map { .object(JSONObject($0.members)) }),
        ("note", outcome.oddity.map(JSONValue.string)),
        ("error", outcome.failure?.json),
      ]))
  }
}
