import Crypto
import JSON
import TestSupport

/// The machine of a user for one test: a home folder, a configuration with templates and signing requests, a sandbox in
/// place of the service, and the built program.
final class Workbench {
  let folder: TemporaryDirectory
  let sandbox: Sandbox
  /// The signing requests as PEM text, by common name.
  let signingRequests: [String: String]
  /// The whole environment of every run.
  var environment: [String: String]

  /// Sets everything up.
  ///
  /// - Parameters:
  ///   - sandboxArguments: More options for the sandbox.
  ///   - configuration: Members of config.json besides the endpoint; `null` leaves one out.
  ///   - template: The one template of the folder; ``plainTemplate`` unless given.
  init(
    _ sandboxArguments: [String] = [], secretKey: String = Sandbox.secretKey,
    configuration: JSONObject = JSONObject(), template: JSONValue = Workbench.plainTemplate
  ) throws {
    folder = try TemporaryDirectory()
    sandbox = try Sandbox(secretKey: secretKey, sandboxArguments)
    environment = [
      "HOME": folder.path("home"), "PATH": "/usr/bin:/bin",
      "NCLOUD_ACCESS_KEY": sandbox.accessKey, "NCLOUD_SECRET_KEY": sandbox.secretKey,
    ]
    var signingRequests: [String: String] = [:]
    for certificate in CertificateSample.all {
      let request = try PrivateKey.generate(.p256).makeRequest(
        commonName: certificate.commonName, dnsNames: certificate.alternativeNames)
      signingRequests[certificate.commonName] = request.encoded.pem
      try folder.write(request.encoded.pem, to: "csr/\(certificate.fileName)")
    }
    self.signingRequests = signingRequests
    try configure(configuration)
    try write(template: template, named: "plain")
  }

  /// Rewrites config.json.
  func configure(_ members: JSONObject = JSONObject()) throws {
    var configuration = JSONObject([
      ("endpoint", .string(sandbox.endpoint)), ("storeDirectory", "certificates"),
    ])
    for member in members {
      // A bare nil would be read as the JSON value null.
      configuration[member.name] = member.value.isNull ? JSONValue?.none : member.value
    }
    try folder.write(JSONEncoder.text(.object(configuration)), to: "config.json")
  }

  /// Puts a template into the folder.
  func write(template: JSONValue, named name: String) throws {
    try folder.write(JSONEncoder.text(template), to: "templates/\(name).template.json")
  }

  /// The path of the program under test.
  static var program: String { get throws { try Program.path("ncloud-reissue") } }

  /// Runs the program with exactly these arguments.
  func command(
    _ arguments: [String], stdin: [UInt8] = [], environment changes: [String: String?] = [:]
  ) throws -> Reply {
    let start = try self.start(arguments, stdin: stdin, environment: changes)
    return Reply(try start.wait())
  }

  /// Starts the program with exactly these arguments.
  func start(
    _ arguments: [String], stdin: [UInt8] = [], environment changes: [String: String?] = [:]
  ) throws -> RunningProcess {
    var environment = environment
    for (name, value) in changes { environment[name] = value }
    return try RunningProcess(
      Self.program, arguments, environment: environment, stdin: stdin,
      workingDirectory: folder.path)
  }

  /// The options for `run` on this workbench, without ledger and without queries after the request: most tests are
  /// about the call itself.
  var runOptions: [String] {
    ["run", "--config", folder.path("config.json"), "--ledger", "none", "--follow", "none"]
  }

  /// `run` on an event.
  func run(
    _ options: [String] = [], on event: JSONValue, environment changes: [String: String?] = [:]
  ) throws -> Reply {
    try run(options, stdin: JSONEncoder.encode(event), environment: changes)
  }

  /// `run` on any bytes.
  func run(
    _ options: [String] = [], stdin: [UInt8], environment changes: [String: String?] = [:]
  ) throws -> Reply {
    try command(runOptions + options, stdin: stdin, environment: changes)
  }

  /// A shell command in which `"$@"` is the program with `run`, its options and these.
  func shell(
    _ script: String, _ options: [String] = [], stdin: [UInt8] = [],
    environment changes: [String: String] = [:]
  ) throws -> Reply {
    let arguments = ["-c", script, "sh", try Self.program] + runOptions + options
    return Reply(
      try TestSupport.run(
        "/bin/sh", arguments, environment: environment.merging(changes) { $1 }, stdin: stdin,
        workingDirectory: folder.path))
  }

  /// The requests that reached the service.
  func posts() throws -> [JSONValue] { try sandbox.journal("POST") }
}

extension Workbench {
  /// A template for `{"items": [{"no", "name", "cn", "sans"}, …]}` that copies every member.
  ///
  /// It has no preflight, so that the sandbox gets only the call itself.
  static let plainTemplate: JSONValue = [
    "version": 1, "items": "items", "reissue": plainParameters, "policy": ["preflight": "off"],
  ]

  static let plainParameters: JSONValue = [
    "certificateNo": "${no}", "certificateName": "${name}", "commonName": "${cn}",
    "dnsName": "${sans || `[]`}", "validationMethod": "D", "csr": ["file": "${cn}.csr"],
  ]

  /// An event for ``plainTemplate``.
  static func event(_ certificates: CertificateSample...) -> JSONValue {
    ["items": .array(certificates.map(\.item))]
  }
}

/// A certificate of the sandbox's default seed.
struct CertificateSample: Sendable {
  let number: Int
  let name: String
  let commonName: String
  let alternativeNames: [String]

  static let shop = CertificateSample(
    number: 55882, name: "shop", commonName: "shop.example.com",
    alternativeNames: ["www.shop.example.com"])
  static let api = CertificateSample(
    number: 55883, name: "api", commonName: "api.example.com", alternativeNames: [])
  static let wildcard = CertificateSample(
    number: 55884, name: "wildcard", commonName: "*.example.com",
    alternativeNames: ["example.com"])
  static let all = [shop, api, wildcard]

  /// The file name of its signing request, with `_` instead of `*`.
  var fileName: String {
    (commonName.hasPrefix("*") ? "_" + commonName.dropFirst() : commonName) + ".csr"
  }

  /// The path of its reissue call.
  var target: String { "/api/v2/certificate/\(number)/reissue" }

  /// The item of an event.
  var item: JSONValue {
    [
      "no": .integer(number), "name": .string(name), "cn": .string(commonName),
      "sans": .array(alternativeNames.map(JSONValue.string)),
    ]
  }
}
