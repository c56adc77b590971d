import Foundation
import JSON
import TestSupport
import Testing

extension Workbench {
  /// A command line with this workbench's configuration.
  func options(_ arguments: [String]) -> [String] {
    arguments + ["--config", folder.path("config.json")]
  }

  /// The same with a ledger in the workbench's folder.
  func rememberingOptions(_ arguments: [String]) -> [String] {
    options(arguments) + ["--ledger", "sqlite:\(folder.path("ledger.sqlite3"))"]
  }

  /// Runs a command with a ledger in the workbench's folder.
  func remembering(_ arguments: [String], on event: JSONValue? = nil) throws -> Reply {
    try command(rememberingOptions(arguments), stdin: event.map { JSONEncoder.encode($0) } ?? [])
  }

  /// The serial number of the certificate that a TLS server presents for `shop`, verified with `root.pem`; the
  /// sandbox's serial numbers are its certificate numbers.
  func serialServed(at port: Int) throws -> Int? {
    let shown = try TestSupport.run(
      "/usr/bin/openssl",
      [
        "s_client", "-connect", "127.0.0.1:\(port)", "-servername", "shop.example.com",
        "-CAfile", folder.path("root.pem"), "-verify_return_error", "-verify_hostname",
        "shop.example.com",
      ])
    let serial = try TestSupport.run(
      "/usr/bin/openssl", ["x509", "-noout", "-serial"], stdin: shown.stdout)
    return serial.stdout.split(separator: "=").last.flatMap {
      Int($0.trimmingCharacters(in: .whitespacesAndNewlines), radix: 16)
    }
  }

  /// Expects, with OpenSSL, that a folder has the files that certbot's users know: key and certificate match, the
  /// chain leads to the sandbox's root, and the certificate is for the names.
  func expectPair(
    in name: String, for sample: CertificateSample,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try expectPair(
      in: name, key: "privkey.pem", chain: "fullchain.pem", for: sample,
      sourceLocation: sourceLocation)
    let (leaf, intermediates) = (
      try folder.read("\(name)/cert.pem"), try folder.read("\(name)/chain.pem")
    )
    #expect(
      leaf + intermediates == (try folder.read("\(name)/fullchain.pem")),
      sourceLocation: sourceLocation)
    #expect(certificates(in: leaf) == 1, sourceLocation: sourceLocation)
    let modes = try folder.names(in: name).map { file in
      try FileManager.default.attributesOfItem(atPath: folder.path("\(name)/\(file)"))[
        .posixPermissions] as? Int
    }
    #expect(
      try folder.names(in: name) == [
        "cert.pem", "chain.pem", "csr.pem", "fullchain.pem", "privkey.pem",
      ], sourceLocation: sourceLocation)
    #expect(modes == [0o644, 0o644, 0o600, 0o644, 0o600], sourceLocation: sourceLocation)
  }

  private func certificates(in text: String) -> Int {
    text.components(separatedBy: "BEGIN CERTIFICATE").count - 1
  }

  /// The same of one file for the key and one for the chain, which begins with the leaf.
  func expectPair(
    in name: String, key: String, chain chainFile: String, for sample: CertificateSample,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let chain = folder.path("\(name)/\(chainFile)")
    let root = try TestSupport.run("/usr/bin/curl", ["-sS", "\(sandbox.endpoint)/sandbox/ca"])
    try folder.write(root.stdout, to: "root.pem")
    let verified = try TestSupport.run(
      "/usr/bin/openssl",
      [
        "verify", "-CAfile", folder.path("root.pem"), "-untrusted", chain, "-purpose", "sslserver",
        "-verify_hostname", sample.commonName, chain,
      ])
    #expect(
      verified.status == 0, "\(verified.stdout)\(verified.stderr)", sourceLocation: sourceLocation)
    let inChain = try TestSupport.run(
      "/usr/bin/openssl", ["x509", "-in", chain, "-noout", "-pubkey"])
    let inKey = try TestSupport.run(
      "/usr/bin/openssl", ["pkey", "-in", folder.path("\(name)/\(key)"), "-pubout"])
    #expect(!inKey.stdout.isEmpty && inKey.stdout == inChain.stdout, sourceLocation: sourceLocation)
    let text = try folder.read("\(name)/\(chainFile)")
    #expect(!text.utf8.contains(UInt8(ascii: "\r")), sourceLocation: sourceLocation)
    #expect(certificates(in: text) == 2, "leaf and sub CA", sourceLocation: sourceLocation)
  }
}
