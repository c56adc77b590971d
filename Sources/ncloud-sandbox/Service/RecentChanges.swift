// ListRecentCertChanges: which certificates changed their state within a window.

internal import JSON

/// A window of time that a query names.
enum ChangeWindow: Hashable {
  /// From then until now or until the second one, in seconds since 1970.
  case between(Int, Int)
  /// `minutes` and `seconds` together find nothing, and that is no error.
  case nothing

  /// - Throws: 2101 without any window, 2000 for one out of range.
  init(_ query: [String: String], at now: Int) throws(ServiceRefusal) {
    let minutes = try Self.number("minutes", query, in: 1...10_080)
    let seconds = try Self.number("seconds", query, in: 1...604_800)
    switch (minutes, seconds, query["startDateTime"], query["endDateTime"]) {
    case (_?, _?, _, _): self = .nothing
    case (let minutes?, nil, _, _): self = .between(now - minutes * 60, now)
    case (nil, let seconds?, _, _): self = .between(now - seconds, now)
    case (nil, nil, let first?, let last?):
      guard let first = TimeText.seconds(from: first),
        let last = TimeText.seconds(from: last)
      else { throw .invalid("startDateTime and endDateTime must be yyyy-MM-dd HH:mm:ss") }
      self = .between(first, last)
    default:
      throw ServiceRefusal("2101", "minutes, seconds or startDateTime and endDateTime is required")
    }
  }

  private static func number(
    _ name: String, _ query: [String: String], in range: ClosedRange<Int>
  ) throws(ServiceRefusal) -> Int? {
    guard let text = query[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw .invalid("\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func contains(_ seconds: Int) -> Bool {
    guard case .between(let first, let last) = self else { return false }
    return first <= seconds && seconds <= last
  }
}

extension Lists {
  /// ListRecentCertChanges; only states that the documents have a word for are listed.
  func recentChanges(_ query: [String: String]) throws(ServiceRefusal) -> Answer {
    let window = try ChangeWindow(query, at: now)
    let changes = account.certificates.compactMap { certificate -> JSONValue? in
      guard window.contains(certificate.changedAt), let id = certificate.orderId,
        let word = certificate.status.changeWord
      else { return nil }
      return [
        "orderId": .string(id), "certificateId": .integer(certificate.number),
        "status": .string(word),
      ]
    }
    return .service([("totalRows", .integer(changes.count)), ("orders", .array(changes))])
  }
}
