import Core
import JSON
import Platform
import TestSupport

@testable import Templates

// Shared by the tests of templates: files in memory, and a correct template.

/// Reads a template file in the folder `t`.
func read(_ document: JSONValue, files: [String: String] = [:]) -> TemplateReader {
  var reader = TemplateReader(name: "sample", folder: "t", context: testContext(files: files))
  reader.read(document)
  return reader
}

/// A correct template without warnings.
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
  /// The template with changed members of `reissue`.
  func withParameters(_ changes: JSONValue) -> JSONObject {
    var object = self
    object["reissue"] = .object((self["reissue"]?.object ?? JSONObject()).with(changes))
    return object
  }
}
