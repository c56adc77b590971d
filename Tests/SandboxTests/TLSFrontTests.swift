import Foundation
import JSON
import TestSupport
import Testing

@Suite(
  "TLS works in front of the sandbox",
  .enabled(if: FileManager.default.isExecutableFile(atPath: TLSFront.program), "needs nginx"))
struct TLSFrontTests {
  private func status(of front: TLSFront, _ options: [String] = []) throws -> (Int32, String) {
    let completion = try run(
      "/usr/bin/curl",
      [
        "-sS", "--cacert", front.rootFile, "-o", "/dev/null", "-w", "%{http_version} %{http_code}",
        "\(front.endpoint)/api/v2/certificate/orders",
      ] + options)
    return (completion.status, completion.stdout)
  }

  @Test("The sandbox's root is sufficient for trust, with HTTP/2 and HTTP/1.1")
  func trusted() throws {
    let sandbox = try Sandbox()
    let front = try TLSFront(sandbox)
    #expect(try status(of: front) == (0, "2 401"))
    #expect(try status(of: front, ["--http1.1"]) == (0, "1.1 401"))
    #expect(try status(of: front, ["--tls-max", "1.2"]) == (0, "2 401"))
    #expect(try sandbox.journal().count == 3)
  }

  @Test("Expired certificates and those for another name or root are not trusted")
  func distrusted() throws {
    let sandbox = try Sandbox()
    let other = try TLSFront(try Sandbox())
    for front in [
      try TLSFront(sandbox, daysLeft: -3), try TLSFront(sandbox, names: ["other.example.com"]),
    ] {
      #expect(try status(of: front).0 == 60)
    }
    #expect(try status(of: try TLSFront(sandbox), ["--cacert", other.rootFile]).0 == 60)
    #expect(try status(of: try TLSFront(sandbox, protocols: "TLSv1.2"), ["--tlsv1.3"]).0 == 35)
  }
}
