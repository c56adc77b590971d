import Foundation
import JSON
import TestSupport
import Testing

/// The store after a reissue: which files and links a chain brings, and what is left of killed processes and of
/// version 1.0.0.
@Suite(.waiting)
struct FollowStoreTests {
  /// A number that has no next one is no folder of ours.
  @Test("A numbered folder of something else is passed over")
  func aFolderOfAForeignNumberIsPassedOver() throws {
    let bench = try FollowCommandTests.bench()
    for name in ["9223372036854775807", "99999999999999999999", "7"] {
      try bench.folder.write("", to: "certificates/shop.example.com/\(name)/other")
    }
    let reply = try bench.run(on: Workbench.event(.shop))
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(try reply.document()["items"]?[0]?["store"] == "shop.example.com/8")
  }

  @Test("A chain reaches the store although the ledger forgot the request")
  func aChainReachesTheStoreAlthoughTheLedgerForgotTheRequest() throws {
    let bench = try FollowCommandTests.bench()
    #expect(try bench.remembering(["run"], on: Workbench.event(.shop)).status == 0)
    #expect(try bench.remembering(["ledger", "forget", "55882", "--yes"]).status == 0)
    #expect(try bench.remembering(["follow"]).document()["reason"] == "no-items", "not issued yet")
    try bench.sandbox.control("POST", "issue", ["certificateNo": 56010])
    let reply = try bench.remembering(["follow"])
    #expect(reply.status == 0, "\(reply.stderr)")
    let item = try #require(try reply.document()["items"]?[0])
    #expect(item["status"] == "issued")
    #expect(item["certificateNo"] == "56010")
    #expect(item["store"] == "shop.example.com/1")
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
    #expect(try bench.remembering(["follow"]).document()["reason"] == "no-items")
    #expect(try bench.posts().count == 1)
  }

  @Test("A forgotten request that was not carried out gets no chain")
  func aForgottenRequestThatWasNotCarriedOutGetsNoChain() throws {
    let bench = try FollowCommandTests.bench(["--fault", "reset-before,method=POST,count=1"])
    #expect(try bench.remembering(["run"], on: Workbench.event(.shop)).status == 76)
    #expect(try bench.remembering(["ledger", "forget", "55882", "--yes"]).status == 0)
    let reply = try bench.remembering(["follow"])
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(try reply.document()["reason"] == "no-items")
    let link = bench.folder.path("certificates/shop.example.com/current")
    #expect(!FileManager.default.fileExists(atPath: link))
  }

  @Test("The chain comes to the store once", arguments: [[], ["55882"], ["56010"]] as [[String]])
  func theChainComesToTheStoreOnce(numbers: [String]) throws {
    let bench = try FollowCommandTests.asked()
    try bench.sandbox.control("POST", "issue", ["certificateNo": 56010])
    let reply = try bench.remembering(["follow", "--detailed-exitcode"] + numbers)
    #expect(reply.status == 0, "\(reply.stderr)")
    let document = try reply.document()
    #expect(document["status"] == "issued" && document["counts"]?["issued"] == 1)
    let item = try #require(document["items"]?[0])
    #expect(item["status"] == "issued" && item["stage"] == "issued")
    #expect(item["store"] == "shop.example.com/1")
    #expect(item["notAfter"]?.string?.hasSuffix("Z") == true, "\(reply.stdout)")
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
    let again = try bench.remembering(["follow"]).document()
    #expect(again["status"] == "skipped" && again["counts"]?["items"] == 0)
    let records = try bench.remembering(["ledger", "list", "--json"]).document()
    #expect(records["records"]?[0]?["state"] == "issued")
  }

  /// A repeated alert moves the record on without the chain; `follow` still owes it.
  @Test("An issued record without its chain is unfinished")
  func anIssuedRecordWithoutItsChainIsUnfinished() throws {
    let bench = try FollowCommandTests.asked()
    try bench.sandbox.control("POST", "issue", [:])
    try FileManager.default.moveItem(
      atPath: bench.folder.path("certificates"), toPath: bench.folder.path("away"))
    let failed = try bench.remembering(["follow"])
    try failed.expectFailure("store.unusable", exit: 74)
    #expect(try failed.document()["items"]?[0]?["status"] == "failed")
    #expect(try failed.document()["items"]?[0]?["stage"] == "issued")
    try FileManager.default.moveItem(
      atPath: bench.folder.path("away"), toPath: bench.folder.path("certificates"))
    #expect(try bench.remembering(["follow"]).status == 0)
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
  }

  @Test("Files and links that a killed process has not renamed are removed")
  func temporaryFilesAreRemoved() throws {
    let bench = try FollowCommandTests.asked()
    let folder = "certificates/shop.example.com"
    for name in ["1/.cert.pem.0123456789abcdef", ".current.fedcba9876543210", ".deployed.123"] {
      try bench.folder.write("", to: "\(folder)/\(name)")
    }
    try bench.sandbox.control("POST", "issue", ["certificateNo": 56010])
    #expect(try bench.remembering(["follow"]).status == 0)
    try bench.expectPair(in: "\(folder)/current", for: .shop)
    let left = try FileManager.default.subpathsOfDirectory(atPath: bench.folder.path(folder))
    // The last one is not of this program.
    #expect(left.filter { $0.contains("/.") || $0.hasPrefix(".") } == [".deployed.123"])
  }

  @Test("A signal ends the wait for another process at the store")
  func aSignalEndsTheWaitForTheStore() throws {
    let bench = try FollowCommandTests.asked()
    try bench.sandbox.control("POST", "issue", ["certificateNo": 56010])
    let holder = try RunningProcess(
      "/usr/bin/flock", [bench.folder.path("certificates/shop.example.com"), "sleep", "30"])
    defer { holder.kill(SIGKILL) }
    // Until the lock is held.
    _ = try waitFor("the lock") {
      try TestSupport.run(
        "/usr/bin/flock", ["-n", bench.folder.path("certificates/shop.example.com"), "true"]
      ).status == 1 ? true : nil
    }
    let process = try bench.start(bench.rememberingOptions(["follow", "--log-level", "debug"]))
    _ = try waitFor("the chain") {
      try bench.sandbox.journal("GET").contains {
        $0["target"]?.string?.hasSuffix("/chain") == true
      } ? true : nil
    }
    process.kill(SIGTERM)
    let reply = Reply(try process.wait(timeLimit: 5))
    try reply.expectFailure("run.ended", exit: 75)
  }

  @Test(
    "A folder that a killed process left with some files is completed, and no file is replaced",
    arguments: [[], ["fullchain.pem"], ["cert.pem", "fullchain.pem"]])
  func aPartOfTheFilesIsCompleted(present: [String]) throws {
    let bench = try FollowCommandTests.asked()
    try bench.sandbox.control("POST", "issue", [:])
    try #require(try bench.remembering(["follow"]).status == 0)
    let folder = "certificates/shop.example.com"
    let manager = FileManager.default
    try manager.removeItem(atPath: bench.folder.path("\(folder)/current"))
    for file in ["cert.pem", "chain.pem", "fullchain.pem"] where !present.contains(file) {
      try manager.removeItem(atPath: bench.folder.path("\(folder)/1/\(file)"))
    }
    func identities() throws -> [UInt64?] {
      try present.map { file in
        try manager.attributesOfItem(atPath: bench.folder.path("\(folder)/1/\(file)"))[
          .systemFileNumber] as? UInt64
      }
    }
    let before = try identities()
    #expect(try bench.remembering(["follow"]).document()["counts"]?["items"] == 1)
    try bench.expectPair(in: "\(folder)/current", for: .shop)
    #expect(try identities() == before)
    #expect(try bench.remembering(["follow"]).document()["counts"]?["items"] == 0)
  }

  @Test("A folder of version 1.0.0 keeps its layout, and the next one has the new layout")
  func anEarlierLayoutIsCompleted() throws {
    let bench = try FollowCommandTests.asked()
    let folder = "certificates/shop.example.com"
    try FileManager.default.moveItem(
      atPath: bench.folder.path("\(folder)/1/privkey.pem"),
      toPath: bench.folder.path("\(folder)/1/key.pem"))
    try bench.sandbox.control("POST", "issue", [:])
    try #require(try bench.remembering(["follow"]).status == 0)
    #expect(try bench.folder.names(in: "\(folder)/current") == ["chain.pem", "csr.pem", "key.pem"])
    try bench.expectPair(in: "\(folder)/current", key: "key.pem", chain: "chain.pem", for: .shop)
    #expect(try bench.remembering(["follow"]).document()["counts"]?["items"] == 0)

    try bench.reissueAgain()
    try bench.expectPair(in: "\(folder)/2", for: .shop)
    try bench.expectPair(in: "\(folder)/1", key: "key.pem", chain: "chain.pem", for: .shop)
  }

  @Test("The chain of version 1.0.0 for a signing request without a key is complete")
  func anEarlierChainWithoutAKeyIsComplete() throws {
    let bench = try FollowCommandTests.asked()
    try bench.sandbox.control("POST", "issue", [:])
    try #require(try bench.remembering(["follow"]).status == 0)
    let folder = "certificates/shop.example.com/1"
    for file in ["cert.pem", "chain.pem", "privkey.pem"] {
      try FileManager.default.removeItem(atPath: bench.folder.path("\(folder)/\(file)"))
    }
    try FileManager.default.moveItem(
      atPath: bench.folder.path("\(folder)/fullchain.pem"),
      toPath: bench.folder.path("\(folder)/chain.pem"))
    #expect(try bench.remembering(["follow"]).document()["counts"]?["items"] == 0)
    #expect(try bench.folder.names(in: folder) == ["chain.pem", "csr.pem"])
  }

  @Test("A file of another certificate in the folder is not put into service")
  func anotherCertificateInTheFolderIsNotUsed() throws {
    let bench = try FollowCommandTests.asked()
    let root = try TestSupport.run(
      "/usr/bin/curl", ["-sS", "\(bench.sandbox.endpoint)/sandbox/ca"])
    try bench.folder.write(root.stdout, to: "certificates/shop.example.com/1/fullchain.pem")
    try bench.sandbox.control("POST", "issue", [:])
    try bench.remembering(["follow"]).expectFailure("store.mismatch", exit: 74)
    #expect(
      try bench.folder.names(in: "certificates/shop.example.com/1")
        == ["csr.pem", "fullchain.pem", "privkey.pem"])
    #expect(try bench.folder.names(in: "certificates/shop.example.com") == ["1"])
  }

  @Test("A chain for another key is not put into service")
  func aChainForAnotherKeyIsNotPutToUse() throws {
    let bench = try FollowCommandTests.asked()
    try bench.folder.write(
      try #require(bench.signingRequests["shop.example.com"]),
      to: "certificates/shop.example.com/1/csr.pem")
    try bench.sandbox.control("POST", "issue", [:])
    try bench.remembering(["follow"]).expectFailure("store.mismatch", exit: 74)
    let names = try FileManager.default.contentsOfDirectory(
      atPath: bench.folder.path("certificates/shop.example.com"))
    #expect(names == ["1"], "no link was switched")
  }

  /// What `current` is for: a web server on it serves a certificate with its key, and after the next reissue
  /// and a reload the next.
  @Test("A web server on current serves the newest certificate after a reload")
  func aServerOnCurrentServesTheNewest() throws {
    let bench = try FollowCommandTests.asked()
    try bench.sandbox.control("POST", "issue", [:])
    try #require(try bench.remembering(["follow"]).status == 0)
    try bench.expectPair(in: "certificates/shop.example.com/current", for: .shop)
    let current = bench.folder.path("certificates/shop.example.com/current")
    let server = try LoopbackServer("nginx", package: "nginx-light") { folder, port in
      try folder.write(
        """
        daemon off; worker_processes 1; pid nginx.pid; error_log stderr;
        events { worker_connections 64; }
        http {
          access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f;
          uwsgi_temp_path u; scgi_temp_path s;
          server {
            listen 127.0.0.1:\(port) ssl;
            ssl_certificate \(current)/fullchain.pem; ssl_certificate_key \(current)/privkey.pem;
          }
        }
        """, to: "nginx.conf")
      return ["-p", folder.path + "/", "-c", "nginx.conf", "-e", "stderr"]
    }
    // Only with a master process does nginx reload; it ends its worker when it is told to end itself. It
    // listens before it writes down its number.
    let process = try waitFor("nginx's number") {
      (try? server.folder.read("nginx.pid")).flatMap {
        Int32($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    defer {
      kill(process, SIGTERM)
      _ = try? waitFor("nginx to end") { kill(process, 0) == 0 ? nil : true }
    }
    #expect(try bench.serialServed(at: server.port) == 56010)

    try bench.reissueAgain()
    #expect(try bench.serialServed(at: server.port) == 56010, "not reloaded yet")
    kill(process, SIGHUP)
    _ = try waitFor("the reload") {
      try bench.serialServed(at: server.port) == 56011 ? true : nil
    }
  }
}

extension Workbench {
  /// Requests, issues and follows the next reissue of the certificate that the first one gave.
  fileprivate func reissueAgain() throws {
    Thread.sleep(forTimeInterval: 1.1)  // past the template's cooldown
    try sandbox.control("POST", "status", ["certificateNo": 56010, "daysLeft": 10])
    try #require(try remembering(["run", "--follow", "none"], on: Self.event(.shop)).status == 0)
    try sandbox.control("POST", "issue", [:])
    try #require(try remembering(["follow"]).status == 0)
  }
}
