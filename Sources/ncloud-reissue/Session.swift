// What commands have in common: settings from all sources, the event, the log, the result.

import JSON
import Platform
import ReissueKit

/// The process as a command sees it.
struct Session {
  private let flags: [String: [String]]
  let context: Context

  init(sources: [any FlagSource]) {
    flags = sources.reduce(into: [:]) { $0.merge($1.flags) { $1 } }
    context = .system(environment: ProcessEnvironment.all())
  }

  /// The settings and a log that follows them.
  func settings() throws(ReissueError) -> (settings: Settings, log: Log) {
    let configuration = try Configuration.load(
      named: flags["config"]?.last ?? context.environment["NCLOUD_REISSUE_CONFIG"], context: context)
    let sources = SettingSources(
      flags: flags, environment: context.environment, configuration: configuration)
    let settings = try Settings(from: sources)
    return (settings, log(level: settings.logLevel, format: settings.logFormat))
  }

  /// A log on standard error.
  func log(level: Log.Level = .warning, format: Log.Format = .text) -> Log {
    Log(level: level, format: format, now: context.now) { line in
      try? Files.write(line, to: .standardError)
    }
  }

  /// The event, from the file that is named or from standard input.
  func event(_ settings: Settings) throws(ReissueError) -> Event {
    let bytes: [UInt8]
    do throws(FileError) {
      if let file = settings.eventFile {
        bytes = try Files.read(file, limit: settings.maximumEventBytes)
      } else {
        guard !StandardStreams.isTerminal(.standardInput) else { throw Self.noEvent }
        bytes = try Files.read(.standardInput, limit: settings.maximumEventBytes)
      }
    } catch let error as FileError {
      throw ReissueError(unreadableEvent: error, limit: settings.maximumEventBytes)
    }
    return try Event(parsing: bytes)
  }
}
