// Queries of the service: calls that change nothing, so that any failure may be repeated.

package import Core
internal import HTTP
package import JSON
internal import Platform

extension ServiceClient {
  /// The requested number of entries of a page; the limit of the service is not documented.
  private static let pageSize = 100
  /// The most pages of a list: enough for 100,000 certificates. A longer list is taken for an endless one.
  private static let maximumPages = 1_000
  /// The most bytes of all pages together: a hundred times the list of an account with some hundred certificates.
  /// Each page has its own bound, but there may be a thousand pages.
  private static let maximumListBytes = 32 << 20
  /// The error code for a search without results (API guide, Certificate Manager overview).
  private static let emptyResult = "service.2200"

  /// The Advanced certificates of the account with their orders, and the ends of the subscriptions.
  package mutating func lookAround(deadline: Int) throws(ReissueError) -> Account {
    var account = try account(deadline: deadline)
    try addSubscriptions(to: &account, deadline: deadline)
    return account
  }

  /// The Advanced certificates of the account with their orders, from all pages.
  package mutating func account(deadline: Int) throws(ReissueError) -> Account {
    var account = Account(seenAt: context.now())
    var bytes = 0
    for page in 1...Self.maximumPages {
      guard let document = try certificates(page: page, deadline: deadline) else { break }
      bytes += JSONEncoder.size(of: document)
      guard bytes <= Self.maximumListBytes else { throw .listTooLong(Self.maximumListBytes) }
      let news = account.add(page: document)
      // It is not documented whether totalCount counts orders or certificates, and whether the service respects the
      // page size. So the list ends with a page without new entries, or with a short page that completes the count.
      // totalCount orders complete it, whichever it counts; more certificates than totalCount mean that it counts
      // orders. From the second page on, totalCount orders are all: on the first it may count that page alone.
      let total = document["totalCount"]?.integer ?? Int.max
      let orders = document["orders"]?.array?.count ?? 0
      let isShort = max(news.certificates, orders) < Self.pageSize
      let isComplete = account.orders.count >= total || account.certificateCount == total
      let isWhole = page > 1 && account.orders.count == total
      if news == Account.News() || (isShort && isComplete) || isWhole { break }
    }
    return account
  }

  /// A page of the Advanced certificates; `nil` if the service reports an empty result after the last page.
  private mutating func certificates(
    page: Int, deadline: Int
  ) throws(ReissueError) -> JSONValue? {
    do throws(ReissueError) {
      return try get(
        ServicePath.certificates(page: page, size: Self.pageSize), deadline: deadline)
    } catch {
      guard page > 1, error.code == Self.emptyResult else { throw error }
      return nil
    }
  }

  /// Adds the end of its subscription to each order. Older versions of the service do not have this call.
  mutating func addSubscriptions(to account: inout Account, deadline: Int) throws(ReissueError) {
    do throws(ReissueError) {
      account.add(
        subscriptions: try get(ServicePath.orders, deadline: deadline))
    } catch {
      guard error.code == "gateway.not-found" || error.code == "gateway.status-404" else {
        throw error
      }
      log.log(.debug, "the service has no list of orders; their ends are not checked")
    }
  }

  /// Gets one document.
  package mutating func get(_ target: String, deadline: Int) throws(ReissueError) -> JSONValue {
    let found = get([target], parallel: 1, deadline: deadline).first
    guard let found else { throw ReissueError("run.fault", "a query has no result", exit: .fault) }
    return try found.get()
  }

  /// Gets several documents at once, in the order of their targets.
  package mutating func get(
    _ targets: [String], parallel: Int, deadline: Int
  ) -> [Result<JSONValue, ReissueError>] {
    let now = context.now
    return send(
      targets.count, as: "look-ups", parallel: parallel, deadline: deadline,
      call: { token, _ in ServiceCall(method: .get, target: targets[token], body: []) },
      meaning: { Look.read($0, nowSeconds: now().seconds) }
    ).map(\.meaning)
  }
}

/// The meaning of the answer to a query.
package enum Look {
  /// Reads an answer; any failure that may be temporary is advised to be repeated.
  package static func read(
    _ answer: Answer, nowSeconds: Int
  ) -> (Result<JSONValue, ReissueError>, RepeatAdvice) {
    if case .reply(let reply, _, _) = answer, (200..<300).contains(reply.status),
      let document = reply.document, isUsable(document, code: reply.returnCode)
    {
      return (.success(document), .final)
    }
    let (outcome, advice) = Outcome.read(answer, nowSeconds: nowSeconds)
    switch outcome {
    case .accepted(let reply): return (.success(reply.document ?? .null), .final)
    case .refused(let error, _): return (.failure(error.asLook), .final)
    case .failed(let error, _, _): return (.failure(error.asLook), advice)
    case .unknown(let error, let reply):
      let pause = Repeating.retryAfter(reply?.retryAfter, nowSeconds: nowSeconds)
      return (.failure(error.asLook), .mayRepeat(retryAfterMilliseconds: pause))
    }
  }
}

extension Look {
  /// Whether the document reports success, or has content without a return code. An empty document must not be read
  /// as an account without certificates.
  private static func isUsable(_ document: JSONValue, code: String?) -> Bool {
    guard let members = document.object else { return false }
    if let code { return code == "0" }
    return members.names.contains { $0 != "returnMessage" }
  }
}

extension ReissueError {
  /// A list whose pages exceed the bound.
  fileprivate static func listTooLong(_ bytes: Int) -> ReissueError {
    ReissueError(
      "reply.list-too-long",
      "looking at the service: the list of certificates is longer than \(bytes >> 20) MiB",
      hint: "no account has a list this long: check what answers at --endpoint", exit: .tryAgain)
  }

  /// The same failure as that of a query, which cannot have changed anything.
  fileprivate var asLook: ReissueError {
    guard exit == .unknown else {
      return ReissueError(
        code, "looking at the service: \(message)", hint: hint, exit: exit, place: place)
    }
    return ReissueError(
      code, "looking at the service: no usable answer (\(code))",
      hint: "run again with the same event", exit: .tryAgain)
  }
}

/// Percent-encoding (RFC 3986 section 2.1).
package enum Percent {
  /// Encodes all but unreserved characters, so that the signed target is the one that is sent.
  package static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      let isUnreserved =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte) || "-._~".utf8.contains(byte)
      if isUnreserved {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return result
  }
}
