// What all evaluations of a run may do together. `Limits` makes each of them end; an event of many items has many.

/// The work that a run may still do: handed from one evaluation to the next, each takes off what it used.
package struct Budget: Sendable {
  /// The steps of a run. Ten thousand items of a shipped template take two million; all of them take some seconds.
  package static let stepsOfRun = 20_000_000
  /// How much memory the values may take that are made for one item, in bytes, by an estimate: an event of 8 MiB
  /// as text, and as much again to work on it.
  package static let bytesOfItem = 40 << 20

  /// The steps that are left.
  package private(set) var steps: Int
  /// The memory that may still be taken, in bytes; see ``renewBytes()``.
  package private(set) var bytes: Int
  private let renewedBytes: Int
  /// The clock is looked at when so many steps are left.
  private var nextLook: Int
  private let isEnding: @Sendable () -> Bool

  /// How many steps are taken between two looks at the clock: some hundredths of a second.
  private static let stepsBetweenLooks = 200_000

  /// What a run may do.
  ///
  /// - Parameters:
  ///   - steps: The steps of the run.
  ///   - bytes: The memory for one item.
  ///   - isEnding: Whether the run is to end, by its deadline or by a signal; then nothing is left to it.
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

  /// Begins with another item: what was made for the one before is released with it.
  package mutating func renewBytes() { bytes = renewedBytes }

  /// Whether there is anything left to do work with.
  package var isSpent: Bool { steps <= 0 }

  /// Takes off work that is done outside of an evaluation; down to nothing, never below.
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
  /// Counts memory that is about to be taken; fails when there is no more.
  mutating func spend(memory count: Int, at span: Span) throws(ExpressionError) {
    bytes -= count
    if bytes < 0 { throw tooMuchMemory(span) }
  }

  /// Counts the memory of an array of so many elements that grows as it is filled.
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

  /// What an array takes without its elements, with what the allocator adds.
  static let arrayBytes = 48
  /// What an element takes in an array.
  static let elementBytes = 16
  /// What a member takes in an object, with its share of the index.
  static let memberBytes = 64
}
