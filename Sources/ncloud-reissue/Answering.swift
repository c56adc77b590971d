// Commands that answer people or programs, and tell errors on standard error alone.

internal import Core
internal import JSON
internal import ReissueKit

/// What such a command writes to standard output, and how it ends.
struct CommandAnswer {
  let output: [UInt8]
  let document: JSONValue?
  var exit = ExitStatus.done

  /// Text for people.
  static func text(_ text: String, exit: ExitStatus = .done) -> CommandAnswer {
    CommandAnswer(output: Array(text.utf8), document: nil, exit: exit)
  }

  /// A document for programs.
  static func document(_ document: JSONValue, exit: ExitStatus = .done) -> CommandAnswer {
    CommandAnswer(output: [], document: document, exit: exit)
  }
}

extension Session {
  /// Works an answer out and writes it; an error goes to standard error.
  ///
  /// - Parameters:
  ///   - isTimed: Whether the command has a deadline. If not, its reader may be a person with a pager, who has all the
  ///     time; a signal ends the wait.
  ///   - work: Makes the answer.
  func answer(
    isTimed: Bool = false,
    _ work: (Settings, Context, Log) throws(ReissueError) -> CommandAnswer
  ) -> ExitStatus {
    var log = self.log()
    do throws(ReissueError) {
      let settings = try settings()
      log = self.log(settings)
      let answer = try work(settings, context, log)
      let bytes = answer.document.map {
        JSONEncoder.encode($0, layout: settings.isPretty ? .pretty : .compact)
          + [UInt8(ascii: "\n")]
      }
      return Terminal.write(
        bytes ?? answer.output, until: isTimed ? deadline(settings) : .max, exit: answer.exit)
    } catch {
      log.log(error)
      return error.exit
    }
  }
}
