/// A header line.
package struct HTTPHeader: Hashable, Sendable {
  /// The name, in the case in which it is sent or was received.
  package let name: String
  /// The value without white space around it.
  package let value: String

  /// A header line; sending checks its characters.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// The content of a request. libcurl gets it piece by piece, so a secret is in no other array.
package protocol HTTPBody: Sendable {
  /// The number of bytes.
  var count: Int { get }
  /// Whether connections and buffers that held the bytes are not used again.
  var isSecret: Bool { get }
  /// Passes the bytes to a call.
  func read<Result>(_ body: (Span<UInt8>) -> Result) -> Result
}

extension [UInt8]: HTTPBody {
  /// Arrays are for content that everybody may know.
  package var isSecret: Bool { false }

  /// Passes the bytes to a call.
  package func read<Result>(_ body: (Span<UInt8>) -> Result) -> Result { body(span) }
}

/// A request.
package struct HTTPRequest: Sendable {
  /// The methods in use.
  package enum Method: String, CaseIterable, Sendable {
    /// May be repeated: libcurl sends it again if a reused connection turns out to be closed.
    case get = "GET"
    /// Never sent twice.
    case post = "POST"
    /// Never sent twice: that it may be repeated (RFC 9110 section 9.2.2) says nothing about other editors.
    case put = "PUT"
    /// Never sent twice.
    case patch = "PATCH"
    /// Never sent twice, as ``put``.
    case delete = "DELETE"

    /// Whether it changes nothing at the server (RFC 9110 section 9.2.1).
    package var isSafe: Bool { self == .get }
    /// Whether a request has a body, which may be empty.
    package var hasBody: Bool { self != .get }
  }

  /// The method; it decides whether libcurl may send the request again.
  package var method: Method
  /// `https`, or `http` to a loopback address; no user information.
  package var url: String
  /// Sent in addition to Host, User-Agent, Accept and Content-Length.
  package var headers: [HTTPHeader]
  /// The body; a GET has none.
  package var body: any HTTPBody
  /// The time limit of the whole exchange, including the wait for a connection; at least 1.
  package var timeoutMilliseconds: Int

  /// A request; sending checks it.
  package init(
    _ method: Method, _ url: String, headers: [HTTPHeader] = [], body: [UInt8] = [],
    timeoutMilliseconds: Int = 30_000
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeoutMilliseconds = timeoutMilliseconds
  }
}

/// A reply.
package struct HTTPResponse: Hashable, Sendable {
  /// The final status.
  package let status: Int
  /// The headers in order, without those of interim (1xx) replies.
  package let headers: [HTTPHeader]
  /// The decoded content, at most the client's limit.
  package let body: [UInt8]
  /// How the reply arrived, for logs and tests.
  package let transport: HTTPTransport

  /// A reply; also for tests with a simulated network.
  package init(
    status: Int, headers: [HTTPHeader], body: [UInt8], transport: HTTPTransport = HTTPTransport()
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.transport = transport
  }
}

/// Facts about the transport of a reply.
package struct HTTPTransport: Hashable, Sendable {
  /// The HTTP version: `1.0`, `1.1`, `2`, `3`, or empty.
  package var version = ""
  /// Whether the connection was used by an earlier request.
  package var isConnectionReused = false
  /// How many times the request was sent: 2 if libcurl repeated a GET.
  package var sendings = 0
  /// The time of the whole exchange, in microseconds, including the wait for a connection.
  package var totalMicroseconds = 0

  /// Facts of a simulated exchange: nothing sent, no time passed.
  package init() {}
}
