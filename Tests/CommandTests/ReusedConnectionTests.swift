import JSON
import TestSupport
import Testing

/// libcurl repeats a request when a reused connection was closed; a reissue must be sent only once.
@Suite(.waiting)
struct ReusedConnectionTests {
  /// The second call uses the connection of the first, and its reply is lost after the service carried it out.
  @Test(
    "A request whose reply is lost on a reused connection is not sent again",
    arguments: ["reset-after", "close-after", "cut"])
  func aLostAnswerOnAReusedConnectionIsNotAskedForAgain(fault: String) throws {
    let bench = try Workbench(["--fault", "\(fault),method=POST,skip=1,count=1"])
    let reply = try bench.run(["--parallel", "1"], on: Workbench.event(.shop, .api))
    #expect(reply.status == 76, "\(reply.stderr)")
    let items = try #require(try reply.document()["items"]?.array)
    #expect(items.map { $0["status"] } == ["reissued", "unknown"])
    #expect(items.last?["error"]?["code"] == "network.lost-answer")
    #expect(items.last?["attempts"] == 1)

    let posts = try bench.posts()
    #expect(posts.map { $0["target"]?.string } == [CertificateSample.shop, .api].map(\.target))
    let connections = Set(posts.map { $0["connection"]?.integer })
    #expect(connections.count == 1, "the connection was not reused: the test shows nothing")
    let carriedOut = posts.map { $0["reissue"]?["certificateNo"]?.integer }
    #expect(carriedOut == [55882, 55883])
  }

  /// The counterpart: a connection that is closed before the service carried it out looks the same to the client. So
  /// the outcome is unknown too, and the call is not repeated.
  @Test(
    "A request that was not carried out on a reused connection is unknown too",
    arguments: ["reset-before", "close-before"])
  func neitherIsOneThatWasNotCarriedOut(fault: String) throws {
    let bench = try Workbench(["--fault", "\(fault),method=POST,skip=1,count=1"])
    let reply = try bench.run(["--parallel", "1"], on: Workbench.event(.shop, .api, .wildcard))
    #expect(reply.status == 76)
    let items = try #require(try reply.document()["items"]?.array)
    #expect(items.map { $0["status"] } == ["reissued", "unknown", "reissued"])
    #expect(try bench.posts().count == 3)
  }
}
