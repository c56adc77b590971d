// What `render` does: event → template → parameters, and no further.

package import Core
package import Templates

/// The way of an event as far as its parameters, for one event or for many in a row.
package struct RenderRun {
  private let settings: Settings
  private let context: Context
  private let isExplained: Bool
  /// Read once, for all events.
  private var templates: [Template]?

  /// A run under these settings; nothing is read before it is needed.
  ///
  /// - Parameters:
  ///   - isExplained: Whether reports tell which templates were tried, and for every parameter the
  ///     expressions it came from and the values they read.
  ///   - settings: Which templates there are.
  ///   - context: Clock and files.
  package init(settings: Settings, context: Context, isExplained: Bool) {
    self.settings = settings
    self.context = context
    self.isExplained = isExplained
  }

  /// The parameters that an event gives, or why it gives none; there is as much time for that as for a run.
  package mutating func report(on event: () throws(ReissueError) -> Event) -> RenderReport {
    let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
    do throws(ReissueError) {
      let event = try event()
      if templates == nil {
        templates = try TemplateFolder(
          path: settings.templatesFolder, context: context
        ).templates(named: settings.templateNames)
      }
      return RenderReport(
        of: event, by: templates ?? [], isExplained: isExplained, settings, context,
        until: deadline)
    } catch {
      return RenderReport(error)
    }
  }
}
