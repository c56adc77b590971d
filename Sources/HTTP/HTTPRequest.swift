/// A header line: its name as it is sent or was received, and its value.
package struct HTTPHeader: Hashable, Sendable {
  /// The name, in the case in which it is sent or came.
  package let name: String
  /// The value without white space around it.
  package let value: String

  /// A header line; what HTTP does not allow in one is refused when it is sent.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// One request; a value that can be sent again only by the caller.
package struct HTTPRequest: Hashable, Sendable {
  /// The methods that are needed.
  package enum Method: String, Sendable {
    /// May be repeated: libcurl sends it once more by itself if a reused connection turns out to be dead.
    case get = "GET"
    /// Never leaves twice.
    case post = "POST"
  }

  /// What is asked of the resource.
  package var method: Method
  /// `https`, or `http` to a loopback address; no user information.
  package var url: String
  /// Sent as they are, besides Host, User-Agent, Accept and Content-Length.
  package var headers: [HTTPHeader]
  /// What a POST carries; a GET carries nothing.
  package var body: [UInt8]
  /// The longest that everything may take, waiting for a connection included; at least 1.
  package var timeoutMilliseconds: Int

  /// A request; it is checked when it is sent.
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

/// What a server said.
package struct HTTPResponse: Hashable, Sendable {
  /// The final status, 200 to 599 or whatever the server sent.
  package let status: Int
  /// In the order they came, those of interim (1xx) replies left out.
  package let headers: [HTTPHeader]
  /// The bytes of the content, as they came; at most the client's limit.
  package let body: [UInt8]
  /// How it came.
  package let transport: HTTPTransport

  /// A reply; for stand-ins of the network too.
  package init(
    status: Int, headers: [HTTPHeader], body: [UInt8], transport: HTTPTransport = HTTPTransport()
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.transport = transport
  }

  /// The value of the first header of that name, in any case of letters.
  package func header(_ name: String) -> String? {
    let wanted = name.lowercased()
    return headers.first { $0.name.lowercased() == wanted }?.value
  }
}

/// Facts about the way a reply came.
package struct HTTPTransport: Hashable, Sendable {
  /// The version of HTTP that was spoken: `1.0`, `1.1`, `2`, `3`, or empty.
  package var version = ""
  /// Whether a connection of an earlier request served.
  package var isConnectionReused = false
  /// How many times the request was put on a connection: 2 if libcurl repeated a GET by itself.
  package var sendings = 0
  /// From the start to the end, in microseconds, waiting for a connection included.
  package var totalMicroseconds = 0

  /// Facts of which none is known.
  package init() {}
}
