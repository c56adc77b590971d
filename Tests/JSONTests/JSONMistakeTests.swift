import Testing

@testable import JSON

/// Messages about text that is not JSON: what was found, what it looks like, and where.
struct JSONMistakeTests {
  private func error(_ bytes: [UInt8]) -> JSONError? {
    do throws(JSONError) { _ = try JSONDecoder.decode(bytes) } catch { return error }
    return nil
  }

  @Test(
    "The message says what was found",
    arguments: [
      ("a: 1\nb: 2\n", "this is YAML"), ("---\na: 1\n", "this is YAML"),
      ("- a\n- b\n", "this is YAML"), ("items:\n- a\n", "this is YAML"),
      ("<!DOCTYPE html>\n<html></html>", "this is an HTML page"),
      (" <HTML><body>", "this is an HTML page"), ("<?xml version='1.0'?><a/>", "this is XML"),
      ("payload=%7B%7D&x=1", "this is a form or a list of variables"),
      ("HOST=shop\n", "this is a form or a list of variables"),
      (#"{"a":1,}"#, "a comma before }"), ("[1, 2,\n]", "a comma before ]"),
      ("{'a':1}", "a single quote; strings have double quotes"),
      (#"{"a": True}"#, "True is not JSON; its words are true, false and null"),
      ("[NaN]", "NaN is not JSON; its words are true, false and null"),
      (#"{a: 1}"#, "a name without double quotes"),
      (#"{"a": 1, b: 2}"#, "a name without double quotes"),
      (#"{"a": 1 "b": 2}"#, "a comma or colon is missing before a string"),
      ("{ // c\n}", "/ begins no value; JSON has no comments"),
      ("[1] # c", nil), ("hello", "an unexpected word; strings have double quotes"),
      ("[01]", "an unexpected number"), ("[1;2]", "found ;"),
      ("[\"a\nb\"]", "a control character within a string; write it as \\n or \\u0000"),
      (#"{"path":"C:\Users\x"}"#, "a backslash that begins no escape"),
      (#"["it\'s"]"#, "a backslash that begins no escape"),
      (#"["a\u12G4b"]"#, #"\u without four hexadecimal digits"#),
      (#"["ab\udcfcxy"]"#, #"half of a surrogate pair, \udcfc"#),
      (#"["\ud800\u0041"]"#, #"half of a surrogate pair, \ud800"#),
      (#"["\ud83d\ude00\\" "b"]"#, "a comma or colon is missing before a string"),
    ] as [(String, String?)])
  func found(text: String, what: String?) {
    let error = error(Array(text.utf8))
    guard let what else {
      #expect(error?.code == .trailingData)
      return
    }
    #expect(error?.code == .syntax)
    #expect(error?.detail == "not valid JSON: \(what)", "\(text)")
  }

  @Test("UTF-16 and compressed text are named, at the first character")
  func otherEncodings() {
    let utf16 = Array(#"{"a":1}"#.utf16)
    let little = utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let big = utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    for bytes in [[0xFF, 0xFE] + little, [0xFE, 0xFF] + big, little, big] {
      let error = error(bytes)
      #expect(error?.code == .invalidUTF8 && error?.detail == "this is UTF-16, not UTF-8")
      #expect(error?.line == 1 && error?.column == 1 && error?.byte == 1)
      #expect(error?.advice?.contains("iconv") == true)
    }
    let compressed = error([0x1F, 0x8B, 0x08, 0x00])
    #expect(compressed?.detail == "this is compressed (gzip), not UTF-8")
  }

  @Test(
    "A cut document ends where its text ends, not in the empty line behind it",
    arguments: [
      ("{\"a\":\n", 1, 5, 5), ("{\"a\": [1,\n", 1, 9, 9), ("{\n\"ä\":\r\n\n", 2, 4, 7),
    ])
  func cut(text: String, line: Int, column: Int, byte: Int) {
    let error = error(Array(text.utf8))
    #expect(error?.code == .truncated)
    #expect(
      error?.line == line && error?.column == column && error?.byte == byte,
      "\(String(describing: error))")
  }

  @Test("A byte that is not UTF-8 has the place of its character")
  func invalid() {
    let error = error(Array("{\n\"ä".utf8) + [0xE9, 0x22])
    #expect(error?.code == .invalidUTF8 && error?.line == 2)
    #expect(error?.column == 3 && error?.byte == 6, "\(String(describing: error))")
  }
}
