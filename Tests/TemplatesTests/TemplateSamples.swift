import Core
import JSON
import Platform
import TestSupport

@testable import Templates

// What the tests of templates share: files that lie in memory, and a template without a fault.

/// A template file, read in the folder `t`.
func read(_ document: JSONValue, files: [String: String] = [:]) -> TemplateReader {
  var reader = TemplateReader(name: "sample", folder: "t", context: testContext(files: files))
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
  /// The same with some members of `reissue` changed.
  func withParameters(_ changes: JSONValue) -> JSONObject {
    var object = self
    object["reissue"] = .object((self["reissue"]?.object ?? JSONObject()).with(changes))
    return object
  }
}
