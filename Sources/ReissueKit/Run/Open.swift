// Ledger and service are opened once for all events, and only if an item is to be sent.

internal import Core
internal import Ledger
internal import Platform
internal import Service

extension Run {
  /// Opens the ledger and checks how the service is reached; does nothing the second time.
  ///
  /// A dry run makes no ledger: its file might belong to another user than the one who runs later. Neither does
  /// `follow`, which has nothing to record there.
  ///
  /// - Parameter makesLedger: Whether a ledger that does not exist is created.
  /// - Throws: ``ReissueError``: 77 without credentials, 78 for a proxy that cannot be used, 74 for a ledger that
  ///   cannot be used.
  mutating func open(makesLedger: Bool) throws(ReissueError) {
    guard service == nil else { return }
    let credentials = try Credentials.find(profile: settings.profile, context: context)
    let service = try ServiceConfiguration(settings, credentials, context, log)
    let opened =
      makesLedger
      ? try LedgerLocation.open(settings, context, log)
      : try LedgerLocation.openIfThere(settings, context, log)
    ledger = opened.map { RunLedger($0, settings, credentials) }
    self.service = service
    if opened == nil, makesLedger {
      log.log(.warning, hint: "a repeated alert would be a second reissue", "no ledger is kept")
    }
  }

  /// Makes the client; does nothing the second time.
  mutating func connect() throws(ReissueError) {
    guard client == nil, let service else { return }
    var client = try ServiceClient(service, context: context, log: log)
    // A dry run reports a fault at once instead of repeating the call.
    client.isPatient = !settings.isDryRun
    self.client = consume client
  }
}
