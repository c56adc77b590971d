internal import JSON

/// The description of a function, for help and manuals.
package struct FunctionDescription: Sendable {
  /// The name as it is written in an expression.
  package let name: String
  /// The call with types and the result, as in `abs(number $value) -> number`.
  package let signature: String
  /// What it gives, in a sentence.
  package let summary: String
  /// When it fails, besides wrong types.
  package let errors: [String]
  /// Calls that work as they are, with their results as JSON text.
  package let examples: [Example]
  /// Whether it is an extension that other implementations of JMESPath lack.
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
  /// The name as it is written in an expression.
  let name: String
  let parameters: [Parameter]
  /// The type of the result, as in a signature.
  private let result: String
  private let summary: String
  private let errors: [String]
  private let examples: [(String, String)]
  private let isExtension: Bool
  let body: Body

  typealias Body = @Sendable (inout Evaluation, Call) throws(ExpressionError) -> JSONValue

  init(
    _ name: String, _ parameters: [Parameter], gives result: String, _ summary: String,
    errors: [String] = [], examples: [(String, String)], isExtension: Bool = false,
    body: @escaping Body
  ) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.summary = summary
    self.errors = errors
    self.examples = examples
    self.isExtension = isExtension
    self.body = body
  }

  /// Whether its result may be `true`.
  var canBeTrue: Bool { result == "any" || result == "boolean" }

  /// Made when it is asked for: every run makes all functions, and few of them are described.
  var description: FunctionDescription {
    let list = parameters.map(\.text).joined(separator: ", ")
    return FunctionDescription(
      name: name, signature: "\(name)(\(list)) -> \(result)", summary: summary, errors: errors,
      examples: examples.map { .init(expression: $0.0, result: $0.1) },
      isExtension: isExtension)
  }

  /// Whether that number of arguments is possible.
  func accepts(count: Int) -> Bool {
    let required = parameters.count { !$0.isOptional }
    return count >= required && (isVariadic || count <= parameters.count)
  }

  private var isVariadic: Bool { parameters.last?.isVariadic ?? false }

  /// The parameter at a position; the last one stands for all further arguments.
  func parameter(at position: Int) -> Parameter {
    position < parameters.count ? parameters[position] : parameters.last ?? .any("value")
  }
}

struct Parameter: Sendable {
  let name: String
  let types: TypeSet
  var isOptional = false
  var isVariadic = false
  /// Whether a constant text here is compiled with the expression.
  var isPattern = false

  /// As in a signature: `string $text`, `[number $count]`, `any $value…`.
  var text: String {
    let base = "\(types.text) $\(name)\(isVariadic ? "…" : "")"
    return isOptional ? "[\(base)]" : base
  }

  /// The parameter, but optional.
  var optional: Parameter {
    Parameter(name: name, types: types, isOptional: true, isVariadic: isVariadic)
  }

  /// The parameter, but repeatable.
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

/// The types that a parameter accepts.
struct TypeSet: OptionSet, Sendable {
  let rawValue: Int

  static let null = TypeSet(rawValue: 1)
  static let boolean = TypeSet(rawValue: 2)
  static let number = TypeSet(rawValue: 4)
  static let string = TypeSet(rawValue: 8)
  static let array = TypeSet(rawValue: 16)
  static let object = TypeSet(rawValue: 32)
  /// An array whose elements are all numbers; an empty one too.
  static let numbers = TypeSet(rawValue: 64)
  /// An array whose elements are all strings; an empty one too.
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

/// A call with its evaluated arguments, whose types have been checked; the accessors return an empty value for a
/// missing argument.
struct Call: Sendable {
  let function: Function
  /// The values; null for an expression argument.
  let values: [JSONValue]
  /// The arguments as nodes.
  let arguments: [Node]
  let span: Span

  subscript(position: Int) -> JSONValue {
    position < values.count ? values[position] : .null
  }

  func text(_ position: Int) -> String { self[position].string ?? "" }
  func array(_ position: Int) -> [JSONValue] { self[position].array ?? [] }
  func object(_ position: Int) -> JSONObject { self[position].object ?? JSONObject() }

  /// The expression after `&`.
  func expression(_ position: Int) -> Node? {
    guard position < arguments.count, case .reference(let inner) = arguments[position].kind else {
      return nil
    }
    return inner
  }

  /// The span of an argument; that of the call if the argument is missing.
  func span(_ position: Int) -> Span {
    position < arguments.count ? arguments[position].span : span
  }
}

extension Function {
  /// All functions in the order of their names, for help and the manual.
  static var all: [Function] { named.values.sorted { $0.name < $1.name } }

  /// All functions by name, for calls.
  static let named: [String: Function] = {
    let groups = [
      numberFunctions, textFunctions, searchFunctions, arrayFunctions, objectFunctions,
      orderFunctions, typeFunctions, dataFunctions, regexFunctions, timeFunctions,
    ]
    var named = [String: Function](minimumCapacity: groups.reduce(0) { $0 + $1.count })
    for group in groups { for function in group { named[function.name] = function } }
    return named
  }()
}

extension Function {
  /// Equivalents for functions of other languages.
  static let elsewhere: [String: String] = [
    "all": "length(a[?!(b)]) == `0`", "any": "length(a[?b]) > `0`",
    "capture": "regex_capture(pattern, text)",
    "coalesce": "not_null(a, b) or a || b", "concat": "join('', [a, b])", "count": "length(a)",
    "default": "a || b", "empty": "length(a) == `0`", "first": "a[0]", "flatten": "a[]",
    "from_entries": "from_items(a)", "fromjson": "parse_json(text)",
    "gsub": "regex_replace_all(pattern, text, with)",
    "has": "contains(keys(a), 'name')", "if": "condition ? a : b", "iif": "condition ? a : b",
    "index_of": "find_first(text, search)", "indexof": "find_first(text, search)",
    "int": "to_number(a)",
    "last": "a[-1]", "len": "length(a)", "match": "regex_match(pattern, text)", "now": "$now",
    "number": "to_number(a)",
    "required": "the path alone: a value that is missing is an error anyway",
    "select": "a[?condition]", "size": "length(a)", "str": "to_string(a)", "string": "to_string(a)",
    "sub": "replace(text, old, new) or regex_replace_all(pattern, text, with)",
    "substr": "text[0:3]",
    "substring": "text[0:3]", "test": "regex_match(pattern, text)", "to_entries": "items(a)",
  ]
}
