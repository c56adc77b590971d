// How the service is reached; checked once, before anything is claimed or sent.

package import Core
package import HTTP
internal import Platform

/// Endpoint, credentials and options of the connection.
package struct ServiceConfiguration: Sendable {
  let endpoint: Endpoint
  let credentials: Credentials
  /// The time limit of one call.
  let timeout: TimeSpan
  let http: HTTPClientConfiguration

  /// Checks everything that can be checked without a connection. `timeout` limits one call, `parallel` the connections
  /// at the same time; `caFile` is a PEM file of the only authorities to trust, `nil` for those of the system.
  ///
  /// - Throws: ``ReissueError``, exit 78, if a variable does not name a proxy, or `caFile` is not a file or can be
  ///   changed by another user.
  package init(
    endpoint: Endpoint, credentials: Credentials, timeout: TimeSpan, parallel: Int, caFile: String?,
    context: Context, log: Log
  ) throws(ReissueError) {
    self.endpoint = endpoint
    self.credentials = credentials
    self.timeout = timeout
    http = try Self.connection(caFile: caFile, parallel: parallel, context: context, log: log)
  }

  /// Only the options of the connection: proxy, trust, and number of connections.
  ///
  /// - Throws: ``ReissueError``, exit 78; see ``init(endpoint:credentials:timeout:parallel:caFile:context:log:)``.
  package static func connection(
    caFile: String?, parallel: Int, context: Context, log: Log
  ) throws(ReissueError) -> HTTPClientConfiguration {
    try checkAuthorities(caFile)
    var http = HTTPClientConfiguration()
    http.caFile = caFile
    http.maximumConnections = parallel
    http.isInterrupted = context.isEnding
    do throws(ProxyProblem) { try http.readProxy(from: context.environment) } catch {
      throw ReissueError(error)
    }
    if log.level == .trace { http.trace = { log.log(.trace, $0) } }
    return http
  }

  /// A user who can change the file of authorities decides which server this program trusts.
  private static func checkAuthorities(_ file: String?) throws(ReissueError) {
    guard let file else { return }
    let (code, subject) = ("network.ca-file", "the file of authorities \(Text.quoted(file))")
    let place: FilePlace
    do throws(FileError) { place = try FilePlace.regularFile(file) } catch {
      throw ReissueError(
        code, reading: subject, error, hint: "check --ca-file", wrongName: .configuration)
    }
    guard let exposure = place.exposure else { return }
    throw ReissueError(code, exposed: subject, exposure, exit: .configuration)
  }
}
