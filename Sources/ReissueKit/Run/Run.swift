// The whole run on one page: event → template → items → ledger → service → result. Each step is a file beside
// this one: Prepare, Judge, Preflight, Claim, Send, Follow.

package import Core
internal import Ledger
internal import Parameters
internal import Service
package import Templates

/// The main job, for one event or for many in a row.
package struct Run: ~Copyable {
  let settings: Settings
  let context: Context
  let log: Log
  private var templates: [Template]?
  /// The ledger, once it is open; `nil` if none is kept.
  var ledger: RunLedger?
  /// How the service is reached, once that is checked.
  var service: ServiceConfiguration?
  /// Made when there is something to ask the service; a repeated alert needs none.
  var client: ServiceClient?
  /// The items of the current event.
  var items: [Item] = []
  /// What the ledger calls the current event: the name of its template, or the command.
  var event = ""

  /// A run under these settings; nothing is opened before it is needed.
  package init(settings: Settings, context: Context, log: Log) {
    self.settings = settings
    self.context = context
    self.log = log
  }

  /// Does the job for one event; the result reports whatever happens.
  package mutating func perform(on event: () throws(ReissueError) -> Event) -> RunResult {
    let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
    context.fileDeadline.milliseconds = deadline
    return report(.run) { (run, result) throws(ReissueError) in
      try run.carryOut(event(), until: deadline, into: &result)
    }
  }

  /// The result of a piece of work, with the time that it took.
  mutating func report(
    _ command: RunResult.Command,
    _ work: (inout Run, inout RunResult) throws(ReissueError) -> Void
  ) -> RunResult {
    let started = context.monotonicMilliseconds()
    var result = RunResult(command, startedAt: context.now(), isDryRun: settings.isDryRun)
    items = []
    do throws(ReissueError) {
      try work(&self, &result)
    } catch {
      result.error = error
      items = []
    }
    result.items = items.map(\.result)
    result.isUnrecorded = items.contains(where: \.isUnrecorded)
    result.durationMilliseconds = context.monotonicMilliseconds() - started
    return result
  }

  private mutating func carryOut(
    _ event: Event, until deadline: Int, into result: inout RunResult
  ) throws(ReissueError) {
    if templates == nil {
      templates = try TemplateFolder(path: settings.templatesFolder, context: context)
        .templates(named: settings.templateNames)
    }
    var rendering = Rendering(
      event: event, variables: settings.variables, context, until: deadline)
    var trials: [(template: Template, trial: TemplateTrial)] = []
    let accepting = try rendering.choose(
      from: templates ?? [], isNamed: !settings.templateNames.isEmpty
    ) { trials.append(($1, $2)) }
    log.noteRefusals(
      trials, of: &rendering, hasTaken: accepting != nil, isNamed: !settings.templateNames.isEmpty)
    guard let template = accepting else {
      result.reason = .noTemplate
      return
    }
    result.template = template.name
    items = try prepare(
      rendering.items(of: template), of: template, checkingTime: rendering.goOn)
    result.reason = items.isEmpty ? .noItems : nil
    settings.isDryRun
      ? try rehearse(template.name, until: deadline, checkingTime: rendering.goOn)
      : reissue(template.name, until: deadline, checkingTime: rendering.goOn)
  }

  /// Brings every open item to its result. Each step ends the items that it settles; an error that it throws fails
  /// all items that are still open.
  private mutating func reissue(
    _ template: String, until deadline: Int, checkingTime: () throws(ReissueError) -> Void
  ) {
    guard !items.open.isEmpty else { return }
    do throws(ReissueError) {
      try open(makesLedger: true)
      // The ledger alone answers a repeated alert: no signing request is read and no call made.
      try judge(template)
      // Without a ledger and a look nothing is spent on an item before its call, so each request is checked just
      // before it, where the network hides the time.
      if ledger != nil || isLookNeeded || items.shareSigningRequests {
        try checkSigningRequests(of: template, checkingTime: checkingTime)
      }
      // The ledger judges what the look showed first: it may show the result of an earlier request.
      if let failure = try look(until: deadline) {
        items.fail(failure, where: \.policy.preflight)
      }
      // From here on the intent is durable, whatever becomes of this process.
      try claim()
    } catch {
      return items.fail(error)
    }
    send(until: deadline)
    followUp(until: deadline)
  }

  /// A dry run takes the same steps up to the claim. What it cannot find out is a warning, also in the result.
  private mutating func rehearse(
    _ template: String, until deadline: Int, checkingTime: () throws(ReissueError) -> Void
  ) throws(ReissueError) {
    // A person who tries a template wants to know about signing requests even if the ledger would skip the item.
    try checkSigningRequests(of: template, checkingTime: checkingTime)
    if !items.open.isEmpty {
      do throws(ReissueError) {
        try open(makesLedger: false)
        if ledger == nil { try LedgerLocation.requireCreatable(settings, context) }
        try judge(template)
        if let failure = try look(until: deadline) { throw failure }
        failWithoutStore()
      } catch {
        let warning = "the dry run is incomplete: \(error.message)"
        log.log(.warning, hint: error.hint, warning)
        for index in items.open { items[index].result.warnings.append(warning) }
      }
    }
    for index in items.open {
      items[index].result.store = items[index].request?.store?.text
      items[index].end(.wouldReissue)
    }
  }
}

// Ledger and service are opened once for all events, and only if an item is to be sent.
extension Run {
  /// Opens the ledger and checks how the service is reached; does nothing the second time.
  ///
  /// A dry run makes no ledger: its file might belong to another user than the one who runs later. Neither does
  /// `follow`, which has nothing to record there.
  ///
  /// - Parameter makesLedger: Whether a ledger that does not exist is created.
  /// - Throws: ``ReissueError``: 77 without credentials, 78 for a proxy that cannot be used, 74 for a ledger that
  ///   cannot be used.
  mutating func open(makesLedger: Bool) throws(ReissueError) {
    guard service == nil else { return }
    let credentials = try Credentials.find(profile: settings.profile, context: context)
    let service = try ServiceConfiguration(settings, credentials, context, log)
    let opened =
      makesLedger
      ? try LedgerLocation.open(settings, context, log)
      : try LedgerLocation.openIfThere(settings, context, log)
    ledger = opened.map { RunLedger($0, settings, credentials) }
    self.service = service
    if opened == nil, makesLedger {
      log.log(.warning, hint: "a repeated alert would be a second reissue", "no ledger is kept")
    }
  }

  /// Makes the client; does nothing the second time.
  mutating func connect() throws(ReissueError) {
    guard client == nil, let service else { return }
    var client = try ServiceClient(service, context: context, log: log)
    // A dry run reports a fault at once instead of repeating the call.
    client.isPatient = !settings.isDryRun
    self.client = consume client
  }
}

extension Log {
  /// Reports why templates did not accept the event, if none has taken it or a reason is odd: a slip in `when` looks
  /// like an event that is not meant. A template that the caller named is expected to accept its events.
  func noteRefusals(
    _ trials: [(template: Template, trial: TemplateTrial)], of rendering: inout Rendering,
    hasTaken: Bool, isNamed: Bool
  ) {
    for (template, trial) in trials where !hasTaken || trial.oddity != nil {
      guard let refusal = rendering.refusal(of: template, trial) else { continue }
      log(
        trial.oddity != nil || isNamed ? .warning : .info,
        "the template \(trial.template) does not accept the event: \(refusal)")
    }
  }
}
