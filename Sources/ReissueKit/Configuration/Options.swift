// Every option of the program, once. The command line, the environment, the configuration file and its schema, the
// help, the manual pages and the completions read these definitions. What an option does is in its help; comments have
// the reasons.

package import CommandOptions
internal import Core
internal import JMESPath
internal import Ledger

extension CommandOption {
  // MARK: The event

  package static let event = CommandOption(
    "event", .file, "file", scope: .environment,
    help: "Read the event from this file instead of standard input.")
  package static let eventEnv = CommandOption(
    "event-env", .text, "prefix", isRepeatable: true, scope: .everywhere,
    help: "Build the event from the environment variables whose names begin with this prefix.")
  package static let eventField = CommandOption(
    "event-field", .assignment, "name=value", isRepeatable: true, scope: .environment,
    help: "Add a member to the event.")
  /// The most bytes of an event. The default is enough for about ten thousand alerts; the upper bound is there because
  /// an event is held in memory.
  package static let maxEventBytes = CommandOption(
    "max-event-bytes", .integer(1...(1 << 30)), "n", fallback: "8388608", scope: .everywhere,
    help: "Refuse a larger event.")
  package static let stream = CommandOption(
    "stream", .flag, scope: .everywhere,
    help: "Read any number of events and write one line of result for each.")

  // MARK: Templates

  package static let template = CommandOption(
    "template", short: "t", .file, "name|file", isRepeatable: true, scope: .everywhere,
    help: "Use this template, by name or file. The first whose 'when' is true takes the event.")
  package static let templates = CommandOption(
    "templates", .folder, "dir", fallback: "templates", scope: .everywhere,
    help: "Look for templates in this folder; the default lies beside the configuration file.")
  package static let variable = CommandOption(
    "var", .assignment, "name=value", isRepeatable: true, scope: .environment,
    help: "Set $vars.NAME for templates.")
  static let variables = CommandOption("vars", .object, scope: .file, help: "The members of $vars.")

  // MARK: The run

  package static let dryRun = CommandOption(
    "dry-run", .flag, help: "Do everything except claim and send.")
  package static let force = CommandOption(
    "force", .flag,
    help: "Send although an earlier request was accepted or refused; for one item, not for several."
  )
  package static let follow = CommandOption(
    "follow", .word(FollowMode.allCases.map(\.rawValue)), "how", fallback: "dns",
    scope: .everywhere, help: "Follow an accepted request this far.")
  package static let followDeadline = CommandOption(
    "follow-deadline", .duration, "duration", fallback: "30m", scope: .everywhere,
    help: "Wait at most this long for certificates to be issued.")
  package static let detailedExitcode = CommandOption(
    "detailed-exitcode", .flag, scope: .everywhere,
    help: "Exit 2 if at least one certificate was reissued, 0 if there was nothing to do.")
  package static let ledger = CommandOption(
    "ledger", .text, "url", scope: .everywhere,
    help: """
      Keep the ledger in sqlite:PATH or etcd://HOST:PORT/PREFIX. On the command line only, none keeps no ledger.
      """)
  /// Concurrent calls; more than 64 would exceed the rate limits of the gateway.
  package static let parallel = CommandOption(
    "parallel", .integer(1...64), "n", fallback: "4", scope: .everywhere,
    help: "Make at most this many calls at once.")
  package static let resultFile = CommandOption(
    "result-file", .file, "file", scope: .everywhere,
    help: "Append the result to this file too, as one line.")
  static let maxPerDay = CommandOption(
    "max-per-day", .integer(0...(.max)), fallback: "50", scope: .file,
    help: "The most requests of the account on one day (UTC).")

  // MARK: The service

  package static let endpoint = CommandOption(
    "endpoint", .text, "url", scope: .everywhere,
    help: "Call this origin instead of the public zone's; with http: only on this machine.")
  package static let profile = CommandOption(
    "profile", .text, "name", scope: .everywhere, help: "Use this profile of ~/.ncloud/configure.")
  package static let caFile = CommandOption(
    "ca-file", .file, "file", scope: .everywhere,
    help: "Trust only the certificate authorities in this file.")
  package static let timeout = CommandOption(
    "timeout", .duration, "duration", fallback: "30s", scope: .everywhere,
    help: "Wait at most this long for one call.")
  /// The time limit of the work on one event; by default, what callers such as monitoring systems wait at most.
  package static let deadline = CommandOption(
    "deadline", .duration, "duration", fallback: "60s", scope: .everywhere,
    help: "Work at most this long, with --stream on each event; --follow issued has its own limit.")
  static let account = CommandOption(
    "account", .text, scope: .file,
    help:
      "The name of the account in the ledger, the same for all of its keys, instead of the id of the key."
  )

  // MARK: Output

  package static let pretty = CommandOption(
    "pretty", .flag, scope: .everywhere, help: "Write the document on several lines, indented.")
  package static let logLevel = CommandOption(
    "log-level", .word(Log.Level.allCases.map(\.rawValue)), "level", fallback: "warning",
    scope: .everywhere, help: "Write messages up to this level to standard error.")
  package static let logFormat = CommandOption(
    "log-format", .word(Log.Format.allCases.map(\.rawValue)), "format", fallback: "text",
    scope: .everywhere, help: "Write the messages in this form.")
  package static let config = CommandOption(
    "config", .file, "file", scope: .environment, help: "Read this configuration file.")

  // MARK: Files that templates name, and callers

  static let csrDirectory = CommandOption(
    "csr-directory", .folder, fallback: "csr", scope: .file, help: "The folder of signing requests."
  )
  static let keyDirectory = CommandOption(
    "key-directory", .folder, fallback: "keys", scope: .file, help: "The folder of private keys.")
  static let storeDirectory = CommandOption(
    "store-directory", .folder, scope: .file,
    help:
      """
      The folder for chains, and for keys that are made here; by default certificates below \
      $XDG_DATA_HOME/ncloud-reissue, or with the configuration in /etc below /var/lib/ncloud-reissue.
      """)
  static let callerCheck = CommandOption(
    "caller-check", .objectOrWord(["none"]), scope: .file,
    help: "How callers of cgi prove who they are; none states that the web server checks them.")
  static let etcd = CommandOption(
    "etcd", .object, scope: .file, help: "TLS and credentials of a ledger in etcd.")

  // MARK: Options of single commands

  package static let json = CommandOption("json", .flag, help: "Write JSON instead of text.")
  package static let inventory = CommandOption(
    "inventory", .flag,
    help: "Write an inventory for templates: number, name and names of each domain.")
  package static let explain = CommandOption(
    "explain", .flag,
    help: """
      Show which templates were tried, and for every parameter its expressions and the values of the event that they read.
      """)
  package static let ast = CommandOption(
    "ast", .flag, help: "Print the tree of the expression and read no event.")
  package static let functions = CommandOption(
    "functions", .flag, help: "List the functions, or explain one, and read no event.")
  package static let item = CommandOption(
    "item", .integer(0...(.max)), "n",
    help: "Evaluate for this item of the template, counted from 0.")
  package static let body = CommandOption(
    "body", .file, "file", help: "Read the body from this file instead of standard input.")
  package static let include = CommandOption(
    "include", .flag, help: "Write the status and the headers of the answer to standard error.")
  package static let wait = CommandOption(
    "wait", .flag, help: "Look again until every certificate is issued or has failed.")
  package static let state = CommandOption(
    "state", .word(LedgerRecord.State.allCases.map(\.rawValue)), "state", isRepeatable: true,
    help: "Only records in this state.")
  package static let waiting = CommandOption(
    "waiting", .duration, "duration", fallback: "24h",
    help: "Report a request that waits for the service for longer.")
  package static let since = CommandOption(
    "since", .duration, "duration",
    help: "Show every outcome of the last time of this length instead of the records.")
  package static let olderThan = CommandOption(
    "older-than", .duration, "duration", help: "Only records that did not change for this long.")
  package static let yes = CommandOption("yes", .flag, help: "Do not ask.")
  package static let carriedOut = CommandOption(
    "carried-out", .flag, help: "The service did it: repeated events are skipped from now on.")
  package static let notCarriedOut = CommandOption(
    "not-carried-out", .flag, help: "The service did not do it: the next event sends a request.")
  package static let newNumber = CommandOption(
    "new-number", .text, "n", help: "With --carried-out: the number of the new certificate.")
  package static let completionScript = CommandOption(
    "generate-completion-script", .word(["bash", "zsh", "fish"]), "shell",
    help: "Print the completions for this shell.")

  /// All options.
  package static let all: [CommandOption] = [
    event, eventEnv, eventField, maxEventBytes, stream, template, templates, variable, variables,
    dryRun, force, follow, followDeadline, detailedExitcode, ledger, parallel, resultFile,
    maxPerDay, endpoint, profile, caFile, timeout, deadline, account, pretty, logLevel, logFormat,
    config, csrDirectory, keyDirectory, storeDirectory, callerCheck, etcd, json, inventory, explain,
    ast, functions, item, body, include, wait, state, waiting, since, olderThan, yes, carriedOut,
    notCarriedOut,
    newNumber,
    completionScript,
  ]

  /// The option that a member of the configuration file sets.
  static func member(_ name: String) -> CommandOption? {
    // The name of the member is converted: a file has few members, and there are many options.
    guard !name.utf8.contains(UInt8(ascii: "-")) else { return nil }
    var words = ""
    for scalar in name.unicodeScalars {
      words += ("A"..."Z").contains(scalar) ? "-\(scalar.properties.lowercaseMapping)" : "\(scalar)"
    }
    return all.first { $0.isMember && $0.name == words }
  }

  /// The option for the name of a variable, even if the option may not be a variable.
  static func variable(_ name: String) -> CommandOption? {
    all.first { $0.environmentName == name }
  }

  /// `max-event-bytes` is `NCLOUD_REISSUE_MAX_EVENT_BYTES` in the environment.
  package var environmentName: String {
    Self.environmentPrefix + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
  }

  /// The prefix of variables that set options.
  package static let environmentPrefix = "NCLOUD_REISSUE_"
  /// The prefix of variables of the hooks.
  static let hookPrefixes = ["NCLOUD_REISSUE_HOOK_", "NCLOUD_REISSUE_DNS_"]
}

/// How far an accepted reissue is followed.
package enum FollowMode: String, Sendable, CaseIterable {
  /// Do not follow it.
  case none
  /// Look once for the new number and its DNS records.
  case dns
  /// Look again until it is issued or its validation failed.
  case issued
}

// Errors for wrong command lines, with the nearest existing word.
extension ReissueError {
  /// The error for a wrong command line, with a hint.
  package init(_ error: UsageError) {
    self.init(
      "usage.option", error.message, hint: Self.hint(for: error), exit: .usage)
  }

  private static func hint(for error: UsageError) -> String {
    let help = "see \(error.path.joined(separator: " ")) --help"
    guard error.isOperand else { return nearest(to: error.word, among: error.known) ?? help }
    if error.known.contains(error.word) {
      return "put the command first: \(error.path[0]) \(error.word) ..."
    }
    if let nearest = nearest(to: error.word, among: error.known) { return nearest }
    guard error.path.last == "run", !error.word.isEmpty else { return help }
    let file = Text.quoted(error.word).dropFirst().dropLast()
    return "read it with --event \(file) or < \(file)"
  }

  /// A hint with the nearest existing word; `nil` if none is similar.
  ///
  /// - Parameter prefix: The common prefix of all words, which is not compared.
  static func nearest(
    to word: String, among known: [String], prefix: String = ""
  ) -> String? {
    nearestNames(to: word, among: known).first.map { "did you mean \(prefix)\($0)?" }
  }
}
