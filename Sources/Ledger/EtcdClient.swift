// Calls to etcd's v3 JSON gateway (<https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/>), one after the
// other, with another member in turn when one does not answer.

package import HTTP
import JSON
import Platform

/// How an etcd cluster is reached.
package struct EtcdConfiguration: Sendable {
  /// The members' base URLs without a slash at the end; `http` only to loopback.
  package var endpoints: [String]
  /// The text that all keys begin with.
  package var prefix: String
  /// The user, if the cluster wants one.
  package var user: String?
  /// That user's password: sent to the members for a token, shown nowhere.
  package var password: String?
  /// Certificates, limits and interruption check of the connections.
  package var http: HTTPClientConfiguration
  /// The longest that one call may take before another member is asked, in milliseconds.
  package var callTimeout = 1_000
  /// The longest that one transaction may take with all its repeats, in milliseconds.
  package var deadline = 8_000
  /// Whether the run was asked to end: what fails then is not tried again.
  package var isEnding: @Sendable () -> Bool = { false }

  /// One cluster and a prefix of our own in it; endpoints are tried in their order.
  package init(
    endpoints: [String], prefix: String, http: HTTPClientConfiguration = HTTPClientConfiguration()
  ) {
    self.endpoints = endpoints
    self.prefix = prefix
    self.http = http
    // A page of records is larger than what the service answers.
    self.http.bodyLimit = 16 << 20
  }
}

/// The connection to a cluster.
struct EtcdClient: ~Copyable {
  /// What came of a call that is not repeated by itself.
  enum Reply {
    case answer(JSONValue)
    /// It may or may not have been carried out.
    case lost(reason: String)
  }

  private let configuration: EtcdConfiguration
  private var client: HTTPClient
  /// The member that is asked next.
  private var current = 0
  private var token: String?

  init(_ configuration: EtcdConfiguration) throws(LedgerError) {
    self.configuration = configuration
    do throws(HTTPFailure) { client = try HTTPClient(configuration.http) } catch {
      throw .etcd(.unreachable, error.reason)
    }
  }

  /// Asks for something that may be asked twice, until an answer comes or the time is over.
  ///
  /// - Parameters:
  ///   - deadline: On the monotonic clock, in milliseconds.
  ///   - path: What follows `/v3/`.
  ///   - body: The request, in the names of the JSON gateway.
  mutating func read(
    _ path: String, _ body: JSONValue, until deadline: Int
  ) throws(LedgerError) -> JSONValue {
    while true {
      switch try write(path, body, until: deadline) {
      case .answer(let answer): return answer
      case .lost(let reason): try pause(until: deadline, reason)
      }
    }
  }

  /// Asks once, and again only as long as the call surely did not reach a member.
  mutating func write(
    _ path: String, _ body: JSONValue, until deadline: Int
  ) throws(LedgerError) -> Reply {
    var failures = 0
    var refusals = 0
    while true {
      if configuration.user != nil, token == nil { try authenticate(until: deadline) }
      switch try attempt(path, body, until: deadline) {
      case .answer(let answer): return .answer(answer)
      case .lost(let reason): return .lost(reason: reason)
      case .badToken:
        token = nil
        refusals += 1
        // A token that ended is renewed at once; one that is refused anew will not be better without a pause.
        if refusals > 1 { try pause(until: deadline, "a token that was just given is refused") }
      case .notSent(let reason):
        failures += 1
        // Every member in turn without a pause, then all over again with one.
        if failures.isMultiple(of: max(1, configuration.endpoints.count)) {
          try pause(until: deadline, reason)
        }
      }
    }
  }

  private enum Attempt {
    case answer(JSONValue)
    case lost(reason: String)
    case notSent(reason: String)
    case badToken
  }

  private mutating func attempt(
    _ path: String, _ body: JSONValue, until deadline: Int
  ) throws(LedgerError) -> Attempt {
    let left = deadline - SystemClock.monotonicMilliseconds()
    guard left > 0 else { throw .etcd(.unreachable, "no answer in time") }
    guard !configuration.endpoints.isEmpty else { throw .etcd(.location, "no member is given") }
    let endpoint = configuration.endpoints[current % configuration.endpoints.count]
    var request = HTTPRequest(
      .post, "\(endpoint)/v3/\(path)", headers: [HTTPHeader("Content-Type", "application/json")],
      body: JSONEncoder.encode(body), timeoutMilliseconds: min(left, configuration.callTimeout))
    // Not "Bearer": the gateway hands the header on as the token itself.
    if let token { request.headers.append(HTTPHeader("Authorization", token)) }
    switch client.perform(request) {
    case .success(let response): return try judge(response, endpoint)
    case .failure(let failure):
      let reason = "\(endpoint): \(failure.reason)"
      switch failure.kind {
      case .invalidURL, .invalidHeader: throw .etcd(.location, reason)
      case .tlsUntrusted, .trustStore: throw .etcd(.refused, reason)
      case .interrupted: throw .etcd(.unreachable, "interrupted")
      default: break
      }
      current += 1
      return failure.stage < .sent ? .notSent(reason: reason) : .lost(reason: reason)
    }
  }

  /// Tells the answers of the gateway apart: `{"error", "message", "code"}` with the codes of gRPC.
  private mutating func judge(
    _ response: HTTPResponse, _ endpoint: String
  ) throws(LedgerError) -> Attempt {
    let body = try? JSONDecoder.decode(response.body)
    if response.status == 200, let body, body.object != nil { return .answer(body) }
    let text = body?["message"]?.string ?? body?["error"]?.string ?? "no reason given"
    let reason = "\(endpoint): status \(response.status): \(Self.singleLine(text))"
    switch body?["code"]?.integer {
    case GRPC.unauthenticated where token != nil: return .badToken
    case GRPC.unauthenticated, GRPC.permissionDenied, GRPC.invalidArgument:
      throw .etcd(.refused, reason)
    case GRPC.resourceExhausted: throw .etcd(.full, reason)
    case GRPC.notFound, GRPC.unimplemented: throw .etcd(.unreachable, reason)
    default:
      current += 1
      return .lost(reason: reason)
    }
  }

  private mutating func authenticate(until deadline: Int) throws(LedgerError) {
    let body: JSONValue = [
      "name": .string(configuration.user ?? ""), "password": .string(configuration.password ?? ""),
    ]
    while true {
      switch try attempt("auth/authenticate", body, until: deadline) {
      case .answer(let answer):
        guard let token = answer["token"]?.string else {
          throw .etcd(.refused, "no token for user \(configuration.user ?? "")")
        }
        self.token = token
        return
      case .badToken: token = nil
      case .lost(let reason), .notSent(let reason): try pause(until: deadline, reason)
      }
    }
  }

  /// Waits before the next attempt, or gives up.
  private func pause(until deadline: Int, _ reason: String) throws(LedgerError) {
    let left = deadline - SystemClock.monotonicMilliseconds()
    guard left > Self.pauseLength, !configuration.isEnding() else {
      throw .etcd(.unreachable, reason)
    }
    SystemClock.sleep(milliseconds: Self.pauseLength)
  }

  /// Short against an election, which takes a second or two.
  private static let pauseLength = 50

  private static func singleLine(_ text: String) -> String {
    String(text.unicodeScalars.prefix(200).map { $0.value < 0x20 ? " " : Character($0) })
  }
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
      case .location: "give the ledger as etcd://HOST:PORT[,HOST:PORT…]/PREFIX"
      default: "check that a majority of the cluster's members answers: etcdctl endpoint health"
      }
    return LedgerError(code, "ledger etcd: \(reason)", hint: hint)
  }
}
