// Signs of life: leased keys beside the claims, which tell the other machines that an owner is still there.

internal import Core
import JSON
import Platform

extension EtcdLedger {
  /// Signs of life appear with claims, get longer with them, and vanish with them.
  func addLives(
    to transaction: inout EtcdTransaction, book: LedgerTransaction, until deadline: Int
  ) throws(LedgerError) {
    func live(_ records: some Sequence<LedgerRecord>) -> [String: LedgerClaim] {
      let claims = records.flatMap(\.claims).filter { $0.doubt == nil }
      return Dictionary(claims.map { ($0.token, $0) }) { first, _ in first }
    }
    let (before, after) = (live(book.original.values), live(book.records.values))
    for token in before.keys where after[token] == nil {
      transaction.deletions.insert(keys.life(token))
    }
    let fresh = after.filter { before[$0.key]?.leaseUntil != $0.value.leaseUntil }
    guard !fresh.isEmpty else { return }
    let length = fresh.values.map { $0.leaseUntil.milliseconds(since: $0.claimedAt) }.max() ?? 0
    // Rounded up, so that the sign of life never ends before the lease that the record speaks of.
    let seconds = min(max(length / 1_000 + 1, 1), Self.longestLease)
    let answer = try client.read(
      "lease/grant", ["TTL": .string(String(seconds))], until: deadline)
    guard let lease = EtcdMessage.integer(answer["ID"]) else {
      throw .etcd(.unreachable, "no lease was granted")
    }
    leases[lease] = []
    for (token, claim) in fresh {
      transaction.puts[keys.life(token)] = JSONEncoder.encode(claim.owner.json)
      transaction.leased[keys.life(token)] = lease
    }
  }

  /// etcd's own bound is 9,000,000,000 seconds; a month is beyond any deadline.
  private static let longestLease = 2_678_400

  /// Gives back the leases that no sign of life hangs on any more, now that a transaction was carried out.
  ///
  /// What cannot be given back ends by itself.
  func revokeLeases(after transaction: EtcdTransaction) {
    let gone = transaction.deletions.union(transaction.leased.keys)
    for lease in leases.keys { leases[lease]?.subtract(gone) }
    for (life, lease) in transaction.leased { leases[lease]?.insert(life) }
    for (lease, lives) in leases where lives.isEmpty {
      leases[lease] = nil
      let deadline = SystemClock.monotonicMilliseconds() + Self.longestRevocation
      _ = try? client.write(
        "lease/revoke", ["ID": .string(String(lease))], until: deadline)
    }
  }

  /// The run waits for it, so it may take no longer than one member's answer, in milliseconds.
  private static let longestRevocation = 1_000
}
