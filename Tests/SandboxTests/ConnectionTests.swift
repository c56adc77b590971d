import Foundation
import JSON
import TestSupport
import Testing

@Suite("Connections to the sandbox behave like those to a server")
struct ConnectionTests {
  /// Sends bytes over a socket of bash, and returns the reply up to its end.
  private func raw(_ sandbox: Sandbox, _ text: String, then: String = "timeout 5 cat <&3") throws
    -> String
  {
    let script = "exec 3<>/dev/tcp/127.0.0.1/\(sandbox.port); cat >&3; \(then)"
    return try run("/bin/bash", ["-c", script], stdin: text).stdout
  }

  @Test("Requests have the number of their connection")
  func reuse() throws {
    let sandbox = try Sandbox()
    let target = "/api/v2/certificate/orders"
    let second = ["-o", "/dev/null", "\(sandbox.endpoint)\(target)"]
    _ = try sandbox.call("GET", target, nil, Variation(curlOptions: second))
    _ = try sandbox.call("GET", target)
    #expect(try sandbox.journal().map { $0["connection"] } == [1, 1, 2])
  }

  @Test("Pipelined requests are answered in order")
  func pipelining() throws {
    let sandbox = try Sandbox()
    let request = { (path: String, more: String) in
      "GET \(path) HTTP/1.1\r\nHost: x\r\n\(more)\r\n"
    }
    let text = try raw(sandbox, request("/a", "") + request("/b", "Connection: close\r\n"))
    #expect(text.components(separatedBy: "HTTP/1.1 404 Not Found\r\n").count == 3)
    let first = try #require(text.range(of: "GET /a"))
    let second = try #require(text.range(of: "GET /b"))
    #expect(first.lowerBound < second.lowerBound)
  }

  @Test("The journal has the exact target and headers, in order")
  func exactness() throws {
    let sandbox = try Sandbox()
    let target = "/api/v2/%63ertificate//orders?a=%2f&b=+#x"
    _ = try raw(
      sandbox,
      "GET \(target) HTTP/1.1\r\nHost: x\r\nX-Two: 1\r\nx-one: a  b\r\nX-Two: 2\r\nConnection: close\r\n\r\n"
    )
    let entry = try #require(try sandbox.journal().first)
    #expect(entry["target"]?.string == target)
    #expect(
      entry["headers"] == [
        ["Host", "x"], ["X-Two", "1"], ["x-one", "a  b"], ["X-Two", "2"], ["Connection", "close"],
      ])
    #expect(entry["answer"]?["code"] == "300")
  }

  @Test("A request that is not HTTP gets 400/100, and the connection closes")
  func notHTTP() throws {
    let text = try raw(try Sandbox(), "NONSENSE\r\n\r\n")
    #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    #expect(text.contains(#""errorCode":"100""#))
  }

  @Test("An incomplete request is in the journal without an answer")
  func brokenOff() throws {
    let sandbox = try Sandbox()
    _ = try raw(
      sandbox,
      "POST /api/v2/certificate/55882/reissue HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
      then: "sleep 0.1")
    let entry = try waitFor("the entry") { try sandbox.journal().first }
    #expect(entry["body"] == "half")
    #expect(entry["answer"]?.isNull == true)
  }

  @Test("A body over the limit gets 413/430, and the connection stays usable")
  func tooLarge() throws {
    let sandbox = try Sandbox()
    let body = [UInt8](repeating: UInt8(ascii: "x"), count: (1 << 20) + 1)
    let reply = try sandbox.call("POST", "/api/v2/certificate/55882/reissue", bytes: body)
    #expect(reply.body.contains(#""errorCode":"430""#))
    #expect(try sandbox.journal().first?["bodyLength"]?.integer == body.count)
    let exact = try sandbox.call(
      "POST", "/api/v2/certificate/55882/reissue", bytes: body.dropLast())
    #expect(exact.returnCode == "2000")
  }

  @Test("The sandbox listens on loopback only")
  func loopbackOnly() throws {
    let sandbox = try Sandbox()
    let port = String(sandbox.port, radix: 16, uppercase: true)
    let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
    let address = String(repeating: "0", count: 4 - port.count) + port
    let rows = table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    let listening = rows.filter { row in
      row.count > 3 && row[1].hasSuffix(":\(address)") && row[3] == "0A"
    }
    #expect(listening.map { $0[1] } == ["0100007F:\(address)"])
  }

  @Test("The control route shows the same journal as the file")
  func journalRoute() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.reissue().returnCode == "0")
    let shown = try run("/usr/bin/curl", ["-sS", "\(sandbox.endpoint)/sandbox/journal"])
    #expect(shown.stdout == (try String(contentsOfFile: sandbox.journalPath, encoding: .utf8)))
    #expect(shown.stdout.hasSuffix("}\n"))
  }

  @Test(
    "Invalid control requests are refused with a message",
    arguments: [
      ("nowhere", "{}", "no control route"), ("clock", "{}", "offsetSeconds"),
      ("clock", "{", "not JSON"), ("issue", "[]", "must be a JSON object"),
      ("issue", #"{"certificateNo":1}"#, "not in progress"),
      ("status", #"{"certificateNo":55882,"statusCode":"x"}"#, "statusCode"),
      ("status", #"{"certificateNo":1}"#, "names no certificate"),
      ("clock", #"{"offsetSeconds":99999999999999}"#, "must be an integer"),
      ("faults", #"{"kind":"boom"}"#, "unknown fault"), ("faults", "[1]", "must be an object"),
      ("seed", #"{"orders":1}"#, "orders must be an array"), ("server-certificate", "{}", "names"),
      ("order", #"{"orderId":"none","daysLeft":1}"#, "names no order"),
      ("keys", #"{"accessKey":"a"}"#, "secretKey is missing"),
    ] as [(String, String, String)])
  func badControl(name: String, body: String, message: String) throws {
    let sandbox = try Sandbox()
    let error = #expect(throws: TestSupportError.self) {
      try sandbox.control("POST", name, text: body)
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    #expect(try sandbox.journal().isEmpty)
  }
}
