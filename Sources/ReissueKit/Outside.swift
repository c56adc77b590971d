// Ledger and service, in the order in which a request needs them: remember, look, claim, send, settle,
// follow. What is opened once serves every event of a stream.

internal import Platform

/// The two that a run speaks with.
struct Outside: ~Copyable {
  private let settings: Settings
  private let context: Context
  private let log: Log
  private let credentials: Credentials
  private let account: String
  private let ledger: (any Ledger)?
  /// Made when there is something to ask the service; a repeated alert needs none.
  private var client: ServiceClient?

  /// Opens the ledger, and gets ready to speak with the service.
  ///
  /// - Throws: ``ReissueError``: without credentials 77, without a ledger that works 74.
  init(_ settings: Settings, _ context: Context, _ log: Log) throws(ReissueError) {
    let credentials = try Credentials.find(profile: settings.profile, context: context)
    let ledger = try LedgerLocation.open(settings, context, log)
    self.credentials = credentials
    self.ledger = ledger
    self.settings = settings
    self.context = context
    self.log = log
    account = LedgerDigest.account(accessKeyID: credentials.accessKey)
    client = nil
    if ledger == nil, !settings.isDryRun {
      log.log(.warning, hint: "a repeated alert would be a second reissue", "no ledger is kept")
    }
  }

  /// Brings every open item to its end.
  ///
  /// - Returns: Why none of those that are left can go on.
  mutating func attempt(
    _ work: inout Work, template: String, until deadline: Int
  ) -> ReissueError? {
    let memory = memory(template)
    do throws(ReissueError) {
      if let memory { try work.judge(by: memory, now: context.now()) }
      // Where nothing is asked first, each is checked shortly before its turn, while others are on their way.
      if memory != nil || work.needsService || !work.maySigningRequestsWait {
        work.checkSigningRequests()
      }
      try look(for: &work, memory, until: deadline)
      guard !settings.isDryRun else { return nil }
      if work.hasOpenJobs {
        try connect()
        if let memory { try work.claim(by: memory, now: context.now()) }
        send(&work, memory, until: deadline)
      }
      follow(&work, memory, until: deadline)
      return nil
    } catch {
      return error
    }
  }

  private mutating func connect() throws(ReissueError) {
    guard client == nil else { return }
    var client = try ServiceClient(
      settings: settings, credentials: credentials, context: context, log: log)
    client.isPatient = !settings.isDryRun
    self.client = consume client
  }

  /// Looks at the service once, if any open item needs that.
  private mutating func look(
    for work: inout Work, _ memory: Memory?, until deadline: Int
  ) throws(ReissueError) {
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

  private mutating func send(_ work: inout Work, _ memory: Memory?, until deadline: Int) {
    let store = CertificateStore(path: settings.storeFolder)
    work.makeKeys(in: store)
    if let memory { work.noteStores(in: memory, now: context.now()) }
    client?.reissue(&work, memory: memory, parallel: settings.parallel, deadline: deadline)
    if let memory { work.giveBack(to: memory, now: context.now(), log: log) }
    work.discardRefused(from: store, log: log)
  }

  /// Looks after what was accepted, if anything was: once, or until it is issued.
  private mutating func follow(_ work: inout Work, _ memory: Memory?, until deadline: Int) {
    guard settings.follow != .none else { return }
    client?.follow(&work, parallel: settings.parallel, deadline: deadline)
    let (context, log) = (context, log)
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

  private func memory(_ template: String) -> Memory? {
    guard let ledger else { return nil }
    return Memory(
      ledger: ledger, account: account, owner: .current(), span: settings.deadline.milliseconds,
      maximumPerDay: settings.maximumPerDay, isForced: settings.isForced, event: template)
  }
}
