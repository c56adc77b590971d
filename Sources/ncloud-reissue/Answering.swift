// Commands that print an answer, and report errors only on standard error.

internal import CommandOptions
internal import Core
internal import JSON
internal import ReissueKit

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
  /// - Parameters:
  ///   - isTimed: Whether the deadline bounds the write. If not, the reader may be a person with a pager, who may take
  ///     any time; a signal ends the wait.
  ///   - work: Returns the answer.
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
