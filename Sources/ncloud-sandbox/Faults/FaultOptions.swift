internal import JSON

/// The `name=value` pairs of a fault, from the command line or from a control request.
struct FaultOptions: Hashable, Sendable {
  private var values: [String: String] = [:]

  /// Options that every kind of fault has.
  static let common: Set<String> = [
    "method", "path", "certificate", "count", "skip", "carried-out", "origin", "retry-after",
    "retry-after-date", "milliseconds",
  ]

  /// Reads `KIND[,name=value]…`.
  static func parse(
    specification: String
  ) throws(SandboxError) -> (kind: String, options: FaultOptions) {
    let parts = specification.split(separator: ",", omittingEmptySubsequences: false)
    var options = FaultOptions()
    for part in parts.dropFirst() {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2 else { throw SandboxError("fault option '\(part)' is not name=value") }
      try options.add(String(sides[0]), String(sides[1]))
    }
    return (parts.first.map(String.init) ?? "", options)
  }

  /// Reads `{"kind": …, name: value, …}`.
  static func parse(
    _ value: JSONValue
  ) throws(SandboxError) -> (kind: String, options: FaultOptions) {
    guard case .object(let members) = value, let kind = members["kind"]?.string else {
      throw SandboxError("a fault must be an object with a member \"kind\"")
    }
    var options = FaultOptions()
    for (name, value) in members where name != "kind" {
      switch value {
      case .string(let text): try options.add(name, text)
      case .integer(let number): try options.add(name, String(number))
      case .boolean(let flag): try options.add(name, flag ? "yes" : "no")
      default: throw SandboxError("fault option '\(name)' must be text, a number or a truth value")
      }
    }
    return (kind, options)
  }

  private mutating func add(_ name: String, _ value: String) throws(SandboxError) {
    guard values.updateValue(value, forKey: name) == nil else {
      throw SandboxError("fault option '\(name)' occurs twice")
    }
  }

  /// The names that were given.
  var names: Set<String> { Set(values.keys) }

  /// The text of an option.
  func text(_ name: String) -> String? { values[name] }

  /// The number of an option, 0 or more.
  func number(_ name: String) throws(SandboxError) -> Int? {
    guard let text = values[name] else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw SandboxError("fault option '\(name)' must be a number, 0 or more, not '\(text)'")
    }
    return number
  }

  /// The truth value of an option: `yes` or `no`.
  func flag(_ name: String) throws(SandboxError) -> Bool? {
    switch values[name] {
    case nil: return nil
    case "yes": return true
    case "no": return false
    case let other?: throw SandboxError("fault option '\(name)' must be yes or no, not '\(other)'")
    }
  }
}

/// A mistake of the person at the sandbox: in an option, a seed, a control request.
struct SandboxError: Error, Hashable, Sendable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
