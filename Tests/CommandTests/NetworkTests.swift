import Glibc
import JSON
import TestSupport
import Testing

/// Problems between the program and the service: TLS that is not trusted, proxies, no connection.
@Suite(.waiting)
struct NetworkTests {
  private let bench: Workbench
  private let event = Workbench.event(.api)

  init() throws { bench = try Workbench() }

  /// The options for a TLS front, with or without its authority.
  private func through(_ front: TLSFront, isTrusted: Bool = true) -> [String] {
    ["--endpoint", front.endpoint] + (isTrusted ? ["--ca-file", front.rootFile] : [])
  }

  @Test("A private authority is trusted only with --ca-file")
  func anAuthorityOfOnesOwnIsTrustedByNameOnly() throws {
    let front = try TLSFront(bench.sandbox)
    let refused = try bench.run(through(front, isTrusted: false), on: event)
    try refused.expectFailure("network.tls-untrusted", exit: 78)
    #expect(try refused.error()?["hint"]?.string?.contains("--ca-file") == true)
    #expect(try refused.document()["items"]?[0]?["attempts"] == 1)
    #expect(try bench.sandbox.journal().isEmpty)

    // The counterpart: with the authority named, the same call succeeds.
    let trusted = try bench.run(through(front), on: event)
    #expect(trusted.status == 0, "\(trusted.stderr)")
    #expect(try bench.posts().count == 1)
  }

  @Test("A self-signed certificate is not trusted")
  func aSelfSignedCertificateIsNotTrusted() throws {
    let server = try LoopbackServer.selfSigned()
    let reply = try bench.run(["--endpoint", "https://localhost:\(server.port)"], on: event)
    try reply.expectFailure("network.tls-untrusted", exit: 78)
    #expect(try reply.error()?["message"]?.string?.contains("self") == true)
  }

  @Test("A trusted certificate for another name is refused")
  func aTrustedCertificateForAnotherNameIsRefused() throws {
    let front = try TLSFront(bench.sandbox, names: ["other.example"])
    let reply = try bench.run(through(front), on: event)
    try reply.expectFailure("network.tls-untrusted", exit: 78)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("An expired certificate is refused")
  func aCertificateThatHasEndedIsRefused() throws {
    let front = try TLSFront(bench.sandbox, daysLeft: -1)
    let reply = try bench.run(through(front), on: event)
    try reply.expectFailure("network.tls-untrusted", exit: 78)
    #expect(try reply.error()?["message"]?.string?.contains("expired") == true)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("A file without authorities is named", arguments: ["nowhere.pem", "config.json"])
  func anAuthorityFileThatIsNoneIsNamed(file: String) throws {
    let front = try TLSFront(bench.sandbox)
    let reply = try bench.run(["--endpoint", front.endpoint, "--ca-file", file], on: event)
    try reply.expectFailure("network.ca-file", exit: 78)
    let item = try reply.document()["items"]?[0]
    // An unreadable file is found before the first call.
    #expect(item?["attempts"] == (file == "config.json" ? 1 : nil))
    #expect(item?["error"]?["message"]?.string?.contains(file) == true)
  }

  /// A library that opens a pipe would wait for a writer without regard to the deadline.
  @Test("A pipe as authority file is refused")
  func anAuthorityFileThatIsAPipeIsRefused() throws {
    let pipe = bench.folder.path("pipe.pem")
    try #require(unsafe mkfifo(pipe, 0o600) == 0)
    let options = ["--endpoint", "https://localhost:1", "--ca-file", "pipe.pem"]
    let reply = try bench.run(options, on: event)
    try reply.expectFailure("network.ca-file", exit: 78)
    #expect(reply.stderr.contains("pipe.pem"))
  }

  /// The message names the lack, not its effect on connections, name resolution or authorities.
  @Test("A lack of file descriptors is reported as such", arguments: [7, 8, 9, 10])
  func aLackOfDescriptorsIsNamed(limit: Int) throws {
    let front = try TLSFront(bench.sandbox)
    let reply = try bench.shell(
      #"ulimit -n \#(limit); exec "$@""#, through(front) + ["--deadline", "3s"],
      stdin: JSONEncoder.encode(event))
    guard reply.status != 0 else { return }
    #expect([74, 75].contains(reply.status), "\(reply)")
    #expect((reply.stdout + reply.stderr).lowercased().contains("too many open files"), "\(reply)")
    #expect(try bench.posts().isEmpty)
  }

  /// The gateway of one zone refuses the keys of another without giving a reason. A proxy that does not exist keeps the
  /// calls of this test on this machine.
  @Test(
    "The gateway of another zone is pointed out",
    arguments: [
      ("https://ncloud.apigw.gov-ntruss.com", "gov"),
      ("https://fin-ncloud.apigw.fin-ntruss.com", "fin"),
      ("https://ncloud.apigw.ntruss.com", nil),
    ] as [(String, String?)], [true, false])
  func anotherZonesGatewayIsPointedOut(gateway: (String, String?), isProfile: Bool) throws {
    try bench.configure(JSONObject([("endpoint", .null)]))
    var environment: [String: String?] = [
      "HTTPS_PROXY": "http://127.0.0.1:\(try LoopbackServer.freePort())",
      "NCLOUD_API_GW": gateway.0,
    ]
    if isProfile {
      environment = environment.merging([
        "NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil, "NCLOUD_API_GW": nil,
      ]) { $1 }
      try bench.folder.write(
        """
        [DEFAULT]
        ncloud_access_key_id = fake
        ncloud_secret_access_key = fake
        ncloud_api_url = \(gateway.0)

        """, to: "home/.ncloud/configure")
    }
    let reply = try bench.command(
      ["certificates", "--config", bench.folder.path("config.json"), "--deadline", "1s"],
      environment: environment)
    #expect(reply.status == 75, "\(reply)")
    #expect(
      reply.stderr.contains("warning: the credentials are of the zone \(gateway.1 ?? "")")
        == (gateway.1 != nil), "\(reply)")
  }

  private func port(of front: TLSFront) throws -> Int {
    try #require(front.endpoint.split(separator: ":").last.flatMap { Int($0) })
  }

  /// No server listens: the call is surely not carried out, and is tried four times.
  @Test("A service that cannot be reached is tried four times")
  func aServiceThatIsNotThereIsTriedAgain() throws {
    let port = try LoopbackServer.freePort()
    let reply = try bench.run(["--endpoint", "http://127.0.0.1:\(port)"], on: event)
    try reply.expectFailure("network.connect", exit: 75)
    let item = try reply.document()["items"]?[0]
    #expect(item?["attempts"] == 4)
    #expect(item?["error"]?["retry"] == "safe")
  }

  /// The process sleeps in a pause: two seconds of waiting use nearly no processor time.
  @Test("A pause uses no processor time")
  func aPauseCostsNoWork() throws {
    let bench = try Workbench(["--fault", "gateway,code=410,retry-after=2,method=POST,count=1"])
    let reply = try bench.shell("\"$@\"; times >times", stdin: JSONEncoder.encode(event))
    #expect(try reply.document()["items"]?[0]?["attempts"] == 2, "\(reply.stdout)\(reply.stderr)")
    #expect(try #require(try reply.document()["durationMs"]?.integer) >= 2_000)
    // The second line of times(1) has the user and system time of the children, as `0m0.02s`.
    let line = try #require(try bench.folder.read("times").split(separator: "\n").last)
    let seconds = try line.split(separator: " ").map { span in
      let parts = span.dropLast().split(separator: "m").compactMap { Double($0) }
      try #require(parts.count == 2)
      return parts[0] * 60 + parts[1]
    }
    #expect(seconds.count == 2 && seconds.reduce(0, +) < 1, "\(line)")
  }

  /// A label has at most 63 octets (RFC 1035 section 2.3.4). The resolver refuses a longer one by itself, so that this
  /// test sends no query.
  @Test("A host name that does not resolve is reported")
  func aNameThatDoesNotExist() throws {
    let name = String(repeating: "a", count: 64) + ".invalid"
    let reply = try bench.run(["--endpoint", "https://\(name)"], on: event)
    try reply.expectFailure("network.dns", exit: 75)
  }

  @Test("A proxy that refuses the tunnel is reported")
  func aProxyThatRefusesTheTunnel() throws {
    let front = try TLSFront(bench.sandbox)
    let proxy = try LoopbackServer.tinyproxy(allowing: 1)
    let reply = try bench.run(
      through(front) + ["--deadline", "20s"], on: event,
      environment: ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"])
    try reply.expectFailure("network.proxy", exit: 75)
    #expect(try reply.error()?["retry"] == "safe")
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("A proxy that cannot be reached is reported")
  func aProxyThatIsNotThere() throws {
    let reply = try bench.run(
      ["--endpoint", "https://localhost:1", "--deadline", "1s"], on: event,
      environment: ["HTTPS_PROXY": "http://127.0.0.1:\(try LoopbackServer.freePort())"])
    #expect(reply.status == 75, "\(reply.stdout)")
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("The call goes through the proxy", arguments: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
  func theCallGoesThroughTheProxy(variable: String) throws {
    let front = try TLSFront(bench.sandbox)
    let proxy = try LoopbackServer.tinyproxy(allowing: try port(of: front))
    let reply = try bench.run(
      through(front), on: event, environment: [variable: "http://127.0.0.1:\(proxy.port)"])
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(try bench.posts().count == 1)
    #expect(
      try proxy.folder.read("log").contains("CONNECT \(front.endpoint.dropFirst("https://".count))")
    )
  }

  /// A host in NO_PROXY is reached directly; the proxy would refuse it.
  @Test("NO_PROXY bypasses the proxy", arguments: ["localhost", "example.com,localhost", "*"])
  func theProxyIsPassedBy(exceptions: String) throws {
    let front = try TLSFront(bench.sandbox)
    let reply = try bench.run(
      through(front), on: event,
      environment: [
        "HTTPS_PROXY": "http://127.0.0.1:\(try LoopbackServer.freePort())", "NO_PROXY": exceptions,
      ])
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(try bench.posts().count == 1)
  }

  /// HTTPS_PROXY applies to https, not to http on loopback.
  @Test("Plain HTTP to loopback uses no proxy")
  func plainHTTPToLoopbackUsesNoProxy() throws {
    let reply = try bench.run(
      on: event, environment: ["HTTPS_PROXY": "http://127.0.0.1:\(try LoopbackServer.freePort())"])
    #expect(reply.status == 0, "\(reply.stdout)")
  }
}
