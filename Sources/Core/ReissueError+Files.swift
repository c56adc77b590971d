package import Platform

extension ReissueError {
  /// A file that cannot be read.
  ///
  /// - Parameters:
  ///   - code: Of the errors of this file.
  ///   - subject: What the file is and its name, quoted.
  ///   - error: What the system said.
  ///   - hint: What to do where the name is wrong.
  ///   - wrongName: The exit status where the name is wrong. A failure of the machine, such as no free descriptor
  ///     or a bad disk, may be gone the next time: it is 74, and a wait that had to end is 75.
  ///   - place: Where the name was found.
  package init(
    _ code: String, reading subject: String, _ error: FileError, hint: String? = nil,
    wrongName: ExitStatus, place: Place? = nil
  ) {
    // What settings and templates name is shown with its whole path; a name in an event is not.
    let detail = wrongName == .configuration ? error.description : error.reason
    if error.isCanceled {
      self.init(
        "run.ended", "the run ended before \(subject) was read to its end",
        hint: "does anybody write to this pipe, and close it?", exit: .tryAgain, place: place)
    } else if error.isOfName || (wrongName == .credentials && error.isOfRights) {
      self.init(
        code, "\(subject) cannot be read: \(detail)", hint: hint, exit: wrongName,
        place: place)
    } else {
      self.init(
        code, "\(subject) cannot be read: \(detail)",
        hint: "check its owner, its mode and this machine, and run again", exit: .inputOutput,
        place: place, retry: .safe)
    }
  }

  /// A file that is not used, since somebody else can change or read it.
  package init(
    _ code: String, exposed subject: String, _ exposure: Exposure, exit: ExitStatus,
    place: Place? = nil
  ) {
    self.init(
      code, "\(subject) is not used: \(exposure)", hint: exposure.repair, exit: exit, place: place)
  }
}
