package import JSON

/// What an expression can read besides its current value. It has no access to environment, files and clock.
package struct Scope: Sendable {
  /// The value of `$`, usually the whole event.
  package var root: JSONValue
  /// The values of `$name`; of a repeated name the last one counts.
  package var variables: [(name: String, value: JSONValue)]
  /// The origins of variables that are null, by their index in ``variables``.
  private var origins = [Int: Origin]()
  /// The time for `days_until`, in seconds since 1970-01-01T00:00:00Z.
  package var now: Int
  /// The limits of an evaluation.
  package var limits: Limits

  /// A scope; names are given without the `$`.
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
  /// An expression that gave null, with its current value.
  struct Origin: Sendable {
    let expression: Expression
    let current: JSONValue
  }

  /// Adds a variable. For a variable that is null, the origin is stored.
  ///
  /// The reason is searched only for an error: most null variables have a default, and an event may have thousands of
  /// items.
  package mutating func bind(
    _ name: String, to value: JSONValue, of expression: Expression, at current: JSONValue
  ) {
    if value.isNull {
      origins[variables.count] = Origin(expression: expression, current: current)
    }
    variables.append((name, value))
  }

  /// The origin of a variable that is null, and the scope there: the variables before it.
  func origin(of name: String) -> (origin: Origin, scope: Scope)? {
    guard let position = variables.lastIndex(where: { $0.name == name }),
      let origin = origins[position]
    else { return nil }
    var scope = self
    scope.variables.removeSubrange(position...)
    return (origin, scope)
  }
}

/// The limits of every evaluation.
package struct Limits: Sendable, Hashable {
  /// The longest expression, in UTF-8 bytes: longer than people write, and short enough to stop reading early after an
  /// unclosed quote.
  package static let maximumExpressionBytes = 16_384
  /// The deepest nesting of an expression, in its tree and in the calls that parse it; a projection followed by a dot,
  /// `a[*].b`, counts twice.
  ///
  /// A debug build needs up to 14 KB of stack per level, so that this stays below half of the usual 8 MB (measured by
  /// the tests).
  package static let maximumExpressionDepth = 250
  /// The most nodes of an expression. Every node can wrap its value at most once, so this also bounds the depth of
  /// values before they are checked.
  package static let maximumExpressionParts = 1_000
  /// The deepest nesting of a result: that of the JSON decoder, so that every result can be read back.
  package static let maximumResultDepth = JSONDecoder.maximumDepth

  /// The most steps of an evaluation: a step is a node, an examined element, or ``bytesPerStep`` bytes of text.
  package var steps: Int
  /// The largest result, in bytes of its JSON text, approximately.
  package var resultBytes: Int
  /// The most that a value of the event may lack. Where a result is bounded, it counts for each array and object, so
  /// that nothing passes which would not pass with everything in it.
  package var leftOut: JSONSelection.LeftOut

  /// How many bytes of text count as one step when they are copied or compared.
  package static let bytesPerStep = 64
  /// How many bytes of text count as one step when they are processed character by character.
  static let bytesPerCharacterStep = 8
  /// The most names with which one is compared; larger objects have an index.
  static let comparedNames = 17

  /// The default limits: two million steps take less than half a second, and 16 MiB is twice the largest event.
  package init(
    steps: Int = 2_000_000, resultBytes: Int = 16_777_216,
    leftOut: JSONSelection.LeftOut = .nothing
  ) {
    self.steps = steps
    self.resultBytes = resultBytes
    self.leftOut = leftOut
  }
}
