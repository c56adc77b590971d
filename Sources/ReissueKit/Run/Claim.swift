// The intent to send is made durable before the first byte leaves.

internal import Core
internal import Ledger
internal import Service

extension Run {
  /// Claims every open item in the ledger, if one is kept; an item that may not be sent ends.
  ///
  /// - Throws: ``ReissueError``: 74 if the ledger cannot be written, 75 or 70 if no connection can be made.
  mutating func claim() throws(ReissueError) {
    guard !items.open.isEmpty else { return }
    failWithoutStore()
    // Without a client nothing can be sent, so nothing is claimed.
    try connect()
    guard ledger != nil else { return }
    try decide(for: items.open, isClaiming: true) { item in
      item.look.map { .facts($0.order.facts(seenAt: $0.seenAt)) } ?? .notYet
    }
    // Another process has left a request unknown since this run first asked the ledger: the next run looks.
    for index in items.open where items[index].ticket == nil {
      items[index].end(.unknown, error: .held(.notLooked))
    }
  }

  /// Fails the items whose keys cannot be kept: what can be known before is not claimed.
  mutating func failWithoutStore() {
    guard items.contains(where: { $0.request?.store != nil }) else { return }
    do throws(ReissueError) {
      try CertificateStore(path: settings.storeFolder).requireUsable(isNamed: settings.isStoreNamed)
    } catch {
      items.fail(error) { $0.request?.store != nil }
    }
  }
}
