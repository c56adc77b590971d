package import Core
internal import HTTP
internal import Platform
package import Service

/// One signed call of an API of NAVER Cloud: what `api` sends.
package struct SignedCall: Sendable {
  /// The names of the methods that can be sent.
  package static let methods = HTTPRequest.Method.allCases.map(\.rawValue)
  /// The largest body in bytes: as many as an event has by default. The gateway itself refuses less.
  package static let maximumBodyBytes = 8 << 20

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

  /// Signs and sends it, without a body for GET, until the deadline in milliseconds of the monotonic clock.
  ///
  /// - Throws: ``ReissueError``: 77 without credentials, 78 for a wrong setting; nothing was sent.
  package func send(
    _ body: [UInt8], _ settings: Settings, _ context: Context, _ log: Log, until deadline: Int
  ) throws(ReissueError) -> CallResult {
    let credentials = try Credentials.find(profile: settings.profile, context: context)
    let configuration = try ServiceConfiguration(
      endpoint: address.endpoint, credentials: credentials, timeout: settings.timeout, parallel: 1,
      caFile: settings.caFile, context: context, log: log)
    var client = try ServiceClient(configuration, context: context, log: log)
    return try client.call(method, address.target, body: body, deadline: deadline)
  }
}

extension ServiceConfiguration {
  /// The configuration of the service from the settings.
  ///
  /// - Throws: ``ReissueError``, exit 78; see ``ServiceConfiguration``.
  init(
    _ settings: Settings, _ credentials: Credentials, _ context: Context, _ log: Log
  ) throws(ReissueError) {
    try self.init(
      endpoint: settings.endpoint, credentials: credentials, timeout: settings.timeout,
      parallel: settings.parallel, caFile: settings.caFile, context: context, log: log)
  }
}
