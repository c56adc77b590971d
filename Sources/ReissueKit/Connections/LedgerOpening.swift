// Finds and opens the ledger of a run.

internal import Core
internal import HTTP
internal import JSON
internal import Ledger
internal import Platform
internal import Service

extension LedgerLocation {
  /// The name of the file in a state folder.
  private static let fileName = "ledger.sqlite3"
  /// The most bytes of a password file, which has one short line.
  private static let maximumPasswordBytes = 4_096
  /// The members of `etcd` in the configuration.
  private static let etcdMembers = ["caFile", "certificate", "key", "user", "passwordFile"]

  /// Opens the ledger of the settings, or the default in the state folder; `nil` for `none`. A wait for another process
  /// ends with the waits for files, or, if not `isTimed`, only at a signal.
  ///
  /// - Throws: ``ReissueError``, exit 78 if the location is not valid, 74 if the ledger cannot be used, 75 if such a wait
  ///   ended.
  static func open(
    _ settings: Settings, _ context: Context, _ log: Log, isTimed: Bool = true
  ) throws(ReissueError) -> (any Ledger)? {
    let location = try location(settings, context)
    try requireFolder(of: location, settings, context)
    let ledger: any Ledger
    do throws(LedgerError) {
      switch location {
      case .none: return nil
      case .sqlite(let path):
        ledger = try SQLiteLedger(path: path) {
          !context.isOver(isTimed ? context.fileDeadline.milliseconds : .max)
        }
      case .etcd(let members, let prefix):
        ledger = try EtcdLedger(
          try etcd(members: members, prefix: prefix, settings, context))
      }
    } catch {
      throw problem(error, settings)
    }
    for warning in ledger.warnings { log.log(.warning, warning) }
    return ledger
  }

  /// Opens the ledger for a command that only reads: `nil` if the file does not exist, or for `none`.
  static func openIfThere(
    _ settings: Settings, _ context: Context, _ log: Log, isTimed: Bool = true
  ) throws(ReissueError) -> (any Ledger)? {
    let location = try location(settings, context)
    if case .sqlite(let path) = location, !context.files.exists(path) {
      try requireFolder(of: location, settings, context)
      return nil
    }
    return try open(settings, context, log, isTimed: isTimed)
  }

  /// Checks, without a change, that a run can make the file of the ledger if there is none yet.
  ///
  /// - Throws: ``ReissueError`` as ``open(_:_:_:)``.
  static func requireCreatable(_ settings: Settings, _ context: Context) throws(ReissueError) {
    guard case .sqlite(let path) = try location(settings, context), !context.files.exists(path)
    else { return }
    do throws(FileError) { try Folder.requireWritable(Folder.split(path).folder) } catch {
      throw problem(LedgerError(error), settings)
    }
  }

  /// The configuration of the system is meant for services: their places are not those of other users.
  private static func problem(_ error: LedgerError, _ settings: Settings) -> ReissueError {
    var problem = ReissueError(error)
    if error.code == .inaccessible, settings.ledger == nil, settings.configuration.isOfSystem {
      problem.hint =
        "\(Configuration.systemFile) puts it there, for services; write {} to "
        + "~/.config/ncloud-reissue/config.json to use places of your own"
    }
    return problem
  }

  /// Only the default folder is made: where a folder that was named is missing, its volume may not be mounted, and a
  /// new ledger would know of no earlier request.
  private static func requireFolder(
    of location: LedgerLocation, _ settings: Settings, _ context: Context
  ) throws(ReissueError) {
    guard settings.ledger != nil, case .sqlite(let path) = location else { return }
    let folder = Folder.split(path).folder
    guard !context.files.exists(folder) else { return }
    throw ReissueError(
      LedgerError.Code.inaccessible.rawValue,
      "the folder \(Text.quoted(folder)) of the ledger does not exist",
      hint: "make it, or mount its volume; only the default folder is made by a run",
      exit: .inputOutput)
  }

  /// The location in the settings, or the default one.
  static func location(
    _ settings: Settings, _ context: Context
  ) throws(ReissueError) -> LedgerLocation {
    guard let text = settings.ledger else {
      let folder = settings.configuration.standardFolder(
        context.environment, "XDG_STATE_HOME", below: ".local/state")
      guard let folder else {
        throw ReissueError(
          "ledger.location", "there is no folder to keep the ledger in",
          hint: "set HOME or STATE_DIRECTORY, or name one with --ledger sqlite:PATH",
          exit: .inputOutput)
      }
      return .sqlite(path: "\(folder)/\(fileName)")
    }
    do throws(LedgerError) {
      return try LedgerLocation(text)
    } catch {
      throw ReissueError(
        error.code.rawValue, error.message, hint: error.hint, exit: .configuration)
    }
  }

  /// The URLs of the members: `https`, or `http` for a loopback address if no authority is configured.
  private static func endpoints(_ members: [String], isSecure: Bool) -> [String] {
    members.map { member in
      (try? Endpoint("http://\(member)")) != nil && !isSecure
        ? "http://\(member)" : "https://\(member)"
    }
  }

  /// TLS and user of the cluster, from `etcd` in the configuration; paths are relative to its folder.
  private static func etcd(
    members: [String], prefix: String, _ settings: Settings, _ context: Context
  ) throws(LedgerError) -> EtcdConfiguration {
    let configuration = settings.configuration
    let options = configuration.members["etcd"]?.object ?? JSONObject()
    for (name, value) in options {
      guard etcdMembers.contains(name), value.string != nil else {
        throw LedgerError(
          .location, "the configuration's etcd has a member \(Text.quoted(name)) that is not known",
          hint: "texts named \(etcdMembers.joined(separator: ", "))")
      }
    }
    func path(_ name: String) -> String? { options[name]?.string.map(configuration.absolute) }
    func checked(_ member: String, isSecret: Bool = false) throws(LedgerError) -> String? {
      guard let file = path(member) else { return nil }
      try check(file, of: member, isSecret: isSecret)
      return file
    }
    var http = HTTPClientConfiguration()
    http.caFile = try checked("caFile")
    http.clientCertificateFile = try checked("certificate", isSecret: options["key"] == nil)
    http.clientKeyFile = try checked("key", isSecret: true)
    var cluster = EtcdConfiguration(
      endpoints: endpoints(members, isSecure: options["caFile"] != nil), prefix: prefix, http: http)
    cluster.user = options["user"]?.string
    if let file = path("passwordFile") { cluster.password = try password(file, context) }
    cluster.deadline = min(cluster.deadline, settings.deadline.milliseconds)
    cluster.isEnding = context.isEnding
    return cluster
  }

  /// Reads the password from a file that no other user may read or change.
  private static func password(
    _ file: String, _ context: Context
  ) throws(LedgerError) -> String {
    let contents = try mapError(unreadable("passwordFile")) { () throws(FileError) in
      try context.files.contents(file, maximumPasswordBytes)
    }
    try refuse(contents.reading ?? contents.change, "passwordFile")
    return Credentials.trimmed(String(decoding: contents.bytes, as: UTF8.self))
  }

  /// Checks that no other user can change a file that libcurl reads, nor read it if it has a key.
  private static func check(
    _ file: String, of member: String, isSecret: Bool
  ) throws(LedgerError) {
    let place = try mapError(unreadable(member)) { () throws(FileError) in
      try FilePlace.regularFile(file)
    }
    try refuse((isSecret ? place.reading : nil) ?? place.exposure, member)
  }

  private static func unreadable(_ member: String) -> (FileError) -> LedgerError {
    { error in
      LedgerError(
        error.isOfName ? .location : .inaccessible, "\(member) of etcd cannot be read: \(error)",
        hint: "check \(member) in the configuration")
    }
  }

  private static func refuse(_ exposure: Exposure?, _ member: String) throws(LedgerError) {
    guard let exposure else { return }
    throw LedgerError(
      .location, "\(member) of etcd is not used: \(exposure)", hint: exposure.repair)
  }
}

extension Ledger {
  /// The records of an account in these states that are wanted; the others take no memory. If `account` is `nil`, all
  /// accounts are meant.
  func records(
    of account: String?, in states: Set<LedgerRecord.State> = Set(LedgerRecord.State.allCases),
    where isWanted: (LedgerRecord) -> Bool = { _ in true }
  ) throws(ReissueError) -> [LedgerRecord] {
    try mapError(ReissueError.init) { () throws(LedgerError) in
      try records(in: states) { (account == nil || $0.account == account) && isWanted($0) }
    }
  }
}

extension LedgerDigest {
  /// The account of a run, for all commands that read or write records.
  ///
  /// For the ledger, two keys of one account are two accounts, unless the configuration names the account.
  static func account(of settings: Settings, _ credentials: Credentials) -> String {
    account(named: settings.account ?? credentials.accessKey)
  }
}
