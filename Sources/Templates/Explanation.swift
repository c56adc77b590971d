// Why an item has the parameters that it has: each expression with the places it looked at.

internal import Core
package import JMESPath
package import JSON
internal import Parameters

/// What was evaluated for one item, and what was found on the way.
package struct Explanation: Sendable {
  /// An expression, what it gave or why it failed, and the paths it read with their values.
  package struct Step: Sendable {
    /// What there is to show, as members of an object; of long values an excerpt.
    package let members: [(String, JSONValue)]
    /// What the expression gave; `nil` if it failed.
    let value: JSONValue?

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
      members.append(("reads", .array(reads)))
      self.members = members
    }
  }

  private var bindings: [(name: String, members: [(String, JSONValue)])] = []
  private var parts: [(pointer: String, constant: JSONValue?, steps: [[(String, JSONValue)]])] = []

  /// Evaluates everything that the template has for an item; ends behind a `let` that fails, since
  /// nothing was evaluated after it.
  package init(of item: JSONValue, index: Int, by template: Template, _ rendering: inout Rendering)
  {
    rendering.budget.renewBytes()
    var scope = rendering.scope(of: template, item: item, index: index)
    for binding in template.bindings {
      let step = Step(binding.expression, item, scope, spending: &rendering.budget)
      bindings.append((binding.name, step.members))
      guard let value = step.value else { return }
      scope.variables.append((binding.name, value))
    }
    for (pointer, part) in template.requestParts {
      var constant: JSONValue?
      if case .constant(let value) = part { constant = value }
      let steps = part.expressions.map {
        Step($0, item, scope, spending: &rendering.budget).members
      }
      parts.append((pointer, constant, steps))
    }
  }

  /// The explanation as a member of an item.
  package var json: JSONValue {
    [
      "let": .array(
        bindings.map { name, members in
          .object(JSONObject([("name", .string(name))] + members))
        }),
      "parameters": .array(parts.map(Self.json)),
    ]
  }

  private static func json(
    of part: (pointer: String, constant: JSONValue?, steps: [[(String, JSONValue)]])
  ) -> JSONValue {
    let steps = part.steps.map { JSONValue.object(JSONObject($0)) }
    return .object(
      JSONObject.present([
        ("pointer", .string(part.pointer)), ("constant", part.constant),
        ("expressions", part.constant == nil ? .array(steps) : nil),
      ]))
  }
}

/// Values of an event, short enough to be read beside the expression that found them.
enum Excerpt {
  /// The longest text or document that is shown whole, in bytes of JSON.
  static let maximumBytes = 120
  /// How much of a longer text is shown, in code points.
  static let shownCodePoints = 60

  /// How much of a text is searched for a private key, in bytes: far more than one has.
  private static let searchedBytes = 65_536

  /// The whole value as `value`; of a longer one its `type` and `count` (of code points, elements or
  /// members), and how a text begins. A private key that strayed into an event is not repeated.
  static func members(
    of value: JSONValue, spending budget: inout Budget
  ) -> [(String, JSONValue)] {
    var count: Int?
    var holdsKey = false
    switch value {
    case .string(let text):
      budget.spend(steps: text.utf8.count / Limits.bytesPerStep)
      count = text.unicodeScalars.count
      holdsKey = SigningRequestSource.hasPrivateKey(text.utf8.prefix(searchedBytes))
    case .array(let elements): count = elements.count
    case .object(let object): count = object.count
    default: break
    }
    if let count, !isShort(value) || holdsKey {
      return summary(of: value, count, holdsKey: holdsKey)
    }
    guard let count, SigningRequestSource.hasPrivateKey(JSONEncoder.text(value).utf8) else {
      return [("value", value)]
    }
    return summary(of: value, count, holdsKey: true)
  }

  private static func summary(
    of value: JSONValue, _ count: Int, holdsKey: Bool
  ) -> [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [
      ("type", .string(value.typeName)), ("count", .integer(count)),
    ]
    if let text = value.string, !holdsKey {
      var begin = String.UnicodeScalarView()
      begin.append(contentsOf: text.unicodeScalars.prefix(shownCodePoints))
      members.append(("begin", .string(String(begin))))
    }
    return members
  }

  private static func isShort(_ value: JSONValue) -> Bool {
    JSONEncoder.encode(value, atMost: maximumBytes) != nil
  }
}
