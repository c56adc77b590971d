import JSON
import TestSupport
import Testing

/// libcurl resends a request by itself when a reused connection dies; a reissue must leave once.
struct ReusedConnectionTests {
  /// The second call goes over the connection of the first and loses its answer after the service
  /// carried it out.
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

  /// The negative twin: closed before it was carried out looks the same from here, so it is left
  /// unknown too, and not sent again.
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
