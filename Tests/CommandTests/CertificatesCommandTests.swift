import Foundation
import JSON
import TestSupport
import Testing

/// `certificates` prints the certificates of the account as a table, a document or an inventory for templates.
@Suite(.waiting)
struct CertificatesCommandTests {
  @Test("The table shows every Advanced certificate")
  func theTableShowsEveryAdvancedCertificate() throws {
    let bench = try Workbench()
    let reply = try bench.command(bench.options(["certificates"]))
    #expect(reply.status == 0, "\(reply.stderr)")
    let lines = reply.stdout.split(separator: "\n")
    #expect(lines.count == 10, "a header and nine certificates: \(reply.stdout)")
    #expect(!reply.stdout.contains("55889"), "Cloud Basic cannot be reissued")
    let rows = lines.dropFirst().map { $0.split(separator: " ").map(String.init) }
    let blog = rows.filter { $0.contains("blog") }
    #expect(blog.map { $0.first } == ["55886", "*"], "only the representative is marked")
    let docs = try #require(lines.first { $0.contains("55987") })
    #expect(docs.contains("in progress"))
    // Columns are aligned.
    let column = try #require(lines.first?.range(of: "COMMON NAME")).lowerBound
    let offset = lines[0].distance(from: lines[0].startIndex, to: column)
    for line in lines.dropFirst() {
      let text = line.dropFirst(offset)
      #expect(text.first != " " && line.dropFirst(offset - 1).first == " ", "\(line)")
    }
  }

  @Test("The document has every member")
  func theDocumentHasEveryMember() throws {
    let bench = try Workbench()
    let document = try bench.command(bench.options(["certificates", "--json"])).document()
    #expect(document["version"] == 1)
    let shop = try #require(
      document["certificates"]?.array?.first { $0["certificateNo"] == "55882" })
    #expect(shop["commonName"] == "shop.example.com")
    #expect(shop["dnsName"] == ["www.shop.example.com"])
    #expect(shop["state"] == "normal")
    #expect(try (11...12).contains(#require(shop["daysLeft"]?.integer)))
    #expect(shop["orderId"] == "ORDER-1001")
    #expect(shop["orderEndsAt"]?.string?.hasSuffix("Z") == true)
    #expect(shop["representative"] == true)
    let old = document["certificates"]?.array?.first { $0["certificateNo"] == "55886" }
    #expect(old?["representative"] == false)
  }

  // MARK: Where each one stands

  private func row(_ number: JSONValue, in document: JSONValue) throws -> JSONValue {
    try #require(document["certificates"]?.array?.first { $0["certificateNo"] == number })
  }

  @Test("The list shows the stage of a reissue, since when, and the missing DNS records")
  func aReissueThatWaits() throws {
    let bench = try Workbench()
    try #require(try bench.remembering(["run"], on: Workbench.event(.shop)).status == 0)
    let document = try bench.remembering(["certificates", "--json"]).document()
    let new = try row("56010", in: document)
    #expect(new["stage"] == "waiting-for-dns" && new["state"] == "in progress")
    for time in ["since", "lookedAt"] {
      #expect(new[time]?.string?.hasSuffix("Z") == true, "\(time) of \(new)")
    }
    #expect(
      new["next"] == [
        "action": "set-dns",
        "text": "set TXT _dnsauth.shop.example.com, TXT _dnsauth.www.shop.example.com",
      ])
    #expect(try row("55882", in: document)["stage"] == nil, "the record is about the new one")
    #expect(document["ledger"]?["outcomes"]?["accepted"] == 1)
    #expect(document["ledger"]?["oldestWaitingSince"]?.string?.hasSuffix("Z") == true)
    #expect(document["ledger"]?["lastSuccessAt"] == nil)
    // One that was requested in the console.
    let other = try row("55987", in: document)
    #expect(other["stage"] == "waiting-for-dns" && other["since"] == nil)
    #expect(other["next"]?["text"]?.string?.hasPrefix("set TXT _dnsauth.") == true)
    let table = try bench.remembering(["certificates"])
    let line = try #require(table.stdout.split(separator: "\n").first { $0.contains("56010") })
    #expect(line.contains("waiting-for-dns  ") && line.hasSuffix("_dnsauth.www.shop.example.com"))
    #expect(!table.stdout.contains("\u{1B}"), "no colour in a pipe")
    let none = try bench.command(
      bench.options(["certificates", "--json", "--ledger", "none"])
    ).document()
    #expect(none["ledger"] == nil && none["certificates"]?.array?.isEmpty == false)
  }

  @Test("The soonest end is the first line; a certificate in progress follows that of its order")
  func theSoonestEndIsFirst() throws {
    let bench = try Workbench()
    try #require(try bench.remembering(["run"], on: Workbench.event(.shop)).status == 0)
    let rows = try #require(
      try bench.remembering(["certificates", "--json"]).document()["certificates"]?.array)
    let days = rows.filter { $0["state"] == "normal" }.compactMap { $0["daysLeft"]?.integer }
    #expect(days.count > 3 && days == days.sorted(), "\(days)")
    let numbers = rows.compactMap { $0["certificateNo"]?.string }
    let old = try #require(numbers.firstIndex(of: "55882"))
    #expect(numbers[old + 1] == "56010", "\(numbers)")
  }

  @Test("A certificate that is due needs a reissue, or first a longer order")
  func whatIsDue() throws {
    let orders = [(1, 5, 200), (2, 5, 5), (3, 90, 200)].map { number, days, left -> JSONValue in
      [
        "orderId": .string("ORDER-\(number)"), "subscriptionYears": 1,
        "subscriptionDaysLeft": .integer(left),
        "certificates": [
          [
            "certificateNo": .integer(number), "certificateName": "shop",
            "commonName": "shop.example.com", "statusCode": "2", "daysLeft": .integer(days),
          ]
        ],
      ]
    }
    let bench = try Workbench()
    try bench.sandbox.control("POST", "seed", ["orders": .array(orders)])
    let document = try bench.command(bench.options(["certificates", "--json"])).document()
    #expect(try row("1", in: document)["next"]?["action"] == "reissue")
    #expect(try row("2", in: document)["next"]?["action"] == "extend-order")
    #expect(try row("3", in: document)["next"] == nil)
    try bench.sandbox.control("POST", "seed", ["orders": []])
    let empty = try bench.command(bench.options(["certificates"]))
    #expect(empty.status == 0 && empty.stdout.isEmpty, "without rows no header: \(empty.stdout)")
  }

  @Test("A failed look at DNS records or a damaged ledger does not hide the list")
  func whatCannotBeJoined() throws {
    let bench = try Workbench([
      "--fault", "reset-before,method=GET,path=/api/v2/certificate/getVerificationInfo/*",
    ])
    let looked = try bench.command(bench.options(["certificates", "--json", "--deadline", "2s"]))
    #expect(looked.status == 0, "\(looked.stderr)")
    #expect(try row("55987", in: looked.document())["next"]?["action"] == "set-dns")
    try bench.folder.write(String(repeating: "no ledger\n", count: 500), to: "ledger.sqlite3")
    let damaged = try bench.remembering(["certificates", "--json", "--deadline", "2s"])
    #expect(damaged.status == 74 && damaged.stderr.contains("[ledger.foreign]"))
    #expect(try damaged.document()["certificates"]?.array?.isEmpty == false)
    #expect(try damaged.document()["ledger"] == nil)
  }

  /// The terminal is created by script(1).
  @Test(
    "Lines that need a person are coloured on terminals, unless NO_COLOR is set",
    arguments: [([:], true), (["NO_COLOR": "1"], false), (["TERM": "dumb"], false)]
      as [([String: String], Bool)])
  func colours(changes: [String: String], isColored: Bool) throws {
    let bench = try Workbench()
    let command = try ([Workbench.program] + bench.options(["certificates"]))
      .map { "'\($0)'" }.joined(separator: " ")
    let completion = try TestSupport.run(
      "/usr/bin/script", ["-qec", command, "/dev/null"],
      environment: bench.environment.merging(["TERM": "xterm"]) { $1 }.merging(changes) { $1 })
    #expect(completion.status == 0, "\(completion.stdout)")
    #expect(completion.stdout.contains("\u{1B}[33m") == isColored, "\(completion.stdout)")
  }

  // MARK: The inventory

  @Test(
    "The inventory has a key for every domain",
    arguments: [
      [], ["--shapes", "older"], ["--date-form", "milliseconds"], ["--name-separator", " "],
    ]
      as [[String]])
  func theInventoryIsKeyedByEveryDomain(shapes: [String]) throws {
    let bench = try Workbench(shapes)
    let reply = try bench.command(bench.options(["certificates", "--inventory"]))
    #expect(reply.status == 0 && reply.stderr.isEmpty, "\(reply.stderr)")
    let document = try reply.document()
    let names = try #require(document.object).members.map(\.name)
    #expect(
      names == [
        "*.example.com", "api.example.com", "blog.example.com", "docs.example.com", "example.com",
        "imap.example.com", "mail.example.com", "old.example.com", "shop.example.com",
        "smtp.example.com", "www.shop.example.com",
      ])
    #expect(
      document["www.shop.example.com"] == [
        "no": "55882", "name": "shop", "cn": "shop.example.com", "sans": ["www.shop.example.com"],
        "order": "ORDER-1001",
      ])
    #expect(document["blog.example.com"]?["no"] == "55986", "the representative")
    #expect(document["example.com"]?["cn"] == "*.example.com")
  }

  /// Templates read the output of `certificates --inventory`.
  @Test("A template can read the inventory")
  func aTemplateUsesTheInventory() throws {
    let template: JSONValue = [
      "version": 1, "data": ["inventory": "inventory.json"],
      "let": ["cert": "lookup($data.inventory, host)"],
      "reissue": [
        "certificateNo": "${$cert.no}", "certificateName": "${$cert.name}",
        "commonName": "${$cert.cn}", "dnsName": "${$cert.sans}", "validationMethod": "D",
        "csr": ["file": "${$cert.cn}.csr"],
      ],
    ]
    let bench = try Workbench(template: template)
    let inventory = try bench.command(bench.options(["certificates", "--inventory", "--pretty"]))
    try bench.folder.write(inventory.stdout, to: "templates/inventory.json")
    let reply = try bench.run(on: ["host": "www.shop.example.com"])
    #expect(reply.status == 0, "\(reply.stdout)")
    #expect(try bench.posts().first?["target"] == "/api/v2/certificate/55882/reissue")
  }

  @Test("All pages of a large account are read")
  func anAccountOfManyPages() throws {
    let orders = (0..<250).map { index -> JSONValue in
      [
        "orderId": .string("ORDER-\(index)"), "subscriptionYears": 1, "subscriptionDaysLeft": 200,
        "certificates": [
          [
            "certificateNo": .integer(60_000 + index), "certificateName": .string("host\(index)"),
            "commonName": .string("host\(index).example.com"), "statusCode": "2", "daysLeft": 20,
          ]
        ],
      ]
    }
    let bench = try Workbench()
    try bench.sandbox.control("POST", "seed", ["orders": .array(orders)])
    let document = try bench.command(bench.options(["certificates", "--inventory"])).document()
    #expect(document.object?.members.count == 250)
    #expect(try bench.sandbox.journal("GET").count == 4, "three pages, and the orders' ends")
  }

  /// Monitoring systems send a name in Unicode or in its DNS form, and `url_host` keeps the form.
  @Test("The inventory has internationalised names in both forms")
  func internationalisedNamesAreInTheInventoryInBothForms() throws {
    let order: JSONValue = [
      "orderId": "ORDER-1", "subscriptionYears": 1, "subscriptionDaysLeft": 200,
      "certificates": [
        [
          "certificateNo": 60_000, "certificateName": "books",
          "commonName": "xn--bcher-kva.example", "statusCode": "2", "daysLeft": 20,
        ]
      ],
    ]
    let bench = try Workbench()
    try bench.sandbox.control("POST", "seed", ["orders": [order]])
    let document = try bench.command(bench.options(["certificates", "--inventory"])).document()
    let names = try #require(document.object?.members.map(\.name))
    #expect(names == ["bücher.example", "xn--bcher-kva.example"])
    #expect(document["bücher.example"]?["no"] == "60000")
    #expect(document["bücher.example"]?["cn"] == "xn--bcher-kva.example")
  }

  /// The service may send fewer orders than requested, and may count orders, each with several certificates.
  @Test("Pages shorter than the page size do not end the list")
  func pagesThatAreCutShort() throws {
    let orders = (0..<50).map { index -> JSONValue in
      [
        "orderId": .string("ORDER-\(index)"), "subscriptionYears": 1, "subscriptionDaysLeft": 200,
        "certificates": .array(
          (0..<3).map { year in
            [
              "certificateNo": .integer(60_000 + 3 * index + year),
              "certificateName": .string("host\(index)"),
              "commonName": .string("host\(index).example.com"), "statusCode": "2",
              "daysLeft": .integer(20 + year),
            ]
          }),
      ]
    }
    let bench = try Workbench(["--maximum-page-size", "20"])
    try bench.sandbox.control("POST", "seed", ["orders": .array(orders)])
    let document = try bench.command(bench.options(["certificates", "--json"])).document()
    #expect(document["certificates"]?.array?.count == 150)
    #expect(try bench.sandbox.journal("GET").count == 4, "three pages, and the orders' ends")
  }

  /// The count may be of orders or of certificates.
  @Test(
    "One complete page is enough, whether totalCount counts orders or certificates",
    arguments: [2, 4])
  func aCountOfOrdersOrOfCertificates(totalCount: Int) throws {
    let bench = try Workbench()
    let server = try ListServer()
    let orders = (0..<2).map { order in
      ListServer.order(
        .integer(order),
        ListServer.certificate(JSONObject([("certificateNo", .integer(10 + order))])),
        ListServer.certificate(JSONObject([("certificateNo", .integer(20 + order))])))
    }
    try server.write(orders: orders, totalCount: totalCount)
    let reply = try bench.command(bench.options(["certificates", "--json"]) + server.options)
    #expect(try reply.document()["certificates"]?.array?.count == 4, "\(reply.stderr)")
    #expect(try server.requests("getPaidCertificates").count == 1)
  }

  /// After the last page the service may report an empty result; for the first page that is a refusal.
  @Test("An empty result after the last page ends the list")
  func nothingIsBehindTheLastPage() throws {
    let bench = try Workbench()
    let server = try ListServer()
    let nothing: JSONValue = ["returnCode": "2200", "returnMessage": "No certificate was found."]
    try server.write(orders: [ListServer.order(1, ListServer.certificate())], totalCount: 7)
    try server.write(nothing, to: "getPaidCertificates.2")
    let arguments = bench.options(["certificates", "--json"]) + server.options
    let reply = try bench.command(arguments)
    #expect(reply.status == 0, "\(reply.stderr)")
    #expect(try reply.document()["certificates"]?.array?.count == 1)
    #expect(try server.requests("getPaidCertificates").count == 2)
    try server.write(nothing, to: "getPaidCertificates.1")
    let empty = try bench.command(arguments)
    #expect(empty.status == 69)
    #expect(empty.stderr.contains("[service.2200]"))
  }

  /// The other certificate is named in a warning.
  @Test("Of two certificates for one domain, the inventory has the one that is valid longer")
  func aDomainOfTwoOrders() throws {
    let orders = [(1, 20), (2, 90), (3, 40)].map { number, days -> JSONValue in
      [
        "orderId": .string("ORDER-\(number)"), "subscriptionYears": 1, "subscriptionDaysLeft": 200,
        "certificates": [
          [
            "certificateNo": .integer(number), "certificateName": "shop",
            "commonName": "shop.example.com", "statusCode": "2", "daysLeft": .integer(days),
          ]
        ],
      ]
    }
    let bench = try Workbench()
    try bench.sandbox.control("POST", "seed", ["orders": .array(orders)])
    let reply = try bench.command(bench.options(["certificates", "--inventory"]))
    #expect(try reply.document()["shop.example.com"]?["no"] == "2")
    #expect(reply.stderr.contains("shop.example.com is in the certificates"))
  }

  @Test("Contradicting options and missing or refused credentials are errors")
  func whatCannotBeListed() throws {
    let bench = try Workbench()
    let both = try bench.command(bench.options(["certificates", "--json", "--inventory"]))
    #expect(both.status == 64)
    let keyless = try bench.command(
      bench.options(["certificates"]), environment: ["NCLOUD_SECRET_KEY": nil])
    #expect(keyless.status == 77)
    #expect(keyless.stdout.isEmpty && keyless.stderr.contains("[credentials.incomplete]"))
    let refused = try bench.command(
      bench.options(["certificates"]), environment: ["NCLOUD_SECRET_KEY": "wrong"])
    #expect(refused.status == 77)
    #expect(refused.stderr.contains("[credentials.refused]"))
  }

  /// A name in the account cannot control the terminal.
  @Test("Control characters in names are escaped")
  func controlCharactersAreEscaped() throws {
    let bench = try Workbench()
    try bench.sandbox.control(
      "POST", "seed",
      [
        "orders": [
          [
            "orderId": "O\u{1b}[31m", "subscriptionYears": 1, "subscriptionDaysLeft": 200,
            "certificates": [
              [
                "certificateNo": 7, "certificateName": "a\u{7}\nb",
                "commonName": "shop.example.com", "statusCode": "2", "daysLeft": 20,
              ]
            ],
          ]
        ]
      ])
    let reply = try bench.command(bench.options(["certificates"]))
    #expect(reply.status == 0)
    #expect(reply.stdout.split(separator: "\n").count == 2)
    #expect(!reply.stdout.contains("\u{1b}") && !reply.stdout.contains("\u{7}"))
  }
}
