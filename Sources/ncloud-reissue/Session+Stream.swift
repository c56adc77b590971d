// Several events in one process: a result line for each, in order, as soon as it is known.

internal import Core
internal import Platform
internal import ReissueKit
internal import Templates

extension Session {
  /// Handles the events on standard input until its end, a signal, or a failed write.
  ///
  /// - Parameter answer: Writes the line of one event before the deadline, and returns its status and whether the line
  ///   was written.
  /// - Returns: The gravest status of all events.
  func stream(
    _ settings: Settings,
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
    while !context.isEnding(), let event = events.next() {
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
