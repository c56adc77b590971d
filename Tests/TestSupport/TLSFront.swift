import Foundation
import JSON

/// nginx of Debian in front of a sandbox, with TLS, HTTP/2, and valid or invalid certificates.
///
/// If the sandbox drops a connection, nginx replies with 502 and its own HTML; such faults are tested without it.
package final class TLSFront {
  /// For example `https://localhost:40123`.
  package let endpoint: String
  /// The root certificate that a client has to trust, PEM.
  package let rootFile: String
  private let nginx: RunningProcess
  private let directory: TemporaryDirectory

  /// The program; package nginx-light or nginx.
  package static let program = "/usr/sbin/nginx"
  private static let attempts = 20

  /// Starts one.
  ///
  /// - Parameters:
  ///   - names: The names in its certificate; the endpoint has `localhost`.
  ///   - daysLeft: The remaining validity of the certificate; negative for an expired one.
  ///   - protocols: The value of `ssl_protocols`.
  package init(
    _ sandbox: Sandbox, names: [String] = ["localhost"], daysLeft: Int = 30,
    protocols: String = "TLSv1.2 TLSv1.3", isHTTP2: Bool = true
  ) throws {
    let directory = try TemporaryDirectory()
    let made = try sandbox.control(
      "POST", "server-certificate",
      ["names": .array(names.map(JSONValue.string)), "daysLeft": .integer(daysLeft)])
    try directory.write(made["chain"]?.string ?? "", to: "server.pem")
    try directory.write(made["privateKey"]?.string ?? "", to: "server.key")
    rootFile = try directory.write(
      try run("/usr/bin/curl", ["-sS", "\(sandbox.endpoint)/sandbox/ca"]).stdout, to: "root.pem")
    for name in ["body", "proxy", "fastcgi", "uwsgi", "scgi"] {
      try FileManager.default.createDirectory(
        atPath: directory.path(name), withIntermediateDirectories: true)
    }
    (nginx, endpoint) = try Self.start(in: directory) { port in
      """
      daemon off; master_process off; pid nginx.pid; error_log stderr;
      events { worker_connections 1024; }
      http {
        access_log off; client_max_body_size 8m; client_body_temp_path body;
        proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
        scgi_temp_path scgi;
        upstream sandbox { server 127.0.0.1:\(sandbox.port); keepalive 32; }
        server {
          listen 127.0.0.1:\(port) ssl\(isHTTP2 ? " http2" : "");
          ssl_certificate server.pem; ssl_certificate_key server.key; ssl_protocols \(protocols);
          location = /nginx-is-up { return 204; }
          location / {
            proxy_pass http://sandbox; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_next_upstream off;
          }
        }
      }
      """
    }
    self.directory = directory
  }

  deinit { nginx.kill(SIGTERM) }

  /// Kills it with all its connections.
  package func kill() { nginx.kill(SIGKILL) }

  /// nginx cannot choose a free port and report it, so random ports are tried.
  private static func start(
    in directory: TemporaryDirectory, configuration: (Int) -> String
  ) throws -> (RunningProcess, String) {
    for _ in 0..<attempts {
      let port = Int.random(in: 20_000..<60_000)
      try directory.write(configuration(port), to: "nginx.conf")
      let process = try RunningProcess(
        program, ["-p", directory.path + "/", "-c", "nginx.conf", "-e", "stderr"])
      let isListening = try waitFor("nginx") { () -> Bool? in
        guard process.isRunning else { return false }
        let isOpen =
          try run("/usr/bin/curl", ["-skf", "https://localhost:\(port)/nginx-is-up"]).status == 0
        return isOpen ? true : nil
      }
      if isListening { return (process, "https://localhost:\(port)") }
    }
    throw TestSupportError("nginx found no free port in \(attempts) attempts")
  }
}
