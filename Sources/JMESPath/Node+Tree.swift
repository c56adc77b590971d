// The tree as JSON, for people who want to see how an expression is understood.

internal import JSON

extension Node {
  /// The part and all below it: `{"type": …, "column": …}` with what the type needs.
  func tree(in source: String) -> JSONValue {
    var members: [(String, JSONValue)] = [("type", .string(typeName))]
    members += attributes
    let column = countCodePoints(source.utf8.prefix(span.start)) + 1
    members.append(("column", .integer(column)))
    switch kind {
    case .hash(let pairs):
      members.append(("members", named(pairs, in: source)))
    case .bind(let pairs, let body):
      members.append(("bindings", named(pairs, in: source)))
      members.append(("body", body.tree(in: source)))
    default:
      let parts = children
      if !parts.isEmpty {
        members.append(("children", .array(parts.map { $0.tree(in: source) })))
      }
    }
    return .object(JSONObject(members))
  }

  private func named(_ pairs: [Member], in source: String) -> JSONValue {
    .array(
      pairs.map {
        .object(
          JSONObject([("name", .string($0.name)), ("value", $0.value.tree(in: source))]))
      })
  }

  private var typeName: String {
    switch kind {
    case .current: "current"
    case .root: "root"
    case .literal, .pattern: "literal"
    case .field: "field"
    case .variable: "variable"
    case .index: "index"
    case .chain: "subexpression"
    case .pipe: "pipe"
    case .or: "or"
    case .and: "and"
    case .not: "not"
    case .conditional: "ternary"
    case .comparison: "comparison"
    case .arithmetic: "arithmetic"
    case .sign: "sign"
    case .list: "multi-select-list"
    case .hash: "multi-select-hash"
    case .projection: "projection"
    case .valueProjection: "value-projection"
    case .sliceProjection: "slice-projection"
    case .filter: "filter-projection"
    case .flatten: "flatten-projection"
    case .call: "function"
    case .reference: "expression-type"
    case .bind: "let"
    }
  }

  private var attributes: [(String, JSONValue)] {
    switch kind {
    case .literal(let value): [("value", value)]
    case .pattern(_, let text): [("value", .string(text))]
    case .field(let name), .variable(let name): [("name", .string(name))]
    case .index(let index): [("index", .integer(index))]
    case .sliceProjection(_, let slice, _): Self.attributes(of: slice)
    case .comparison(let operation, _, _): [("operator", .string(operation.rawValue))]
    case .arithmetic(let operation, _, _): [("operator", .string(operation.rawValue))]
    case .sign(let isNegative, _): [("operator", .string(isNegative ? "-" : "+"))]
    case .call(let function, _): [("name", .string(function.description.name))]
    default: []
    }
  }

  private static func attributes(of slice: Slice) -> [(String, JSONValue)] {
    func number(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
    return [
      ("start", number(slice.start)), ("stop", number(slice.stop)),
      ("step", .integer(slice.step)),
    ]
  }
}
