package import Core
internal import HTTP
internal import Platform
internal import Service

/// One signed call of an API of NAVER Cloud: what `api` sends.
package struct SignedCall: Sendable {
  /// The names of the methods that can be sent.
  package static let methods = HTTPRequest.Method.allCases.map(\.rawValue)
  /// The largest body in bytes: as many as an event has by default. The gateway itself refuses less.
  package static let maximumBodyBytes = 8 << 20

  /// What came back.
  package struct Answer: Sendable {
    /// The body of the reply, byte for byte; empty without a whole reply.
    package let body: [UInt8]
    /// The status line and the headers, one a line; `nil` without a whole reply.
    package let head: String?
    /// Why the call was no success; `nil` for a 2xx.
    package let error: ReissueError?
  }

  private let method: HTTPRequest.Method
  private let address: CallAddress

  /// Whether the method takes a body.
  package var hasBody: Bool { method.hasBody }

  /// Checks method and URL.
  ///
  /// - Throws: ``ReissueError``, exit 64: nothing is signed for this URL, or the method does not exist.
  package init(method: String, url: String) throws(ReissueError) {
    guard let known = HTTPRequest.Method(rawValue: method) else {
      throw ReissueError("usage.option", "unknown method \(Text.quoted(method))", exit: .usage)
    }
    self.method = known
    address = try CallAddress(url)
  }

  /// Signs and sends it.
  ///
  /// - Parameters:
  ///   - body: The body; empty for GET.
  ///   - settings: Profile, time limit of a call, and authorities.
  ///   - context: Environment, clock and signals.
  ///   - log: Gets the lines of the call.
  ///   - deadline: The end of the work, by the monotonic clock in milliseconds.
  /// - Throws: ``ReissueError``: 77 without credentials, 78 for a wrong setting; nothing was sent.
  package func send(
    _ body: [UInt8], _ settings: Settings, _ context: Context, _ log: Log, until deadline: Int
  ) throws(ReissueError) -> Answer {
    let credentials = try Credentials.find(profile: settings.profile, context: context)
    let configuration = try ServiceConfiguration(
      endpoint: address.endpoint, credentials: credentials, timeout: settings.timeout, parallel: 1,
      caFile: settings.caFile, context: context, log: log)
    var client = try ServiceClient(configuration, context: context, log: log)
    let result = try client.call(method, address.target, body: body, deadline: deadline)
    return Answer(
      body: result.response?.body ?? [], head: result.response.map(Self.head), error: result.error)
  }

  private static func head(of response: HTTPResponse) -> String {
    let status = "HTTP/\(response.transport.version) \(response.status)"
    let headers = response.headers.map { "\($0.name): \($0.value)" }
    // Each on one line, whatever the server sent.
    return ([status] + headers).map(VisibleText.line).joined(separator: "\n")
  }
}
