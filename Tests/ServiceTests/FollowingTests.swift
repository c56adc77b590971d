import Core
import Crypto
import JSON
import Platform
import Testing
import TrialAuthority

@testable import HTTP
@testable import Service

/// The parts of looking after an accepted reissue that need no service.
struct FollowingTests {
  @Test func pausesGrowToAMinute() {
    var pauses = FollowPauses()
    let taken = (0..<12).map { _ in pauses.take() }
    #expect(taken.prefix(4) == [2_000, 3_000, 4_500, 6_750])
    #expect(zip(taken, taken.dropFirst()).allSatisfy(<=))
    #expect(taken.suffix(3) == [60_000, 60_000, 60_000])
  }

  // MARK: Chain

  /// A chain as the service sends it: CR LF, three texts.
  private func answer(_ members: [String] = ["certificate", "subCaCertificate"]) throws -> (
    document: JSONValue, expected: String
  ) {
    let authority = try CertificateAuthority(name: "test", validity: 0...4_000_000_000)
    let chain = try authority.issue(
      for: try PrivateKey.generate(.p256).publicKey, names: ["shop.example.com"],
      validity: 0...4_000_000_000, serial: 7)
    let texts = zip(["certificate", "subCaCertificate", "rootCaCertificate"], chain).map {
      ($0, JSONValue.string($1.pem.split(separator: "\n").joined(separator: "\r\n") + "\r\n"))
    }
    let expected = zip(["certificate", "subCaCertificate"], chain).filter {
      members.contains($0.0)
    }.map(\.1.pem).joined()
    return (
      .object(JSONObject(texts.filter { members.contains($0.0) || $0.0 == "rootCaCertificate" })),
      expected
    )
  }

  @Test(arguments: [["certificate", "subCaCertificate"], ["certificate"]])
  func theChainIsLeafAndSubAuthority(members: [String]) throws {
    let (document, expected) = try answer(members)
    let pem = try IssuedChain(document: document).pem
    #expect(pem == expected)
    #expect(!pem.utf8.contains(UInt8(ascii: "\r")))
  }

  @Test(
    arguments: [
      [:], ["certificate": ""], ["certificate": "-----BEGIN"], ["certificate": 7],
    ] as [JSONValue])
  func aChainWithoutAUsableLeafIsRefused(document: JSONValue) {
    do throws(ReissueError) {
      let chain = try IssuedChain(document: document)
      Issue.record("taken: \(chain.pem)")
    } catch {
      #expect(error.code == "chain.unreadable")
      #expect(error.exit == .inputOutput)
    }
  }

  @Test func aDamagedSubAuthorityIsRefused() throws {
    let (document, _) = try answer(["certificate"])
    guard case .object(var object) = document else { return }
    object["subCaCertificate"] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    let damaged = object
    #expect(throws: ReissueError.self) { try IssuedChain(document: .object(damaged)) }
  }

  // MARK: Words for people

  @Test(
    arguments: [
      (0, "0s ago"), (59_999, "59s ago"), (60_000, "1m ago"), (7_199_000, "1h ago"),
      (86_400_000, "1d ago"), (-90_000, "in 1m"), (Int.max, "106751991167d ago"),
    ])
  func agesAreRoundedDown(milliseconds: Int, expected: String) {
    let text = Age.text(
      of: Timestamp(milliseconds: 0), at: Timestamp(milliseconds: milliseconds))
    #expect(text == expected)
  }

  @Test func aTableIsAligned() {
    var table = TextTable(["NAME", "DAYS"], rightAligned: [1])
    table.add(["shop", "9"])
    table.add(["a\u{1b}b", "-190"])
    table.add(["", ""])
    #expect(
      table.text == """
        NAME      DAYS
        shop         9
        a\\u{1b}b  -190
        -            -

        """)
  }

  // MARK: Trust

  private static let peer = PeerCertificate(
    subject: "CN=proxy", issuer: "CN=Inspector", names: "DNS:proxy.example.com",
    notBefore: "Nov 24 22:01:02 2026 GMT", notAfter: "Nov 25 22:01:02 2026 GMT")

  @Test(
    arguments: [
      (.expired, "it expired Nov 25 22:01:02 2026 GMT (it is for \"DNS:proxy.example.com\")"),
      (
        .notYetValid,
        "it is not valid yet, from Nov 24 22:01:02 2026 GMT (it is for \"DNS:proxy.example.com\")"
      ),
      (
        .wrongName,
        "it is for other names than the endpoint's (it is for \"DNS:proxy.example.com\")"
      ),
      (
        .unknownIssuer,
        "its issuer \"CN=Inspector\" is not known here (it is for \"DNS:proxy.example.com\")"
      ),
      (.selfSigned, "it is signed by itself (it is for \"DNS:proxy.example.com\")"),
      (.other, "some reason"),
    ] as [(HTTPFailure.Distrust, String)])
  func distrustNamesItsCause(cause: HTTPFailure.Distrust, expected: String) {
    let failure = HTTPFailure(.tlsUntrusted(cause), stage: .connecting, reason: "some reason")
    let error = ReissueError(unsent: failure, peer: Self.peer)
    #expect(error.code == "network.tls-untrusted")
    #expect(error.exit == .configuration)
    #expect(error.message == "the service's certificate is not trusted: \(expected)")
    #expect(error.hint?.isEmpty == false)
    let blind = ReissueError(unsent: failure)
    #expect(!blind.message.contains("proxy.example.com"))
  }
}
