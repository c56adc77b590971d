// Links libm, where the remainder and the rounding of doubles come from.
internal import Glibc
internal import JSON

/// A number of either kind.
enum Number: Sendable {
  case integer(Int)
  case real(Double)

  /// The number in a value, if it is one.
  init?(_ value: JSONValue) {
    switch value {
    case .integer(let value): self = .integer(value)
    case .real(let value): self = .real(value)
    default: return nil
    }
  }

  var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    }
  }

  /// The number as a value; `nil` for infinite reals and NaN.
  var value: JSONValue? {
    switch self {
    case .integer(let value): .integer(value)
    case .real(let value): value.isFinite ? .real(value) : nil
    }
  }

  /// The number as an integer, if it is whole and fits 64 bits: `3` and `3.0`.
  var whole: Int? {
    switch self {
    case .integer(let value): value
    case .real(let value): Int(exactly: value)
    }
  }
}

extension Number {
  /// The exact result of an operation on integers, or the nearest real; `nil` if there is none (JEP-16: division by
  /// zero, overflow).
  static func calculate(
    _ operation: Node.Arithmetic, _ left: Number, _ right: Number
  ) -> Number? {
    guard case .integer(let left) = left, case .integer(let right) = right else {
      return calculate(operation, left.double, right.double)
    }
    return calculate(operation, left, right)
  }

  private static func calculate(
    _ operation: Node.Arithmetic, _ left: Int, _ right: Int
  ) -> Number? {
    let (result, overflow) =
      switch operation {
      case .add: left.addingReportingOverflow(right)
      case .subtract: left.subtractingReportingOverflow(right)
      case .multiply: left.multipliedReportingOverflow(by: right)
      case .divide, .floorDivide: left.dividedReportingOverflow(by: right)
      // -1 divides everything; only Int.min % -1 would overflow.
      case .remainder: right == -1 ? (0, false) : left.remainderReportingOverflow(dividingBy: right)
      }
    if overflow { return nil }
    switch operation {
    case .add, .subtract, .multiply: return .integer(result)
    case .divide:
      return left % right == 0 ? .integer(result) : .real(Double(left) / Double(right))
    case .floorDivide: return .integer(isRoundedUp(left, right) ? result - 1 : result)
    case .remainder: return .integer(isRoundedUp(left, right) ? result + right : result)
    }
  }

  /// Whether truncating division gives the floor plus one: the signs differ, and there is a remainder.
  private static func isRoundedUp(_ left: Int, _ right: Int) -> Bool {
    right != -1 && left % right != 0 && (left < 0) != (right < 0)
  }

  private static func calculate(
    _ operation: Node.Arithmetic, _ left: Double, _ right: Double
  ) -> Number? {
    let result =
      switch operation {
      case .add: left + right
      case .subtract: left - right
      case .multiply: left * right
      case .divide: left / right
      case .floorDivide: floorQuotient(left, right)
      case .remainder: floorRemainder(left, right)
      }
    return result.isFinite ? .real(result) : nil
  }

  /// The quotient for ``floorRemainder``: 1.0 // 0.1 is 9.0, since 0.1 is stored as slightly more.
  private static func floorQuotient(_ left: Double, _ right: Double) -> Double {
    ((left - floorRemainder(left, right)) / right).rounded()
  }

  /// The remainder with the sign of the divisor, as for integers.
  private static func floorRemainder(_ left: Double, _ right: Double) -> Double {
    let remainder = left.truncatingRemainder(dividingBy: right)
    return remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder
  }

  /// Whether one is less than the other; exact for integers beyond 2^53 too.
  static func isOrdered(_ left: Number, _ right: Number) -> Bool {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): left < right
    case (.real(let left), .real(let right)): left < right
    case (.integer(let integer), .real(let real)): isBelow(integer, real)
    case (.real(let real), .integer(let integer)):
      !isBelow(integer, real) && Int(exactly: real) != integer
    }
  }

  private static func isBelow(_ integer: Int, _ real: Double) -> Bool {
    if let whole = Int(exactly: real.rounded(.up)) { return integer < whole }
    return real > 0
  }
}

extension Evaluation {
  /// `left + right` and the other operators.
  mutating func calculate(
    _ operation: Node.Arithmetic, _ left: Node, _ right: Node, _ current: JSONValue, at span: Span
  ) throws(ExpressionError) -> JSONValue {
    let first = try number(left, operation.rawValue, current)
    let second = try number(right, operation.rawValue, current)
    if let result = Number.calculate(operation, first, second)?.value { return result }
    throw noResult(operation, divisor: second, at: span)
  }

  private func noResult(
    _ operation: Node.Arithmetic, divisor: Number, at span: Span
  ) -> ExpressionError {
    if [.divide, .floorDivide, .remainder].contains(operation), divisor.double == 0 {
      return error(
        .notANumber, "division by zero", hint: "test the divisor first: b != `0` && a / b",
        at: span)
    }
    return error(
      .notANumber, "the result of `\(operation.rawValue)` is beyond the range of numbers",
      at: span)
  }

  /// `-part` and `+part`.
  mutating func sign(
    _ isNegative: Bool, _ part: Node, _ current: JSONValue
  ) throws(ExpressionError) -> JSONValue {
    let number = try number(part, isNegative ? "-" : "+", current)
    guard isNegative else { return number.value ?? .null }
    switch number {
    case .real(let value): return .real(-value)
    case .integer(let value):
      let (result, overflow) = Int(0).subtractingReportingOverflow(value)
      if !overflow { return .integer(result) }
      throw error(.notANumber, "the result of `-` is beyond the range of numbers", at: part.span)
    }
  }

  private mutating func number(
    _ part: Node, _ operation: String, _ current: JSONValue
  ) throws(ExpressionError) -> Number {
    let value = try value(of: part, at: current)
    if let number = Number(value) { return number }
    let hint =
      value.string != nil
      ? operation == "+"
        ? "texts are joined with join('', [a, b])" : "convert it with to_number"
      : missingHint(part, value, current)
    throw error(
      .invalidType, "`\(operation)` needs a number, found \(Self.phrase(value))", hint: hint,
      at: part.span)
  }
}
