// libFuzzer's target for the mapping language: any bytes as expression and event end in a value or
// an error, soon, and what holds for every expression holds for this one.

import JMESPath
import JSON

/// Called by libFuzzer with one input: an expression, a NUL, and a JSON document.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  // The bytes are libFuzzer's, and valid during the call.
  let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
  let text = String(decoding: parts.first ?? [], as: UTF8.self)
  let document = (try? JSONDecoder.decode(Array(parts.dropFirst().first ?? []))) ?? sample
  embedded(text)
  do throws(ExpressionError) {
    evaluate(try Expression(text), document)
  } catch {
    check(error, isStatic: true)
  }
  return 0
}

private let sample: JSONValue = [
  "a": ["b": 1, "c": [1, 2.5, "x"]], "t": "https://shop.example.com:443", "n": nil,
  "l": [["k": "b"], ["k": "a"], ["k": 3]],
]

private func evaluate(_ expression: Expression, _ document: JSONValue) {
  // A tenth of what is usual, so that a run sees many inputs.
  let scope = Scope(
    root: document, variables: [("now", 1_795_564_800), ("v", document)], now: 1_795_564_800,
    limits: Limits(steps: 200_000, resultBytes: 1_000_000))
  _ = expression.freeVariables
  _ = JSONEncoder.encode(expression.tree)
  func result() throws -> JSONValue {
    var budget = Budget()
    return try expression.evaluate(document, in: scope, spending: &budget)
  }
  let first = Result { try result() }
  let second = Result { try result() }
  switch (first, second) {
  case (.success(let value), .success(let again)):
    precondition(value == again, "an evaluation depends on more than its input")
    let text = JSONEncoder.encode(value)
    let isReadable = (try? JSONDecoder.decode(text)) == value
    precondition(isReadable || holdsSpecialText(value), "a result cannot be read back")
    if value.isNull {
      var budget = Budget()
      _ = expression.firstMissingStep(document, in: scope, spending: &budget)?.text
    }
  case (.failure(let error), .failure): check(error, isStatic: nil)
  default: preconditionFailure("an evaluation depends on more than its input")
  }
  // What was read can be read again from its own text.
  precondition((try? Expression(expression.source)) != nil, "the source of an expression is none")
}

/// jansson refuses U+0000 in a name; a name can get one from a literal through `from_items`.
private func holdsSpecialText(_ value: JSONValue) -> Bool {
  JSONEncoder.text(value).contains("\\u0000")
}

private func embedded(_ text: String) {
  let whole = "${" + text + "}"
  do throws(ExpressionError) {
    let (expression, end) = try Expression.parseEmbedded(whole, fromUTF8Offset: 2)
    precondition(Array(whole.utf8)[end] == UInt8(ascii: "}"), "an expression ends elsewhere")
    precondition((try? Expression(expression.source)) != nil, "an embedded expression is none")
  } catch {
    check(error, isStatic: true)
  }
}

private func check(_ error: any Error, isStatic: Bool?) {
  guard let error = error as? ExpressionError else { preconditionFailure("another error") }
  precondition(error.column >= 1 && error.length >= 1, "a place that is none")
  precondition(isStatic == nil || error.isStatic == isStatic, "a mistake in the text is static")
  let shown = error.diagnostic()
  precondition(
    shown.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control },
    "a control character reaches the terminal")
}
