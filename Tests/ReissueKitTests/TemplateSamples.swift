import JSON
import Platform

@testable import ReissueKit

// What the tests of templates share: files that lie in memory, and a template without a fault.

/// Files by path, and a clock that stands at 2026-11-24T22:00:00Z.
func world(files: [String: String] = [:]) -> Context {
  @Sendable func bytes(_ path: String) throws(FileError) -> [UInt8] {
    guard let text = files[path] else {
      // ENOENT
      throw FileError(operation: "read", path: path, number: 2)
    }
    return Array(text.utf8)
  }
  return Context(
    environment: [:], now: { moment(0) }, monotonicMilliseconds: { 0 }, randomBelow: { _ in 0 },
    files: FileAccess(
      contents: { path, _ throws(FileError) in
        FileContents(bytes: try bytes(path))
      },
      contentsBelow: { folder, name, _ throws(FileError) in
        FileContents(bytes: try bytes("\(folder)/\(name)"))
      },
      list: { folder throws(FileError) in
        files.keys.filter { $0.hasPrefix(folder + "/") }.map {
          String($0.dropFirst(folder.count + 1))
        }
        .sorted()
      },
      isFile: { files[$0] != nil }, isTaken: { files[$0] != nil },
      exists: { files[$0] != nil }, place: { _ throws(FileError) in try FilePlace(of: "/") }))
}

/// A template file, read in the folder `t`.
func read(_ document: JSONValue, files: [String: String] = [:]) -> TemplateReader {
  var reader = TemplateReader(name: "sample", folder: "t", context: world(files: files))
  reader.read(document)
  return reader
}

/// A template in which nothing is wrong and nothing is left open.
let soundTemplate = JSONObject(
  [
    ("version", 1),
    (
      "reissue",
      [
        "certificateNo": "${ no }", "certificateName": "${ name || 'shop' }",
        "commonName": "${ not_null(cn, 'shop.example.com') }", "dnsName": "${ sans || `[]` }",
        "validationMethod": "D", "csr": ["generate": "ec-p256"],
      ]
    ),
    ("store", "${ cn || 'shop' }"),
  ] as [(String, JSONValue)])

extension JSONObject {
  /// The same with some members changed; `null` takes one away.
  func with(_ changes: JSONValue) -> JSONObject {
    var object = self
    for (name, value) in changes.object ?? JSONObject() {
      // A bare nil would be read as the JSON value null.
      object[name] = value.isNull ? JSONValue?.none : value
    }
    return object
  }

  /// The same with some members of `reissue` changed.
  func withParameters(_ changes: JSONValue) -> JSONObject {
    var object = self
    object["reissue"] = .object((self["reissue"]?.object ?? JSONObject()).with(changes))
    return object
  }
}
