import Crypto
import Foundation
import JSON
import TestSupport
import Testing

@Suite("api: one signed call", .waiting)
struct APICommandTests {
  private static let target = "/dns/v1/ncpdns/record/7?recordType=TXT&searchContent=%22a%22"

  private static func options(_ bench: Workbench, _ method: String, _ url: String) -> [String] {
    ["api", method, url, "--config", bench.folder.path("config.json")]
  }

  @Test(
    "method, target, body and headers are exactly as given, signed once",
    arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"])
  func request(method: String) throws {
    let bench = try Workbench()
    let body = method == "GET" ? [] : Array("[{\"a\": \u{1}}]\r\n\n".utf8)
    let url = bench.sandbox.endpoint + Self.target
    // The sandbox knows no such path, which its gateway reports.
    let reply = try bench.command(
      Self.options(bench, method, url), stdin: Array("[{\"a\": \u{1}}]\r\n\n".utf8))
    #expect(reply.status == 69, "\(reply.stderr)")
    #expect(reply.stderr.contains("[gateway.not-found]"))
    #expect(try JSONDecoder.decode(reply.stdout)["error"]?["errorCode"] != nil)
    let entries = try bench.sandbox.journal()
    let entry = try #require(entries.first)
    #expect(entries.count == 1)
    #expect(entry["method"] == .string(method))
    #expect(entry["target"] == .string(Self.target))
    #expect(entry["bodySha256"] == .string(SHA256.hex(body)))
    try expectHeaders(entry, method: method, bodyLength: body.count)
  }

  private func expectHeaders(_ entry: JSONValue, method: String, bodyLength: Int) throws {
    let names = (entry["headers"]?.array ?? []).compactMap { $0[0]?.string?.lowercased() }
    #expect(
      names.filter { $0 != "content-length" }.sorted() == [
        "accept", "accept-encoding", "content-type", "host", "user-agent",
        "x-ncp-apigw-signature-v2", "x-ncp-apigw-timestamp", "x-ncp-iam-access-key",
      ])
    #expect(entry.header("Content-Length") == (method == "GET" ? nil : String(bodyLength)))
    let timestamp = try #require(entry.header("x-ncp-apigw-timestamp"))
    let code = HMACSHA256.authenticate(
      Array("\(method) \(Self.target)\n\(timestamp)\n\(Sandbox.accessKey)".utf8),
      key: Array(Sandbox.secretKey.utf8))
    #expect(entry.header("x-ncp-apigw-signature-v2") == Base64.encode(code))
  }

  @Test("the body comes from a file, from standard input or, on a terminal, from nowhere")
  func bodies() throws {
    let bench = try Workbench()
    try bench.folder.write("from the file", to: "body")
    let url = bench.sandbox.endpoint + "/x"
    let file = try bench.command(
      Self.options(bench, "PUT", url) + ["--body", bench.folder.path("body")], stdin: [0x21])
    #expect(file.status == 69)
    _ = try bench.command(Self.options(bench, "PUT", url))
    let command = ([try Workbench.program] + Self.options(bench, "PUT", url)).joined(separator: " ")
    let terminal = try run(
      "/usr/bin/script", ["-qec", command, "/dev/null"], environment: bench.environment)
    #expect(terminal.status == 69, "\(terminal.stdout)")
    #expect(try bench.sandbox.journal("PUT").map { $0["body"] } == ["from the file", "", ""])
  }

  @Test("the answer is written byte for byte, and --include adds status and headers")
  func answer() throws {
    let bench = try Workbench()
    let server = try LoopbackServer("nginx", package: "nginx-light") { folder, port in
      try folder.write(
        """
        daemon off; master_process off; pid nginx.pid; error_log stderr;
        events { worker_connections 64; }
        http {
          access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f;
          uwsgi_temp_path u; scgi_temp_path s;
          server { listen 127.0.0.1:\(port); root files; add_header X-Test "one\u{1B}[31m"; }
        }
        """, to: "nginx.conf")
      return ["-p", folder.path + "/", "-c", "nginx.conf", "-e", "stderr"]
    }
    let bytes = (0...255).map { UInt8($0) } + Array("\r\n\r\n\n ".utf8)
    let file = try server.folder.write(bytes, to: "files/answer")
    let words =
      [try Workbench.program]
      + Self.options(
        bench, "GET", "http://127.0.0.1:\(server.port)/answer")
    let compared = try run(
      "/bin/sh", ["-c", "\"$@\" --include | cmp - \(file)", "sh"] + words,
      environment: bench.environment)
    #expect(compared.status == 0, "\(compared.stdout)\(compared.stderr)")
    let lines = compared.stderr.split(separator: "\n").map(String.init)
    #expect(lines.first == "HTTP/1.1 200")
    #expect(lines.contains("Content-Length: \(bytes.count)"))
    #expect(lines.contains("X-Test: one\\u{1b}[31m"), "\(lines)")
  }

  /// The statuses of the table of outcomes, except that 2xx is a success whatever it says.
  @Test(
    "every fault has the exit status of the table, and nothing is sent twice",
    arguments: FaultRow.all)
  func outcome(_ row: FaultRow) throws {
    let bench = try Workbench(["--fault", row.fault + ",method=POST"])
    let url = bench.sandbox.endpoint + CertificateSample.api.target
    let reply = try bench.command(
      Self.options(bench, "POST", url) + ["--include"] + row.options, stdin: Array("{}".utf8))
    if reply.stderr.hasPrefix("HTTP/1.1 2") {
      #expect(reply.status == 0, "\(reply.stderr)")
    } else {
      #expect(reply.status == row.exit, "\(reply.stderr)")
      let code =
        row.code.hasPrefix("service.") || !reply.stderr.hasPrefix("HTTP") ? "[" : "[\(row.code)]"
      #expect(reply.stderr.contains(code), "\(reply.stderr)")
    }
    #expect(!reply.stderr.contains("reissue was"), "\(reply.stderr)")
    let posts = try waitFor("the journal") { try bench.posts().first == nil ? nil : bench.posts() }
    #expect(posts.count == 1)
  }

  @Test(
    "a GET without a usable answer is 75 and is repeated; a definite refusal is not",
    arguments: [
      ("redirect,location=/api/v2/x", 75, 2), ("html", 75, 2), ("reset-after", 75, 2),
      ("gateway,code=410", 75, 2), ("gateway,code=400", 75, 1), ("gateway,code=200", 77, 1),
      ("forbidden", 77, 1), ("gateway,code=300", 69, 1),
    ])
  func get(fault: String, exit: Int32, leastAttempts: Int) throws {
    let bench = try Workbench(["--fault", fault + ",method=GET"])
    let url = bench.sandbox.endpoint + "/api/v2/certificate/orders?page=1&pageSize=0"
    let reply = try bench.command(Self.options(bench, "GET", url))
    #expect(reply.status == exit, "\(reply.stderr)")
    let count = try bench.sandbox.journal("GET").count
    #expect(leastAttempts == 1 ? count == 1 : (2...8).contains(count), "\(count)")
    #expect(Set(try bench.sandbox.journal("GET").map { $0["target"] }).count == 1, "no redirect")
  }

  @Test("without a server nothing was carried out", arguments: ["GET", "PUT"])
  func unreachable(method: String) throws {
    let bench = try Workbench()
    let url = "http://127.0.0.1:\(try LoopbackServer.freePort())/x"
    let reply = try bench.command(Self.options(bench, method, url) + ["--deadline", "2s"])
    #expect(reply.status == 75)
    #expect(reply.stdout.isEmpty && reply.stderr.contains("[network.connect]"))
  }

  @Test("a certificate that is not trusted gets no call")
  func untrusted() throws {
    let bench = try Workbench()
    let server = try LoopbackServer.selfSigned()
    let url = "https://localhost:\(server.port)/x"
    let reply = try bench.command(Self.options(bench, "POST", url))
    #expect(reply.status == 78, "\(reply.stderr)")
    #expect(reply.stderr.contains("[network.tls-untrusted]"))
  }

  @Test(
    "wrong usage is 64, before credentials are looked for",
    arguments: [
      (["api"], "<method> is missing"), (["api", "GET"], "<url> is missing"),
      (["api", "get", "https://a.ntruss.com"], "is not one of GET, POST"),
      (["api", "GET", "https://a.ntruss.com/x", "y"], "unexpected argument"),
      (["api", "GET", "https://a.ntruss.com/x", "--body", "f"], "takes no body"),
      (["api", "GET", "https://ntruss.com.evil.example/x"], "gets no signed calls"),
      (["api", "PUT", "https://user:word@a.ntruss.com/x"], "has no usable host"),
      (["api", "GET", "http://a.ntruss.com/x"], "in the clear"),
    ])
  func usage(arguments: [String], message: String) throws {
    let bench = try Workbench()
    let reply = try bench.command(
      bench.options(arguments), environment: ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil])
    #expect(reply.status == 64, "\(reply.stderr)")
    #expect(reply.stdout.isEmpty && reply.stderr.contains(message), "\(reply.stderr)")
    #expect(!reply.stderr.contains("word"))
  }

  @Test("a signal ends a call that gets no answer, and it may have been carried out")
  func signal() throws {
    let bench = try Workbench(["--fault", "silent,method=POST"])
    let process = try bench.start(
      Self.options(bench, "POST", bench.sandbox.endpoint + CertificateSample.api.target))
    _ = try waitFor("the request") { try bench.sandbox.journal().isEmpty ? nil : true }
    process.kill(SIGTERM)
    let completion = try process.wait()
    #expect(completion.status == 76, "\(completion.stderr)")
    #expect(completion.stderr.contains("[network.lost-answer]"))
  }

  @Test("without its body or credentials nothing is sent")
  func missing() throws {
    let bench = try Workbench()
    let url = bench.sandbox.endpoint + "/x"
    let body = try bench.command(Self.options(bench, "POST", url) + ["--body", "nowhere/body"])
    #expect(body.status == 74)
    #expect(body.stderr.contains("[body.unreadable]"), "\(body.stderr)")
    let keyless = try bench.command(
      Self.options(bench, "POST", url), environment: ["NCLOUD_SECRET_KEY": nil])
    #expect(keyless.status == 77)
    #expect(try bench.sandbox.journal().isEmpty)
  }
}
