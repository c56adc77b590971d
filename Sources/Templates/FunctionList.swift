package import Core
internal import JMESPath
package import JSON

/// The functions of the expression language, for authors of templates.
package struct FunctionList: Sendable {
  private let functions: [FunctionDescription]

  /// All functions, or the one with this name.
  ///
  /// - Throws: ``ReissueError`` with code `usage.function`, exit 64, if it does not exist.
  package init(named name: String? = nil) throws(ReissueError) {
    let all = Expression.functions
    functions = all.filter { name == nil || $0.name == name }
    guard let name, functions.isEmpty else { return }
    throw ReissueError(
      "usage.function", "there is no function \(Text.quoted(name))",
      hint: didYouMean(name, among: all.map(\.name)) ?? "eval --functions lists them", exit: .usage)
  }

  /// For people: signature, result, errors and examples of each function.
  package var text: String { functions.map(Self.text).joined(separator: "\n") }

  private static func text(of function: FunctionDescription) -> String {
    var lines = [function.signature + (function.isExtension ? "  (extension)" : "")]
    lines.append("    \(function.summary)")
    lines += function.errors.map { "    error: \($0)" }
    lines += function.examples.map { "    \($0.expression)  gives  \($0.result)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// For programs.
  package var json: JSONValue {
    ["version": 1, "functions": .array(functions.map(Self.json))]
  }

  private static func json(of function: FunctionDescription) -> JSONValue {
    [
      "name": .string(function.name), "signature": .string(function.signature),
      "summary": .string(function.summary), "extension": .boolean(function.isExtension),
      "errors": .array(function.errors.map(JSONValue.string)),
      "examples": .array(
        function.examples.map {
          ["expression": .string($0.expression), "result": .string($0.result)]
        }),
    ]
  }
}
