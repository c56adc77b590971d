// What a look at the service says is brought to the items.

internal import Core
internal import Parameters
internal import Platform
internal import Service
internal import Templates

extension Work {
  /// Judges all open items whose template wants that by what the service showed.
  mutating func preflight(_ account: Account, now: Timestamp) {
    for place in open where self[place].policy.preflight {
      self[place].take(account, now: now)
    }
    settleRepeats()
  }

  /// The look itself failed: no item that needed it may go on.
  mutating func failLook(_ error: ReissueError) {
    for place in open where self[place].policy.preflight { self[place].end(.failed, error: error) }
  }
}

extension Job {
  /// Takes the number of the one order that its names lead to, so that the ledger can be asked of it.
  mutating func takeNumber(from account: Account) {
    guard let parameters = request?.parameters else { return }
    let orders = account.orders(
      certificateName: parameters.certificateName.text, commonName: parameters.commonName)
    guard let order = orders.first, orders.count == 1,
      let certificate = order.representative ?? order.inProgress
    else { return }
    request?.certificateNumber = certificate.number
    result.certificateNumber = certificate.number
    isLookWanted = true
  }

  /// Goes on with the representative of its order, or comes to its end.
  mutating func take(_ account: Account, now: Timestamp) {
    guard let parameters = request?.parameters else { return }
    orderSeenAt = account.seenAt
    switch Preflight(of: parameters, policy: policy, account: account, now: now) {
    case .due(let order, let representative):
      self.order = order
      request?.certificateNumber = representative.number
      result.certificateNumber = representative.number
      if representative.notAfter == nil {
        result.warnings.append("the service does not say until when the certificate is valid")
      }
    case .inProgress(let order, let pending):
      self.order = order
      result.certificateNumber = order.representative?.number ?? parameters.certificateNumber
      result.newCertificateNumber = pending?.number
      result.stage = .waitingForDNS
      end(.skipped, reason: .inProgressAtService)
    case .notDue(let order, let representative, let until):
      self.order = order
      result.certificateNumber = representative.number
      result.until = until
      end(.skipped, reason: .notDue)
    case .refused(let error):
      end(.failed, error: error)
    }
  }
}
