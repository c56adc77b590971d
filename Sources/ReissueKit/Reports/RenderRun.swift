// What `render` does: event → template → parameters, and no further.

package import Core
internal import JMESPath
internal import JSON
internal import Parameters
package import Templates

/// Renders one event, or many in a row.
package struct RenderRun {
  private let settings: Settings
  private let context: Context
  private let isExplained: Bool
  /// Read once, for all events.
  private var templates: [Template]?

  /// A run with these settings; nothing is read until it is needed.
  ///
  /// - Parameters:
  ///   - settings: Templates, variables and deadline.
  ///   - context: Clock and files.
  ///   - isExplained: Whether reports show the templates that were tried, and for every parameter its expressions and
  ///     the values that they read.
  package init(settings: Settings, context: Context, isExplained: Bool) {
    self.settings = settings
    self.context = context
    self.isExplained = isExplained
  }

  /// The parameters that an event gives, or why it gives none. The deadline is that of a run.
  package mutating func report(on event: () throws(ReissueError) -> Event) -> RenderReport {
    let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
    do throws(ReissueError) {
      let event = try event()
      let templates = try readTemplates()
      var rendering = Rendering(
        event: event, variables: settings.variables, context, until: deadline)
      var report = RenderReport(isExplained: isExplained)
      do throws(ReissueError) {
        try render(&rendering, templates, into: &report)
      } catch {
        report.error = error
      }
      return report
    } catch {
      return RenderReport(error)
    }
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
    let template = try rendering.choose(
      from: templates, isNamed: !settings.templateNames.isEmpty
    ) { rendering, template, trial in
      guard isExplained else { return }
      let scope = rendering.scope(of: template)
      let step = template.when.map {
        Explanation.Step($0, rendering.event, scope, spending: &rendering.budget)
      }
      report.trials?.append(RenderReport.Trial(outcome: trial, when: step))
    }
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
    do throws(ReissueError) {
      return .success(try item.rendered.get().checked(under: template.policy).parameters)
    } catch {
      return .failure(error.at(Place(template: template.name)))
    }
  }
}
