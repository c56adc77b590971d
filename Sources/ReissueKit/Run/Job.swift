// An item on its way: from what the template made of it to what is sent, or to its end.

internal import Core
internal import JSON
internal import Ledger
internal import Parameters
internal import Platform
internal import Service
internal import Templates

/// One item of a run: its result as known so far, and its request while it is still to be sent.
struct Job: Sendable {
  /// What is known of the item.
  var result: ItemResult
  /// What is to be sent; `nil` once the item has come to its end.
  var request: ReissueRequest?
  /// The order as a look at the service showed it.
  var order: AccountOrder?
  /// The order as a look after the call showed it.
  var news: ServiceFacts?
  /// The names that a reissue of an earlier run is for.
  var followedNames: [DomainName] = []
  /// Whether its chain was brought to the store, or tried to.
  var isDelivered = false
  /// When that look began.
  var orderSeenAt: Timestamp?
  /// Whether the ledger wants a look at the service before it answers.
  var isLookWanted = false
  /// The claim that the item holds in the ledger.
  var ticket: LedgerTicket?
  /// Whether the ledger could not be told what became of it.
  var isUnrecorded = false
  /// The folder that this run has put a key or a signing request into; what an earlier one made is not ours
  /// to remove.
  var madeStore: String?
  /// Whether a call surely led to nothing, or was not made after its key was.
  var isRefused = false
  /// The rules of its template.
  let policy: Policy
  /// The name of its template.
  private let template: String?

  /// Makes parameters, signing request and request of an item, as far as it goes.
  init(item: Item, of template: Template, _ settings: Settings, _ context: Context) {
    policy = template.policy
    self.template = template.name
    result = ItemResult(index: item.index, status: .failed)
    do throws(ReissueError) {
      try prepare(item, settings, context)
    } catch {
      result.error = error.at(Place(template: template.name))
    }
  }

  /// Fails if there is something against its signing request.
  mutating func checkSigningRequest() {
    guard let request else { return }
    do throws(ReissueError) {
      result.warnings += try request.signingRequest?.check(for: request.parameters) ?? []
    } catch {
      end(.failed, error: error.at(Place(template: template)))
    }
  }

  /// An item that no template made.
  init(index: Int) {
    policy = Policy()
    template = nil
    result = ItemResult(index: index, status: .failed)
  }

  private mutating func prepare(
    _ item: Item, _ settings: Settings, _ context: Context
  ) throws(ReissueError) {
    let (parameters, store) = try item.rendered.get().checked(under: policy) { parameters in
      result.parameters = parameters
      result.warnings = parameters.warnings
      result.askedNumber = parameters.certificateNumber
    }
    let signingRequest = try SigningRequest.known(
      for: parameters, requestFolder: settings.csrFolder, keyFolder: settings.keyFolder, context)
    result.signingRequestDigest = signingRequest?.digest
    result.certificateNumber = parameters.certificateNumber
    request = ReissueRequest(
      certificateNumber: parameters.certificateNumber, parameters: parameters,
      signingRequest: signingRequest,
      store: store)
  }

  /// Comes to an end.
  mutating func end(
    _ status: ItemResult.Status, reason: SkipReason? = nil, error: ReissueError? = nil
  ) {
    request = nil
    result.status = status
    result.reason = reason
    result.error = error
  }
}

/// The items of a run.
struct Work: Sendable {
  private(set) var jobs: [Job]
  /// Whether those of all items were looked at; if not, each is before its call is made.
  private(set) var areSigningRequestsChecked = false

  init(_ jobs: [Job]) { self.jobs = jobs }

  /// The results in the order of the event.
  var results: [ItemResult] { jobs.map(\.result) }

  /// Whether a look at the service is wanted for anything that is still to be sent.
  var needsService: Bool {
    open.contains { jobs[$0].policy.preflight || jobs[$0].isLookWanted }
  }

  /// Whether anything is still to be sent.
  var hasOpenJobs: Bool { jobs.contains { $0.request != nil } }

  /// The places of the jobs that are still to be sent.
  var open: [Int] { jobs.indices.filter { jobs[$0].request != nil } }

  /// The places of the jobs of which something holds.
  func places(_ isWanted: (Job) -> Bool) -> [Int] { jobs.indices.filter { isWanted(jobs[$0]) } }

  /// Works on one job.
  subscript(place: Int) -> Job {
    get { jobs[place] }
    set { jobs[place] = newValue }
  }

  /// Two items for one certificate: if they ask for the same, one is enough; if they do not, which
  /// one is meant is not ours to guess.
  mutating func settleRepeats() {
    guard jobs.count > 1 else { return }
    let numbered = open.filter { jobs[$0].request?.certificateNumber != nil }
    let places = Dictionary(grouping: numbered) { jobs[$0].request?.certificateNumber }
    for group in places.values where group.count > 1 {
      let parameters = group.compactMap { jobs[$0].request?.wish }
      guard parameters.dropFirst().allSatisfy({ $0 == parameters.first }) else {
        for place in group { jobs[place].end(.failed, error: .conflict) }
        continue
      }
      for place in group.dropFirst() { jobs[place].end(.skipped, reason: .duplicateItem) }
    }
  }

  /// Reads the signing requests of all open items, once: what does not fit is not sent.
  ///
  /// - Parameter goOn: Asked before each; throws once the run is to end.
  mutating func checkSigningRequests(
    goOn: () throws(ReissueError) -> Void
  ) throws(ReissueError) {
    guard !areSigningRequestsChecked else { return }
    areSigningRequestsChecked = true
    for place in open {
      try goOn()
      jobs[place].checkSigningRequest()
    }
    refuseSharedSigningRequests()
  }

  /// Whether nothing hangs on the signing requests before the calls are made: none goes to a store, none
  /// is there twice.
  var maySigningRequestsWait: Bool {
    let requests = jobs.compactMap(\.request)
    let digests = requests.compactMap(\.signingRequest?.digest)
    return requests.allSatisfy { $0.store == nil } && Set(digests).count == digests.count
  }

  /// Two items with one signing request would give two certificates one key: a copied file name.
  private mutating func refuseSharedSigningRequests() {
    guard jobs.count > 1 else { return }
    let places = Dictionary(grouping: open.filter { jobs[$0].request?.signingRequest != nil }) {
      jobs[$0].request?.signingRequest?.digest
    }
    for group in places.values where group.count > 1 {
      for place in group { jobs[place].end(.failed, error: .sharedSigningRequest) }
    }
  }

  /// A dry run ends here.
  mutating func settleDry() {
    for place in open { jobs[place].end(.wouldReissue) }
  }

  /// What failed as a whole fails every open job.
  mutating func fail(_ error: ReissueError) {
    for place in open { jobs[place].end(.failed, error: error) }
  }

  /// Whether the ledger could not be told what became of some item.
  var isUnrecorded: Bool { jobs.contains(where: \.isUnrecorded) }

  /// `--force` is for one certificate that somebody looked at, not for whatever an event holds.
  mutating func refuseForceOnBatch(_ settings: Settings) {
    guard settings.isForced, jobs.count > 1 else { return }
    fail(.forcedBatch)
  }
}

extension ReissueError {
  static let sharedSigningRequest = ReissueError(
    "csr.shared", "two items of this run have the same signing request",
    hint: "give every certificate a signing request of its own", exit: .event,
    place: Place(pointer: "/reissue/csr"))

  static let forcedBatch = ReissueError(
    "usage.force", "--force is for one item, and the event has more",
    hint: "send an event with the one certificate that is meant", exit: .usage)

  static let conflict = ReissueError(
    "items.conflict", "two items ask for the same certificate with different parameters",
    hint: "mend the template or the sender: only one of them can be meant", exit: .event)
}
