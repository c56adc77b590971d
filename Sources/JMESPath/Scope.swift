// What an expression can see beside the value it is applied to. There is no environment, no file and
// no clock: whoever evaluates hands everything in.

package import JSON

/// The surroundings of an evaluation.
package struct Scope: Sendable {
  /// What `$` alone stands for, most often the whole event.
  package var root: JSONValue
  /// What `$name` stands for; of a repeated name the last one counts.
  package var variables: [(name: String, value: JSONValue)]
  /// Why variables are null, by name: what there is to say of a path that begins at one.
  package var reasons: [String: String] = [:]
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

/// The bounds that make every evaluation end, and end soon.
package struct Limits: Sendable, Hashable {
  /// How long an expression may be, in UTF-8 bytes: far beyond what a person writes, and short
  /// enough that a mistake in quoting is not read for ever.
  package static let maximumExpressionBytes = 16_384
  /// How deep an expression may be nested.
  ///
  /// A debug build spends some 5 KB of stack on a level, so
  /// that this stays far inside the usual 8 MB.
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
  static let bytesPerStep = 64
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
