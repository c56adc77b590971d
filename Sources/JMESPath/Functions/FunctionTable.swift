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

extension Function {
  /// What functions of other languages are called here, for people who know those.
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
