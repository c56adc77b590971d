import Foundation
import TestSupport
import Testing

@testable import HTTP

@Suite("TLS, trust and HTTP/2 work with nginx")
struct TLSTests {
  private let server: TLSServer
  private var configuration = HTTPClientConfiguration()

  init() throws {
    server = try TLSServer()
    configuration.caFile = server.caFile
  }

  @Test("HTTP/2 is used if offered, with TLS 1.2 and 1.3, and connections are reused")
  func versions() throws {
    var client = try HTTPClient(configuration)
    for (site, version) in [
      (TLSServer.Site.http2, "2"), (.http1, "1.1"), (.tls12, "1.1"), (.tls13, "1.1"),
    ] {
      let request = HTTPRequest(.post, server.url(site), body: Array("{}".utf8))
      let first = try client.perform(request).get()
      #expect(first.status == 200)
      #expect(first.body == Array("{}".utf8))
      #expect(first.transport.version == version)
      #expect(!first.transport.isConnectionReused)
      #expect(try client.perform(request).get().transport.isConnectionReused)
    }
  }

  @Test("Concurrent requests share one HTTP/2 connection")
  func multiplexing() throws {
    do {
      var client = try HTTPClient(configuration)
      for token in 0..<50 {
        client.start(
          HTTPRequest(.post, server.url(.http2, "/many"), body: [0x7B, 0x7D]), token: token)
      }
      var tokens: Set<Int> = []
      while tokens.count < 50 {
        for completion in client.wait(upToMilliseconds: 5000) {
          #expect(try completion.result.get().status == 200)
          tokens.insert(completion.token)
        }
      }
      #expect(tokens == Set(0..<50))
    }
    let lines = try server.log("/many")
    #expect(lines.count == 50)
    #expect(Set(lines.compactMap { $0.split(separator: " ").first }).count == 1)
  }

  @Test("An untrusted certificate is refused with its reason, and nothing is sent")
  func distrust() throws {
    let cases: [(TLSServer.Site, HTTPFailure.Distrust)] = [
      (.expired, .expired), (.future, .notYetValid), (.wrongName, .wrongName),
      (.selfSigned, .selfSigned), (.otherIssuer, .unknownIssuer),
    ]
    var client = try HTTPClient(configuration)
    for (site, reason) in cases {
      let result = client.perform(HTTPRequest(.post, server.url(site, "/untrusted"), body: [1]))
      let failure = try #require(throws: HTTPFailure.self) { try result.get() }
      #expect(failure.kind == .tlsUntrusted(reason), "\(failure)")
      #expect(!failure.mayHaveBeenSent)
    }
    #expect(try server.log("/untrusted").isEmpty)
  }

  @Test("A proxy with TLS needs the same authorities, and its errors are distinct")
  func proxyTrust() throws {
    func kind(_ site: TLSServer.Site, caFile: String?) throws -> HTTPFailure.Kind {
      var configuration = configuration
      configuration.caFile = caFile
      configuration.proxy = try Proxy(server.url(site, ""), variable: "HTTPS_PROXY")
      var client = try HTTPClient(configuration)
      let result = client.perform(HTTPRequest(.post, "https://service.invalid/", body: [1]))
      let failure = try #require(throws: HTTPFailure.self) { try result.get() }
      #expect(!failure.mayHaveBeenSent)
      return failure.kind
    }
    // nginx opens no tunnels: its refusal proves that the TLS handshake succeeded.
    guard case .proxy(let status) = try kind(.http1, caFile: server.caFile) else {
      Issue.record("the proxy was not asked")
      return
    }
    #expect((400..<500).contains(status))
    #expect(try kind(.http1, caFile: nil) == .proxyUntrusted(.unknownIssuer))
    #expect(try kind(.expired, caFile: server.caFile) == .proxyUntrusted(.expired))
    #expect(try kind(.wrongName, caFile: server.caFile) == .proxyUntrusted(.wrongName))
  }

  @Test("The certificate has to contain the name or address of the URL")
  func address() throws {
    var client = try HTTPClient(configuration)
    let result = client.perform(HTTPRequest(.get, server.url(.http2, host: "127.0.0.1")))
    let failure = try #require(throws: HTTPFailure.self) { try result.get() }
    #expect(failure.kind == .tlsUntrusted(.wrongName))
  }

  @Test(
    "The system's authorities do not trust the test authority, a file without authorities is a distinct error, and TLS 1.1 is refused"
  )
  func refusals() throws {
    func kind(_ site: TLSServer.Site, caFile: String?) throws -> HTTPFailure.Kind {
      var configuration = configuration
      configuration.caFile = caFile
      var client = try HTTPClient(configuration)
      let result = client.perform(HTTPRequest(.post, server.url(site), body: [1]))
      let failure = try #require(throws: HTTPFailure.self) { try result.get() }
      #expect(!failure.mayHaveBeenSent)
      return failure.kind
    }
    #expect(try kind(.http2, caFile: nil) == .tlsUntrusted(.unknownIssuer))
    #expect(try kind(.http2, caFile: "/does/not/exist.pem") == .trustStore)
    #expect(try kind(.tls11, caFile: server.caFile) == .tlsHandshake)
  }

  @Test(
    "A POST on a reused connection that closes is not sent again",
    arguments: [
      TLSServer.Site.http1, .http2,
    ])
  func sendingOnce(site: TLSServer.Site) throws {
    var client = try HTTPClient(configuration)
    #expect(try client.perform(HTTPRequest(.post, server.url(site), body: [1])).get().status == 200)
    let result = client.perform(HTTPRequest(.post, server.url(site, "/drop"), body: [1]))
    let failure = try #require(throws: HTTPFailure.self) { try result.get() }
    #expect(failure.kind == .lost, "\(failure)")
    #expect(failure.mayHaveBeenSent)
    pause(milliseconds: 50)
    #expect(try server.log("/drop").count == 1)
  }

  @Test("An untrusted certificate can be read without a request")
  func peerCertificate() throws {
    let certificate = try #require(configuration.peerCertificate(of: server.url(.expired, "/peek")))
    #expect(certificate.subject.contains("expired"))
    #expect(certificate.issuer.contains("ca"))
    #expect(certificate.names == "DNS:localhost")
    #expect(certificate.notBefore == "Jan  1 00:00:00 2020 GMT")
    #expect(certificate.notAfter == "Jan  1 00:00:00 2021 GMT")
    let plain = ScriptedServer { $0.reply() }
    #expect(configuration.peerCertificate(of: "https://localhost:\(plain.port)/") == nil)
    #expect(configuration.peerCertificate(of: plain.url()) == nil)
    #expect(try server.log("/peek").isEmpty)
  }

  @Test("Only hash links count as an authority folder")
  func hashLinks() throws {
    let folder = server.folder.path("links")
    #expect(!TrustStore.hasHashLinks(folder))
    for name in ["ca.pem", "1234567.0", "1234567g.0", "12345678.1", "12345678.00"] {
      try server.folder.write("", to: "links/\(name)")
      #expect(!TrustStore.hasHashLinks(folder))
    }
    try server.folder.write("", to: "links/0a1b2c3d.0")
    #expect(TrustStore.hasHashLinks(folder))
  }
}
