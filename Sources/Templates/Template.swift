// The user's file, read and compiled: which events it accepts, which items it finds, and the parameters of each.

package import Core
package import JMESPath
package import JSON
package import Parameters
package import Platform

/// A template, compiled; a plain value.
package struct Template: Sendable {
  /// The name by which it is chosen and reported.
  package let name: String
  /// Whether the template accepts an event; `nil` accepts every event.
  package var when: Expression?
  /// The items in an event; `nil` means that the event is the only item.
  package var items: Expression?
  /// The JSON files beside the template, by their name under `$data`.
  package var data = JSONObject()
  /// Names for values, evaluated in order for each item.
  package var bindings: [(name: String, expression: Expression)] = []
  /// The parameters of the call.
  package var parameters: [(parameter: ReissueParameter, node: Node)] = []
  /// The folder below the store for keys and chains.
  package var store: Node?
  /// What the sender calls the event, for people who look for it later. It does not identify a request.
  package var reference: Node?
  /// When a reissue may be requested.
  package var policy = Policy()
  /// The examples that `check` runs.
  package var tests: [Test] = []

  /// An empty template.
  package init(name: String) { self.name = name }

  /// An example: an event and the items that it must give.
  package struct Test: Sendable {
    /// What the test checks.
    package let name: String
    /// The time of the test, for templates that count days; `nil` means now.
    package let now: Timestamp?
    /// The event, from a file beside the template or from the test itself.
    package let event: JSONValue
    /// For each expected item the parameters, and the `reference`, that it must have; others are not compared.
    package let items: [JSONObject]
    /// JSON pointer to the test in the template file.
    package let pointer: String
  }

  /// A part of `reissue` in the form of its JSON, with expressions in its strings.
  package indirect enum Node: Sendable {
    /// A value without expressions.
    case constant(JSONValue)
    /// A string with expressions.
    case leaf(Leaf)
    /// An array, element by element.
    case array([Node])
    /// An object, in the order of the file.
    case object([(name: String, node: Node)])
  }

  /// The names that are defined in every template, without `let`.
  package static let scopeNames = ["event", "item", "index", "now", "vars", "data"]
}

/// The rules of a template about when a reissue may be requested.
package struct Policy: Hashable, Sendable {
  /// What to do if the names of the certificate would change.
  package enum DomainChanges: String, Hashable, Sendable, CaseIterable {
    /// The item fails, and the error lists the names.
    case refuse
    /// The request is sent.
    case allow
  }

  /// How long an accepted request prevents another one; ``cooldown(at:)`` limits it.
  package var cooldown = TimeSpan(seconds: 7 * 86_400)
  /// A certificate that is valid for longer is not reissued.
  package var renewBefore = RenewBefore.standard
  /// Whether names may change: to remove a name may revoke a certificate in use, to add one may cost money.
  package var domainChanges = DomainChanges.refuse
  /// Whether the account is examined before a request is sent.
  package var preflight = true
  /// Whether the private key of an issued certificate is registered at the service, which then has it too.
  package var registerKey = false

  /// The defaults.
  package init() {}
}

extension Template.Node {
  /// The value for one item. An error has the JSON pointer to the string that caused it.
  ///
  /// - Parameters:
  ///   - budget: The remaining work of the run.
  ///   - bound: The largest value that is allowed.
  ///   - item: The item.
  ///   - scope: The names that the expressions can use.
  ///   - pointer: The pointer to this part of the template.
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
          pointer: JSONPointer.member(member.name, of: pointer()))
      }
      return .object(object)
    }
  }

  /// The constants and strings in it, in order, each with its JSON pointer.
  func parts(at pointer: String) -> [(pointer: String, part: Template.Node)] {
    switch self {
    case .constant, .leaf: [(pointer, self)]
    case .array(let nodes):
      nodes.enumerated().flatMap { $0.element.parts(at: "\(pointer)/\($0.offset)") }
    case .object(let members):
      members.flatMap { $0.node.parts(at: JSONPointer.member($0.name, of: pointer)) }
    }
  }

  /// The expressions of a string; none for other nodes.
  var expressions: [Expression] {
    if case .leaf(let leaf) = self { leaf.expressions } else { [] }
  }
}

extension Template {
  /// The parts that are rendered for each item: those of `reissue`, then `store` and `reference`.
  var requestParts: [(pointer: String, part: Node)] {
    parameters.flatMap { $0.node.parts(at: $0.parameter.pointer) }
      + (store?.parts(at: "/store") ?? []) + (reference?.parts(at: "/reference") ?? [])
  }

  /// The expressions of ``requestParts``.
  var requestExpressions: [(pointer: String, expression: Expression)] {
    requestParts.flatMap { pointer, part in part.expressions.map { (pointer, $0) } }
  }

  /// Every expression of the template, with its pointer.
  var expressions: [(pointer: String, expression: Expression)] {
    [("/when", when), ("/items", items)].compactMap { pointer, expression in
      expression.map { (pointer, $0) }
    } + bindings.map { (JSONPointer.member($0.name, of: "/let"), $0.expression) }
      + requestExpressions
  }
}

extension ReissueParameter {
  /// The JSON pointer to the parameter in a template.
  var pointer: String { "/reissue/\(name)" }
}
