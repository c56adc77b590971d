// Evaluates one pair after another: a line with {"expression": …, "document": …} in, a line with
// {"result": …} or {"error": code, …} out. The other side of Tests/Differential/differential.py.

import JMESPath
import JSON

while let line = readLine() {
  print(JSONEncoder.text(answer(to: line)))
}

private func answer(to line: String) -> JSONValue {
  guard let pair = try? JSONDecoder.decode(line), let text = pair["expression"]?.string else {
    return ["error": "unreadable"]
  }
  let document = pair["document"] ?? .null
  do throws(ExpressionError) {
    var budget = Budget()
    let result = try Expression(text).evaluate(
      document, in: Scope(root: document), spending: &budget)
    return ["result": result]
  } catch {
    return [
      "error": .string(error.code.rawValue), "message": .string(error.description),
      "static": .boolean(error.isStatic),
    ]
  }
}
