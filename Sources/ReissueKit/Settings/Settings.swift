// All that a run goes by, checked before it does anything.

package import Core
package import JSON
internal import Ledger
package import Service
internal import Templates

/// The settings of a run.
package struct Settings: Sendable {
  /// How far an accepted reissue is followed.
  package enum Follow: String, Sendable, CaseIterable {
    /// Not at all.
    case none
    /// The new number and its DNS records, one look.
    case dns
    /// Until it is issued or given up.
    case issued
  }

  /// The most calls at once: beyond it the gateway's rate limits answer, not the service.
  static let maximumParallel = 64
  /// The most that callers such as monitoring systems wait.
  package static let defaultDeadline = TimeSpan(seconds: 60)
  /// An event of the default limit holds some ten thousand alerts.
  static let defaultEventBytes = 8 << 20
  /// Events are held in memory whole; a gigabyte is no event.
  static let maximumEventBytes = 1 << 30

  /// The configuration file; empty if there is none.
  package var configuration: Configuration
  /// The templates to use, by name or as paths of files; empty for all of the folder.
  package var templateNames: [String]
  /// Where templates are looked for by name.
  package var templatesFolder: String
  /// The file of the event; `nil` for standard input.
  package var eventFile: String?
  /// How the environment variables begin that make up the event.
  package var eventPrefixes: [String]
  /// Members of such an event, `NAME=VALUE` each.
  package var eventFields: [SettingValue]
  /// Whether there may be any number of events, with a result for each.
  package var isStream: Bool
  /// The longest that one event may take.
  package var deadline: TimeSpan
  /// The longest that one call may take.
  package var timeout: TimeSpan
  /// The most calls at once, 1 to 64.
  package var parallel: Int
  /// The service that is called.
  package var endpoint: Endpoint
  /// The profile of the credentials; `nil` to look in all places.
  package var profile: String?
  /// What the ledger calls the account, whatever key it has; `nil` to go by the key's id.
  package var account: String?
  /// The location of the ledger as it was given, `none` included; `nil` for the default.
  package var ledger: String?
  /// What templates read as `$vars`.
  package var variables: JSONObject
  /// A PEM file of the only authorities to trust; `nil` for those of the system.
  package var caFile: String?
  /// How far an accepted reissue is followed.
  package var follow: Follow
  /// The longest wait for a certificate to be issued.
  package var followDeadline: TimeSpan
  /// The file that the result is appended to as well.
  package var resultFile: String?
  /// Whether a reissue is told from nothing to do by the exit status.
  package var isExitDetailed: Bool
  /// The most that is written to standard error.
  package var logLevel: Log.Level
  /// How standard error looks.
  package var logFormat: Log.Format
  /// Whether the result is laid out over several lines.
  package var isPretty: Bool
  /// The most bytes of one event, 1 to 1 GiB.
  package var maximumEventBytes: Int
  /// Whether nothing is claimed or sent.
  package var isDryRun: Bool
  /// Whether an earlier accepted or refused request is no reason against another one.
  package var isForced: Bool
  /// The folder of signing requests that templates name.
  package var csrFolder: String
  /// The folder of private keys that templates name.
  package var keyFolder: String
  /// The folder that keys made here, their requests and the chains go to.
  package var storeFolder: String
  /// The most requests of the account on one day of UTC.
  package var maximumPerDay: Int
  /// How callers of `cgi` are proved; `nil` where nothing is said of it.
  package var callerCheck: CallerCheck?

  /// Settings that would do harm if they were forgotten in a file or an environment.
  private static let commandLineOnly = ["force", "dry-run"]

  /// Resolves every setting.
  ///
  /// - Throws: ``ReissueError``: exit 64 for a flag, 78 for environment and configuration.
  package init(from given: SettingSources) throws(ReissueError) {
    try Self.refuseForgotten(given)
    let sources = try given.withoutContradictions()
    configuration = sources.configuration
    templateNames = sources.values("template").map { value in
      TemplateFolder.isFile(value.text) ? Self.path(value, sources.configuration) : value.text
    }
    templatesFolder =
      sources.value("templates").map { Self.path($0, sources.configuration) }
      ?? "\(sources.configuration.folder)/templates"
    eventFile = sources.value("event")?.text
    eventPrefixes = try Self.eventPrefixes(sources)
    eventFields = sources.values("event-field")
    isStream = try sources.flag("stream")
    deadline = try sources.duration("deadline", default: Self.defaultDeadline.seconds)
    timeout = try sources.duration("timeout", default: 30)
    parallel = try sources.integer("parallel", default: 4, in: 1...Self.maximumParallel)
    endpoint =
      try sources.value("endpoint").map { value throws(ReissueError) in
        try Self.endpoint(value)
      } ?? .publicZone
    profile = sources.value("profile")?.text
    account = try Self.account(sources.configuration)
    ledger = try Self.ledger(sources)
    variables = try Self.variables(sources)
    caFile = sources.value("ca-file").map { Self.path($0, sources.configuration) }
    follow = try sources.choice("follow", default: .dns)
    followDeadline = try sources.duration("follow-deadline", default: 1_800)
    resultFile = sources.value("result-file").map { Self.path($0, sources.configuration) }
    isExitDetailed = try sources.flag("detailed-exitcode")
    (logLevel, logFormat) = try Self.logging(sources)
    isPretty = try sources.flag("pretty")
    maximumEventBytes = try sources.integer(
      "max-event-bytes", default: Self.defaultEventBytes, in: 1...Self.maximumEventBytes)
    isDryRun = sources.flags["dry-run"] != nil
    isForced = sources.flags["force"] != nil
    csrFolder = sources.configuration.path("csrDirectory", default: "csr")
    keyFolder = sources.configuration.path("keyDirectory", default: "keys")
    storeFolder = sources.configuration.path("storeDirectory", default: "certificates")
    maximumPerDay = try Self.maximumPerDay(sources.configuration)
    callerCheck = try Self.callerCheck(sources.configuration)
  }

  /// Whether the event is built from environment or command line; standard input is not read then.
  package var hasBuiltEvent: Bool { !eventPrefixes.isEmpty || !eventFields.isEmpty }

  /// Level and format of the log; asked for first, so that later mistakes are told as wished.
  package static func logging(
    _ sources: SettingSources
  ) throws(ReissueError) -> (level: Log.Level, format: Log.Format) {
    let level = try sources.choice("log-level", default: Log.Level.warning)
    return (level, try sources.choice("log-format", default: .text))
  }

  private static func refuseForgotten(_ sources: SettingSources) throws(ReissueError) {
    for option in commandLineOnly {
      let variable = SettingSources.environmentName(option)
      guard sources.environment[variable] == nil else {
        throw ReissueError(
          "configuration.setting",
          "\(variable) is set, but --\(option) is for the command line only",
          hint: "unset \(variable)", exit: .configuration)
      }
    }
  }

  private static func ledger(_ sources: SettingSources) throws(ReissueError) -> String? {
    guard let value = sources.value("ledger") else { return nil }
    guard value.text == "none" else { return ledger(value, sources.configuration) }
    guard case .flag = value.origin else {
      throw ReissueError(
        "configuration.setting",
        "\(value.origin.description) says none, but --ledger none is for the command line only",
        hint: "without a ledger a repeated alert is a second reissue", exit: .configuration)
    }
    return value.text
  }

  /// In the file alone: one that is forgotten on a command line would hide what was asked before.
  private static func account(
    _ configuration: Configuration
  ) throws(ReissueError) -> String? {
    guard let name = configuration.members["account"]?.string else { return nil }
    guard !name.isEmpty else {
      throw Configuration.problem("account cannot be empty", in: configuration.file)
    }
    return name
  }

  /// A file that the configuration names lies where it says, whatever folder a run was started in: each
  /// would have a memory of its own otherwise.
  private static func ledger(_ value: SettingValue, _ configuration: Configuration) -> String {
    let path = value.text.dropFirst(LedgerLocation.filePrefix.count)
    guard value.text.hasPrefix(LedgerLocation.filePrefix), !path.isEmpty else { return value.text }
    return LedgerLocation.filePrefix
      + Self.path(SettingValue(text: String(path), origin: value.origin), configuration)
  }

  private static func maximumPerDay(_ configuration: Configuration) throws(ReissueError) -> Int {
    let number = configuration.members["maxPerDay"]?.integer ?? 50
    guard number >= 0 else {
      throw Configuration.problem("maxPerDay cannot be below 0", in: configuration.file)
    }
    return number
  }

  private static func eventPrefixes(_ sources: SettingSources) throws(ReissueError) -> [String] {
    let prefixes = sources.values("event-env")
    for prefix in prefixes where prefix.text.count < Event.minimumPrefix {
      throw prefix.problem(
        "\(Text.quoted(prefix.text)) is shorter than \(Event.minimumPrefix)",
        hint: "name how the variables of the monitoring system begin, such as NAGIOS_")
    }
    for prefix in prefixes where ProtectedVariables.isPrefix(prefix.text) {
      throw prefix.problem(
        "\(Text.quoted(prefix.text)) names variables of credentials or proxies, which no event may hold",
        hint: "name how the variables of the monitoring system begin, such as NAGIOS_")
    }
    return prefixes.map(\.text)
  }

  private static func callerCheck(
    _ configuration: Configuration
  ) throws(ReissueError) -> CallerCheck? {
    guard let value = configuration.members["callerCheck"] else { return nil }
    return try CallerCheck(value, in: configuration)
  }

  private static func endpoint(_ value: SettingValue) throws(ReissueError) -> Endpoint {
    do throws(ReissueError) {
      return try Endpoint(value.text)
    } catch {
      throw ReissueError(
        error.code, "\(value.origin.description): \(error.message)", hint: error.hint,
        exit: error.exit)
    }
  }

  /// Paths of the configuration file start at its folder, all others at the working directory.
  private static func path(_ value: SettingValue, _ configuration: Configuration) -> String {
    guard case .configuration = value.origin else { return value.text }
    return configuration.absolute(value.text)
  }

  /// The variables of the configuration, and above them those of `--var NAME=VALUE`, as texts.
  private static func variables(_ sources: SettingSources) throws(ReissueError) -> JSONObject {
    var variables = sources.configuration.members["vars"]?.object ?? JSONObject()
    for value in sources.values("var") {
      let (name, text) = try value.assignment()
      variables[name] = .string(text)
    }
    return variables
  }
}
