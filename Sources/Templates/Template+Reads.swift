// What templates read of an event, so that the rest of it needs no conversion.

internal import JMESPath
package import JSON

extension Template {
  /// The parts of an event that one of the templates reads.
  package static func selection(of templates: [Template]) -> JSONSelection {
    let event = DocumentPart()
    for template in templates { template.markReads(of: event) }
    return event.selection
  }

  private func markReads(of event: DocumentPart) {
    let root = Origins(event)
    func reads(
      of expression: Expression, at current: Origins, _ bound: [(name: String, origins: Origins)]
    ) -> Origins {
      let known = [(name: "event", origins: root), (name: "item", origins: current)]
      return expression.markReads(at: current, root: root, variables: known + bound)
    }
    if let when { reads(of: when, at: root, []).read() }
    // An array gives its elements, and an object is the item.
    let found = items.map { reads(of: $0, at: root, []) }
    let item = found.map { $0.or($0.elements) } ?? root
    var bound: [(name: String, origins: Origins)] = []
    for binding in bindings {
      bound.append((binding.name, reads(of: binding.expression, at: item, bound)))
    }
    for (_, expression) in requestExpressions { reads(of: expression, at: item, bound).read() }
  }
}
