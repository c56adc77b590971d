// Each request is sent as soon as its key is made, and its outcome goes into the ledger as soon as it is known.

internal import Core
internal import Crypto
internal import HTTP
internal import Ledger
internal import Parameters
internal import Platform
internal import Service
internal import Templates

extension Run {
  /// Sends every claimed item and ends it with the outcome. Claims of items that were not sent are given back, and
  /// their keys removed.
  mutating func send(until deadline: Int) {
    let indices = items.open
    guard !indices.isEmpty else { return }
    let (now, log, ledger, event) = (context.now, log, ledger, event)
    let store = CertificateStore(path: settings.storeFolder)
    // The closures change the items while the client works; a copy would double a large batch.
    var items: [Item] = []
    swap(&items, &self.items)
    _ = client?.send(
      indices.count, as: "reissues", parallel: settings.parallel, deadline: deadline,
      call: { token, mayGoOn in
        if ledger == nil {
          items[indices[token]].checkSigningRequest(of: event)
          items[indices[token]].claim(nil)
        }
        items[indices[token]].makeKey(in: store, ledger, while: mayGoOn)
        return items[indices[token]].call
      },
      meaning: { Outcome.read($0, nowSeconds: now().seconds) },
      ended: { endings in
        for (token, exchange) in endings {
          items[indices[token]].end(with: exchange, hasLedger: ledger != nil)
        }
        ledger?.settle(
          &items,
          endings.map { (indices[$0], $1.meaning.forLedger, signedAt: $1.lastSigned) }, now: now(),
          log)
      })
    // Nothing is left to do for an item that is settled.
    ledger?.settle(
      &items,
      items.indices.map {
        ($0, .notSent(code: items[$0].result.error?.code ?? "run.ended"), signedAt: nil)
      }, now: now(), log)
    for index in items.indices { items[index].discardKey(from: store, log) }
    swap(&items, &self.items)
  }
}

extension Item {
  /// The call, unless the item has ended.
  fileprivate var call: ServiceCall? {
    guard let request, let number = result.certificateNumber,
      let signingRequest = request.signingRequest
    else { return nil }
    return .reissue(number, request.parameters, signingRequest, signBy: ticket?.claim.signBy)
  }

  /// Makes the missing key and signing request, puts what belongs to the request into its store, and notes the
  /// folder in the ledger; if one of that fails, the item ends. `mayGoOn` is asked while a key is made, which may take
  /// seconds; `false` ends it, and nothing of it remains.
  fileprivate mutating func makeKey(
    in store: CertificateStore, _ ledger: RunLedger?, while mayGoOn: () -> Bool
  ) {
    guard let request, let name = request.store else { return }
    do throws(ReissueError) {
      guard mayGoOn() else { throw .endedBeforeSending }
      try keepKey(of: request, in: store, name, while: mayGoOn)
      try noteStore(in: ledger)
    } catch {
      end(.failed, error: error)
    }
  }

  private mutating func keepKey(
    of request: Request, in store: CertificateStore, _ name: StoreName, while mayGoOn: () -> Bool
  ) throws(ReissueError) {
    let key: SecretBytes?
    let signingRequest: SigningRequest
    if case .generate(let choice) = request.parameters.signingRequest {
      (key, signingRequest) = try SigningRequest.generated(
        choice, for: request.parameters, country: requiredCountry, while: mayGoOn)
    } else if let known = request.signingRequest {
      (key, signingRequest) = (nil, known)
    } else {
      return
    }
    madeStore = try store.add(
      name.text, key: key, request: signingRequest, for: request.parameters,
      mayNamesChange: policy.domainChanges == .allow, while: mayGoOn)
    result.store = madeStore
    result.signingRequestDigest = signingRequest.digest
    add(signingRequest)
  }

  /// Notes in the ledger which folder the key is in, so that a later run finds it.
  ///
  /// - Throws: ``ReissueError``: 75 if another process has taken the claim over, 74 if the ledger cannot be written.
  private mutating func noteStore(in ledger: RunLedger?) throws(ReissueError) {
    guard let ledger, var ticket, let madeStore else { return }
    let isHeld = try mapError(ReissueError.init) { () throws(LedgerError) in
      try ledger.ledger.amend(&ticket, store: madeStore)
    }
    claim(ticket)
    guard isHeld else { throw .claimLost }
  }

  /// Ends with the outcome of the call.
  fileprivate mutating func end(with exchange: Exchange<Outcome>, hasLedger: Bool) {
    result.attempts = exchange.attempts
    result.durationMilliseconds = exchange.durationMilliseconds
    switch exchange.meaning {
    case .accepted(let reply):
      result.reply = reply
      result.stage = .accepted
      end(.reissued)
    case .refused(let error, let reply):
      result.reply = reply
      end(.failed, error: error)
    case .failed(let error, let reply, _):
      result.reply = reply
      end(.failed, error: error)
    case .unknown(var error, let reply):
      result.reply = reply
      // With a ledger it is safe to run again.
      if hasLedger { error.hint = "run again with the same event: the service is looked at first" }
      end(.unknown, error: error)
    }
  }

  /// Removes what this run has stored for a request that was certainly not carried out.
  fileprivate mutating func discardKey(from store: CertificateStore, _ log: Log) {
    guard result.status == .failed, let entry = madeStore else { return }
    do throws(ReissueError) {
      try store.discard(entry)
      madeStore = nil
      result.store = nil
    } catch {
      log.log(.warning, "the folder \(entry) of a refused request stays: \(error.message)")
    }
  }
}

extension Outcome {
  /// The outcome in the ledger's terms.
  fileprivate var forLedger: LedgerOutcome {
    switch self {
    case .accepted: .accepted(newNumber: nil, stage: .accepted)
    case .refused(let error, _): .refused(code: error.code)
    case .failed(let error, _, _): .notSent(code: error.code)
    case .unknown(let error, _): .unknown(code: error.code)
    }
  }
}

extension ReissueError {
  /// Another process has judged this one to be dead. Nothing was sent, and the other process may not send either.
  fileprivate static let claimLost = ReissueError(
    "ledger.claim-lost", "another process took the claim of this request over before it was sent",
    hint: "run again with the same event; compare the clocks of the hosts that share the ledger",
    exit: .tryAgain)
}
