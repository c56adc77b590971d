import JSON
import TestSupport
import Testing

/// The machine of an author of templates: a folder with files, no service, and the built program with an empty
/// environment.
struct AuthorBench {
  let folder: TemporaryDirectory

  init(_ files: [String: String] = [:]) throws {
    folder = try TemporaryDirectory()
    for (name, text) in files { try folder.write(text, to: name) }
  }

  /// Runs the program in the folder.
  func run(
    _ arguments: [String], stdin: String = "", environment: [String: String] = [:]
  ) throws -> Reply {
    let own = ["HOME": folder.path("home"), "PATH": "/usr/bin:/bin"]
    return Reply(
      try TestSupport.run(
        Program.path("ncloud-reissue"), arguments,
        environment: own.merging(environment) { _, given in given }, stdin: stdin,
        workingDirectory: folder.path))
  }
}

extension AuthorBench {
  /// An event with two alerts, one of which lacks its label.
  static let event = """
    {"version": "4", "alerts": [
      {"status": "firing", "labels": {"instance": "https://shop.example.com/", "no": "55882"}},
      {"status": "firing", "labels": {"instance": "api.example.com:443"}}]}
    """

  static let inventory = """
    {"shop.example.com": {"no": "55882", "cn": "shop.example.com"},
     "api.example.com": {"no": "55883", "cn": "api.example.com"}}
    """

  /// A template without mistakes, with a test for each branch.
  static let sound = #"""
    {
      "version": 1,
      "when": "version == '4'",
      "items": "alerts[?status == 'firing']",
      "data": {"inventory": "inventory.json"},
      "let": {"host": "url_host(labels.instance)", "cert": "lookup($data.inventory, $host)"},
      "reissue": {
        "certificateNo": "${ labels.no || $cert.no }",
        "certificateName": "cert-${ $cert.no }",
        "commonName": "${ $cert.cn }",
        "validationMethod": "D",
        "csr": {"file": "${ $cert.cn }.csr"}
      },
      "tests": [
        {"name": "two alerts", "event": "event.json", "items": [
          {"certificateNo": "55882", "commonName": "shop.example.com"},
          {"certificateNo": "55883", "certificateName": "cert-55883", "dnsName": []}]},
        {"name": "another version", "event": {"version": "5"}, "items": []}
      ]
    }
    """#

  /// The folder of the template, the event and the inventory.
  static let files = [
    "templates/sound/template.json": sound, "templates/sound/event.json": event,
    "templates/sound/inventory.json": inventory,
  ]
}
