// The whole run on one page: event → template → request → ledger → service → result.

internal import Platform

/// The main job, for one event or for many in a row.
package struct Run: ~Copyable {
  let settings: Settings
  let context: Context
  let log: Log
  private var templates: [Template]?
  private var outside: Outside?

  /// A run under these settings; nothing is opened before it is needed.
  package init(settings: Settings, context: Context, log: Log) {
    self.settings = settings
    self.context = context
    self.log = log
  }

  /// Does the job for one event; whatever happens, the result says it.
  package mutating func perform(on event: () throws(ReissueError) -> Event) -> RunResult {
    let started = context.monotonicMilliseconds()
    let deadline = started + settings.deadline.milliseconds
    var result = RunResult(startedAt: context.now(), isDryRun: settings.isDryRun)
    do throws(ReissueError) {
      try carryOut(event(), until: deadline, into: &result)
    } catch {
      result.error = error
    }
    result.durationMilliseconds = context.monotonicMilliseconds() - started
    result.report(to: log)
    return result
  }

  private mutating func carryOut(
    _ event: Event, until deadline: Int, into result: inout RunResult
  ) throws(ReissueError) {
    if templates == nil { templates = try Template.load(settings, context) }
    let rendering = Rendering(
      event: event, variables: settings.variables, context, until: deadline)
    guard let template = try rendering.choose(from: templates ?? [], settings) else {
      result.reason = .noTemplate
      return
    }
    result.template = template.name

    let items = try rendering.items(of: template)
    result.reason = items.isEmpty ? .noItems : nil

    var work = Work(items.map { Job(item: $0, of: template, settings, context) })
    work.refuseForceOnBatch(settings)
    work.settleRepeats()
    // Who tries a template wants to know; a real run asks the ledger first, which answers a repeated alert.
    if settings.isDryRun { work.checkSigningRequests() }
    do throws(ReissueError) {
      if work.hasOpenJobs { try ask(&work, for: template.name, until: deadline) }
    } catch {
      settings.isDryRun
        ? log.log(.warning, hint: error.hint, "nothing was looked at: \(error.message)")
        : work.fail(error)
    }
    if settings.isDryRun { work.settleDry() }
    result.items = work.results
    result.isUnrecorded = work.isUnrecorded
  }

  /// Brings every open item to its end. Each step ends those that it can answer for; what throws ends the rest.
  private mutating func ask(
    _ work: inout Work, for template: String, until deadline: Int
  ) throws(ReissueError) {
    if outside == nil { outside = try Outside(settings, context, log) }
    // What the ledger alone can answer costs no look, and no reading of signing requests.
    try outside?.remember(&work, for: template)
    // One look at the service, which the ledger judges first: an earlier request may be what it shows.
    try outside?.look(at: &work, until: deadline)
    guard !settings.isDryRun else { return }
    // From here on the intent is durable, whatever becomes of this process.
    try outside?.claim(&work)
    // Keys, calls, and what came of each into the ledger.
    outside?.send(&work, until: deadline)
    outside?.follow(&work, until: deadline)
  }
}
