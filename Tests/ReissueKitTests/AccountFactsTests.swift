import JSON
import Ledger
import Service
import TestSupport
import Testing

@testable import ReissueKit

/// The facts about an order that the ledger gets from a query of the service.
struct AccountFactsTests {
  @Test("A list whose entries have no number is marked as incomplete")
  func unreadableList() {
    let entries: [JSONValue] = [["certificateNo": 1, "statusCode": "1"]]
    for entry in [.null, 0] as [JSONValue] {
      let ongoing: JSONValue = ["certificateNo": entry, "statusCode": "0"]
      let order = AccountOrder(id: "9", document: ["certificates": .array(entries + [ongoing])])
      #expect(order.facts(seenAt: moment(day)).hasUnreadable)
    }
    let order = AccountOrder(id: "9", document: ["certificates": .array(entries)])
    #expect(!order.facts(seenAt: moment(day)).hasUnreadable)
  }
}
