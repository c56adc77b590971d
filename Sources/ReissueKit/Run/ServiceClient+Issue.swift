// After an accepted reissue, with patience: until it is issued, and its chain is in the store.

internal import Core
internal import JSON
internal import Ledger
internal import Parameters
internal import Platform
internal import Service

extension ServiceClient {
  /// Looks again and again until every accepted item is issued or given up, and brings chains to the store.
  ///
  /// - Parameters:
  ///   - deadline: When to stop, by the monotonic clock; what is pending then stays so, and is no failure.
  ///   - looked: Called after each look.
  ///   - work: The items; what is seen is noted there.
  ///   - store: Where chains are brought to.
  ///   - parallel: How many look-ups may be on their way at once.
  mutating func awaitIssue(
    _ work: inout Work, store: CertificateStore, parallel: Int, deadline: Int,
    looked: (inout Work) -> Void
  ) {
    var pauses = FollowPauses()
    deliver(&work, to: store, parallel: parallel, deadline: deadline)
    while !work.places(\.isPending).isEmpty {
      let pause = min(pauses.take(), deadline - context.monotonicMilliseconds())
      guard pause > 0 else { break }
      log.log(
        .info, "\(work.places(\.isPending).count) not issued yet; looking again in \(pause) ms")
      guard nap(pause) else { break }
      follow(&work, parallel: parallel, deadline: deadline)
      looked(&work)
      deliver(&work, to: store, parallel: parallel, deadline: deadline)
    }
  }

  /// Brings the chains of what is issued to the store, and fails what was given up.
  mutating func deliver(
    _ work: inout Work, to store: CertificateStore, parallel: Int, deadline: Int
  ) {
    for place in work.places({ $0.hasFailedValidation }) {
      work[place].result.error = .validationFailed
    }
    let places = work.places(\.isUndelivered)
    let targets = places.compactMap { work[$0].result.newCertificateNumber }.map(Self.chainTarget)
    let answers = get(targets, parallel: parallel, deadline: deadline)
    for (place, answer) in zip(places, answers) { work[place].deliver(answer, to: store) }
  }

  /// - Returns: Whether the time passed; `false` if the run was asked to end.
  private func nap(_ milliseconds: Int) -> Bool {
    let end = context.monotonicMilliseconds() + milliseconds
    while !context.isEnding() {
      let rest = end - context.monotonicMilliseconds()
      guard rest > 0 else { return true }
      context.sleep(min(rest, Self.longestNap))
    }
    return false
  }

  private static func chainTarget(_ number: CertificateNumber) -> String {
    "\(ReissueRequest.basePath)/certificate/exportCertificate/\(number)/chain"
  }
}

extension Job {
  /// Takes what a look has told the ledger: it remembers which numbers were there before the request, where this
  /// run may never have seen the order without the new one.
  mutating func take(noted record: LedgerRecord) {
    guard isPending, result.newCertificateNumber == nil, let standing = record.standing,
      standing.number == result.certificateNumber?.digits,
      let number = standing.newNumber.flatMap({ CertificateNumber($0) })
    else { return }
    result.newCertificateNumber = number
    result.stage = standing.stage.flatMap { ItemResult.Stage(rawValue: $0.rawValue) } ?? .accepted
  }

  fileprivate var hasFailedValidation: Bool {
    result.status == .reissued && result.stage == .validationFailed && result.error == nil
  }

  /// Whether a chain is to be had for a folder that waits for one.
  fileprivate var isUndelivered: Bool {
    result.status == .reissued && result.stage == .issued && result.store != nil
      && result.newCertificateNumber != nil && !isDelivered
  }

  /// Whatever fails here, the reissue stays accepted: the item keeps its status.
  fileprivate mutating func deliver(
    _ answer: Result<JSONValue, ReissueError>, to store: CertificateStore
  ) {
    isDelivered = true
    guard let entry = result.store else { return }
    do throws(ReissueError) {
      switch answer {
      case .failure(let error): throw .chainUnavailable(error)
      case .success(let document):
        try store.complete(entry, chain: Array(try IssuedChain(document: document).pem.utf8))
      }
    } catch {
      result.error = error
    }
  }
}
