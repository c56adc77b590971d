// What an expression can see beside the value it is applied to. There is no environment, no file and
// no clock: whoever evaluates hands everything in.

package import JSON

/// The surroundings of an evaluation.
package struct Scope: Sendable {
  /// What `$` alone stands for, most often the whole event.
  package var root: JSONValue
  /// What `$name` stands for; of a repeated name the last one counts.
  package var variables: [(name: String, value: JSONValue)]
  /// Where variables that are null come from, by their place in ``variables``.
  private var origins: [Int: Origin] = [:]
  /// The time that `days_until` counts from, in seconds since 1970-01-01T00:00:00Z.
  package var now: Int
  /// How much work an evaluation may do.
  package var limits: Limits

  /// Surroundings; names are written without the `$`.
  package init(
    root: JSONValue, variables: [(name: String, value: JSONValue)] = [], now: Int = 0,
    limits: Limits = Limits()
  ) {
    self.root = root
    self.variables = variables
    self.now = now
    self.limits = limits
  }
}

extension Scope {
  /// An expression that gave null, and the value that it was applied to.
  struct Origin: Sendable {
    let expression: Expression
    let current: JSONValue
  }

  /// Adds a variable; of one that is null it is remembered where it comes from.
  ///
  /// Why it is null is looked for only when there is an error to tell: most names that are null have
  /// a default behind them, and an event has thousands of items.
  package mutating func bind(
    _ name: String, to value: JSONValue, of expression: Expression, at current: JSONValue
  ) {
    if value.isNull {
      origins[variables.count] = Origin(expression: expression, current: current)
    }
    variables.append((name, value))
  }

  /// Where a variable that is null comes from, and what could be seen there: the variables before it.
  func origin(of name: String) -> (origin: Origin, scope: Scope)? {
    guard let position = variables.lastIndex(where: { $0.name == name }),
      let origin = origins[position]
    else { return nil }
    var scope = self
    scope.variables.removeSubrange(position...)
    return (origin, scope)
  }
}

/// The bounds that make every evaluation end, and end soon.
package struct Limits: Sendable, Hashable {
  /// How long an expression may be, in UTF-8 bytes: far beyond what a person writes, and short
  /// enough that a mistake in quoting is not read for ever.
  package static let maximumExpressionBytes = 16_384
  /// How deep an expression may be nested, both in its tree and in the calls that read it; what stands
  /// behind a projection and a dot takes two of those, `a[*].b`.
  ///
  /// A debug build spends up to 14 KB of stack on a level, so that this stays below half of the usual
  /// 8 MB, whatever is nested; it is measured by the tests.
  package static let maximumExpressionDepth = 250
  /// How many parts an expression may have.
  ///
  /// Every part can wrap its value at most once, so that this
  /// also bounds how deep a value can grow before it is looked at.
  package static let maximumExpressionParts = 1_000
  /// How deep a result may be nested: what the JSON decoder accepts, so that every result can be read
  /// back.
  package static let maximumResultDepth = JSONDecoder.maximumDepth

  /// How many steps an evaluation may take.
  ///
  /// A step is a part evaluated, an element looked at, or
  /// ``bytesPerStep`` bytes of text read or made.
  package var steps: Int
  /// How large a result may be, in bytes of its JSON text, about.
  package var resultBytes: Int

  /// How many bytes of text count as one step where they are copied or compared.
  package static let bytesPerStep = 64
  /// The same where a text is gone through character by character.
  static let bytesPerCharacterStep = 8
  /// With how many names one that is looked for is compared at most; larger objects have an index.
  static let comparedNames = 17

  /// Bounds; two million steps take less than half a second, 16 MiB is twice the largest event.
  package init(steps: Int = 2_000_000, resultBytes: Int = 16_777_216) {
    self.steps = steps
    self.resultBytes = resultBytes
  }
}
