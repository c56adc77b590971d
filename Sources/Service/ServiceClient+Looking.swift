// Queries of the service: calls that change nothing, so that any failure may be repeated.

package import Core
package import HTTP
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
      call: { token, _ in ServiceCall(method: .get, target: targets[token]) },
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

// One call of any API of NAVER Cloud, and what its answer means for the caller's exit status.
/// The result of a call.
package struct CallResult: Sendable {
  /// The reply with any status; `nil` without a whole reply.
  package let response: HTTPResponse?
  /// Why it was not a success; `nil` for every 2xx.
  package let error: ReissueError?

  /// The body of the reply, byte for byte; empty without a whole reply.
  package var body: [UInt8] { response?.body ?? [] }

  /// The status line and the headers, one a line; `nil` without a whole reply.
  package var head: String? {
    response.map { response in
      let status = "HTTP/\(response.transport.version) \(response.status)"
      let headers = response.headers.map { "\($0.name): \($0.value)" }
      // Each on one line, whatever the server sent.
      return ([status] + headers).map(VisibleText.line).joined(separator: "\n")
    }
  }

  /// Reads the answer to a call.
  ///
  /// The statuses mean what they mean for a reissue, but the content of a 2xx is the caller's business. Only a GET may
  /// be repeated: the caller decides about everything that could change something twice.
  package static func read(
    _ answer: Answer, to method: HTTPRequest.Method, nowSeconds: Int
  ) -> (CallResult, RepeatAdvice) {
    var response: HTTPResponse?
    if case .reply(_, _, let reply) = answer { response = reply }
    if let response, (200..<300).contains(response.status) {
      return (CallResult(response: response, error: nil), .final)
    }
    let (outcome, advice) = Outcome.read(answer, nowSeconds: nowSeconds)
    let error: ReissueError?
    var repeated = advice
    switch outcome {
    case .accepted: error = nil
    case .refused(let reason, _), .failed(let reason, _, _): error = reason.ofCall
    case .unknown(let reason, let reply):
      error = reason.openCall(answer, method)
      repeated = .mayRepeat(
        retryAfterMilliseconds: Repeating.retryAfter(reply?.retryAfter, nowSeconds: nowSeconds))
    }
    return (
      CallResult(response: response, error: error), method.isSafe ? repeated : .final
    )
  }
}

extension ServiceClient {
  /// Sends one call to the endpoint and waits for its result. Only `GET`, which has no body, may be sent more than
  /// once. The deadline of all attempts is in milliseconds of the monotonic clock.
  package mutating func call(
    _ method: HTTPRequest.Method, _ target: String, body: [UInt8], deadline: Int
  ) throws(ReissueError) -> CallResult {
    let now = context.now
    let exchanges = send(
      1, as: "calls", parallel: 1, deadline: deadline,
      call: { _, _ in ServiceCall(method: method, target: target, body: body) },
      meaning: { CallResult.read($0, to: method, nowSeconds: now().seconds) })
    guard let exchange = exchanges.first else {
      throw ReissueError("run.fault", "the call has no result", exit: .fault)
    }
    return exchange.meaning
  }
}

extension ReissueError {
  /// The error of a call that may have been carried out; a GET changes nothing, so it may be made again.
  fileprivate func openCall(_ answer: Answer, _ method: HTTPRequest.Method) -> ReissueError {
    let fact =
      switch answer {
      case .reply(let reply, _, _) where (300..<400).contains(reply.status):
        "HTTP \(reply.status) is a redirect, and redirects are not followed"
      case .reply(let reply, _, _):
        "HTTP \(reply.status) does not say whether the call was carried out"
      case .failure(let failure, _): "no usable answer came back: \(failure)"
      case .notSent: message
      }
    return method.isSafe
      ? ReissueError(code, fact, hint: "check the URL, or call again", exit: .tryAgain)
      : ReissueError(
        code, fact, hint: "look whether it was carried out before you call again", exit: .unknown)
  }

  /// The same error with a hint that fits any API.
  fileprivate var ofCall: ReissueError {
    var error = self
    switch code {
    case "credentials.not-permitted": error.hint = "give the key's user the permission for this API"
    case "credentials.sub-account":
      error.hint = "does this API refuse keys of sub accounts? Use a key of the main account"
    case "gateway.not-found": error.hint = "check the URL: the gateway knows no such call"
    case "gateway.too-large": error.hint = "send less at once"
    case "gateway.quota": break
    case _ where code.hasPrefix("gateway."):
      error.hint = exit == .tryAgain ? "call again" : "read the answer on standard output"
    default: break
    }
    return error
  }
}
