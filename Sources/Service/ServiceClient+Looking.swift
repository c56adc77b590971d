// Looking at the service: calls that change nothing, so that they may be repeated at will.

package import Core
internal import HTTP
package import JSON
internal import Platform

extension ServiceClient {
  /// How many entries a page is asked for; the service's own limit is undocumented.
  private static let pageSize = 100
  /// An account of a hundred thousand certificates has so many pages; more is a list without an end.
  private static let maximumPages = 1_000
  /// The longest list of all pages together, in bytes: a hundred times what an account of some hundred certificates
  /// has. Each page has a bound of its own, and there may be a thousand.
  private static let maximumListBytes = 32 << 20
  /// The service's code for a search that found nothing (API guide, Certificate Manager overview), as ours.
  private static let emptyResult = "service.2200"

  /// The account's Advanced certificates with their orders, and when the orders end.
  package mutating func lookAround(deadline: Int) throws(ReissueError) -> Account {
    var account = try account(deadline: deadline)
    try addSubscriptions(to: &account, deadline: deadline)
    return account
  }

  /// The account's Advanced certificates with their orders: all pages.
  package mutating func account(deadline: Int) throws(ReissueError) -> Account {
    var account = Account(seenAt: context.now())
    var bytes = 0
    for page in 1...Self.maximumPages {
      guard let document = try certificates(page: page, deadline: deadline) else { break }
      bytes += JSONEncoder.size(of: document)
      guard bytes <= Self.maximumListBytes else { throw .listTooLong(Self.maximumListBytes) }
      let news = account.add(page: document)
      // Whether totalCount counts orders or certificates, and whether the page size was heeded, is
      // undocumented: the end is where a page brings nothing new, or where a short page has completed the count.
      // As many orders as that are complete, whatever it counts. More certificates than that say nothing: it
      // counts orders then. As many orders as the count are all there are, unless it is that of the one page alone.
      let total = document["totalCount"]?.integer ?? Int.max
      let orders = document["orders"]?.array?.count ?? 0
      let isShort = max(news.certificates, orders) < Self.pageSize
      let isComplete = account.orders.count >= total || account.certificateCount == total
      let isWhole = page > 1 && account.orders.count == total
      if news == Account.News() || (isShort && isComplete) || isWhole { break }
    }
    return account
  }

  /// A page of the Advanced certificates; `nil` if the service says that there is nothing behind the last one.
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

  /// Adds to each order when its subscription ends. Older versions of the service know no such list.
  mutating func addSubscriptions(to account: inout Account, deadline: Int) throws(ReissueError) {
    do throws(ReissueError) {
      account.add(
        subscriptions: try get(ServicePath.orders, deadline: deadline))
    } catch {
      guard error.code == "gateway.not-found" || error.code == "gateway.status-404" else {
        throw error
      }
      log.log(.info, "the service lists no orders; their ends are not checked")
    }
  }

  /// One document.
  package mutating func get(_ target: String, deadline: Int) throws(ReissueError) -> JSONValue {
    let found = get([target], parallel: 1, deadline: deadline).first
    guard let found else { throw ReissueError("run.fault", "a look-up has no end", exit: .fault) }
    return try found.get()
  }

  /// Many documents at once, in the order of their targets.
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

/// What the answer to a look-up means.
package enum Look {
  /// Reads an answer; whatever may pass by itself is worth another look.
  package static func read(
    _ answer: Answer, nowSeconds: Int
  ) -> (Result<JSONValue, ReissueError>, RepeatAdvice) {
    if case .reply(let reply, _) = answer, (200..<300).contains(reply.status),
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
  /// Success, or no word about it but content: an account without certificates must not be read from a
  /// document that says nothing at all.
  private static func isUsable(_ document: JSONValue, code: String?) -> Bool {
    guard let members = document.object else { return false }
    if let code { return code == "0" }
    return members.names.contains { $0 != "returnMessage" }
  }
}

extension ReissueError {
  /// Page after page that brings something new.
  fileprivate static func listTooLong(_ bytes: Int) -> ReissueError {
    ReissueError(
      "reply.list-too-long",
      "looking at the service: the list of certificates is longer than \(bytes >> 20) MiB",
      hint: "no account has so many: check what answers at --endpoint", exit: .tryAgain)
  }

  /// The same failure of a look-up: nothing can have been carried out, whatever came back.
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
  /// Everything but unreserved characters is encoded, so that what is signed is what is sent.
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
