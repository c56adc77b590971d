internal import JSON

/// Reads the members of a JSON object of a seed or a control request; its errors name the place.
struct MemberReader {
  private let members: JSONObject
  private let place: String

  /// The largest number of days, in either direction; a hundred years.
  private static let maximumDays = 36_600
  /// Larger numbers are mistakes, unless they are certificate numbers; sums of seconds and milliseconds stay in range.
  private static let maximumInteger = 1 << 33

  /// - Parameters:
  ///   - place: The object's name in errors.
  ///   - known: All names that are allowed, besides comments; `nil` allows every name.
  init(_ value: JSONValue, at place: String, known: Set<String>? = nil) throws(SandboxError) {
    guard let object = value.object else {
      throw SandboxError("\(place): must be a JSON object, not \(value.typeName)")
    }
    let isComment = { (name: String) in name.hasPrefix("$") || name.hasPrefix("//") }
    if let known, let name = object.names.first(where: { !known.contains($0) && !isComment($0) }) {
      throw SandboxError("\(place): unknown member \"\(name)\"")
    }
    members = object
    self.place = place
  }

  /// The value, or the error that the member is missing.
  func required<Value>(_ name: String, _ value: Value?) throws(SandboxError) -> Value {
    guard let value else { throw SandboxError("\(place): \(name) is missing") }
    return value
  }

  func text(_ name: String) throws(SandboxError) -> String? {
    guard let value = members[name] else { return nil }
    guard let text = value.string, !text.isEmpty else { throw wrong(name, "text") }
    return text
  }

  func integer(_ name: String, upTo limit: Int = maximumInteger) throws(SandboxError) -> Int? {
    guard let value = members[name] else { return nil }
    guard let number = value.integer, number.magnitude <= limit else {
      throw wrong(name, "an integer")
    }
    return number
  }

  func texts(_ name: String) throws(SandboxError) -> [String] {
    guard let value = members[name] else { return [] }
    let texts = value.array?.compactMap(\.string)
    guard let texts, texts.count == value.array?.count else {
      throw wrong(name, "an array of texts")
    }
    return texts
  }

  func elements(_ name: String) throws(SandboxError) -> [(value: JSONValue, place: String)] {
    guard let value = members[name] else { return [] }
    guard let array = value.array else { throw wrong(name, "an array") }
    return array.enumerated().map { ($0.element, "\(place) \(name)[\($0.offset)]") }
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String
  ) throws(SandboxError) -> Choice? where Choice.RawValue == String {
    guard let text = try text(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      throw wrong(name, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
  }

  /// A time: text such as `2026-11-24 22:01:02`, seconds since 1970, or days from now in the other member.
  func time(_ name: String, daysAhead: String? = nil) throws(SandboxError) -> SeedTime? {
    if let daysAhead, let days = try integer(daysAhead) {
      guard members[name] == nil else {
        throw SandboxError("\(place): \(name) and \(daysAhead) exclude each other")
      }
      guard days.magnitude <= Self.maximumDays else { throw wrong(daysAhead, "a number of days") }
      return .daysAhead(days)
    }
    switch members[name] {
    case nil: return nil
    case .integer(let seconds)? where seconds >= 0 && seconds <= Self.maximumDays * secondsPerDay:
      return .fixed(seconds)
    case .string(let text)?:
      guard let seconds = TimeText.seconds(from: text) else { fallthrough }
      return .fixed(seconds)
    default: throw wrong(name, "a time such as \"2026-11-24 22:01:02\" (UTC) or seconds since 1970")
    }
  }

  private func wrong(_ name: String, _ wanted: String) -> SandboxError {
    SandboxError("\(place): \(name) must be \(wanted)")
  }
}

extension JSONValue {
  /// Reads a document of a trial.
  init(sandbox bytes: [UInt8], of name: String) throws(SandboxError) {
    do throws(JSONError) {
      self = try JSONDecoder.decode(bytes)
    } catch {
      throw SandboxError("\(name) is not JSON: \(error)")
    }
  }
}
