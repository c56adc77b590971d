// The user's file, read and checked: which events it takes, which items it finds in them, and what
// becomes of each.

internal import Core
package import JMESPath
package import JSON
package import Platform

/// A template, compiled; a plain value.
package struct Template: Sendable {
  /// The name it is chosen and reported by.
  package let name: String
  /// Whether the template takes an event; `nil` takes every one.
  package var when: Expression?
  /// What it finds in an event; `nil` means that the event is the one item.
  package var items: Expression?
  /// The JSON files beside the template, by the name under `$data`.
  package var data = JSONObject()
  /// Names for values, evaluated in order for each item.
  package var bindings: [(name: String, expression: Expression)] = []
  /// The parameters of the call, by their API name.
  package var parameters: [(name: String, node: Node)] = []
  /// The folder below the store that keys and chains go to.
  package var store: Node?
  /// When a reissue may be asked for.
  package var policy = Policy()
  /// The examples that `check` runs.
  package var tests: [Test] = []

  /// An empty template.
  package init(name: String) { self.name = name }

  /// An example: an event and the items that it must give.
  package struct Test: Sendable {
    /// What the test shows.
    package let name: String
    /// When it is to be, for templates that count days; `nil` means now.
    package let now: Timestamp?
    /// The event, read from a file beside the template or written in the test.
    package let event: JSONValue
    /// For each expected item, the parameters that must come out so; others are not compared.
    package let items: [JSONObject]
    /// JSON pointer to the test in the template file.
    package let pointer: String
  }
}

extension Template {
  /// A part of `reissue` in the shape of its JSON, with expressions in its strings.
  package indirect enum Node: Sendable {
    /// A value without expressions.
    case constant(JSONValue)
    /// A string with expressions.
    case leaf(Leaf)
    /// An array that holds some.
    case array([Node])
    /// An object that holds some, in the order of the file.
    case object([(name: String, node: Node)])
  }

  /// The names that a template finds in its scope without a `let`.
  package static let scopeNames = ["event", "item", "index", "now", "vars", "data"]
}

extension Template.Node {
  /// The value for one item; an error carries the JSON pointer to its string.
  ///
  /// - Parameters:
  ///   - budget: What the run may still do.
  ///   - bound: How large the value may become.
  ///   - item: The item.
  ///   - scope: What its expressions see.
  ///   - pointer: Where this part stands in the template.
  func value(
    for item: JSONValue, in scope: Scope, spending budget: inout Budget, within bound: ValueBound,
    pointer: @autoclosure () -> String
  ) throws(ReissueError) -> JSONValue {
    switch self {
    case .constant(let value): return value
    case .leaf(let leaf):
      do throws(ReissueError) {
        return try leaf.value(for: item, in: scope, spending: &budget, within: bound)
      } catch {
        throw error.at(Place(pointer: pointer()))
      }
    case .array(let nodes):
      var values: [JSONValue] = []
      for (index, node) in nodes.enumerated() {
        values.append(
          try node.value(
            for: item, in: scope, spending: &budget, within: bound,
            pointer: "\(pointer())/\(index)"))
      }
      return .array(values)
    case .object(let members):
      var object = JSONObject()
      for member in members {
        object[member.name] = try member.node.value(
          for: item, in: scope, spending: &budget, within: bound,
          pointer: pointer() + "/" + JSONPointer.escaped(member.name))
      }
      return .object(object)
    }
  }
}

extension Template.Node {
  /// The constants and strings that it is made of, from first to last, each with its JSON pointer.
  func parts(at pointer: String) -> [(pointer: String, part: Template.Node)] {
    switch self {
    case .constant, .leaf: [(pointer, self)]
    case .array(let nodes):
      nodes.enumerated().flatMap { $0.element.parts(at: "\(pointer)/\($0.offset)") }
    case .object(let members):
      members.flatMap { $0.node.parts(at: pointer + "/" + JSONPointer.escaped($0.name)) }
    }
  }

  /// The expressions in it; none in a constant.
  var expressions: [Expression] {
    if case .leaf(let leaf) = self { leaf.expressions } else { [] }
  }
}

extension Template {
  /// What a request is made of, part by part: `reissue`, then `store`.
  var requestParts: [(pointer: String, part: Node)] {
    parameters.flatMap { $0.node.parts(at: "/reissue/" + JSONPointer.escaped($0.name)) }
      + (store?.parts(at: "/store") ?? [])
  }

  /// The expressions of ``requestParts``.
  var requestExpressions: [(pointer: String, expression: Expression)] {
    requestParts.flatMap { pointer, part in part.expressions.map { (pointer, $0) } }
  }

  /// Every expression of the template.
  var expressions: [Expression] {
    [when, items].compactMap(\.self) + bindings.map(\.expression)
      + requestExpressions.map(\.expression)
  }
}
