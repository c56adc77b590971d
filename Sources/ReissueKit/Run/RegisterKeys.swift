// After the issue: the private key goes to the service, if the template says so.

internal import Core
internal import Ledger
internal import Parameters
internal import Platform
internal import Service

extension Run {
  /// Registers the keys of issued items, each once in a run. Whatever fails here is an error of the item, and the next
  /// run tries again: registering a key twice changes nothing.
  mutating func registerKeys(until deadline: Int) {
    for index in items.indices(where: \.isKeyDue) {
      guard let new = items[index].newCertificate else { continue }
      items[index].isKeyTried = true
      guard let lacksKey = new.lacksKey else {
        note(.notNeeded, for: items[index])
        continue
      }
      do throws(ReissueError) {
        // Without status 2 the service has the key: from an earlier call, or from a person.
        if lacksKey { try registerKey(of: items[index], new, until: deadline) }
        items[index].result.isKeyRegistered = true
        note(.registered, for: items[index])
      } catch {
        items[index].result.isKeyRegistered = false
        items[index].result.error = error
        note(.failed(code: error.code), for: items[index])
      }
    }
  }

  private mutating func registerKey(
    of item: Item, _ new: AccountCertificate, until deadline: Int
  ) throws(ReissueError) {
    guard let entry = item.result.store else { return }
    let key = try CertificateStore(path: settings.storeFolder).key(entry)
    try connect()
    do throws(ReissueError) {
      try client?.registerKey(key, of: new.number, deadline: deadline)
    } catch {
      // After a lost answer, and after a refusal, which may be about a key that is registered already.
      let mayBeDone = error.exit == .unknown || error.exit == .refused
      if mayBeDone, try look(at: item, new, until: deadline)?.lacksKey == false { return }
      throw .keyUnregistered(error)
    }
  }

  /// The new certificate as the service shows it now.
  private mutating func look(
    at item: Item, _ new: AccountCertificate, until deadline: Int
  ) throws(ReissueError) -> AccountCertificate? {
    let order: AccountOrder?
    do throws(ReissueError) {
      if let id = item.knownOrder {
        let document = try client?.get(ServicePath.order(id), deadline: deadline)
        order = document.map { AccountOrder(id: id, document: $0) }
      } else {
        order = try client?.account(deadline: deadline).order(of: new.number)
      }
    } catch {
      throw .keyUnregistered(error)
    }
    return order?.certificates.first { $0.number == new.number }
  }

  private func note(_ outcome: LedgerKeyOutcome, for item: Item) {
    guard let ledger, let number = item.result.newCertificateNumber else { return }
    do throws(LedgerError) {
      try ledger.ledger.noteKey(
        outcome, of: number.digits, for: ledger.lookup(order: item.knownOrder, number),
        observer: ledger.owner, now: context.now())
    } catch {
      log.log(
        .warning, hint: error.hint,
        "the ledger does not know whether the key is registered: \(error)")
    }
  }
}

extension Item {
  /// Whether its key is to be registered now: it is issued, and nothing went wrong with its chain.
  fileprivate var isKeyDue: Bool {
    wantsKey && !isKeyTried && result.status == .reissued && result.stage == .issued
      && result.error == nil && result.store != nil && newCertificate != nil
  }
}

extension ReissueError {
  /// The service does not have the key, as far as it shows.
  fileprivate static func keyUnregistered(_ error: ReissueError) -> ReissueError {
    ReissueError(
      "key.unregistered", "the key could not be registered: \(error.message)",
      hint: "the certificate itself is issued; ncloud-reissue follow tries again",
      exit: error.exit == .unknown ? .tryAgain : error.exit)
  }
}
