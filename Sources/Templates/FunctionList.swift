// The functions of the language, for people who write templates.

package import Core
internal import JMESPath
package import JSON

/// Functions with what their authors need to know; made from the table that calls are made from.
package struct FunctionList: Sendable {
  private let functions: [FunctionDescription]

  /// All functions, or the one of that name.
  ///
  /// - Throws: ``ReissueError`` with code `usage.function`, exit 64, if there is none.
  package init(named name: String? = nil) throws(ReissueError) {
    let all = Expression.functions
    guard let name else {
      functions = all
      return
    }
    functions = all.filter { $0.name == name }
    guard functions.isEmpty else { return }
    throw ReissueError(
      "usage.function", "there is no function \(Text.quoted(name))",
      hint: nearestNames(to: name, among: all.map(\.name)).first.map { "did you mean \($0)?" }
        ?? "eval --functions lists them", exit: .usage)
  }

  /// For a terminal: signature, what it gives, when it fails, examples.
  package var text: String { functions.map(Self.text).joined(separator: "\n") }

  private static func text(of function: FunctionDescription) -> String {
    var lines = [function.signature + (function.isExtension ? "  (extension)" : "")]
    lines.append("    \(function.summary)")
    lines += function.errors.map { "    error: \($0)" }
    lines += function.examples.map { "    \($0.expression)  gives  \($0.result)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same as a document.
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
