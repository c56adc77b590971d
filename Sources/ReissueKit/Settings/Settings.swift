// All settings of a run, checked before the run starts.

internal import CommandOptions
package import Core
package import JSON
internal import Ledger
package import Platform
package import Service
internal import Templates

/// The settings of a run.
package struct Settings: Sendable {
  /// The configuration file; empty if there is none.
  package var configuration: Configuration
  /// The templates to use, by name or as paths of files; empty for the whole folder.
  package var templateNames: [String]
  /// The folder of templates that are given by name.
  package var templatesFolder: String
  /// The file of the event; `nil` for standard input.
  package var eventFile: String?
  /// Prefixes of the environment variables that the event is built from.
  package var eventPrefixes: [String]
  /// Members of such an event, `NAME=VALUE` each.
  package var eventFields: [SettingValue]
  /// Whether standard input holds any number of events, with a result for each.
  package var isStream: Bool
  /// The time limit of the work on one event.
  package var deadline: TimeSpan
  /// The time limit of one call.
  package var timeout: TimeSpan
  /// The most calls at once, 1 to 64.
  package var parallel: Int
  /// The origin of the service.
  package var endpoint: Endpoint
  /// The profile of the credentials; `nil` to look in all places.
  package var profile: String?
  /// The name of the account in the ledger; `nil` to use the id of the access key.
  package var account: String?
  /// The location of the ledger as it was given, `none` included; `nil` for the default.
  package var ledger: String?
  /// What templates read as `$vars`.
  package var variables: JSONObject
  /// A PEM file of the only certificate authorities to trust; `nil` for those of the system.
  package var caFile: String?
  /// How far an accepted reissue is followed.
  package var follow: FollowMode
  /// The longest wait for a certificate to be issued.
  package var followDeadline: TimeSpan
  /// The file that the result is appended to as well.
  package var resultFile: String?
  /// Whether the exit status distinguishes a reissue from nothing to do.
  package var isExitDetailed: Bool
  /// The level up to which messages are written to standard error.
  package var logLevel: Log.Level
  /// The form of the messages on standard error.
  package var logFormat: Log.Format
  /// Whether the result is written on several lines.
  package var isPretty: Bool
  /// The most bytes of one event, 1 to 1 GiB.
  package var maximumEventBytes: Int
  /// Whether nothing is claimed or sent.
  package var isDryRun: Bool
  /// Whether a request is sent although an earlier one was accepted or refused.
  package var isForced: Bool
  /// The folder of signing requests that templates name.
  package var csrFolder: String
  /// The folder of private keys that templates name.
  package var keyFolder: String
  /// The folder for chains, and for keys that are made here and their signing requests.
  package var storeFolder: String
  /// Whether the configuration names that folder: only the default one is made with the folders above it.
  package var isStoreNamed: Bool
  /// The most requests of the account on one day of UTC.
  package var maximumPerDay: Int
  /// How callers of `cgi` prove who they are; `nil` if the configuration does not set it.
  package var callerCheck: CallerCheck?

  /// Resolves every setting. The environment of the process has the folders of the user.
  ///
  /// - Throws: ``ReissueError``, exit 64 for a flag, exit 78 for environment and configuration.
  package init(
    from given: SettingSources, environment: [String: String] = [:]
  ) throws(ReissueError) {
    try given.checkVariables()
    let sources = try given.withoutContradictions()
    configuration = sources.configuration
    templateNames = sources.values(.template).map { value in
      TemplateFolder.isFile(value.text) ? sources.path(value) : value.text
    }
    templatesFolder = sources.path(.templates) ?? ""
    eventFile = sources.value(.event)?.text
    eventPrefixes = try Self.eventPrefixes(sources)
    eventFields = sources.values(.eventField)
    isStream = try sources.flag(.stream)
    deadline = try sources.duration(.deadline)
    timeout = try sources.duration(.timeout)
    parallel = try sources.integer(.parallel)
    endpoint = try Self.endpoint(sources)
    profile = sources.value(.profile)?.text
    account = sources.value(.account)?.text
    ledger = try Self.ledger(sources)
    variables = try Self.variables(sources)
    caFile = sources.path(.caFile)
    follow = try sources.choice(.follow)
    followDeadline = try sources.duration(.followDeadline)
    resultFile = sources.path(.resultFile)
    isExitDetailed = try sources.flag(.detailedExitcode)
    logLevel = try sources.choice(.logLevel)
    logFormat = try sources.choice(.logFormat)
    isPretty = try sources.flag(.pretty)
    maximumEventBytes = try sources.integer(.maxEventBytes)
    isDryRun = try sources.flag(.dryRun)
    isForced = try sources.flag(.force)
    csrFolder = sources.path(.csrDirectory) ?? ""
    keyFolder = sources.path(.keyDirectory) ?? ""
    let store = sources.path(.storeDirectory)
    isStoreNamed = store != nil
    storeFolder = store ?? Self.storeFolder(configuration, environment)
    maximumPerDay = try sources.integer(.maxPerDay)
    callerCheck = try sources.configuration.members["callerCheck"].map {
      value throws(ReissueError) in
      try CallerCheck(value, in: sources.configuration)
    }
  }

  private static func storeFolder(
    _ configuration: Configuration, _ environment: [String: String]
  ) -> String {
    let folder = configuration.standardFolder(environment, "XDG_DATA_HOME", below: ".local/share")
    return (folder ?? configuration.folder) + "/" + Self.storeName
  }

  /// The folder of certificates at its default place, and at that of version 1.0.0, beside the configuration.
  private static let storeName = "certificates"

  /// The folder of version 1.0.0, unless it is in use.
  package var earlierStoreFolder: String? {
    let folder = configuration.absolute(Self.storeName)
    return isStoreNamed || folder == storeFolder ? nil : folder
  }

  /// Whether the event is built from environment or command line, so that standard input is not read.
  package var hasBuiltEvent: Bool { !eventPrefixes.isEmpty || !eventFields.isEmpty }

  private static func ledger(_ sources: SettingSources) throws(ReissueError) -> String? {
    guard let value = sources.value(.ledger) else { return nil }
    if value.text == "none" {
      guard case .flag = value.origin else {
        throw ReissueError(
          "configuration.setting",
          "\(value.origin.description) is none, but --ledger none is for the command line only",
          hint: "without a ledger a repeated alert is a second reissue", exit: .configuration)
      }
      return value.text
    }
    // A relative path in the configuration starts at its folder: runs that start in different folders share one ledger.
    let prefix = LedgerLocation.filePrefix
    let path = value.text.dropFirst(prefix.count)
    guard value.text.hasPrefix(prefix), !path.isEmpty else { return value.text }
    return prefix + sources.path(SettingValue(text: String(path), origin: value.origin))
  }

  private static func eventPrefixes(_ sources: SettingSources) throws(ReissueError) -> [String] {
    let prefixes = sources.values(.eventEnv)
    for prefix in prefixes {
      let isShort = prefix.text.count < Event.minimumPrefix
      guard isShort || ProtectedVariables.isPrefix(prefix.text) else { continue }
      throw prefix.problem(
        Text.quoted(prefix.text)
          + (isShort
            ? " is shorter than \(Event.minimumPrefix) characters"
            : " names variables of credentials or proxies, which no event may hold"),
        hint: "give the prefix of the variables of the monitoring system, such as NAGIOS_")
    }
    return prefixes.map(\.text)
  }

  private static func endpoint(_ sources: SettingSources) throws(ReissueError) -> Endpoint {
    guard let value = sources.value(.endpoint) else { return .publicZone }
    do throws(ReissueError) {
      return try Endpoint(value.text)
    } catch {
      throw ReissueError(
        error.code, "\(value.origin.description): \(error.message)", hint: error.hint,
        exit: error.exit)
    }
  }

  /// The variables of the configuration, overridden by those of `--var NAME=VALUE`, which are texts.
  private static func variables(_ sources: SettingSources) throws(ReissueError) -> JSONObject {
    var variables = sources.configuration.members["vars"]?.object ?? JSONObject()
    for value in sources.values(.variable) {
      let (name, text) = try value.assignment()
      variables[name] = .string(text)
    }
    return variables
  }

  /// Checks, without a change, whether results can be appended to the result file; does nothing without one.
  package func requireResultFile(hint: String) throws(ReissueError) {
    guard let resultFile else { return }
    do throws(FileError) { try Files.requireAppendable(resultFile) } catch {
      throw ReissueError(resultFile: error, hint: hint)
    }
  }
}

extension ReissueError {
  /// A result file that cannot be written.
  package init(resultFile error: FileError, hint: String) {
    self.init(
      "output.result-file", "the result file cannot be written: \(error)",
      hint: [error.exposure?.repair, hint].compactMap(\.self).joined(separator: "; "),
      exit: .inputOutput)
  }
}
