import JMESPath
import JSON
import Testing

@Suite("Functions do what their table says")
struct FunctionTests {
  @Test("Every example in the table of functions is true", arguments: Expression.functions)
  func examples(_ function: FunctionDescription) throws {
    #expect(!function.examples.isEmpty)
    for example in function.examples {
      let expected = JSONEncoder.text(try JSONDecoder.decode(example.result))
      #expect(try result(example.expression) == expected, "\(example.expression)")
      #expect(example.expression.contains(function.name))
    }
  }

  @Test("The table has every function of the community edition and the extensions, by name")
  func table() {
    let functions = Expression.functions
    #expect(functions.map(\.name) == functions.map(\.name).sorted())
    #expect(functions.count { !$0.isExtension } == 41)
    #expect(
      functions.filter(\.isExtension).map(\.name) == [
        "base64_decode", "days_until", "lookup", "parse_json", "parse_time", "regex_capture",
        "regex_match", "regex_replace_all", "url_host",
      ])
  }

  @Test(
    "Signatures have the form of a manual",
    arguments: [
      ("abs", "abs(number $value) -> number"),
      ("split", "split(string $text, string $separator, [number $count]) -> array[string]"),
      ("not_null", "not_null(any $values…) -> any"),
      ("sort_by", "sort_by(array $elements, expression $expression) -> array"),
      ("max", "max(array[number]|array[string] $values) -> number|string|null"),
    ])
  func signatures(_ name: String, _ signature: String) {
    #expect(Expression.functions.first { $0.name == name }?.signature == signature)
  }

  @Test(
    "The functions of numbers give the expected results",
    arguments: [
      ("abs(`-9223372036854775807`)", "9223372036854775807"), ("abs(`-1.5`)", "1.5"),
      ("ceil(`-1.5`)", "-1"), ("ceil(`3`)", "3"), ("ceil(`1e300`)", "1e+300"),
      ("floor(`1e300`)", "1e+300"), ("avg(`[1, 2, 3]`)", "2"), ("avg(`[0.5, 1]`)", "0.75"),
      ("sum(`[9007199254740993, 1]`)", "9007199254740994"), ("sum(`[0.5, 1]`)", "1.5"),
      ("to_number('')", "null"), ("to_number('1e3')", "1000.0"), ("to_number('-0')", "0"),
      ("to_number(' 1')", "null"), ("to_number('01')", "null"), ("to_number('+1')", "null"),
      ("to_number('NaN')", "null"), ("to_number('1e999')", "null"),
      ("to_number('9223372036854775807')", "9223372036854775807"),
      ("to_number('9223372036854775808')", "null"), ("to_number(`[1]`)", "null"),
      ("to_number('\"1\"')", "null"), ("to_number(`1.5`)", "1.5"),
    ])
  func numbers(_ expression: String, _ expected: String) throws {
    #expect(try result(expression) == expected)
  }

  @Test(
    "The functions of texts count code points",
    arguments: [
      ("length('\u{1F600}é')", "2"), ("length('e\u{301}')", "2"), ("length('')", "0"),
      ("reverse('a\u{1F600}')", "\"\u{1F600}a\""), ("find_first('\u{1F600}a', 'a')", "1"),
      ("find_last('éaéa', 'a', `0`, `3`)", "1"), ("find_first('abab', 'b', `2`)", "3"),
      ("find_first('abc', 'c', `-9223372036854775808`)", "2"),
      ("find_first('', '')", "null"), ("find_last('aaa', 'aa')", "1"),
      ("pad_left('é', `3`, '\u{1F600}')", "\"\u{1F600}\u{1F600}é\""),
      ("split('a\u{1F600}b', '')", "[\"a\",\"\u{1F600}\",\"b\"]"), ("split('', ',')", "[\"\"]"),
      ("split('ab', '', `0`)", "[\"ab\"]"), ("split('ab', '', `9`)", "[\"a\",\"b\",\"\"]"),
      ("replace('aaa', 'aa', 'b')", "\"ba\""), ("replace('ab', '', '-')", "\"-a-b-\""),
      ("replace('ab', '', '-', `2`)", "\"-a-b\""), ("replace('a', 'b', 'c')", "\"a\""),
      ("upper('straße')", "\"STRASSE\""), ("lower('ÀÉ')", "\"àé\""),
      ("trim('\u{85}\u{3000}a\u{2028}')", "\"a\""), ("trim('xax', '')", "\"xax\""),
      ("starts_with('é', 'e')", "false"), ("ends_with('aé', 'é')", "true"),
      ("starts_with('a', '')", "true"), ("contains('abc', `1`)", "false"),
      ("contains('', '')", "true"), ("contains('aab', 'ab')", "true"),
      ("join('-', `[]`)", "\"\""), ("join('', ['a', 'b'])", "\"ab\""),
      ("'abcdef'[1:-1]", "\"bcde\""), ("'ab\u{1F600}'[::-1]", "\"\u{1F600}ba\""),
    ])
  func texts(_ expression: String, _ expected: String) throws {
    let expected = JSONEncoder.text(try JSONDecoder.decode(expected))
    #expect(try result(expression) == expected)
  }

  @Test(
    "The functions of arrays and objects give the expected results",
    arguments: [
      ("sort(['b', 'ä', 'a', 'Z'])", #"["Z","a","b","ä"]"#),
      ("sort(['\u{1F600}', '\u{FFFD}'])", "[\"\u{FFFD}\",\"\u{1F600}\"]"),
      ("sort(`[3, 1.5, 2]`)", "[1.5,2,3]"),
      ("sort(`[9007199254740993, 9007199254740992.0]`)", "[9007199254740992.0,9007199254740993]"),
      ("sort(`[]`)", "[]"), ("max(['a', 'b'])", #""b""#), ("min(`[]`)", "null"),
      ("sort_by(`[{\"k\": 1, \"n\": 1}, {\"k\": 0}, {\"k\": 1, \"n\": 2}]`, &k)[*].n", "[1,2]"),
      ("max_by(`[{\"k\": 1, \"n\": 1}, {\"k\": 1, \"n\": 2}]`, &k).n", "1"),
      ("min_by(`[]`, &k)", "null"), ("sort_by(`[]`, &k)", "[]"),
      ("zip(`[1, 2]`)", "[[1],[2]]"), ("zip(`[]`, `[1]`)", "[]"),
      ("group_by(`[]`, &k)", "null"),
      (
        "group_by(`[{\"k\": \"b\"}, {}, {\"k\": \"a\"}]`, &k)",
        #"{"b":[{"k":"b"}],"a":[{"k":"a"}]}"#
      ),
      ("keys(`{\"b\": 1, \"a\": 2}`)", #"["b","a"]"#), ("to_array(`null`)", "[null]"),
      ("items(`{\"b\": 1, \"a\": null}`)", #"[["b",1],["a",null]]"#),
      ("from_items(`[[\"a\", 1], [\"b\", 2], [\"a\", 3]]`)", #"{"a":3,"b":2}"#),
      ("merge(`{}`)", "{}"), ("reverse(`[]`)", "[]"), ("map(&@, `[null, 1]`)", "[null,1]"),
      ("not_null(`null`)", "null"), ("not_null(`false`, `1`)", "false"),
      ("contains(`[[1.0]]`, `[1]`)", "true"), ("contains(`[\"é\"]`, 'e\u{301}')", "false"),
      ("to_string(`{\"a\": [1, 0.1, null, \"é\"]}`)", #""{\"a\":[1,0.1,null,\"é\"]}""#),
      ("type(`1.5`)", #""number""#), ("type(@)", #""null""#),
    ])
  func collections(_ expression: String, _ expected: String) throws {
    #expect(try result(expression) == expected)
  }
}
