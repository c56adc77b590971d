// What a function is: its description, and the code behind it.

internal import JSON

/// What people need to know about a function; help and manuals are made from it.
package struct FunctionDescription: Sendable {
  /// The name as it is called.
  package let name: String
  /// The call with types and the result, as in `abs(number $value) -> number`.
  package let signature: String
  /// What it gives, in a sentence.
  package let summary: String
  /// When it fails, beside arguments of another type.
  package let errors: [String]
  /// Calls that can be tried as they are, with what they give as JSON text.
  package let examples: [Example]
  /// Whether it is an addition to JMESPath, and other programs do not know it.
  package let isExtension: Bool

  /// A call and its result.
  package struct Example: Sendable, Hashable {
    /// An expression that needs no input.
    package let expression: String
    /// The result as JSON text.
    package let result: String
  }
}

/// A function that an expression can call.
struct Function: Sendable {
  let description: FunctionDescription
  let parameters: [Parameter]
  /// Whether its result may be the value `true`.
  let canBeTrue: Bool
  let body: Body

  typealias Body = @Sendable (inout Evaluation, Call) throws(ExpressionError) -> JSONValue

  init(
    _ name: String, _ parameters: [Parameter], gives result: String, _ summary: String,
    errors: [String] = [], examples: [(String, String)], isExtension: Bool = false,
    body: @escaping Body
  ) {
    self.parameters = parameters
    self.body = body
    canBeTrue = ["any", "boolean"].contains(result)
    let list = parameters.map(\.text).joined(separator: ", ")
    description = FunctionDescription(
      name: name, signature: "\(name)(\(list)) -> \(result)", summary: summary, errors: errors,
      examples: examples.map { .init(expression: $0.0, result: $0.1) },
      isExtension: isExtension)
  }

  /// Whether a call with so many arguments can be right.
  func accepts(count: Int) -> Bool {
    let required = parameters.count { !$0.isOptional }
    return count >= required && (isVariadic || count <= parameters.count)
  }

  private var isVariadic: Bool { parameters.last?.isVariadic ?? false }

  /// What an argument at that position has to be; the last parameter stands for all that follow.
  func parameter(at position: Int) -> Parameter {
    position < parameters.count ? parameters[position] : parameters.last ?? .any("value")
  }
}

/// What a function takes in one place.
struct Parameter: Sendable {
  let name: String
  let types: TypeSet
  var isOptional = false
  var isVariadic = false
  /// Whether a text written here is compiled with the expression.
  var isPattern = false

  /// As in a signature: `string $text`, `[number $count]`, `any $value…`.
  var text: String {
    let base = "\(types.text) $\(name)\(isVariadic ? "…" : "")"
    return isOptional ? "[\(base)]" : base
  }

  /// The same, but it may be left out.
  var optional: Parameter {
    Parameter(name: name, types: types, isOptional: true, isVariadic: isVariadic)
  }

  /// The same, but it may be repeated.
  var variadic: Parameter {
    Parameter(name: name, types: types, isOptional: isOptional, isVariadic: true)
  }

  static func any(_ name: String) -> Parameter { Parameter(name: name, types: .any) }
  static func string(_ name: String) -> Parameter { Parameter(name: name, types: .string) }
  static func pattern(_ name: String) -> Parameter {
    Parameter(name: name, types: .string, isPattern: true)
  }
  static func number(_ name: String) -> Parameter { Parameter(name: name, types: .number) }
  static func array(_ name: String) -> Parameter { Parameter(name: name, types: .array) }
  static func object(_ name: String) -> Parameter { Parameter(name: name, types: .object) }
  static func numbers(_ name: String) -> Parameter { Parameter(name: name, types: .numbers) }
  static func strings(_ name: String) -> Parameter { Parameter(name: name, types: .strings) }
  static func expression(_ name: String) -> Parameter {
    Parameter(name: name, types: .expression)
  }
}

/// The types that are accepted in one place.
struct TypeSet: OptionSet, Sendable {
  let rawValue: Int

  static let null = TypeSet(rawValue: 1)
  static let boolean = TypeSet(rawValue: 2)
  static let number = TypeSet(rawValue: 4)
  static let string = TypeSet(rawValue: 8)
  static let array = TypeSet(rawValue: 16)
  static let object = TypeSet(rawValue: 32)
  /// An array in which every element is a number; an empty one too.
  static let numbers = TypeSet(rawValue: 64)
  /// An array in which every element is a string; an empty one too.
  static let strings = TypeSet(rawValue: 128)
  /// An unevaluated expression, `&name`.
  static let expression = TypeSet(rawValue: 256)
  static let any: TypeSet = [.null, .boolean, .number, .string, .array, .object]

  /// Whether a value is of one of these types.
  func accepts(_ value: JSONValue) -> Bool {
    switch value {
    case .null: contains(.null)
    case .boolean: contains(.boolean)
    case .integer, .real: contains(.number)
    case .string: contains(.string)
    case .object: contains(.object)
    case .array(let elements):
      contains(.array)
        || contains(.strings) && elements.allSatisfy { TypeSet.string.accepts($0) }
        || contains(.numbers) && elements.allSatisfy { TypeSet.number.accepts($0) }
    }
  }

  /// As in a signature: `string`, `array|string`, `array[number]`.
  var text: String {
    guard self != .any else { return "any" }
    let names: [(TypeSet, String)] = [
      (.array, "array"), (.numbers, "array[number]"), (.strings, "array[string]"),
      (.object, "object"), (.string, "string"), (.number, "number"), (.boolean, "boolean"),
      (.null, "null"), (.expression, "expression"),
    ]
    return names.filter { contains($0.0) }.map(\.1).joined(separator: "|")
  }

  /// As in a sentence: `a string`, `an array of numbers or an array of strings`.
  var phrase: String {
    guard self != .any else { return "any value" }
    let names: [(TypeSet, String)] = [
      (.array, "an array"), (.numbers, "an array of numbers"), (.strings, "an array of strings"),
      (.object, "an object"), (.string, "a string"), (.number, "a number"),
      (.boolean, "a boolean"), (.null, "null"), (.expression, "an expression such as &name"),
    ]
    return names.filter { contains($0.0) }.map(\.1).joined(separator: " or ")
  }
}

/// One call with its evaluated arguments.
///
/// The types have been checked; the accessors give a harmless value where they could not have been.
struct Call: Sendable {
  let function: Function
  /// The values; an expression argument stands as null.
  let values: [JSONValue]
  /// The arguments as written.
  let arguments: [Node]
  let span: Span

  subscript(position: Int) -> JSONValue {
    position < values.count ? values[position] : .null
  }

  func text(_ position: Int) -> String { self[position].string ?? "" }
  func array(_ position: Int) -> [JSONValue] { self[position].array ?? [] }
  func object(_ position: Int) -> JSONObject { self[position].object ?? JSONObject() }

  /// The expression behind `&`.
  func expression(_ position: Int) -> Node? {
    guard position < arguments.count, case .reference(let inner) = arguments[position].kind else {
      return nil
    }
    return inner
  }

  /// Where an argument is written; where the call is, if it was left out.
  func span(_ position: Int) -> Span {
    position < arguments.count ? arguments[position].span : span
  }
}
