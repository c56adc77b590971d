// The command line, read by hand: the sandbox needs few options and has to start fast.

/// What the sandbox was started with.
struct Options: Sendable {
  var port = 0
  var journalPath: String?
  var seedPath: String?
  /// Obviously fake, and the defaults of the examples.
  var accessKey = "sandbox-access-key"
  var secretKey = "sandbox-secret-key"
  /// How long a reissued certificate stays in progress; `nil` waits for a control request.
  var issueAfterMilliseconds: Int?
  /// Before every answer of the service.
  var delayMilliseconds = 0
  var faults: [Fault] = []
  var isSubAccount = false
  var rules = ReissueRules()
  var shapes = Shapes()
  var clockOffsetSeconds = 0
  var authorityDirectory: String?
  var isHelpWanted = false
  var isSeedWanted = false

  /// Reads the arguments behind the program's name.
  ///
  /// - Throws: For an unknown option, a missing or a wrong value.
  init(arguments: [String]) throws(SandboxError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let (name, inline) = Self.split(argument)
      if try takeFlag(name) {
        guard inline == nil else { throw SandboxError("option \(name) takes no value") }
        continue
      }
      guard Self.valued.contains(name) else {
        throw SandboxError("unknown option '\(argument)'")
      }
      guard let value = inline ?? rest.popFirst() else {
        throw SandboxError("option \(name) needs a value")
      }
      try take(name, value)
    }
  }

  /// `--name=value` in two.
  private static func split(_ argument: String) -> (String, String?) {
    guard argument.hasPrefix("--"), let sign = argument.firstIndex(of: "=") else {
      return (argument, nil)
    }
    return (String(argument[..<sign]), String(argument[argument.index(after: sign)...]))
  }

  private mutating func takeFlag(_ name: String) throws(SandboxError) -> Bool {
    switch name {
    case "--help", "-h": isHelpWanted = true
    case "--print-seed": isSeedWanted = true
    case "--sub-account": isSubAccount = true
    case "--strict-names": rules.areNamesStrict = true
    default: return false
    }
    return true
  }

  private static let valued: Set<String> = [
    "--port", "--journal", "--seed", "--access-key", "--secret-key", "--issue-after", "--delay",
    "--fault", "--record-type", "--record-value-name", "--minimum-days", "--clock-offset",
    "--ca-directory", "--validation-methods", "--shapes", "--date-form", "--name-separator",
    "--maximum-page-size",
  ]

  private mutating func take(_ name: String, _ value: String) throws(SandboxError) {
    switch name {
    case "--port": port = try Self.number(name, value, 0...65_535)
    case "--journal": journalPath = value
    case "--seed": seedPath = value
    case "--access-key": accessKey = value
    case "--secret-key": secretKey = value
    case "--issue-after": issueAfterMilliseconds = try Self.duration(name, value)
    case "--delay": delayMilliseconds = try Self.duration(name, value)
    case "--fault": faults.append(try Fault(specification: value))
    case "--minimum-days": rules.minimumDays = try Self.number(name, value, 0...398)
    case "--clock-offset":
      clockOffsetSeconds = try Self.duration(name, value, signed: true) / 1000
    case "--ca-directory": authorityDirectory = value
    case "--validation-methods":
      rules.validationMethods = value.split(separator: ",").map(String.init)
    default: try takeShape(name, value)
    }
  }

  private mutating func takeShape(_ name: String, _ value: String) throws(SandboxError) {
    switch name {
    case "--record-type": shapes.recordType = try Self.choice(name, value)
    case "--record-value-name": shapes.recordValueName = value
    case "--shapes": shapes.generation = try Self.choice(name, value)
    case "--date-form": shapes.dateForm = try Self.choice(name, value)
    case "--name-separator": shapes.nameSeparator = value
    default: shapes.maximumPageSize = try Self.number(name, value, 1...100_000)
    }
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _ text: String
  ) throws(SandboxError) -> Choice where Choice.RawValue == String {
    guard let choice = Choice(rawValue: text) else {
      let all = Choice.allCases.map(\.rawValue).joined(separator: " or ")
      throw SandboxError("option \(name) must be \(all), not '\(text)'")
    }
    return choice
  }

  private static func number(
    _ name: String, _ text: String, _ range: ClosedRange<Int>
  ) throws(SandboxError) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw SandboxError(
        "option \(name) must be a number from \(range.lowerBound) to \(range.upperBound), "
          + "not '\(text)'")
    }
    return number
  }

  private static func duration(
    _ name: String, _ text: String, signed: Bool = false
  ) throws(SandboxError) -> Int {
    guard let milliseconds = DurationText.milliseconds(text, signed: signed) else {
      throw SandboxError("option \(name) must be a duration such as 250ms, 90s, 15m, 12h, 7d")
    }
    return milliseconds
  }
}
