// What the ledger remembers is brought to the items, and what became of them to the ledger.

internal import Core
internal import Crypto
internal import JSON
internal import Ledger
internal import Parameters
internal import Platform
internal import Service
internal import Templates

/// The ledger as one run uses it: the account it acts for, and who it is itself.
struct Memory {
  let ledger: any Ledger
  let account: String
  let owner: ProcessIdentity
  /// How long a run may take, in milliseconds: no request is signed later.
  let span: Int
  let maximumPerDay: Int
  let isForced: Bool
  let event: String

  func terms(at now: Timestamp) -> LedgerTerms {
    LedgerTerms(
      now: now, owner: owner, signBy: Timestamp(milliseconds: now.milliseconds + span))
  }

  /// What an item wants, in the ledger's terms; `nil` while its number is not known.
  func intent(of job: Job, look: LedgerLook) -> LedgerIntent? {
    guard let request = job.request, let number = request.certificateNumber else { return nil }
    return LedgerIntent(
      account: account, number: number.digits,
      askedNumber: request.parameters.certificateNumber?.digits, order: job.order?.id,
      name: request.parameters.commonName.ascii, digest: LedgerDigest.parameters(request.wish),
      event: "\(event), item \(job.result.index)",
      policy: LedgerPolicy(
        cooldown: job.policy.cooldown.milliseconds, force: isForced, maximumPerDay: maximumPerDay),
      look: look)
  }
}

extension Work {
  /// Answers the open items from what the ledger alone knows, before anything is spent on them.
  mutating func judge(by memory: Memory, now: Timestamp) throws(ReissueError) {
    try answer(by: memory, now: now, looks: { _ in .notYet }, isClaiming: false)
  }

  /// Answers the items that have to be looked at with what the look showed; `nil` if it failed.
  mutating func judge(
    by memory: Memory, account: Account?, now: Timestamp
  ) throws(ReissueError) {
    if let account { takeNumbers(from: account) }
    let isLookedAt = open.filter { self[$0].isLookWanted }
    guard !isLookedAt.isEmpty else { return }
    try answer(
      by: memory, now: now, looks: { $0.look(at: account) }, isClaiming: false,
      only: isLookedAt)
  }

  /// Items without a number, of which the ledger could not be asked yet, get that of their order.
  private mutating func takeNumbers(from account: Account) {
    for place in open where self[place].request?.certificateNumber == nil {
      self[place].takeNumber(from: account)
    }
  }

  /// Makes the intent of every open item durable; what may not be sent comes to its end.
  mutating func claim(by memory: Memory, now: Timestamp) throws(ReissueError) {
    try answer(by: memory, now: now, looks: { $0.lastLook }, isClaiming: true)
    // What another process has left unknown since the ledger was first asked wants a look: that is the next run's.
    for place in open where self[place].ticket == nil {
      self[place].end(.unknown, error: .held(.notLooked))
    }
  }

  private mutating func answer(
    by memory: Memory, now: Timestamp, looks: (Job) -> LedgerLook, isClaiming: Bool,
    only wanted: [Int]? = nil
  ) throws(ReissueError) {
    var places: [Int] = []
    var intents: [LedgerIntent] = []
    for place in wanted ?? open {
      guard let intent = memory.intent(of: self[place], look: looks(self[place])) else { continue }
      places.append(place)
      intents.append(intent)
    }
    guard !intents.isEmpty else { return }
    let terms = memory.terms(at: now)
    let decisions: [LedgerDecision]
    do throws(LedgerError) {
      decisions =
        isClaiming
        ? try memory.ledger.claim(intents, terms: terms)
        : try memory.ledger.judge(intents, terms: terms)
    } catch {
      throw ReissueError(error)
    }
    for (place, decision) in zip(places, decisions) { self[place].take(decision) }
  }

  /// Brings new numbers and stages, as a look after the call showed them, to the ledger.
  mutating func noteNews(in memory: Memory, now: Timestamp, log: Log) {
    for place in jobs.indices where self[place].result.status == .reissued {
      guard let facts = self[place].news, let number = self[place].result.certificateNumber else {
        continue
      }
      let lookup = LedgerLookup(
        account: memory.account, order: facts.order, numbers: [number.digits])
      do throws(LedgerError) {
        let record = try memory.ledger.note(
          facts, for: lookup, observer: memory.owner, now: now)
        if let record { self[place].take(noted: record) }
      } catch {
        log.log(.warning, hint: error.hint, "the ledger does not know the new number yet: \(error)")
      }
    }
  }

  /// Gives back the claims of items that came to their end before anything was sent for them.
  mutating func giveBack(to memory: Memory, now: Timestamp, log: Log) {
    for place in jobs.indices where self[place].ticket != nil && self[place].request == nil {
      self[place].settle(
        in: memory, as: .notSent(code: self[place].result.error?.code ?? "run.ended"),
        signedAt: nil,
        now: now, log: log)
    }
  }
}
