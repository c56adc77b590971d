// The whole run on one page: event → template → request → ledger → service → result.

internal import Platform

/// One run of the main job.
package struct Run {
  let settings: Settings
  let context: Context
  let log: Log

  /// A run under these settings.
  package init(settings: Settings, context: Context, log: Log) {
    self.settings = settings
    self.context = context
    self.log = log
  }

  /// Does the job for one event; whatever happens, the result says it.
  package func perform(on event: () throws(ReissueError) -> Event) -> RunResult {
    let started = context.monotonicMilliseconds()
    let deadline = started + settings.deadline.milliseconds
    var result = RunResult(startedAt: context.now(), isDryRun: settings.isDryRun)
    do throws(ReissueError) {
      try carryOut(event(), until: deadline, into: &result)
    } catch {
      result.error = error
    }
    result.durationMilliseconds = context.monotonicMilliseconds() - started
    report(result)
    return result
  }

  private func carryOut(
    _ event: Event, until deadline: Int, into result: inout RunResult
  ) throws(ReissueError) {
    let templates = try Template.load(settings, context)
    let rendering = Rendering(event: event, variables: settings.variables, now: context.now())
    guard let template = try rendering.choose(from: templates, settings) else {
      result.reason = .noTemplate
      return
    }
    result.template = template.name

    let items = try rendering.items(of: template)
    result.reason = items.isEmpty ? .noItems : nil

    var work = Work(items.map { Job(item: $0, of: template, settings, context) })
    work.settleRepeats()
    work.refuseSharedSigningRequests()
    if settings.isDryRun {
      rehearse(&work, until: deadline)
    } else if work.hasOpenJobs {
      work.attempt { jobs throws(ReissueError) in try send(&jobs, until: deadline) }
    }
    result.items = work.results
  }

  /// Looks as far as that is possible, and sends nothing.
  private func rehearse(_ work: inout Work, until deadline: Int) {
    do throws(ReissueError) {
      guard work.needsService else { return work.settleDry() }
      var client = try client()
      client.isPatient = false
      try work.preflight(with: &client, deadline: deadline, now: context.now())
    } catch {
      log.log(.warning, hint: error.hint, "the service was not looked at: \(error.message)")
    }
    work.settleDry()
  }

  /// Asks the service for everything that is still open.
  private func send(_ work: inout Work, until deadline: Int) throws(ReissueError) {
    var client = try client()
    try work.preflight(with: &client, deadline: deadline, now: context.now())
    log.log(.warning, hint: "a repeated alert would be a second reissue", "no ledger is kept")
    let store = CertificateStore(path: settings.storeFolder)
    work.makeKeys(in: store)
    client.reissue(&work, parallel: settings.parallel, deadline: deadline)
    work.discardRefused(from: store, log: log)
    if settings.follow != .none {
      client.follow(&work, parallel: settings.parallel, deadline: deadline)
    }
  }

  private func client() throws(ReissueError) -> ServiceClient {
    let credentials = try Credentials.find(profile: settings.profile, context: context)
    return try ServiceClient(
      settings: settings, credentials: credentials, context: context, log: log)
  }

  private func report(_ result: RunResult) {
    if let error = result.error { log.log(error) }
    for item in result.items {
      if let error = item.error { log.log(error, subject: "item \(item.index)") }
      for warning in item.warnings { log.log(.warning, "item \(item.index): \(warning)") }
    }
  }
}
