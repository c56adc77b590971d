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

  /// Whether the command line says that nothing is to be sent.
  var isDryRun: Bool { flags[CommandOption.dryRun.name] != nil }

  /// The end of `--deadline`, in monotonic milliseconds, for work that began at `start` or with the process.
  func deadline(_ settings: Settings, from start: Int? = nil) -> Int {
    (start ?? self.start) + settings.deadline.milliseconds
  }

  private func setFileDeadline(_ span: TimeSpan) {
    context.fileDeadline.milliseconds = start + span.milliseconds
  }

  /// The settings, from flags, environment and configuration file.
  func settings() throws(ReissueError) -> Settings {
    try requireReadableVariables()
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

  /// Bytes that are not UTF-8 became U+FFFD: such a variable would lead to another folder than the one that is meant.
  private func requireReadableVariables() throws(ReissueError) {
    let folders = ["HOME", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"]
    for (name, value) in context.environment {
      let isUsed =
        folders.contains(name) || name.hasPrefix("XDG_")
        || name.hasPrefix(CommandOption.environmentPrefix)
      guard isUsed, value.unicodeScalars.contains("\u{FFFD}") else { continue }
      throw ReissueError(
        "configuration.setting", "\(VisibleText.line(name)) is not valid UTF-8",
        hint: "use a name in UTF-8 for this folder or value", exit: .configuration)
    }
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

// Several events in one process: a result line for each, in order, as soon as it is known.
extension Session {
  /// Handles the events on standard input until its end, a signal, or a failed write.
  ///
  /// - Parameters:
  ///   - selection: The parts of the following events that are read; asked for until it is not the whole.
  ///   - answer: Writes the line of one event before the deadline, and returns its status and whether the line was
  ///     written.
  /// - Returns: The gravest status of all events.
  func stream(
    _ settings: Settings, selection: () -> JSONSelection = { .whole },
    answer: (Result<Event, ReissueError>, _ deadline: Int) -> (status: ExitStatus, isWritten: Bool)
  ) -> ExitStatus {
    var events = EventStream(limit: settings.maximumEventBytes) { count in
      // A signal ends the stream; events still in the pipe stay with the sender.
      do throws(FileError) {
        return .success(
          try Files.readNext(descriptor: StandardStreams.input, atMost: count) {
            !context.isEnding()
          })
      } catch {
        return error.isCanceled ? .success([]) : .failure(error)
      }
    }
    var gravest = ExitStatus.done
    while !context.isEnding() {
      if events.selection.isWhole { events.selection = selection() }
      guard let event = events.next() else { break }
      Terminal.beginEvent()
      let (status, isWritten) = answer(
        event, deadline(settings, from: context.monotonicMilliseconds()))
      gravest = ExitStatus.gravest(of: [gravest, status])
      // The reader is gone or stuck. The ledger has the outcome of the run whose line is lost.
      if !isWritten { break }
    }
    return gravest
  }
}

// Commands that print an answer, and report errors only on standard error.
/// The output of such a command, and its exit status.
enum CommandAnswer {
  /// Text for people.
  case text(String, exit: ExitStatus = .done)
  /// A document for programs.
  case document(JSONValue, exit: ExitStatus = .done)

  var exit: ExitStatus {
    switch self {
    case .text(_, let exit), .document(_, let exit): exit
    }
  }

  /// The bytes for standard output.
  func bytes(isPretty: Bool) -> [UInt8] {
    switch self {
    case .text(let text, _): Array(text.utf8)
    case .document(let document, _):
      JSONEncoder.encode(document, layout: isPretty ? .pretty : .compact) + [UInt8(ascii: "\n")]
    }
  }
}

extension Session {
  /// Writes the answer that `work` returns; an error goes to standard error.
  ///
  /// - Parameter isTimed: Whether the deadline bounds the write. If not, the reader may be a person with a pager, who
  ///   may take any time; a signal ends the wait.
  func answer(
    isTimed: Bool = false,
    _ work: (Settings, Context, Log) throws(ReissueError) -> CommandAnswer
  ) -> ExitStatus {
    var log = self.log()
    do throws(ReissueError) {
      let settings = try settings()
      log = self.log(settings)
      let answer = try work(settings, context, log)
      return Terminal.write(
        answer.bytes(isPretty: settings.isPretty || Terminal.isOutput),
        until: isTimed ? deadline(settings) : .max,
        exit: answer.exit)
    } catch {
      log.log(error)
      return error.exit
    }
  }
}

extension Invocation {
  /// The error for options that exclude each other or are missing.
  func wrongUsage(_ message: String) -> ReissueError {
    ReissueError(
      "usage.option", message, hint: "see \(path.map(\.name).joined(separator: " ")) --help",
      exit: .usage)
  }
}
