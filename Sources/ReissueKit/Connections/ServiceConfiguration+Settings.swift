internal import Core
internal import Service

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
