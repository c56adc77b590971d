// Every function by name: the one table that calls, help and the manual are made from.

internal import JSON

extension Function {
  /// All functions, in the order of their names.
  static let all: [Function] =
    (numberFunctions + textFunctions + searchFunctions + arrayFunctions + objectFunctions
    + orderFunctions + typeFunctions + dataFunctions + regexFunctions + timeFunctions)
    .sorted { $0.description.name < $1.description.name }

  /// The same, by name.
  static let named: [String: Function] = Dictionary(
    all.map { ($0.description.name, $0) }, uniquingKeysWith: { first, _ in first })
}
