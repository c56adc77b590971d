// Why an item has the parameters that it has: each expression with the places it looked at.

internal import JMESPath
internal import JSON

/// What was evaluated for one item, and what was found on the way.
struct Explanation: Sendable {
  /// An expression, what it gave or why it failed, and the paths it read with their values.
  struct Step: Sendable {
    let expression: String
    let outcome: Result<JSONValue, ExpressionError>
    let reads: [(path: String, value: JSONValue?)]

    init(_ expression: Expression, _ current: JSONValue, _ scope: Scope) {
      self.expression = expression.source
      do throws(ExpressionError) {
        outcome = .success(try expression.evaluate(current, in: scope))
      } catch {
        outcome = .failure(error)
      }
      reads = expression.reads.map { ($0.source, try? $0.evaluate(current, in: scope)) }
    }
  }

  private var bindings: [(name: String, step: Step)] = []
  private var parts: [(pointer: String, constant: JSONValue?, steps: [Step])] = []

  /// Evaluates everything that the template has for an item; ends behind a `let` that fails, since
  /// nothing was evaluated after it.
  init(of item: JSONValue, index: Int, by template: Template, _ rendering: Rendering) {
    var scope = rendering.scope(of: template, item: item, index: index)
    for binding in template.bindings {
      let step = Step(binding.expression, item, scope)
      bindings.append((binding.name, step))
      guard case .success(let value) = step.outcome else { return }
      scope.variables.append((binding.name, value))
    }
    for (pointer, part) in template.requestParts {
      var constant: JSONValue?
      if case .constant(let value) = part { constant = value }
      parts.append((pointer, constant, part.expressions.map { Step($0, item, scope) }))
    }
  }

  /// The explanation as a member of an item.
  var json: JSONValue {
    [
      "let": .array(
        bindings.map { name, step in
          .object(JSONObject([("name", .string(name))] + step.members))
        }),
      "parameters": .array(parts.map(Self.json)),
    ]
  }

  private static func json(
    of part: (pointer: String, constant: JSONValue?, steps: [Step])
  ) -> JSONValue {
    let steps = part.steps.map { JSONValue.object(JSONObject($0.members)) }
    return .object(
      JSONObject.present([
        ("pointer", .string(part.pointer)), ("constant", part.constant),
        ("expressions", part.constant == nil ? .array(steps) : nil),
      ]))
  }
}

extension Explanation.Step {
  /// The step as members of an object.
  var members: [(String, JSONValue)] {
    let result: [(String, JSONValue)] =
      switch outcome {
      case .success(let value): Excerpt.members(of: value)
      case .failure(let error): [("error", .string(error.message))]
      }
    let reads = reads.map { path, value in
      JSONValue.object(
        JSONObject([("path", .string(path))] + (value.map(Excerpt.members) ?? [])))
    }
    return [("expression", .string(expression))] + result + [("reads", .array(reads))]
  }
}

/// Values of an event, short enough to be read beside the expression that found them.
enum Excerpt {
  /// The longest text or document that is shown whole, in bytes of JSON.
  static let maximumBytes = 120
  /// How much of a longer text is shown, in code points.
  static let shownCodePoints = 60

  /// The whole value as `value`; of a longer one its `type` and `count` (of code points, elements or
  /// members), and how a text begins. A private key that strayed into an event is not repeated.
  static func members(of value: JSONValue) -> [(String, JSONValue)] {
    var count: Int?
    switch value {
    case .string(let text): count = text.unicodeScalars.count
    case .array(let elements): count = elements.count
    case .object(let object): count = object.count
    default: break
    }
    let document = JSONEncoder.text(value)
    let holdsKey = document.contains("PRIVATE KEY")
    guard let count, holdsKey || document.utf8.count > maximumBytes else {
      return [("value", value)]
    }
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
}
