// The end of a reissue: the certificate is there.

extension Account {
  /// Issues a certificate that is in progress; others are left alone.
  ///
  /// It runs as long as authorities and the subscription allow (Certificate Manager guide, "Renew
  /// certificate"). Names that it no longer has cost the older certificates of the order their life:
  /// the guide says so for some reissues without telling when, so that it happens now is invented.
  mutating func issue(_ number: Int, at seconds: Int) {
    guard var certificate = self[number], certificate.status == .ongoing else { return }
    let longest = seconds + AccountCertificate.maximumDays * secondsPerDay
    certificate.status = .normalUnregisteredPrivateKey
    certificate.notBefore = seconds
    certificate.notAfter = longest
    certificate.changedAt = seconds
    if let order = startedOrder(of: certificate, at: seconds) {
      certificate.notAfter = min(longest, order.subscriptionEnd ?? longest)
      revokeOlder(of: order, than: certificate, at: seconds)
    }
    self[number] = certificate
  }

  /// The order; its subscription begins with the first certificate.
  private mutating func startedOrder(of certificate: AccountCertificate, at seconds: Int) -> Order?
  {
    guard var order = order(certificate.orderId) else { return nil }
    if order.subscriptionEnd == nil {
      order.subscriptionStart = seconds
      order.subscriptionEnd = seconds + order.subscriptionYears * 365 * secondsPerDay
      update(order)
    }
    return order
  }

  private mutating func revokeOlder(
    of order: Order, than issued: AccountCertificate, at seconds: Int
  ) {
    for var older in certificates(of: order)
    where older.status.isNormal && !older.domains.isSubset(of: issued.domains) {
      older.status = .revoked
      older.revokedAt = seconds
      older.changedAt = seconds
      self[older.number] = older
    }
  }
}
