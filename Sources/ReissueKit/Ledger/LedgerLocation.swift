// Where the ledger is kept.

internal import Platform

/// The place of the ledger, as `--ledger` or the defaults say.
enum LedgerLocation: Hashable, Sendable {
  case sqlite(path: String)
  case etcd(url: String)

  /// The file's name in a state folder.
  private static let fileName = "ledger.sqlite3"

  /// The place that the settings name, else the state folder of systemd, of the system's configuration,
  /// or of the user (XDG Base Directory Specification); `nil` for `none`.
  ///
  /// - Throws: ``ReissueError``, exit 64 or 78 for a place that is none, 74 if there is nowhere to keep it.
  init?(_ settings: Settings, _ context: Context) throws(ReissueError) {
    guard let text = settings.ledger else {
      self = .sqlite(path: try Self.stateFolder(settings, context) + "/" + Self.fileName)
      return
    }
    if text == "none" { return nil }
    if text.hasPrefix("etcd://") {
      self = .etcd(url: text)
    } else if text.hasPrefix("sqlite:"), text.utf8.count > "sqlite:".utf8.count {
      self = .sqlite(path: String(text.dropFirst("sqlite:".count)))
    } else {
      throw ReissueError(
        "ledger.location", "\(Text.quoted(text)) is no place for a ledger",
        hint: "sqlite:PATH or etcd://HOST:PORT/PREFIX", exit: .configuration)
    }
  }

  private static func stateFolder(
    _ settings: Settings, _ context: Context
  ) throws(ReissueError) -> String {
    let environment = context.environment
    // systemd lists several folders with a colon; the first is ours.
    if let folder = environment["STATE_DIRECTORY"]?.split(separator: ":").first {
      return String(folder)
    }
    if settings.configuration.isOfSystem { return "/var/lib/ncloud-reissue" }
    if let folder = environment["XDG_STATE_HOME"], folder.hasPrefix("/") {
      return "\(folder)/ncloud-reissue"
    }
    if let home = environment["HOME"], home.hasPrefix("/") {
      return "\(home)/.local/state/ncloud-reissue"
    }
    throw ReissueError(
      "ledger.location", "there is no folder to keep the ledger in",
      hint: "set HOME or STATE_DIRECTORY, or name one with --ledger sqlite:PATH", exit: .inputOutput
    )
  }

  /// Opens the ledger; what the user should know of the place goes to the log.
  func open(_ log: Log) throws(ReissueError) -> any Ledger {
    do throws(LedgerError) {
      let ledger: any Ledger =
        switch self {
        case .sqlite(let path): try SQLiteLedger(path: path)
        case .etcd:
          throw LedgerError(.location, "etcd is not built in yet", hint: "use sqlite:PATH")
        }
      for warning in ledger.warnings { log.log(.warning, warning) }
      return ledger
    } catch {
      throw ReissueError(error)
    }
  }

  /// Opens the ledger if there is one: who only looks makes no file.
  func openIfThere(_ context: Context, _ log: Log) throws(ReissueError) -> (any Ledger)? {
    if case .sqlite(let path) = self, !context.files.exists(path) { return nil }
    return try open(log)
  }
}
