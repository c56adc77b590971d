// The options, in groups that commands share. Each is text here; what it means is decided in one
// place, where flag, environment and configuration file meet.

import ArgumentParser

/// Option groups hand their values on by option name.
protocol FlagSource {
  var flags: [String: [String]] { get }
}

/// The flags that are set, by name.
func joined(
  _ texts: KeyValuePairs<String, String?>, _ switches: KeyValuePairs<String, Bool> = [:],
  lists: KeyValuePairs<String, [String]> = [:]
) -> [String: [String]] {
  var result: [String: [String]] = [:]
  for (name, value) in texts { if let value { result[name] = [value] } }
  for (name, value) in switches where value { result[name] = ["true"] }
  for (name, value) in lists where !value.isEmpty { result[name] = value }
  return result
}

struct EventOptions: ParsableArguments, FlagSource {
  @Option(
    help: ArgumentHelp(
      "Read the event from this file instead of standard input.", valueName: "file"))
  var event: String?
  @Option(
    help: ArgumentHelp(
      "Take the variables that begin so as the event; may be given again.", valueName: "prefix"))
  var eventEnv: [String] = []
  @Option(
    help: ArgumentHelp("Add a member to the event; may be given again.", valueName: "name=value"))
  var eventField: [String] = []
  @Option(help: ArgumentHelp("Refuse a larger event (8388608).", valueName: "n"))
  var maxEventBytes: String?

  var flags: [String: [String]] {
    joined(
      ["event": event, "max-event-bytes": maxEventBytes],
      lists: ["event-env": eventEnv, "event-field": eventField])
  }
}

struct StreamOptions: ParsableArguments, FlagSource {
  @Flag(help: "Read any number of events, and write a line for each.")
  var stream = false

  var flags: [String: [String]] { joined([:], ["stream": stream]) }
}

struct TemplateOptions: ParsableArguments, FlagSource {
  @Option(
    name: [.customShort("t"), .long],
    help: ArgumentHelp(
      "Use this template, by name or file; may be given again. The first whose 'when' is true acts.",
      valueName: "name|file"))
  var template: [String] = []
  @Option(help: ArgumentHelp("Look for templates in this folder.", valueName: "dir"))
  var templates: String?
  @Option(
    name: .customLong("var"),
    help: ArgumentHelp("Give templates $vars.NAME; may be given again.", valueName: "name=value"))
  var variables: [String] = []

  var flags: [String: [String]] {
    joined(["templates": templates], lists: ["template": template, "var": variables])
  }
}

struct OutputOptions: ParsableArguments, FlagSource {
  @Flag(help: "Lay the document out over several lines.")
  var pretty = false
  @Option(
    help: ArgumentHelp(
      "Write so much to standard error: error, warning, info, debug, trace (warning).",
      valueName: "level"))
  var logLevel: String?
  @Option(help: ArgumentHelp("Write standard error as text or json (text).", valueName: "format"))
  var logFormat: String?
  @Option(help: ArgumentHelp("Read this configuration file.", valueName: "file"))
  var config: String?

  var flags: [String: [String]] {
    joined(
      ["log-level": logLevel, "log-format": logFormat, "config": config], ["pretty": pretty])
  }
}

/// For commands that call nobody: what they compute has an end of its own, what they read may not.
struct DeadlineOptions: ParsableArguments, FlagSource {
  @Option(help: ArgumentHelp("End after this time (60s).", valueName: "duration"))
  var deadline: String?

  var flags: [String: [String]] { joined(["deadline": deadline]) }
}

struct ServiceOptions: ParsableArguments, FlagSource {
  @Option(help: ArgumentHelp("Call this origin instead of the public zone's.", valueName: "url"))
  var endpoint: String?
  @Option(help: ArgumentHelp("Use this profile of ~/.ncloud/configure.", valueName: "name"))
  var profile: String?
  @Option(
    help: ArgumentHelp("Trust the certificate authorities of this file only.", valueName: "file"))
  var caFile: String?
  @Option(help: ArgumentHelp("Wait so long for one call (30s).", valueName: "duration"))
  var timeout: String?
  @Option(
    help: ArgumentHelp(
      "End the run after this time, waiting for issue aside (60s).", valueName: "duration"))
  var deadline: String?

  var flags: [String: [String]] {
    joined([
      "endpoint": endpoint, "profile": profile, "ca-file": caFile, "timeout": timeout,
      "deadline": deadline,
    ])
  }
}

/// What every command has that works off items: where they are remembered, how many at once, how
/// long they are followed, and where their result is kept.
struct WorkOptions: ParsableArguments, FlagSource {
  @Option(
    help: ArgumentHelp(
      "Remember requests in sqlite:PATH or etcd://HOST:PORT/PREFIX; none forgets.", valueName: "url"
    ))
  var ledger: String?
  @Option(help: ArgumentHelp("Make up to n calls at once, 64 at most (4).", valueName: "n"))
  var parallel: String?
  @Option(
    help: ArgumentHelp("Wait so long for what is to be issued (30m).", valueName: "duration"))
  var followDeadline: String?
  @Option(help: ArgumentHelp("Append the result to this file as one line.", valueName: "file"))
  var resultFile: String?

  var flags: [String: [String]] {
    joined([
      "ledger": ledger, "parallel": parallel, "follow-deadline": followDeadline,
      "result-file": resultFile,
    ])
  }
}

struct ActionOptions: ParsableArguments, FlagSource {
  @Flag(help: "Do everything but claim and send.")
  var dryRun = false
  @Flag(help: "Send for one item in spite of an earlier accepted or refused request.")
  var force = false
  @Option(
    help: ArgumentHelp("Follow accepted requests: none, dns or issued (dns).", valueName: "how"))
  var follow: String?
  @Flag(help: "Exit 2 if at least one certificate was reissued, 0 if there was nothing to do.")
  var detailedExitcode = false

  var flags: [String: [String]] {
    joined(
      ["follow": follow],
      [
        "dry-run": dryRun, "force": force, "detailed-exitcode": detailedExitcode,
      ])
  }
}
