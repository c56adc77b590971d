// Keys whose requests the ledger does not know: it was restored from a backup, or a record was removed. The store itself
// shows which certificates it waits for.

internal import Core
internal import Parameters
internal import Service

extension Run {
  /// Adds an item for each issued certificate of the account that may belong to one of these folders of the store,
  /// which no record names; ``dropUnrelated()`` removes those that turn out to have another key.
  mutating func recover(_ waiting: [CertificateStore.Waiting], in account: Account) {
    for folder in waiting {
      for order in account.orders {
        guard let newest = order.representative,
          (try? DomainName(newest.commonName)) == folder.commonName
        else { continue }
        var result = ItemResult(index: items.count, status: .reissued)
        result.askedNumber = newest.number
        result.certificateNumber = newest.number
        result.store = folder.entry
        var item = Item(result, .ended(nil))
        item.isRecovered = true
        item.apply(newest)
        item.takeNames(from: order)
        items.append(item)
      }
    }
  }

  /// Removes recovered items whose certificate has another key: their request was not carried out.
  mutating func dropUnrelated() {
    items.removeAll { $0.isRecovered && $0.result.error?.code == CertificateStore.mismatchCode }
    for index in items.indices { items[index].result.index = index }
  }
}
