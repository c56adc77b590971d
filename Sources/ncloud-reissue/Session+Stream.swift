// Many events in one process: a result line for each, in order, as soon as it is known.

internal import Core
internal import Platform
internal import ReissueKit
internal import Templates

extension Session {
  /// Works off standard input until its end, a signal, or a reader that went away.
  ///
  /// - Parameter answer: Writes the line of one event, until the deadline at the latest, and returns its status and
  ///   whether its reader took it.
  /// - Returns: The gravest status of all.
  func stream(
    _ settings: Settings,
    answer: (Result<Event, ReissueError>, _ deadline: Int) -> (status: ExitStatus, isWritten: Bool)
  ) -> ExitStatus {
    var events = EventStream(limit: settings.maximumEventBytes) { count in
      // A wish to end is the end of the stream: what is still in the pipe is the sender's.
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
    while !context.isEnding(), let event = events.next() {
      Terminal.beginEvent()
      let (status, isWritten) = answer(
        event, deadline(settings, from: context.monotonicMilliseconds()))
      gravest = ExitStatus.gravest(of: [gravest, status])
      // Nobody reads any more; of a run the ledger knows what was done for the line that is lost.
      if !isWritten { break }
    }
    return gravest
  }
}
