/// The smallest piece of an expression that has a meaning.
struct Token: Sendable {
  enum Kind: Sendable, Equatable {
    case identifier(String)
    case quotedIdentifier(String)
    case variable(String)
    case number(Int)
    case literal(JSONLiteral)
    case symbol(Symbol)
    /// Not a token; said only when the parser comes to it, since what follows an embedded expression
    /// is none of its business.
    case invalid(LexicalMistake)
    case end
  }

  let kind: Kind
  let span: Span
}

/// The tokens without a value of their own, by how they are written.
enum Symbol: String, Sendable {
  case dot = "."
  case star = "*"
  case leftBracket = "["
  case rightBracket = "]"
  case flatten = "[]"
  case filter = "[?"
  case leftBrace = "{"
  case rightBrace = "}"
  case leftParenthesis = "("
  case rightParenthesis = ")"
  case comma = ","
  case colon = ":"
  case question = "?"
  case current = "@"
  case root = "$"
  case ampersand = "&"
  case pipe = "|"
  case or = "||"
  case and = "&&"
  case not = "!"
  case assign = "="
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case plus = "+"
  case minus = "-"
  case times = "\u{D7}"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
}

/// What the lexer could not read.
struct LexicalMistake: Sendable, Equatable {
  let message: String
  let hint: String
  var code = ExpressionError.Code.syntax
}

extension Token.Kind {
  /// How tightly a token binds to the expression on its left; 0 ends that expression.
  ///
  /// The order is that of the JMESPath grammar, with the ternary of JEP-21 between `|` and `||` and
  /// the arithmetic of JEP-16 above the comparators.
  var bindingPower: Int {
    guard case .symbol(let symbol) = self else { return 0 }
    return symbol.bindingPower
  }

  /// How the token is called in a message.
  var name: String {
    switch self {
    case .identifier(let name): "`\(name)`"
    case .quotedIdentifier: "a quoted name"
    case .variable(let name): "`$\(name)`"
    case .number(let value): "the number \(value)"
    case .literal: "a literal"
    case .symbol(let symbol): "`\(symbol.rawValue)`"
    case .invalid: "an unknown character"
    case .end: "the end"
    }
  }
}

extension Symbol {
  fileprivate var bindingPower: Int {
    switch self {
    case .pipe: BindingPower.pipe
    case .question: BindingPower.ternary
    case .or: BindingPower.or
    case .and: BindingPower.and
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: BindingPower.comparison
    case .plus, .minus: BindingPower.sum
    case .star, .times, .divide, .floorDivide, .remainder: BindingPower.product
    case .flatten: BindingPower.flatten
    case .filter: BindingPower.filter
    case .dot: BindingPower.dot
    case .leftBracket: BindingPower.bracket
    default: 0
    }
  }
}

/// The binding powers by name, weakest first.
enum BindingPower {
  static let pipe = 1
  static let ternary = 2
  static let or = 3
  static let and = 4
  static let comparison = 5
  static let sum = 6
  static let product = 7
  /// `!` reaches over paths and brackets, but not over arithmetic and comparisons.
  static let not = 8
  static let flatten = 9
  static let star = 20
  static let filter = 21
  static let dot = 40
  static let bracket = 55
}
