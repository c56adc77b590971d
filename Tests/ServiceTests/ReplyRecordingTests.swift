import Core
import Foundation
import JSON
import Testing

@testable import Service

/// Recorded replies, one file for each shape: what a reissue that was answered so has come to. For answers to
/// look-ups, that they can be read.
@Suite("Recorded replies")
struct ReplyRecordingTests {
  /// `Tests/Proof/replies.py` records them, and holds them against the sandbox.
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Golden/Replies")

  private static let meanings: [(name: String, meaning: String)] = [
    ("accepted", "accepted"),
    ("service-code", "refused service.1300 69"),
    ("service-code-with-400", "refused service.2000 69"),
    ("response-error", "refused service.1300 69"),
    ("no-certificate", "refused service.1006 69"),
    ("reissue-in-progress", "refused service.sandbox-in-progress 69"),
    ("not-representative", "refused service.sandbox-not-representative 69"),
    ("gateway-bad-request", "refused gateway.bad-request 69"),
    ("gateway-not-found", "refused gateway.not-found 69"),
    ("unknown-route", "refused gateway.not-found 69"),
    ("gateway-too-large", "refused gateway.too-large 69"),
    ("spring-not-found", "refused gateway.status-404 69"),
    ("spring-method-not-allowed", "refused gateway.status-405 69"),
    ("gateway-authentication-failed", "failed credentials.refused 77"),
    ("gateway-permission-denied", "failed credentials.not-permitted 77"),
    ("sub-account", "failed credentials.sub-account 77"),
    ("proxy-forbidden", "unknown reply.status-403 76"),
    ("gateway-quota", "failed gateway.quota 75"),
    ("gateway-throttled", "failed gateway.throttled 75 repeat"),
    ("gateway-throttled-with-seconds", "failed gateway.throttled 75 repeat"),
    ("gateway-rate-limited", "failed gateway.throttled 75 repeat"),
    ("gateway-endpoint-down", "failed gateway.endpoint-down 75 repeat"),
    ("gateway-endpoint-timeout", "unknown reply.status-504 76"),
    ("gateway-unexpected", "unknown reply.status-500 76"),
    ("proxy-bad-gateway", "unknown reply.status-502 76"),
    ("proxy-unavailable", "unknown reply.status-503 76"),
    ("portal-with-200", "unknown reply.unreadable 76"),
    ("empty", "unknown reply.unreadable 76"),
    ("empty-204", "unknown reply.unreadable 76"),
    ("text-announced-as-json", "unknown reply.unreadable 76"),
    ("no-return-code", "unknown reply.unreadable 76"),
    ("cut", "unknown reply.unreadable 76"),
    ("redirect", "unknown reply.redirect 76"),
    ("redirect-307", "unknown reply.redirect 76"),
  ]

  private static let lookUps: [(name: String, member: String, count: Int)] = [
    ("list", "orders", 7), ("list-in-older-shapes", "orders", 7),
    ("list-with-iso-dates", "orders", 7),
    ("list-with-milliseconds", "orders", 7), ("list-page-beyond-the-end", "orders", 0),
    ("orders", "orders", 7), ("order", "certificates", 2), ("dns-record", "dnsVerificationList", 1),
    ("dns-record-cname", "dnsVerificationList", 1),
  ]

  private static let refusedLookUps = [
    ("order-that-is-none", "sandbox-no-order")
  ]

  private static func reply(_ name: String) throws -> ServiceReply {
    let text = try String(
      contentsOf: folder.appendingPathComponent("\(name).http"), encoding: .utf8)
    let head = try #require(text.range(of: "\r\n\r\n"))
    let lines = text[..<head.lowerBound].components(separatedBy: "\r\n")
    let status = try #require(Int(lines[0].split(separator: " ")[1]))
    let headers = lines.dropFirst().map { line in
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      return (name: parts[0], value: parts[1].trimmingCharacters(in: .whitespaces))
    }
    return ServiceReply(
      status: status, headers: headers, body: Array(text[head.upperBound...].utf8))
  }

  @Test("each has its meaning", arguments: meanings)
  func meaning(name: String, expected: String) throws {
    let found: String =
      switch Outcome(of: try Self.reply(name), clockSkew: nil) {
      case .accepted: "accepted"
      case .refused(let error, _): "refused \(error.code) \(error.exit.rawValue)"
      case .failed(let error, _, let isRepeatable):
        "failed \(error.code) \(error.exit.rawValue)\(isRepeatable ? " repeat" : "")"
      case .unknown(let error, _): "unknown \(error.code) \(error.exit.rawValue)"
      }
    #expect(found == expected)
  }

  @Test("answers to look-ups can be read", arguments: lookUps)
  func lookUp(name: String, member: String, count: Int) throws {
    let reply = try Self.reply(name)
    #expect(reply.returnCode == "0")
    #expect(reply.document?[member]?.array?.count == count)
  }

  @Test("look-ups that are refused say so", arguments: refusedLookUps)
  func refusal(name: String, code: String) throws {
    #expect(try Self.reply(name).returnCode == code)
  }

  @Test("every recording has a row here")
  func complete() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    let names = Self.meanings.map(\.name) + Self.lookUps.map(\.name) + Self.refusedLookUps.map(\.0)
    #expect(Set(files) == Set(names.map { "\($0).http" }))
    #expect(names.count == files.count)
  }
}
