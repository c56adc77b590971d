// What changes the ledger by hand: only with a person's yes.

internal import ArgumentParser
internal import Core
internal import Platform
internal import ReissueKit

extension LedgerCommand {
  struct Forget: ParsableCommand, Command {
    static let configuration = CommandConfiguration(
      commandName: "forget", abstract: "Forget a record: the next event asks again at once.")

    @Argument(help: "A number of the order, or the order's id.")
    var number: String
    @Flag(help: "Do not ask.")
    var yes = false
    @OptionGroup(title: "Ledger") var options: Options
    @OptionGroup(title: "Output") var output: OutputOptions

    func status() -> ExitStatus {
      Session([options, output]).answer { (settings, context, log) throws(ReissueError) in
        let care = try LedgerMaintenance(settings, context, log)
        try Terminal.confirm(
          yes, about: try care.record(of: number).table,
          question: "Forget it? The next event for it may then be a second reissue.")
        return options.answer(try care.forget(number), \.table)
      }
    }
  }

  struct Settle: ParsableCommand, Command {
    static let configuration = CommandConfiguration(
      commandName: "settle",
      abstract: "Say what became of an unknown request, after a look into the console.",
      discussion: """
        EXAMPLES:
          ncloud-reissue ledger settle 55882 --carried-out --new-number 56010
          ncloud-reissue ledger settle 55882 --not-carried-out
        """)

    @Argument(help: "A number of the order, or the order's id.")
    var number: String
    @Flag(
      name: .customLong("carried-out"),
      help: "The service did it: hold repeated events back from now on.")
    var isCarriedOut = false
    @Flag(
      name: .customLong("not-carried-out"),
      help: "The service did not: the next event asks again.")
    var isNotCarriedOut = false
    @Option(help: ArgumentHelp("With --carried-out: the new certificate's number.", valueName: "n"))
    var newNumber: String?
    @Flag(help: "Do not ask.")
    var yes = false
    @OptionGroup(title: "Ledger") var options: Options
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
      guard isCarriedOut != isNotCarriedOut else {
        throw ValidationError("say one of --carried-out and --not-carried-out")
      }
      guard isCarriedOut || newNumber == nil else {
        throw ValidationError("--new-number goes with --carried-out")
      }
    }

    func status() -> ExitStatus {
      Session([options, output]).answer { (settings, context, log) throws(ReissueError) in
        let care = try LedgerMaintenance(settings, context, log)
        try Terminal.confirm(
          yes, about: try care.record(of: number).table,
          question: isCarriedOut
            ? "Note that the service carried it out?"
            : "Note that the service did not carry it out? The next event asks again.")
        let report = try care.settle(number, isCarriedOut: isCarriedOut, newNumber: newNumber)
        return options.answer(report, \.table)
      }
    }
  }
}

extension Terminal {
  /// The longest answer that is read.
  private static let longestAnswer = 1_024

  /// Asks a person, unless `isAgreed`.
  ///
  /// - Throws: ``ReissueError``, exit 64, where nobody can be asked or somebody says no.
  static func confirm(
    _ isAgreed: Bool, about text: String, question: String
  ) throws(ReissueError) {
    guard !isAgreed else { return }
    guard StandardStreams.isTerminal(StandardStreams.input) else {
      throw ReissueError(
        "usage.confirm", "this needs a yes, and standard input is no terminal",
        hint: "add --yes", exit: .usage)
    }
    complain(bytes: Array("\(text)\(question) [y/N] ".utf8))
    let answer =
      (try? Files.readNext(descriptor: StandardStreams.input, atMost: longestAnswer) {
        Signals.pending == nil
      }) ?? []
    guard answer.first.map({ $0 | 0x20 }) == UInt8(ascii: "y") else {
      throw ReissueError("usage.declined", "nothing was changed", exit: .usage)
    }
  }
}
