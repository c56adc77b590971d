internal import CommandOptions
internal import NIOCore

extension CommandOption {
  fileprivate static let port = CommandOption(
    "port", .integer(0...65_535), "n", fallback: "0", help: "The port; 0 takes a free one.")
  fileprivate static let journal = CommandOption(
    "journal", .file, "file",
    help: "Append every request as received, one JSON line each (created with mode 0600).")
  fileprivate static let seed = CommandOption(
    "seed", .file, "file", help: "The content of the account at the start, as of --print-seed.")
  fileprivate static let accessKey = CommandOption(
    "access-key", .text, "text", fallback: "sandbox-access-key", help: "The access key.")
  fileprivate static let secretKey = CommandOption(
    "secret-key", .text, "text", fallback: "sandbox-secret-key",
    help: "The secret key; use made-up keys only.")
  fileprivate static let issueAfter = CommandOption(
    "issue-after", .duration, "duration",
    help: "Issue a reissued certificate after this time; without it, on a control request.")
  fileprivate static let validateDNS = CommandOption(
    "validate-dns", .text, "host:port,...",
    help: """
      Issue a reissued certificate when all of these name servers return the records of its domains (asked over TCP); \
      with --issue-after not before that time.
      """)
  fileprivate static let giveUpAfter = CommandOption(
    "give-up-after", .duration, "duration",
    help: "With --validate-dns: give a certificate up (status -4) that is not validated by then.")
  fileprivate static let delay = CommandOption(
    "delay", .duration, "duration", help: "Wait this long before every answer.")
  fileprivate static let fault = CommandOption(
    "fault", .text, "spec", isRepeatable: true, help: "Something that goes wrong, see below.")
  fileprivate static let clockOffset = CommandOption(
    "clock-offset", .duration, "duration",
    help: "How far the clock is ahead, or with - behind.")
  fileprivate static let authorityDirectory = CommandOption(
    "ca-directory", .folder, "dir",
    help: """
      Write the root of the authority there (root.pem), and a chain and a key for a TLS server named localhost \
      (server.pem, server.key).
      """)
  fileprivate static let printSeed = CommandOption(
    "print-seed", .flag, help: "Print the default seed.")

  // The CA/Browser Forum allows 200 days for certificates issued from 2026-03-15 on, 100 from 2027-03-15 on and 47 from
  // 2029-03-15 on (ballot SC-081v3); authorities keep a day of margin.
  fileprivate static let certificateDays = CommandOption(
    "certificate-days", .integer(1...398), "n", fallback: "199",
    help: """
      How long certificates are valid, in days: those that it issues, and those of the seed without notBefore. 99 and \
      46 are the lives from 2027-03-15 and 2029-03-15 on.
      """)
  fileprivate static let minimumDays = CommandOption(
    "minimum-days", .integer(0...398), "n", fallback: "1",
    help: "Remaining validity that a reissue needs, in days; in the older guide 33.")
  fileprivate static let recordType = CommandOption(
    "record-type", .word(RecordType.allCases.map(\.rawValue)), "type", fallback: "TXT",
    help: "The type of the DNS record of a validation.")
  fileprivate static let recordValueName = CommandOption(
    "record-value-name", .text, "text", fallback: "txtValue",
    help: "The member with the value of the record; the default is invented.")
  fileprivate static let validationMethods = CommandOption(
    "validation-methods", .text, "list", fallback: "D",
    help: "Accepted values of validationMethod; for example D,PD,E.")
  fileprivate static let strictNames = CommandOption(
    "strict-names", .flag,
    help: "Require 3 to 20 letters, digits and -, a letter first, as certificateName.")
  fileprivate static let subAccount = CommandOption(
    "sub-account", .flag, help: "Answer as to the keys of a sub account: 403, empty.")
  fileprivate static let shapes = CommandOption(
    "shapes", .word(Generation.allCases.map(\.rawValue)), "name", fallback: "newest",
    help: "The shape of replies; older has numbers as text, orderID and certificateTypeCode.")
  fileprivate static let dateForm = CommandOption(
    "date-form", .word(DateForm.allCases.map(\.rawValue)), "form", fallback: "text",
    help: "The form of dates in the lists; text is 2026-11-24 22:01:02 (UTC).")
  fileprivate static let nameSeparator = CommandOption(
    "name-separator", .text, "text", fallback: ",",
    help: "Separates the names of dnsName in the lists.")
  fileprivate static let maximumPageSize = CommandOption(
    "maximum-page-size", .integer(1...100_000), "n", fallback: "100",
    help: "The largest page of the lists.")
}

/// The settings of the sandbox.
struct Options: Sendable {
  /// The program and its options.
  static let command = Command(
    "ncloud-sandbox",
    """
    A local stand-in for NAVER Cloud Certificate Manager (API 2.0), for trials and tests only.
    """,
    discussion: [
      """
      It listens on 127.0.0.1, checks requests in the order of the gateway (route, timestamp, access key, signature v2), \
      carries reissues out by the rules of the product guide, and records what it receives. When it is ready it prints \
      one JSON line: {"ready":true,"endpoint":"http://127.0.0.1:PORT",...}. SIGTERM ends it. Nothing that it issues is \
      real, and no setting makes it call the real service.
      """, "Durations: 250ms, 90s, 15m, 12h, 7d.",
    ],
    statuses: [
      0: "Ended by a signal, or printed what was asked for.", 64: "Wrong usage.",
      69: "The port, the seed or the journal cannot be used.",
    ],
    groups: [
      Command.Group(
        "What the documents leave open",
        [
          .minimumDays, .recordType, .recordValueName, .validationMethods, .strictNames,
          .subAccount, .shapes, .dateForm, .nameSeparator, .maximumPageSize,
        ]),
      Command.Group(
        "Options",
        [
          .port, .journal, .seed, .accessKey, .secretKey, .certificateDays, .issueAfter,
          .validateDNS, .giveUpAfter, .delay, .fault,
          .clockOffset, .authorityDirectory, .printSeed,
        ]),
    ])

  private let call: Invocation
  /// How long a reissued certificate stays in progress; `nil` waits for a control request.
  let issueAfterMilliseconds: Int?
  /// The name servers that validate; without any, time alone issues.
  let nameServers: [SocketAddress]
  /// How long a certificate may wait for its validation; `nil` without a limit.
  let giveUpAfterMilliseconds: Int?
  /// Before every answer of the service.
  let delayMilliseconds: Int
  let faults: [Fault]
  let rules: ReissueRules
  let shapes: Shapes
  let clockOffsetSeconds: Int

  /// Takes the values of a command line.
  ///
  /// - Throws: For a wrong duration or fault; the reader checks everything else.
  init(_ call: Invocation) throws(SandboxError) {
    self.call = call
    issueAfterMilliseconds = try Self.duration(call, .issueAfter)
    nameServers = try Self.servers(call.value(.validateDNS) ?? "")
    giveUpAfterMilliseconds = try Self.duration(call, .giveUpAfter)
    delayMilliseconds = try Self.duration(call, .delay) ?? 0
    faults = try (call.values[CommandOption.fault.name] ?? []).map { text throws(SandboxError) in
      try Fault(specification: text)
    }
    rules = ReissueRules(
      minimumDays: call.number(.minimumDays),
      validationMethods: call.text(.validationMethods).split(separator: ",").map(String.init),
      areNamesStrict: call.has(.strictNames))
    shapes = Shapes(
      recordType: call.choice(.recordType, .text), recordValueName: call.text(.recordValueName),
      generation: call.choice(.shapes, .newest), dateForm: call.choice(.dateForm, .text),
      nameSeparator: call.text(.nameSeparator), maximumPageSize: call.number(.maximumPageSize))
    clockOffsetSeconds = (try Self.duration(call, .clockOffset, signed: true) ?? 0) / 1000
  }

  var port: Int { call.number(.port) }
  var journalPath: String? { call.value(.journal) }
  var seedPath: String? { call.value(.seed) }
  var isSeedWanted: Bool { call.has(.printSeed) }
  var authorityDirectory: String? { call.value(.authorityDirectory) }
  var accessKey: String { call.text(.accessKey) }
  var secretKey: String { call.text(.secretKey) }
  var isSubAccount: Bool { call.has(.subAccount) }
  /// How long certificates are valid, in days.
  var certificateDays: Int { call.number(.certificateDays) }
  /// When time alone issues a certificate.
  var issueTimerMilliseconds: Int? { nameServers.isEmpty ? issueAfterMilliseconds : nil }

  private static func servers(_ list: String) throws(SandboxError) -> [SocketAddress] {
    var servers: [SocketAddress] = []
    for part in list.split(separator: ",") {
      let colon = part.lastIndex(of: ":") ?? part.startIndex
      let host = part[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
      guard let port = UInt16(part[colon...].dropFirst()), !host.isEmpty,
        let server = try? SocketAddress.makeAddressResolvingHost(String(host), port: Int(port))
      else { throw SandboxError("--validate-dns: \(part) is not HOST:PORT of a name server") }
      servers.append(server)
    }
    return servers
  }

  private static func duration(
    _ call: Invocation, _ option: CommandOption, signed: Bool = false
  ) throws(SandboxError) -> Int? {
    guard let text = call.value(option) else { return nil }
    guard let milliseconds = DurationText.milliseconds(text, signed: signed) else {
      throw SandboxError("--\(option.name) must be a duration such as 250ms, 90s, 15m, 12h, 7d")
    }
    return milliseconds
  }
}

extension Invocation {
  fileprivate func text(_ option: CommandOption) -> String { value(option) ?? option.fallback }

  fileprivate func number(_ option: CommandOption) -> Int { Int(text(option)) ?? 0 }

  fileprivate func choice<Choice: RawRepresentable<String>>(
    _ option: CommandOption, _ fallback: Choice
  ) -> Choice {
    value(option).flatMap(Choice.init) ?? fallback
  }
}

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

/// A span of time as it is written on the command line.
enum DurationText {
  /// `250ms`, `90s`, `15m`, `12h`, `7d` as milliseconds, with a sign only if that is allowed; `nil` for anything else.
  static func milliseconds(_ text: String, signed: Bool = false) -> Int? {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
    guard let unit = units.first(where: { text.hasSuffix($0.0) }) else { return nil }
    var digits = text.dropLast(unit.0.utf8.count)
    let isNegative = signed && digits.first == "-"
    if isNegative || (signed && digits.first == "+") { digits.removeFirst() }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int(digits)
    else { return nil }
    let product = number.multipliedReportingOverflow(by: unit.1)
    // A thousand years is more than any trial needs, and keeps all sums in range.
    guard !product.overflow, product.partialValue <= 1000 * 366 * 86_400_000 else { return nil }
    return isNegative ? -product.partialValue : product.partialValue
  }
}
