// Why an item has its parameters: each expression with the values that it read.

internal import Core
package import JMESPath
package import JSON
internal import Parameters

/// The evaluations for one item, for `render --explain`.
package struct Explanation: Sendable {
  /// An evaluated expression: its value or error, and the paths that it read with their values.
  package struct Step: Sendable {
    /// The step as members of an object; long values are shortened.
    package let members: [(String, JSONValue)]
    /// The value; `nil` if the expression failed.
    let value: JSONValue?

    /// Evaluates an expression for `current`.
    package init(
      _ expression: Expression, _ current: JSONValue, _ scope: Scope, spending budget: inout Budget
    ) {
      var members: [(String, JSONValue)] = [("expression", .string(expression.source))]
      do throws(ExpressionError) {
        let value = try expression.evaluate(current, in: scope, spending: &budget)
        self.value = value
        members += Excerpt.members(of: value, spending: &budget)
      } catch {
        value = nil
        members.append(("error", .string(error.message)))
      }
      var reads: [JSONValue] = []
      for path in expression.reads {
        let value = try? path.evaluate(current, in: scope, spending: &budget)
        let found = value.map { Excerpt.members(of: $0, spending: &budget) } ?? []
        reads.append(.object(JSONObject([("path", .string(path.source))] + found)))
      }
      self.members = members + [("reads", .array(reads))]
    }
  }

  private var bindings: [JSONValue] = []
  private var parameters: [JSONValue] = []

  /// Evaluates every expression of the template for an item. A failed `let` ends it, because nothing was evaluated
  /// after it.
  package init(of item: JSONValue, index: Int, by template: Template, _ rendering: inout Rendering)
  {
    rendering.budget.renewBytes()
    var scope = rendering.scope(of: template, item: item, index: index)
    for binding in template.bindings {
      let step = Step(binding.expression, item, scope, spending: &rendering.budget)
      bindings.append(.object(JSONObject([("name", .string(binding.name))] + step.members)))
      guard let value = step.value else { return }
      scope.variables.append((binding.name, value))
    }
    for (pointer, part) in template.requestParts {
      let result: (String, JSONValue)
      if case .constant(let value) = part {
        result = ("constant", value)
      } else {
        let steps = part.expressions.map {
          Step($0, item, scope, spending: &rendering.budget).members
        }
        result = ("expressions", .array(steps.map { .object(JSONObject($0)) }))
      }
      parameters.append(.object(JSONObject([("pointer", .string(pointer)), result])))
    }
  }

  /// The explanation as a member of an item.
  package var json: JSONValue { ["let": .array(bindings), "parameters": .array(parameters)] }
}

/// Values of an event, shortened for a reader.
enum Excerpt {
  /// The longest value that is shown whole, in bytes of JSON.
  static let maximumBytes = 120
  /// The part of a longer text that is shown, in code points.
  static let shownCodePoints = 60
  /// The part of a text that is searched for a private key, in bytes; a key is much shorter.
  private static let searchedBytes = 65_536

  /// A short value as `value`; of a longer one its `type` and `count` (of code points, elements or members), and the
  /// beginning of a text. A private key in an event is never repeated.
  static func members(
    of value: JSONValue, spending budget: inout Budget
  ) -> [(String, JSONValue)] {
    let count: Int
    var holdsKey = false
    switch value {
    case .string(let text):
      budget.spend(steps: text.utf8.count / Limits.bytesPerStep)
      count = text.unicodeScalars.count
      holdsKey = SigningRequestSource.hasPrivateKey(text.utf8.prefix(searchedBytes))
    case .array(let elements): count = elements.count
    case .object(let object): count = object.count
    default: return [("value", value)]
    }
    if !holdsKey, let bytes = JSONEncoder.encode(value, atMost: maximumBytes) {
      holdsKey = SigningRequestSource.hasPrivateKey(bytes)
      if !holdsKey { return [("value", value)] }
    }
    var members: [(String, JSONValue)] = [
      ("type", .string(value.typeName)), ("count", .integer(count)),
    ]
    if let text = value.string, !holdsKey {
      let begin = text.unicodeScalars.prefix(shownCodePoints)
      members.append(("begin", .string(String(begin))))
    }
    return members
  }
}
