internal import JSON

/// The remaining work of a run. `Limits` bounds each evaluation, and the budget bounds all of them together: an event
/// may have many items. Each evaluation subtracts what it used.
package struct Budget: Sendable {
  /// The steps of a run. Ten thousand items of a shipped template need two million; twenty million take some seconds.
  package static let stepsOfRun = 20_000_000
  /// The most memory of the values made for one item, in bytes, estimated: an event of 8 MiB as text, and as much
  /// again.
  package static let bytesOfItem = 40 << 20

  /// The remaining steps.
  package private(set) var steps: Int
  /// The remaining memory, in bytes; see ``renewBytes()``.
  package private(set) var bytes: Int
  private let renewedBytes: Int
  /// The number of remaining steps at which the clock is read next.
  private var nextLook: Int
  private let isEnding: @Sendable () -> Bool

  /// The steps between two readings of the clock: some hundredths of a second.
  private static let stepsBetweenLooks = 200_000

  /// A full budget.
  ///
  /// - Parameters:
  ///   - steps: The steps of the run.
  ///   - bytes: The memory of one item.
  ///   - isEnding: Whether the run has to end, by its deadline or by a signal; then no steps remain.
  package init(
    steps: Int = stepsOfRun, bytes: Int = bytesOfItem,
    isEnding: @escaping @Sendable () -> Bool = { false }
  ) {
    self.steps = steps
    self.bytes = bytes
    renewedBytes = bytes
    nextLook = steps - Self.stepsBetweenLooks
    self.isEnding = isEnding
  }

  /// Begins another item: the values of the one before are released.
  package mutating func renewBytes() { bytes = renewedBytes }

  /// Whether no steps remain.
  package var isSpent: Bool { steps <= 0 }

  /// Subtracts work outside of evaluations.
  package mutating func spend(steps count: Int) { steps = max(0, steps - count) }

  mutating func keep(steps: Int, bytes: Int) {
    self.steps = max(0, steps)
    self.bytes = max(0, bytes)
    guard self.steps <= nextLook else { return }
    nextLook = self.steps - Self.stepsBetweenLooks
    if isEnding() { self.steps = 0 }
  }
}

extension Evaluation {
  /// Counts memory before it is allocated; fails when none remains.
  mutating func spend(memory count: Int, at span: Span) throws(ExpressionError) {
    bytes -= count
    if bytes < 0 { throw tooMuchMemory(span) }
  }

  /// Counts the memory of an array that grows to that many elements.
  mutating func spend(elements count: Int, at span: Span) throws(ExpressionError) {
    try spend(memory: Self.arrayBytes + 2 * Self.elementBytes * count, at: span)
  }

  /// Counts the memory of a text; no text is longer than a result may be.
  mutating func spend(text count: Int, at span: Span) throws(ExpressionError) {
    guard count <= scope.limits.resultBytes else {
      throw error(
        .limit, "a text becomes longer than \(scope.limits.resultBytes) bytes",
        hint: "select what is needed", at: span)
    }
    try spend(memory: count, at: span)
  }

  private mutating func tooMuchMemory(_ span: Span) -> ExpressionError {
    bytes = 0
    return error(
      .limit, "the values that are made for one item take more memory than is allowed",
      hint: "filter before you build texts, arrays and objects", at: span)
  }

  /// The size of an empty array with the allocator's overhead, in bytes.
  static let arrayBytes = 48
  /// The size of an element in an array, in bytes.
  static let elementBytes = 16
  /// The size of a member in an object with its part of the index, in bytes.
  static let memberBytes = 64
}

extension Evaluation {
  /// Counts steps; fails when none remain.
  mutating func spend(_ steps: Int, at span: Span) throws(ExpressionError) {
    remaining -= steps
    if remaining < 0 { throw tooMuchWork(span) }
  }

  /// Counts text that is read or written.
  mutating func spend(bytes: Int, at span: Span) throws(ExpressionError) {
    try spend(bytes / Limits.bytesPerStep, at: span)
  }

  /// Counts text that is processed character by character.
  mutating func spend(characters text: String, at span: Span) throws(ExpressionError) {
    try spend(characters: text.utf8.count, at: span)
  }

  /// Counts characters, or other items that take as long.
  mutating func spend(characters count: Int, at span: Span) throws(ExpressionError) {
    try spend(count / Limits.bytesPerCharacterStep, at: span)
  }

  /// Counts the search for a name among other names; short names cost almost nothing.
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

  /// An error in this evaluation.
  func error(
    _ code: ExpressionError.Code, _ message: String, hint: String = "", at span: Span,
    isStatic: Bool = false
  ) -> ExpressionError {
    ExpressionError(code, message, hint: hint, at: span, in: source, isStatic: isStatic)
  }

  /// Refuses a result that is too large or too deep to be read back. Examining it is work too.
  mutating func checkResult(_ value: JSONValue, of node: Node) throws(ExpressionError) {
    var measure = ResultMeasure(
      bytes: scope.limits.resultBytes, leftOut: scope.limits.leftOut)
    let fits = measure.fits(value, levels: Limits.maximumResultDepth)
    try spend(measure.values / Self.valuesPerStep, at: node.span)
    guard !fits else { return }
    let reason =
      measure.bytes < 0
      ? "is larger than \(scope.limits.resultBytes) bytes"
      : "is nested more than \(Limits.maximumResultDepth) levels deep"
    throw error(.limit, "the result \(reason)", hint: "select what is needed", at: node.span)
  }

  /// How many values are examined in the time of a step.
  private static let valuesPerStep = 8
}

/// Measures a result until it exceeds a limit.
private struct ResultMeasure {
  /// The remaining bytes.
  var bytes: Int
  /// The number of examined values.
  var values = 0
  let leftOut: JSONSelection.LeftOut
  /// The most bytes that a value counts besides its text.
  private static let mostBytes = 8

  mutating func fits(_ value: JSONValue, levels: Int) -> Bool {
    values += 1
    switch value {
    case .null, .boolean: bytes -= 4
    case .integer, .real: bytes -= 8
    case .string(let text): bytes -= text.utf8.count + 2
    case .array(let elements):
      guard takeContainer(levels: levels) else { return false }
      for element in elements {
        guard fits(element, levels: levels - 1) else { return false }
      }
    case .object(let object):
      guard takeContainer(levels: levels) else { return false }
      for member in object.members {
        bytes -= member.name.utf8.count + 4
        guard fits(member.value, levels: levels - 1) else { return false }
      }
    }
    return bytes >= 0
  }

  /// Counts an array or object itself and what it may lack.
  private mutating func takeContainer(levels: Int) -> Bool {
    bytes -= 2 + leftOut.bytes + Self.mostBytes * leftOut.values
    values += leftOut.values
    return levels > leftOut.depth
  }
}

extension Evaluation {
  /// Counts a visit of every part of a value and its text.
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

  /// The source text of a part.
  func text(at span: Span) -> String {
    String(
      decoding: source.utf8.dropFirst(span.start).prefix(span.end - span.start), as: UTF8.self)
  }
}
