package import JSON
internal import Platform

/// What `render` shows: the parameters that an event gives, or why it gives none.
package struct RenderReport: Sendable {
  private static let version = 1

  private var template: String?
  private var items: [(index: Int, outcome: Result<ReissueParameters, ReissueError>)] = []
  private var error: ReissueError?

  /// A report that the event or the template failed whole.
  package init(_ error: ReissueError) { self.error = error }

  /// Renders an event; nothing outside of templates and their data is touched.
  package init(of event: Event, settings: Settings, context: Context) {
    do throws(ReissueError) {
      try render(event, settings, context)
    } catch {
      self.error = error
    }
  }

  private mutating func render(
    _ event: Event, _ settings: Settings, _ context: Context
  ) throws(ReissueError) {
    let templates = try Template.load(settings, context)
    let rendering = Rendering(event: event, variables: settings.variables, now: context.now())
    guard let template = try rendering.choose(from: templates, settings) else { return }
    self.template = template.name
    items = try rendering.items(of: template).map { item in
      (item.index, Self.parameters(of: item, template))
    }
  }

  private static func parameters(
    of item: Item, _ template: Template
  ) -> Result<ReissueParameters, ReissueError> {
    do throws(ReissueError) {
      return .success(try ReissueParameters(rendered: item.rendered.get().parameters))
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
    if let error { return ["version": .integer(Self.version), "error": error.json] }
    let items = items.map { item -> JSONValue in
      switch item.outcome {
      case .success(let parameters):
        ["index": .integer(item.index), "parameters": .object(parameters.json)]
      case .failure(let error): ["index": .integer(item.index), "error": error.json]
      }
    }
    return [
      "version": .integer(Self.version), "template": template.map(JSONValue.string) ?? .null,
      "items": .array(items),
    ]
  }
}
