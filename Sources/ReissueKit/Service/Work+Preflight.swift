// What a look at the service says is brought to the items.

internal import Platform

extension Work {
  /// Looks at the service for all open items whose template wants that, once for the run.
  ///
  /// - Throws: ``ReissueError`` if the look itself fails; then no item that needed it may go on.
  mutating func preflight(
    with client: inout ServiceClient, deadline: Int, now: Timestamp
  ) throws(ReissueError) {
    guard open.contains(where: { self[$0].policy.preflight }) else { return }
    var account = try client.account(deadline: deadline)
    try client.addSubscriptions(to: &account, deadline: deadline)
    for place in open where self[place].policy.preflight {
      self[place].take(account, now: now)
    }
    settleRepeats()
  }
}

extension Job {
  /// Goes on with the representative of its order, or comes to its end.
  mutating func take(_ account: Account, now: Timestamp) {
    guard let parameters = request?.parameters else { return }
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
      result.newCertificateNumber = pending.number
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
