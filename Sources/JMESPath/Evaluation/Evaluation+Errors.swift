// What an evaluation has to say when a value does not fit.

internal import JSON

extension Evaluation {
  /// A type as it is called in a sentence.
  static func phrase(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .array: "an array"
    case .object: "an object"
    default: "a \(value.typeName)"
    }
  }

  /// An argument that the function cannot take.
  mutating func wrongType(
    _ value: JSONValue, _ position: Int, _ function: Function, _ argument: Node,
    _ current: JSONValue
  ) -> ExpressionError {
    let parameter = function.parameter(at: position)
    let missing = missingHint(argument, value, current)
    let signature = function.description.signature
    return error(
      .invalidType,
      "`\(function.description.name)` needs \(parameter.types.phrase) as $\(parameter.name), "
        + "found \(found(value, parameter))",
      hint: missing.isEmpty ? signature : "\(missing); \(signature)", at: argument.span)
  }

  /// The type, and for an array the first element that is not of the type asked for.
  private func found(_ value: JSONValue, _ parameter: Parameter) -> String {
    guard case .array(let elements) = value else { return Self.phrase(value) }
    let wanted: TypeSet = parameter.types.contains(.numbers) ? [.number] : [.string]
    let mixed: TypeSet =
      parameter.types.contains([.numbers, .strings]) ? [.number, .string] : wanted
    guard parameter.types.contains(.numbers) || parameter.types.contains(.strings) else {
      return Self.phrase(value)
    }
    if let position = elements.firstIndex(where: { !mixed.accepts($0) }) {
      return "an array with \(Self.phrase(elements[position])) at [\(position)]"
    }
    return "an array of both numbers and strings"
  }
}
