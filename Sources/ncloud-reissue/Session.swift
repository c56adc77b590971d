// The common parts of commands: settings from all sources, the event, the log.

internal import CommandOptions
internal import Core
internal import JSON
internal import Platform
internal import ReissueKit
internal import Service
internal import Templates

/// One call of the program: its options, environment and start time.
struct Session {
  private let flags: [String: [String]]
  let context: Context
  /// The start of the process, in monotonic milliseconds.
  private let start: Int

  /// A session with the options of a command line; `nil` if it could not be read.
  init(_ call: Invocation? = nil) {
    flags = call?.values ?? [:]
    context = .system(
      environment: Environment.variables(except: Set(Credentials.secretKeyVariables)))
    start = context.monotonicMilliseconds()
    // The configuration file is read before the deadline in it is known.
    let deadline = CommandOption.deadline
    let given = flags[deadline.name]?.last ?? context.environment[deadline.environmentName]
    setFileDeadline(
      given.flatMap { TimeSpan($0) } ?? TimeSpan(deadline.fallback) ?? TimeSpan(seconds: 0))
  }

  /// The end of `--deadline`, in monotonic milliseconds, for work that began at `start` or with the process.
  func deadline(_ settings: Settings, from start: Int? = nil) -> Int {
    (start ?? self.start) + settings.deadline.milliseconds
  }

  private func setFileDeadline(_ span: TimeSpan) {
    context.fileDeadline.milliseconds = start + span.milliseconds
  }

  /// The settings, from flags, environment and configuration file.
  func settings() throws(ReissueError) -> Settings {
    let configuration = try Configuration.load(
      named: flags[CommandOption.config.name]?.last
        ?? Configuration.file(namedIn: context.environment),
      context: context)
    let settings = try Settings(
      from: SettingSources(
        flags: flags, environment: context.environment, configuration: configuration),
      environment: context.environment)
    setFileDeadline(settings.deadline)
    return settings
  }

  /// A log on standard error.
  func log(_ settings: Settings? = nil) -> Log {
    let level = settings?.logLevel ?? .warning
    let format = settings?.logFormat ?? .text
    var status: (@Sendable (String?) -> Void)?
    // Progress is only for people, and not at level `error`.
    let isWatched =
      format == .text && level > .error && StandardStreams.isTerminal(StandardStreams.error)
      && context.environment["TERM"] != "dumb"
    if isWatched { status = { Terminal.show($0) } }
    return Log(
      level: level, format: format,
      isJournal: StandardStreams.isJournal(
        StandardStreams.error, stream: context.environment["JOURNAL_STREAM"]),
      now: context.now, status: status,
      write: { Terminal.complain(bytes: $0) })
  }

  /// The event, from the named file or from standard input.
  ///
  /// - Parameter deadline: The end of the wait for the sender, in monotonic milliseconds; a signal ends the wait too.
  func event(_ settings: Settings, until deadline: Int = .max) throws(ReissueError) -> Event {
    if settings.hasBuiltEvent {
      return try Event(
        prefixes: settings.eventPrefixes, fields: settings.eventFields,
        context: context)
    }
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try read(settings.eventFile, limit: settings.maximumEventBytes, until: deadline)
    } catch {
      throw ReissueError(unreadableEvent: error, limit: settings.maximumEventBytes)
    }
    return try Event(parsing: bytes)
  }

  /// A file or standard input; a signal ends the wait too.
  func read(
    _ file: String?, limit: Int, until deadline: Int
  ) throws(FileError) -> [UInt8] {
    func mayWait() -> Bool { !context.isEnding() && context.monotonicMilliseconds() < deadline }
    if let file { return try Files.read(file, limit: limit, while: mayWait) }
    return try Files.read(descriptor: StandardStreams.input, limit: limit, while: mayWait)
  }

  /// Shows help and reports that no event was given.
  func missEvent(_ path: [Command]) -> ReissueError {
    Terminal.complain(HelpText.text(of: path))
    let error = ReissueError(
      "usage.no-event", "standard input is a terminal and no event is given",
      hint: "send the event's JSON on standard input, or name a file with --event", exit: .usage)
    log().log(error)
    return error
  }

  /// Whether standard input is a terminal and no event is given, so that the help is shown.
  func lacksEvent(_ settings: Settings) -> Bool {
    settings.eventFile == nil && !settings.hasBuiltEvent
      && StandardStreams.isTerminal(StandardStreams.input)
  }
}
