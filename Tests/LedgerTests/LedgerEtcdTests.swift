import Foundation
import HTTP
import Platform
import TestSupport
import Testing

@testable import Ledger

@Suite(
  "The etcd ledger follows the rules when members fail and replies are lost", .serialized, .waiting)
struct LedgerEtcdTests {
  private func elapsed(_ body: () throws -> Void) rethrows -> Duration {
    try ContinuousClock().measure(body)
  }

  @Test("A sign of life ends with its lease, and the record stays")
  func leases() throws {
    let cluster = try EtcdCluster.shared.get()
    try cluster.waitUntilReady()
    let ledger = try EtcdLedger(cluster.configuration())
    let terms = LedgerTerms(
      now: moment(0), owner: .ofNewMachine(), signBy: moment(-LedgerFinding.absenceWindow - minute))
    #expect(terms.leaseUntil == moment(11 * minute))
    // Shorten the lease of the claim to half a second.
    let ticket = try #require(try ledger.claim([.of("1")], terms: terms).first?.ticket)
    var short = ticket.claim
    short.leaseUntil = moment(500)
    let claim = short
    try ledger.transact([ticket.lookup], day: nil, observer: .current()) { book in
      guard var record = book.take(ticket.lookup) else { return }
      record.claim = claim
      book.put(record)
    }
    func next() throws -> LedgerDecision {
      try ledger.judge([.of("1")], terms: .at(moment(1), owner: .current()))[0]
    }
    guard case .inProgress = try next() else {
      Issue.record("the sign of life exists")
      return
    }
    for _ in 0..<100 {
      usleep(100_000)
      guard case .inProgress = try next() else { break }
    }
    #expect(try next() == .lookFirst, "the sign of life has ended")
    #expect(try ledger.find(ticket.lookup)?.claim?.token == ticket.token)
  }

  @Test("After the leader is killed, the next claim succeeds once")
  func leaderKilled() throws {
    let cluster = try EtcdCluster(members: 3)
    let configuration = cluster.configuration()
    try cluster.waitUntilReady(configuration)
    let ledger = try EtcdLedger(configuration)
    let first = try #require(try ledger.claim([.of("1")], terms: .at(moment(0))).first?.ticket)
    cluster.stop(try cluster.leader())
    try ledger.settle(
      first, as: .accepted(newNumber: "2", stage: .accepted), signedAt: moment(0), now: moment(0))
    let other = try EtcdLedger(configuration)
    #expect(try other.claim([.of("2")], terms: .at(moment(1)))[0].cooldownUntil == moment(week))
    #expect(try other.claim([.of("5")], terms: .at(moment(1)))[0].ticket != nil)
    #expect(try ledger.requestCount(account: "a", at: moment(0)) == 2)

    // Without a majority, a claim fails within its deadline.
    cluster.stop(try cluster.leader())
    var hurried = configuration
    hurried.deadline = 1_500
    let cut = try EtcdLedger(hurried)
    let time = elapsed {
      let error = #expect(throws: LedgerError.self) {
        _ = try cut.claim([.of("9")], terms: .at(moment(2)))
      }
      #expect(error?.code == .unreachable && error?.hint.contains("majority") == true)
    }
    #expect(time < .seconds(3))
  }

  @Test("A settled claim leaves no lease, and pruning leaves no counts")
  func leavings() throws {
    let cluster = try EtcdCluster(members: 1)
    let configuration = cluster.configuration(prefix: "p")
    try cluster.waitUntilReady(configuration)
    let endpoint = try #require(cluster.endpoints.first)
    func leases() throws -> Int {
      (try cluster.post("\(endpoint)/v3/lease/leases", "{}")["leases"] as? [Any])?.count ?? 0
    }
    func count(_ first: String, _ last: String) throws -> Int {
      func text(_ key: String) -> String { Data(key.utf8).base64EncodedString() }
      let body = #"{"key":"\#(text(first))","range_end":"\#(text(last))","count_only":true}"#
      return try cluster.post("\(endpoint)/v3/kv/range", body)["count"].flatMap { Int("\($0)") }
        ?? 0
    }
    let ledger = try EtcdLedger(configuration)
    let tickets = try ledger.claim([.of("1"), .of("2")], terms: .at(moment(0))).compactMap(\.ticket)
    #expect(tickets.count == 2)
    #expect(try leases() == 1 && count("p/life/", "p/life0") == 2)
    // One of the two claims gets a longer lease.
    let first = tickets[0]
    try ledger.transact([first.lookup], day: nil, observer: .current()) { book in
      guard var record = book.take(first.lookup) else { return }
      record.claim?.leaseUntil = moment(41 * minute)
      book.put(record)
    }
    #expect(try leases() == 2)
    // Another process does not get the claim, and revokes the lease that it was granted.
    #expect(try EtcdLedger(configuration).claim([.of("1")], terms: .at(moment(0)))[0].ticket == nil)
    for (ticket, left) in [(tickets[1], 1), (first, 0)] {
      try ledger.settle(ticket, as: .refused(code: "x"), signedAt: moment(0), now: moment(0))
      #expect(try leases() == left)
    }
    #expect(try count("p/day/", "p/day0") == 1)
    #expect(try ledger.prune(before: moment(0)) == 0)
    #expect(try count("p/day/", "p/day0") == 1, "the day is not over")
    #expect(try ledger.prune(before: moment(week)) == 2)
    #expect(try count("p/", "p0") == 0)
  }

  @Test("A claim with a lost reply is found even if other processes have changed the records since")
  func isCarriedOut() {
    var transaction = EtcdTransaction()
    transaction.puts = ["record": [1], "life": [2]]
    transaction.leased = ["life": 7]
    transaction.counts = ["day": [3]]
    func entries(_ values: [String: [UInt8]]) -> [String: EtcdEntry] {
      Dictionary(
        uniqueKeysWithValues: values.map {
          ($0.key, EtcdEntry(key: $0.key, value: $0.value, modRevision: 1))
        })
    }
    #expect(transaction.isCarriedOut(in: entries(["record": [1], "life": [2], "day": [4]])))
    #expect(transaction.isCarriedOut(in: entries(["record": [9], "life": [2], "day": [4]])))
    #expect(!transaction.isCarriedOut(in: entries(["record": [1], "day": [3]])))
    #expect(!transaction.isCarriedOut(in: entries([:])))
    transaction.leased = [:]
    #expect(!transaction.isCarriedOut(in: entries(["record": [9], "life": [2]])))
  }

  @Test("An unreachable member, or http to another machine, is an error within the deadline")
  func unreachable() throws {
    let port = try EtcdCluster.freePort()
    for (endpoint, code) in [
      ("http://127.0.0.1:\(port)", .unreachable), ("http://192.0.2.1:2379", .location),
    ] as [(String, LedgerError.Code)] {
      var configuration = EtcdConfiguration(endpoints: [endpoint], prefix: "p")
      configuration.deadline = 300
      let ledger = try EtcdLedger(configuration)
      let time = elapsed {
        let error = #expect(throws: LedgerError.self) {
          _ = try ledger.claim([.of("1")], terms: .at(moment(0)))
        }
        #expect(error?.code == code)
      }
      #expect(time < .seconds(2))
    }
  }

  @Test("The next member is called if the first does not exist")
  func failover() throws {
    let cluster = try EtcdCluster.shared.get()
    try cluster.waitUntilReady()
    var configuration = cluster.configuration()
    configuration.endpoints.insert("http://127.0.0.1:\(try EtcdCluster.freePort())", at: 0)
    let ledger = try EtcdLedger(configuration)
    #expect(try ledger.claim([.of("1")], terms: .at(moment(0)))[0].ticket != nil)
  }

  @Test(
    "A transaction whose reply is lost is found when its keys are read again", arguments: [1, 2, 3])
  func lostAnswers(every: Int) throws {
    let cluster = try EtcdCluster.shared.get()
    try cluster.waitUntilReady()
    let proxy = try LossyProxy(to: try #require(cluster.endpoints.first), losing: every)
    var configuration = EtcdConfiguration(
      endpoints: [proxy.endpoint], prefix: "lost-\(UUID().uuidString)")
    let witness: EtcdLedger
    do {
      var direct = configuration
      direct.endpoints = cluster.endpoints
      witness = try EtcdLedger(direct)
    }
    configuration.deadline = 5_000
    let ledger = try EtcdLedger(configuration)
    for number in ["1", "2", "3"] {
      let ticket = try #require(
        try ledger.claim([.of(number)], terms: .at(moment(0))).first?.ticket)
      let lookup = LedgerLookup(account: "a", numbers: [number])
      #expect(try witness.find(lookup)?.claim?.token == ticket.token)
      let settled = try ledger.settle(
        ticket, as: .accepted(newNumber: "\(number)0", stage: .accepted), signedAt: moment(0),
        now: moment(0))
      #expect(try witness.find(lookup) == settled)
      #expect(settled.attempts.count == 1)
    }
    #expect(try witness.requestCount(account: "a", at: moment(0)) == 3)
    #expect(proxy.lost > 0)
  }

  @Test("The ledger logs in with user and password, and no message contains the password")
  func users() throws {
    let cluster = try EtcdCluster(members: 1, options: ["--bcrypt-cost", "4"])
    try cluster.waitUntilReady()
    let base = try #require(cluster.endpoints.first) + "/v3/auth/"
    for (path, body) in [
      ("user/add", #"{"name":"root","password":"fake-root"}"#),
      ("user/add", #"{"name":"hook","password":"fake-hook"}"#),
      ("role/add", #"{"name":"root"}"#), ("role/add", #"{"name":"ledger"}"#),
      // All keys from p/ up to, but not including, p0.
      (
        "role/grant",
        #"{"name":"ledger","perm":{"permType":"READWRITE","key":"cC8=","range_end":"cDA="}}"#
      ),
      ("user/grant", #"{"user":"root","role":"root"}"#),
      ("user/grant", #"{"user":"hook","role":"ledger"}"#), ("auth/enable", "{}"),
    ] {
      try cluster.post(path == "auth/enable" ? base + "enable" : base + path, body)
    }
    func ledger(_ user: String?, _ password: String?, prefix: String = "p/one") throws -> EtcdLedger
    {
      var configuration = cluster.configuration(prefix: prefix)
      configuration.user = user
      configuration.password = password
      return try EtcdLedger(configuration)
    }
    let good = try ledger("hook", "fake-hook")
    let ticket = try #require(try good.claim([.of("1")], terms: .at(moment(0))).first?.ticket)
    try good.settle(ticket, as: .refused(code: "x"), signedAt: moment(0), now: moment(0))
    #expect(try good.records(in: [.refused]).count == 1)
    for (user, password, prefix) in [
      ("hook", "fake-wrong", "p/one"), ("nobody", "x", "p/one"), (nil, nil, "p/one"),
      ("hook", "fake-hook", "other"),
    ] as [(String?, String?, String)] {
      let error = #expect(throws: LedgerError.self) {
        _ = try ledger(user, password, prefix: prefix).claim([.of("1")], terms: .at(moment(0)))
      }
      #expect(error?.code == .refused)
      #expect(error.map { "\($0)\($0.hint)".contains("fake-") } == false)
    }
  }

  @Test(
    "TLS requires the client certificate and the right authority")
  func certificates() throws {
    let folder = try TemporaryDirectory()
    let script = """
      cd "$1" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -keyout ca.key -out ca.pem -subj /CN=ca && openssl req -newkey ec -nodes \
        -pkeyopt ec_paramgen_curve:P-256 -keyout key.pem -out csr.pem -subj /CN=member &&
      printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' > ext &&
      openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
        -extfile ext -out cert.pem
      """
    let made = try run("/bin/sh", ["-c", script, "sh", folder.path])
    try #require(made.status == 0, "\(made.stderr)")
    let (ca, cert, key) = (folder.path("ca.pem"), folder.path("cert.pem"), folder.path("key.pem"))
    let cluster = try EtcdCluster(
      members: 1, scheme: "https",
      options: [
        "--cert-file", cert, "--key-file", key, "--trusted-ca-file", ca, "--client-cert-auth",
      ])
    var configuration = cluster.configuration()
    configuration.http.caFile = ca
    configuration.http.clientCertificateFile = cert
    configuration.http.clientKeyFile = key
    try cluster.waitUntilReady(configuration)
    let ledger = try EtcdLedger(configuration)
    #expect(try ledger.claim([.of("1")], terms: .at(moment(0)))[0].ticket != nil)
    for change in [\HTTPClientConfiguration.caFile, \.clientCertificateFile] {
      var other = configuration
      other.http[keyPath: change] = nil
      other.deadline = 500
      let cut = try EtcdLedger(other)
      #expect(throws: LedgerError.self) { try cut.claim([.of("2")], terms: .at(moment(0))) }
    }
  }
}
