internal import CommandOptions
internal import Core
internal import JSON
internal import Platform
internal import ReissueKit

enum LedgerCommand {
  static let command = Command(
    "ledger", "Look into the memory of earlier requests, and correct it.",
    discussion: [
      "Shows the account of the credentials, or all accounts if there are no credentials."
    ],
    examples: [
      "ncloud-reissue ledger list --since 12h", "ncloud-reissue ledger show shop.example.com",
      "ncloud-reissue ledger settle 55882 --not-carried-out",
      "ncloud-reissue ledger check --waiting 2d",
      "ncloud-reissue ledger prune --older-than 400d",
    ],
    commands: [list, show, forget, settle, check, prune])

  private static let name = Operand(
    "name", count: .one,
    help: "A number of the order, the order's id, the common name, or the folder of the store.")

  /// The options of every command of the ledger.
  private static func groups(_ options: [CommandOption]) -> [Command.Group] {
    (options.isEmpty ? [] : [Command.Group("Options", options)])
      + [Command.Group("Ledger", [.ledger, .profile, .json]), .output]
  }

  private static let list = Command(
    "list", "List the records, the latest change first.",
    groups: groups([.state, .olderThan, .since])
  ) { call in
    answer(call) { (ledger) throws(ReissueError) in
      if let length = call.value(.since) {
        guard !call.has(.state), !call.has(.olderThan) else {
          throw call.wrongUsage("--since excludes --state and --older-than")
        }
        let history = try ledger.history(of: length)
        return call.has(.json) ? .document(history.json) : .text(history.table)
      }
      let report = try ledger.records(
        in: call.values[CommandOption.state.name] ?? [], olderThan: call.value(.olderThan))
      return call.answer(report, \.table)
    }
  }

  private static let show = Command(
    "show", "Show everything about one certificate's order.", operands: [name], groups: groups([])
  ) { call in
    answer(call) { (ledger) throws(ReissueError) in
      call.answer(try ledger.records(of: call.name), \.details)
    }
  }

  private static let forget = Command(
    "forget", "Forget a record: the next event sends a request at once.", operands: [name],
    groups: groups([.yes])
  ) { call in
    answer(call) { (ledger) throws(ReissueError) in
      try Terminal.confirm(
        call.has(.yes), about: try ledger.record(of: call.name).table,
        question: "Forget it? The next event for it may then be a second reissue.")
      return call.answer(try ledger.forget(call.name), \.table)
    }
  }

  private static let settle = Command(
    "settle", "Record what became of an unknown request, after a look into the console.",
    discussion: ["Give one of --carried-out and --not-carried-out."],
    examples: [
      "ncloud-reissue ledger settle 55882 --carried-out --new-number 56010",
      "ncloud-reissue ledger settle 55882 --not-carried-out",
    ], operands: [name], groups: groups([.carriedOut, .notCarriedOut, .newNumber, .yes])
  ) { call in
    answer(call) { (ledger) throws(ReissueError) in
      let isCarriedOut = call.has(.carriedOut)
      guard isCarriedOut != call.has(.notCarriedOut) else {
        throw call.wrongUsage("give one of --carried-out and --not-carried-out")
      }
      guard isCarriedOut || !call.has(.newNumber) else {
        throw call.wrongUsage("--new-number needs --carried-out")
      }
      try Terminal.confirm(
        call.has(.yes), about: try ledger.record(of: call.name).table,
        question: isCarriedOut
          ? "Record that the service carried it out?"
          : "Record that the service did not carry it out? The next event sends a request.")
      let report = try ledger.settle(
        call.name, isCarriedOut: isCarriedOut, newNumber: call.value(.newNumber))
      return call.answer(report, \.table)
    }
  }

  private static let check = Command(
    "check", "Exit 1 if anything will not move on by itself.",
    discussion: [
      """
      Reports requests that are unknown, stuck, refused, have failed their validation or wait for \
      longer than --waiting, certificates that are issued and not in the store, and those that are in \
      the store and not deployed, if deploy.sh is in use. The first line is a summary as monitoring \
      plugins print it, each further line has the next step. Checks the file of the ledger too.
      """
    ], statuses: [0: "Nothing needs an operator.", 1: "Something needs an operator."],
    groups: groups([.waiting])
  ) { call in
    answer(call) { (ledger) throws(ReissueError) in
      let report = try ledger.check(
        waiting: call.value(.waiting) ?? CommandOption.waiting.fallback)
      let exit: ExitStatus = report.isEmpty ? .done : .attention
      return call.has(.json) ? .document(report.json, exit: exit) : .text(report.text, exit: exit)
    }
  }

  private static let prune = Command(
    "prune", "Forget settled history; nothing that is claimed, unknown or accepted.",
    discussion: [
      """
      Needs --older-than, 30d or more. Also offers to remove the folders of the store whose keys a \
      newer delivered certificate replaces; never the folder that is current or deployed.
      """
    ],
    groups: groups([.olderThan, .yes.described("Remove the folders of replaced keys unasked.")])
  ) { call in
    answer(call) { (ledger) throws(ReissueError) in
      guard let age = call.value(.olderThan) else {
        throw call.wrongUsage("--older-than is missing")
      }
      let count = try ledger.prune(olderThan: age)
      let folders = try ledger.replacedFolders()
      let isAgreed = !folders.isEmpty && (call.has(.yes) || askToRemove(folders))
      if isAgreed { try ledger.remove(folders: folders) }
      let names = JSONValue.array(folders.map(JSONValue.string))
      guard !call.has(.json) else {
        return .document([
          "version": 1, "forgotten": .integer(count),
          (isAgreed ? "removedFolders" : "replacedFolders"): names,
        ])
      }
      let lines = folders.map { (isAgreed ? "removed " : "replaced, remove with --yes: ") + $0 }
      return .text((["\(count) forgotten"] + lines).map { VisibleText.line($0) + "\n" }.joined())
    }
  }

  private static func askToRemove(_ folders: [String]) -> Bool {
    Terminal.isInput
      && Terminal.asks(
        "\(folders.map { $0 + "\n" }.joined())Remove these folders, whose keys are replaced?")
  }

  private static func answer(
    _ call: Invocation, _ work: (LedgerMaintenance) throws(ReissueError) -> CommandAnswer
  ) -> Int32 {
    Session(call).answer { (settings, context, log) throws(ReissueError) in
      try work(try LedgerMaintenance(settings, context, log))
    }.rawValue
  }
}

extension Invocation {
  /// The only operand; the parser of the command line guarantees that it exists.
  fileprivate var name: String { operands.first ?? "" }

  /// The answer as text, or as JSON with `--json`.
  fileprivate func answer(
    _ report: LedgerReport, _ text: (LedgerReport) -> String
  ) -> CommandAnswer {
    has(.json) ? .document(report.json) : .text(text(report))
  }
}

extension Terminal {
  /// The longest answer that is read, in bytes.
  private static let longestAnswer = 1_024

  /// Asks for consent on the terminal, unless `isAgreed`.
  ///
  /// - Throws: ``ReissueError``, exit 64, if standard input is no terminal or the answer is not yes.
  fileprivate static func confirm(
    _ isAgreed: Bool, about text: String, question: String
  ) throws(ReissueError) {
    guard !isAgreed else { return }
    guard isInput else {
      throw ReissueError(
        "usage.confirm", "this must be confirmed, and standard input is no terminal",
        hint: "add --yes", exit: .usage)
    }
    guard asks(text + question) else {
      throw ReissueError("usage.declined", "nothing was changed", exit: .usage)
    }
  }

  /// Whether a person can be asked.
  fileprivate static var isInput: Bool { StandardStreams.isTerminal(StandardStreams.input) }

  /// Asks on the terminal; anything but a yes is a no.
  fileprivate static func asks(_ question: String) -> Bool {
    complain(bytes: Array("\(VisibleText.lines(question)) [y/N] ".utf8))
    let answer =
      (try? Files.readNext(descriptor: StandardStreams.input, atMost: longestAnswer) {
        Signals.pending == nil
      }) ?? []
    return answer.first.map { $0 | 0x20 } == UInt8(ascii: "y")
  }
}
