internal import ArgumentParser
internal import Core
internal import JSON
internal import ReissueKit

struct LedgerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "Look into the memory of earlier requests, and mend it.",
    discussion: """
      Shows the account of the credentials, or all accounts where there are none.

      EXAMPLES:
        ncloud-reissue ledger list --state unknown
        ncloud-reissue ledger show 55882
        ncloud-reissue ledger settle 55882 --not-carried-out
        ncloud-reissue ledger check || mail -s 'see ledger' admin < /dev/null
        ncloud-reissue ledger prune --older-than 400d
      """,
    subcommands: [List.self, Show.self, Forget.self, Settle.self, Check.self, Prune.self],
    defaultSubcommand: List.self)
}

extension LedgerCommand {
  struct Options: ParsableArguments, FlagSource {
    @Option(
      help: ArgumentHelp("The ledger: sqlite:PATH or etcd://HOST:PORT/PREFIX.", valueName: "url"))
    var ledger: String?
    @Option(help: ArgumentHelp("Use this profile of ~/.ncloud/configure.", valueName: "name"))
    var profile: String?
    @Flag(help: "Write JSON.")
    var json = false

    var flags: [String: [String]] { joined(["ledger": ledger, "profile": profile]) }

    /// Text or JSON, as wished.
    func answer(
      _ report: LedgerReport, _ text: (LedgerReport) -> String, exit: ExitStatus = .done
    ) -> CommandAnswer {
      json ? .document(report.json, exit: exit) : .text(text(report), exit: exit)
    }
  }

  struct List: ParsableCommand, Command {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the records, the latest change first.")

    @Option(
      help: ArgumentHelp(
        "Only these: claimed, unknown, accepted, issued, validation-failed, refused, none.",
        valueName: "state"))
    var state: [String] = []
    @Option(
      help: ArgumentHelp(
        "Only what changed last before so long ago.", valueName: "duration"))
    var olderThan: String?
    @OptionGroup(title: "Ledger") var options: Options
    @OptionGroup(title: "Output") var output: OutputOptions

    func status() -> ExitStatus {
      Session([options, output]).answer { (settings, context, log) throws(ReissueError) in
        let care = try LedgerMaintenance(settings, context, log)
        return options.answer(try care.records(in: state, olderThan: olderThan), \.table)
      }
    }
  }

  struct Show: ParsableCommand, Command {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Show all that is known of one certificate's order.")

    @Argument(help: "A number of the order, or the order's id.")
    var number: String
    @OptionGroup(title: "Ledger") var options: Options
    @OptionGroup(title: "Output") var output: OutputOptions

    func status() -> ExitStatus {
      Session([options, output]).answer { (settings, context, log) throws(ReissueError) in
        options.answer(try LedgerMaintenance(settings, context, log).record(of: number), \.details)
      }
    }
  }

  struct Check: ParsableCommand, Command {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Exit 1 if something is unknown, stuck or failed its validation.",
      discussion:
        "Writes a line for each such record and nothing otherwise; looks the file over too."
    )

    @OptionGroup(title: "Ledger") var options: Options
    @OptionGroup(title: "Output") var output: OutputOptions

    func status() -> ExitStatus {
      Session([options, output]).answer { (settings, context, log) throws(ReissueError) in
        let report = try LedgerMaintenance(settings, context, log).check()
        return options.answer(report, \.troubles, exit: report.isEmpty ? .done : .attention)
      }
    }
  }

  struct Prune: ParsableCommand, Command {
    static let configuration = CommandConfiguration(
      commandName: "prune",
      abstract: "Forget settled history; nothing claimed, unknown or accepted goes.")

    @Option(
      help: ArgumentHelp(
        "Forget what changed last before so long ago, 30d or more.", valueName: "duration"))
    var olderThan: String
    @OptionGroup(title: "Ledger") var options: Options
    @OptionGroup(title: "Output") var output: OutputOptions

    func status() -> ExitStatus {
      Session([options, output]).answer { (settings, context, log) throws(ReissueError) in
        let count = try LedgerMaintenance(settings, context, log).prune(olderThan: olderThan)
        return options.json
          ? .document(["version": 1, "forgotten": .integer(count)])
          : .text("\(count) forgotten\n")
      }
    }
  }
}
