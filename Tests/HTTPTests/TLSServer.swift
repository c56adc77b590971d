import Foundation
import TestSupport

/// Why a test cannot run on this machine.
struct MissingProgram: Error, CustomStringConvertible {
  let description: String
}

/// nginx on loopback with TLS: one port for each certificate or setting.
final class TLSServer {
  /// The server blocks.
  enum Site: String, CaseIterable, Sendable {
    case http2
    case http1
    case tls11
    case tls12
    case tls13
    case expired
    case future
    case wrongName
    case selfSigned
    case otherIssuer

    fileprivate var settings: String {
      switch self {
      case .http1: "listen 127.0.0.1:PORT ssl;"
      case .tls11:
        "listen 127.0.0.1:PORT ssl; ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;"
      case .tls12: "listen 127.0.0.1:PORT ssl; ssl_protocols TLSv1.2;"
      case .tls13: "listen 127.0.0.1:PORT ssl; ssl_protocols TLSv1.3;"
      default: "listen 127.0.0.1:PORT ssl http2;"
      }
    }

    fileprivate var certificate: String {
      switch self {
      case .expired, .future, .wrongName, .selfSigned, .otherIssuer: rawValue
      default: "valid"
      }
    }
  }

  let folder: TemporaryDirectory
  private let ports: [Site: Int]
  private let process: RunningProcess

  /// The authority of the certificates, except `selfSigned` and `otherIssuer`.
  var caFile: String { folder.path("ca.pem") }

  /// Starts nginx and waits until it answers.
  init() throws {
    let folder = try TemporaryDirectory()
    let nginx = try Self.program("nginx", package: "nginx")
    try Self.makeCertificates(in: folder)
    ports = Self.freePorts()
    try folder.write(Self.configuration(ports), to: "nginx.conf")
    let process = try RunningProcess(
      nginx, ["-p", folder.path + "/", "-c", "nginx.conf", "-e", "errors.log"])
    _ = try waitFor("nginx") { () -> Bool? in
      guard process.isRunning else {
        let errors = try? folder.read("errors.log")
        throw MissingProgram(description: "nginx does not start: \(errors ?? process.stderr)")
      }
      return FileManager.default.fileExists(atPath: folder.path("nginx.pid")) ? true : nil
    }
    self.folder = folder
    self.process = process
  }

  /// The port of a server that has stopped, which is free for a moment.
  private static func freePorts() -> [Site: Int] {
    let placeholders = Site.allCases.map { ($0, ScriptedServer { _ in }) }
    return Dictionary(uniqueKeysWithValues: placeholders.map { ($0, $1.port) })
  }

  func url(_ site: Site, _ path: String = "/ok", host: String = "localhost") -> String {
    "https://\(host):\(ports[site] ?? 0)\(path)"
  }

  /// The requests below a path, as lines `CONNECTION METHOD PATH`.
  func log(_ path: String) throws -> [String] {
    try folder.read("access.log").split(separator: "\n").map(String.init)
      .filter { $0.hasSuffix(" \(path)") }
  }

  private static func configuration(_ ports: [Site: Int]) -> String {
    let servers = ports.map { site, port in
      """
        server { \(site.settings.replacing("PORT", with: String(port)))
          ssl_certificate \(site.certificate).pem; ssl_certificate_key \(site.certificate).key;
          location /drop { return 444; }
          location / { return 200 '{}'; } }
      """
    }
    return """
      daemon off; master_process off; pid nginx.pid; error_log errors.log;
      events { worker_connections 256; }
      http { log_format brief '$connection $request_method $uri'; access_log access.log brief;
        client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
        \(servers.joined(separator: "\n"))
      }
      """
  }
}

extension TLSServer {
  private static func makeCertificates(in folder: TemporaryDirectory) throws {
    let openssl = try program("openssl", package: "openssl")
    func run(_ line: String) throws {
      let done = try TestSupport.run(
        openssl, line.split(separator: " ").map(String.init), workingDirectory: folder.path)
      guard done.status == 0 else {
        throw MissingProgram(description: "openssl \(line): \(done.stderr)")
      }
    }
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    let configuration = """
      [ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nrand_serial=yes\nnew_certs_dir=.\ndefault_md=sha256
      policy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n
      """
    try folder.write(configuration, to: "ca.conf")
    try folder.write("", to: "index.txt")
    let names = "-subj /CN=test -addext subjectAltName=DNS:localhost"
    for authority in ["ca", "other"] {
      try run(
        "req -x509 \(key) -keyout \(authority).key -out \(authority).pem -subj /CN=\(authority)")
    }
    try run("req -x509 \(key) -keyout selfSigned.key -out selfSigned.pem \(names)")
    let leaves = [
      ("valid", "ca", "20200101000000Z", "20990101000000Z", "localhost"),
      ("expired", "ca", "20200101000000Z", "20210101000000Z", "localhost"),
      ("future", "ca", "20980101000000Z", "20990101000000Z", "localhost"),
      ("wrongName", "ca", "20200101000000Z", "20990101000000Z", "other.example"),
      ("otherIssuer", "other", "20200101000000Z", "20990101000000Z", "localhost"),
    ]
    for (name, authority, start, end, host) in leaves {
      try run(
        "req -new \(key) -keyout \(name).key -out \(name).csr -subj /CN=\(name) "
          + "-addext subjectAltName=DNS:\(host)")
      try run(
        "ca -batch -notext -config ca.conf -cert \(authority).pem -keyfile \(authority).key "
          + "-in \(name).csr -out \(name).pem -startdate \(start) -enddate \(end)")
    }
  }

  private static func program(_ name: String, package: String) throws -> String {
    for folder in ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"] {
      let path = "\(folder)/\(name)"
      if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    throw MissingProgram(description: "\(name) is missing: apt-get install \(package)")
  }
}
