// Ledger and service, a step of the run each: remember, look, claim, send, follow. What is opened once serves
// every event of a stream.

internal import Core
internal import Ledger
internal import Platform
internal import Service

/// The two that a run speaks with.
struct Outside: ~Copyable {
  private let settings: Settings
  private let context: Context
  private let log: Log
  private let service: ServiceConfiguration
  private let account: String
  private let ledger: (any Ledger)?
  /// The ledger as the event at hand uses it.
  private var memory: Memory?
  /// Made when there is something to ask the service; a repeated alert needs none.
  private var client: ServiceClient?

  /// Opens the ledger, and gets ready to speak with the service.
  ///
  /// - Throws: ``ReissueError``: without credentials 77, without a ledger that works 74.
  init(_ settings: Settings, _ context: Context, _ log: Log) throws(ReissueError) {
    let credentials = try Credentials.find(profile: settings.profile, context: context)
    // A proxy that cannot be used is reported before anything else is done.
    let service = try ServiceConfiguration(settings, credentials, context, log)
    // Who only tries makes no file, which might be another user's than the one that runs.
    let ledger =
      settings.isDryRun
      ? try LedgerLocation.openIfThere(settings, context, log)
      : try LedgerLocation.open(settings, context, log)
    self.service = service
    self.ledger = ledger
    self.settings = settings
    self.context = context
    self.log = log
    account = LedgerDigest.account(of: settings, credentials)
    memory = nil
    client = nil
    if ledger == nil, !settings.isDryRun {
      log.log(.warning, hint: "a repeated alert would be a second reissue", "no ledger is kept")
    }
  }

  /// Answers what the ledger alone can answer, and reads the signing requests of what is left.
  ///
  /// - Parameters:
  ///   - work: The items.
  ///   - template: The name of the template that made them.
  ///   - goOn: Asked before each signing request is read; throws once the run is to end.
  mutating func remember(
    _ work: inout Work, for template: String, goOn: () throws(ReissueError) -> Void
  ) throws(ReissueError) {
    memory = ledger.map { ledger in
      Memory(
        ledger: ledger, account: account, owner: .current(), span: settings.deadline.milliseconds,
        maximumPerDay: settings.maximumPerDay, isForced: settings.isForced, event: template)
    }
    if let memory { try work.judge(by: memory, now: context.now()) }
    // Where nothing is asked first, each is checked shortly before its turn, while others are on their way.
    if memory != nil || work.needsService || !work.maySigningRequestsWait {
      try work.checkSigningRequests(goOn: goOn)
    }
  }

  private mutating func connect() throws(ReissueError) {
    guard client == nil else { return }
    var client = try ServiceClient(service, context: context, log: log)
    client.isPatient = !settings.isDryRun
    self.client = consume client
  }

  /// Looks at the service once, if any open item needs that.
  mutating func look(at work: inout Work, until deadline: Int) throws(ReissueError) {
    guard work.needsService else { return }
    var seen: Account?
    var failure: ReissueError?
    do throws(ReissueError) {
      try connect()
      seen = try client?.lookAround(deadline: deadline)
    } catch {
      failure = error
    }
    // What the ledger has to settle first is answered by its own rules, after a look in vain too.
    if let memory { try work.judge(by: memory, account: seen, now: context.now()) }
    if let seen { work.preflight(seen, now: context.now()) }
    guard let failure else { return }
    guard settings.isDryRun else { return work.failLook(failure) }
    log.log(.warning, hint: failure.hint, "the service was not looked at: \(failure.message)")
  }

  /// Makes the intent of everything that is left durable.
  mutating func claim(_ work: inout Work) throws(ReissueError) {
    guard work.hasOpenJobs else { return }
    // Without a connection that can be made, nothing need be claimed.
    try connect()
    if let memory { try work.claim(by: memory, now: context.now()) }
  }

  /// Sends, each with its key made before it, settles each with what came back, and gives back what was not
  /// sent.
  mutating func send(_ work: inout Work, until deadline: Int) {
    guard work.hasOpenJobs else { return }
    let store = CertificateStore(path: settings.storeFolder)
    client?.reissue(
      &work, memory: memory, store: store, parallel: settings.parallel, deadline: deadline)
    if let memory { work.giveBack(to: memory, now: context.now(), log: log) }
    work.discardRefused(from: store, log: log)
  }

  /// Looks after what was accepted, if anything was: once, or until it is issued.
  mutating func follow(_ work: inout Work, until deadline: Int) {
    guard settings.follow != .none else { return }
    client?.follow(&work, parallel: settings.parallel, deadline: deadline)
    let (memory, context, log) = (memory, context, log)
    func note(_ work: inout Work) {
      if let memory { work.noteNews(in: memory, now: context.now(), log: log) }
    }
    note(&work)
    guard settings.follow == .issued else { return }
    let patience = context.monotonicMilliseconds() + settings.followDeadline.milliseconds
    client?.awaitIssue(
      &work, store: CertificateStore(path: settings.storeFolder), parallel: settings.parallel,
      deadline: patience, looked: note)
  }
}
