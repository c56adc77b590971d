// The whole run on one page: event → template → request → ledger → service → result.

package import Core
internal import Platform
package import Templates

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
    context.fileDeadline.milliseconds = deadline
    var result = RunResult(startedAt: context.now(), isDryRun: settings.isDryRun)
    do throws(ReissueError) {
      try carryOut(event(), until: deadline, into: &result)
    } catch {
      result.error = error
    }
    result.durationMilliseconds = context.monotonicMilliseconds() - started
    return result
  }

  private mutating func carryOut(
    _ event: Event, until deadline: Int, into result: inout RunResult
  ) throws(ReissueError) {
    if templates == nil {
      templates = try TemplateFolder(
        path: settings.templatesFolder, context: context
      ).templates(named: settings.templateNames)
    }
    var rendering = Rendering(
      event: event, variables: settings.variables, context, until: deadline)
    guard
      let template = try rendering.choose(
        from: templates ?? [], isNamed: !settings.templateNames.isEmpty
      ).template
    else {
      result.reason = .noTemplate
      return
    }
    result.template = template.name

    let items = try rendering.items(of: template)
    result.reason = items.isEmpty ? .noItems : nil

    var jobs: [Job] = []
    jobs.reserveCapacity(items.count)
    for item in items {
      // A request may be made with a key that is there, which takes as long as an RSA signature does.
      try rendering.goOn()
      jobs.append(Job(item: item, of: template, settings, context))
    }
    var work = Work(jobs)
    work.refuseForceOnBatch(settings)
    work.settleRepeats()
    // Who tries a template wants to know; a real run asks the ledger first, which answers a repeated alert.
    if settings.isDryRun { try work.checkSigningRequests(goOn: rendering.goOn) }
    do throws(ReissueError) {
      if work.hasOpenJobs {
        try ask(&work, for: template.name, until: deadline, goOn: rendering.goOn)
      }
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
    _ work: inout Work, for template: String, until deadline: Int,
    goOn: () throws(ReissueError) -> Void
  ) throws(ReissueError) {
    if outside == nil { outside = try Outside(settings, context, log) }
    // What the ledger alone can answer costs no look, and no reading of signing requests.
    try outside?.remember(&work, for: template, goOn: goOn)
    // One look at the service, which the ledger judges first: an earlier request may be what it shows.
    try outside?.look(at: &work, until: deadline)
    guard !settings.isDryRun else { return }
    // From here on the intent is durable, whatever becomes of this process.
    try outside?.claim(&work)
    // Each key shortly before its call, the call, and what came of it into the ledger.
    outside?.send(&work, until: deadline)
    outside?.follow(&work, until: deadline)
  }
}
