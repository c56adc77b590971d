// Where work is counted, so that every evaluation ends.

internal import JSON

extension Evaluation {
  /// Counts steps; fails when they are used up.
  mutating func spend(_ steps: Int, at span: Span) throws(ExpressionError) {
    remaining -= steps
    if remaining < 0 { throw tooMuchWork(span) }
  }

  /// Counts text that is read or made.
  mutating func spend(bytes: Int, at span: Span) throws(ExpressionError) {
    try spend(bytes / Limits.bytesPerStep, at: span)
  }

  /// Counts text that is gone through character by character.
  mutating func spend(characters text: String, at span: Span) throws(ExpressionError) {
    try spend(characters: text.utf8.count, at: span)
  }

  /// Counts so many characters, or what is as quick to look at.
  mutating func spend(characters count: Int, at span: Span) throws(ExpressionError) {
    try spend(count / Limits.bytesPerCharacterStep, at: span)
  }

  /// Counts the search for a name among so many; short names cost nothing worth counting.
  mutating func spend(
    name: String, among count: Int, times: Int = 1, at span: Span
  ) throws(ExpressionError) {
    let compared = min(count, Limits.comparedNames)
    try spend(bytes: times * name.utf8.count * compared, at: span)
  }

  private mutating func tooMuchWork(_ span: Span) -> ExpressionError {
    remaining = 0
    guard !isBoundByRun else {
      return error(
        .budget, "the work that a run may do is used up",
        hint: "send fewer alerts at once, or filter before you go through every element", at: span)
    }
    return error(
      .limit, "the expression needs more than \(scope.limits.steps) steps for this event",
      hint: "filter before you go through every element", at: span)
  }

  /// A mistake that comes with this value.
  func error(
    _ code: ExpressionError.Code, _ message: String, hint: String = "", at span: Span,
    isStatic: Bool = false
  ) -> ExpressionError {
    ExpressionError(code, message, hint: hint, at: span, in: source, isStatic: isStatic)
  }

  /// Refuses a result that is too large or too deep to be read back; to look at all of it is work.
  mutating func checkResult(_ value: JSONValue, of node: Node) throws(ExpressionError) {
    var measure = ResultMeasure(bytes: scope.limits.resultBytes)
    let fits = measure.fits(value, levels: Limits.maximumResultDepth)
    try spend(measure.values / Self.valuesPerStep, at: node.span)
    guard !fits else { return }
    let reason =
      measure.bytes < 0
      ? "is larger than \(scope.limits.resultBytes) bytes"
      : "is nested more than \(Limits.maximumResultDepth) levels deep"
    throw error(.limit, "the result \(reason)", hint: "select what is needed", at: node.span)
  }

  /// How many values of a result are looked at in the time of a step.
  private static let valuesPerStep = 8
}

/// Goes through a result until it is known to be too large, or to fit.
private struct ResultMeasure {
  /// The bytes that are left.
  var bytes: Int
  /// How many values were looked at.
  var values = 0

  init(bytes: Int) { self.bytes = bytes }

  mutating func fits(_ value: JSONValue, levels: Int) -> Bool {
    values += 1
    switch value {
    case .null, .boolean: bytes -= 4
    case .integer, .real: bytes -= 8
    case .string(let text): bytes -= text.utf8.count + 2
    case .array(let elements):
      guard levels > 0 else { return false }
      bytes -= 2
      for element in elements {
        guard fits(element, levels: levels - 1) else { return false }
      }
    case .object(let object):
      guard levels > 0 else { return false }
      bytes -= 2
      for member in object.members {
        bytes -= member.name.utf8.count + 4
        guard fits(member.value, levels: levels - 1) else { return false }
      }
    }
    return bytes >= 0
  }
}

extension Evaluation {
  /// Counts a walk over every part of a value and its text.
  mutating func spendWalk(over value: JSONValue, at span: Span) throws(ExpressionError) {
    switch value {
    case .null, .boolean, .integer, .real: try spend(1, at: span)
    case .string(let text): try spend(bytes: Limits.bytesPerStep + text.utf8.count, at: span)
    case .array(let elements):
      for element in elements { try spendWalk(over: element, at: span) }
    case .object(let object):
      for member in object.members {
        try spend(bytes: Limits.bytesPerStep + member.name.utf8.count, at: span)
        try spendWalk(over: member.value, at: span)
      }
    }
  }

  /// A part as it is written.
  func text(of node: Node) -> String {
    String(
      decoding: source.utf8.dropFirst(node.span.start).prefix(node.span.end - node.span.start),
      as: UTF8.self)
  }
}
