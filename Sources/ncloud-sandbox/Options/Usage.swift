internal import CommandOptions

/// The text of `--help`.
enum Usage {
  static var text: String {
    """
    \(HelpText.text(of: [Options.command]))
    Codes that begin with sandbox- are invented; so are the default page size of 10, the limit of
    1 MiB for a request, and that a name left out revokes older certificates at the issue.

    FAULTS:
      KIND[,name=value]...      for example --fault reset-after,method=POST,skip=1,count=1

    \(kinds)

      Only requests that pass the checks of the gateway are counted. Options of every kind:
      method=, path= (whole, or a prefix with * at the end), certificate= (the number in the path)
      select requests; skip=N lets N of them pass first, count=N affects the next N (default: all);
      milliseconds=N delays; retry-after=TEXT and retry-after-date=SECONDS (ahead) add the header;
      origin=APIGW|ENDPOINT|none. Where an answer is made up, carried-out=yes carries the request
      out all the same.

    CONTROL, below /sandbox/ (no signature, not in the journal):
    \(indented(Control.summary))

    """
  }

  private static var kinds: String {
    indented(
      FaultKind.allCases.map { kind in
        kind.rawValue + String(repeating: " ", count: max(1, 26 - kind.rawValue.utf8.count))
          + kind.summary
      }.joined(separator: "\n"))
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
  }
}
