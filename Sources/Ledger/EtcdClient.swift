// Calls to etcd's v3 JSON gateway (<https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/>), one after the other; when a
// member does not reply, the next one in the list is called.

import Core
package import HTTP
import JSON
import Platform

/// How to reach an etcd cluster.
package struct EtcdConfiguration: Sendable {
  /// The base URLs of the members, without a slash at the end; `http` only to loopback.
  package var endpoints: [String]
  /// The prefix of all keys.
  package var prefix: String
  /// The user, if the cluster requires one.
  package var user: String?
  /// The user's password: it is sent to the members for a token, and appears in no message.
  package var password: String?
  /// Certificates, limits and interruption check of the connections.
  package var http: HTTPClientConfiguration
  /// The longest time for one call before another member is called, in milliseconds.
  package var callTimeout = 1_000
  /// The longest time for one transaction with all its retries, in milliseconds.
  package var deadline = 8_000
  /// Whether the run was asked to end; a failed call is then not retried.
  package var isEnding: @Sendable () -> Bool = { false }

  /// A cluster, with the prefix of one ledger in it; the members are called in their order.
  package init(
    endpoints: [String], prefix: String, http: HTTPClientConfiguration = HTTPClientConfiguration()
  ) {
    self.endpoints = endpoints
    self.prefix = prefix
    self.http = http
    // A page of records is larger than any reply of the service.
    self.http.bodyLimit = 16 << 20
  }
}

/// The connection to a cluster.
struct EtcdClient: ~Copyable {
  private let configuration: EtcdConfiguration
  private var client: HTTPClient
  /// The index of the member to call, modulo the number of members.
  private var current = 0
  private var token: String?
  /// Why the last call had no reply.
  private var failure = ""

  init(_ configuration: EtcdConfiguration) throws(LedgerError) {
    self.configuration = configuration
    do throws(HTTPFailure) { client = try HTTPClient(configuration.http) } catch {
      throw .etcd(error.kind == .missingLibrary ? .missingLibrary : .unreachable, error.reason)
    }
  }

  /// Sends a request that may be carried out twice, until a reply comes or the time is over.
  ///
  /// - Parameters:
  ///   - path: The path after `/v3/`.
  ///   - body: The request, with the member names of the JSON gateway.
  ///   - deadline: On the monotonic clock, in milliseconds.
  mutating func read(
    _ path: String, _ body: JSONValue, until deadline: Int
  ) throws(LedgerError) -> JSONValue {
    while true {
      if let reply = try write(path, body, until: deadline) { return reply }
      try pause(until: deadline)
    }
  }

  /// Sends a request; repeats it only while it certainly reached no member.
  ///
  /// - Returns: The reply; `nil` if the request may or may not have been carried out.
  mutating func write(
    _ path: String, _ body: JSONValue, until deadline: Int
  ) throws(LedgerError) -> JSONValue? {
    var (failures, refusals) = (0, 0)
    while true {
      if configuration.user != nil, token == nil { try authenticate(until: deadline) }
      switch try attempt(path, body, until: deadline) {
      case .reply(let reply): return reply
      case .lost: return nil
      case .badToken:
        token = nil
        refusals += 1
        // An expired token is renewed at once; a new token that is refused needs a pause.
        if refusals > 1 { try pause(until: deadline) }
      case .notSent:
        failures += 1
        // Try every member once without a pause, then pause and start again.
        if failures.isMultiple(of: max(1, configuration.endpoints.count)) {
          try pause(until: deadline)
        }
      }
    }
  }

  private enum Attempt {
    case reply(JSONValue)
    /// No reply, or none that says whether the request was carried out.
    case lost
    case notSent
    case badToken
  }

  private mutating func attempt(
    _ path: String, _ body: JSONValue, until deadline: Int
  ) throws(LedgerError) -> Attempt {
    let left = deadline - SystemClock.monotonicMilliseconds()
    guard left > 0 else { throw .etcd(.unreachable, "no reply in time") }
    guard !configuration.endpoints.isEmpty else { throw .etcd(.location, "no member is given") }
    let endpoint = configuration.endpoints[current % configuration.endpoints.count]
    var request = HTTPRequest(
      .post, "\(endpoint)/v3/\(path)", headers: [HTTPHeader("Content-Type", "application/json")],
      body: JSONEncoder.encode(body), timeoutMilliseconds: min(left, configuration.callTimeout))
    // Without "Bearer": the gateway passes the header on as the token itself.
    if let token { request.headers.append(HTTPHeader("Authorization", token)) }
    switch client.perform(request) {
    case .success(let response): return try judge(response, endpoint)
    case .failure(let failure):
      self.failure = "\(endpoint): \(failure.reason)"
      switch failure.kind {
      case .invalidURL, .invalidHeader: throw .etcd(.location, self.failure)
      case .tlsUntrusted, .trustStore: throw .etcd(.refused, self.failure)
      case .interrupted: throw .etcd(.unreachable, "interrupted")
      default: break
      }
      current += 1
      return failure.stage < .sent ? .notSent : .lost
    }
  }

  /// Judges a reply; a failure is `{"error", "message", "code"}` with a status code of gRPC.
  private mutating func judge(
    _ response: HTTPResponse, _ endpoint: String
  ) throws(LedgerError) -> Attempt {
    let body = try? JSONDecoder.decode(response.body)
    if response.status == 200, let body, body.object != nil { return .reply(body) }
    let text = body?["message"]?.string ?? body?["error"]?.string ?? "no reason given"
    let reason = VisibleText.line(String(text.prefix(200)))
    failure = "\(endpoint): status \(response.status): \(reason)"
    switch body?["code"]?.integer {
    case GRPC.unauthenticated where token != nil: return .badToken
    case GRPC.unauthenticated, GRPC.permissionDenied, GRPC.invalidArgument:
      throw .etcd(.refused, failure)
    case GRPC.resourceExhausted: throw .etcd(.full, failure)
    case GRPC.notFound, GRPC.unimplemented: throw .etcd(.unreachable, failure)
    default:
      current += 1
      return .lost
    }
  }

  private mutating func authenticate(until deadline: Int) throws(LedgerError) {
    let body: JSONValue = [
      "name": .string(configuration.user ?? ""), "password": .string(configuration.password ?? ""),
    ]
    while true {
      switch try attempt("auth/authenticate", body, until: deadline) {
      case .reply(let reply):
        guard let token = reply["token"]?.string else {
          throw .etcd(.refused, "no token for user \(configuration.user ?? "")")
        }
        self.token = token
        return
      case .badToken: token = nil
      case .lost, .notSent: try pause(until: deadline)
      }
    }
  }

  /// Waits before the next attempt.
  ///
  /// - Throws: ``LedgerError`` if there is no time for another attempt, or the run is to end.
  private func pause(until deadline: Int) throws(LedgerError) {
    let left = deadline - SystemClock.monotonicMilliseconds()
    guard left > Self.pauseLength, !configuration.isEnding() else {
      throw .etcd(.unreachable, failure)
    }
    SystemClock.sleep(milliseconds: Self.pauseLength)
  }

  /// In milliseconds; short compared with an election, which takes a second or two.
  private static let pauseLength = 50
}

/// Status codes of gRPC (<https://grpc.io/docs/guides/status-codes/>).
private enum GRPC {
  static let invalidArgument = 3
  static let notFound = 5
  static let permissionDenied = 7
  static let resourceExhausted = 8
  static let unimplemented = 12
  static let unauthenticated = 16
}

extension LedgerError {
  /// A failure of the cluster.
  static func etcd(_ code: Code, _ reason: String) -> LedgerError {
    let hint =
      switch code {
      case .refused: "check user, password and certificates of the etcd ledger in the configuration"
      case .full: "the cluster is full: compact and defragment it, then disarm the alarm"
      case .missingLibrary: HTTPFailure.missingLibraryHint
      case .location: "use etcd://HOST:PORT[,HOST:PORT…]/PREFIX"
      default: "check that a majority of the cluster's members replies: etcdctl endpoint health"
      }
    return LedgerError(code, "ledger etcd: \(reason)", hint: hint)
  }
}
