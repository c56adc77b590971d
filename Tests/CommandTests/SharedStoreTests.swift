import Foundation
import JSON
import TestSupport
import Testing

/// A store belongs to one certificate: `current` must not change from the key of one to that of another.
@Suite(.waiting)
struct SharedStoreTests {
  private static func template(_ store: JSONValue, domainChanges: String = "refuse") -> JSONValue {
    [
      "version": 1, "items": "items", "store": store,
      "policy": ["preflight": "off", "domainChanges": .string(domainChanges)],
      "reissue": [
        "certificateNo": "${no}", "certificateName": "${name}", "commonName": "${cn}",
        "dnsName": "${sans || `[]`}", "validationMethod": "D", "csr": ["generate": "ec-p256"],
      ],
    ]
  }

  @Test("Two certificates cannot share a store")
  func twoCertificatesDoNotShareAStore() throws {
    let bench = try Workbench(template: Self.template("shared"))
    #expect(try bench.run(on: Workbench.event(.api)).status == 0)
    let refused = try bench.run(on: Workbench.event(.shop))
    try refused.expectFailure("store.other-names", exit: 78)
    #expect(try refused.error()?["message"]?.string?.contains("api.example.com") == true)
    #expect(try bench.posts().count == 1)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: bench.folder.path("certificates/shared"))
        == ["1"])
  }

  /// A `*` becomes a `_` in the name of a store, so that two certificates may have the same name.
  @Test("Certificates whose folder names collide are distinguished")
  func namesThatBecomeTheSameAreToldApart() throws {
    let bench = try Workbench(template: Self.template("${store}"))
    func event(_ certificate: CertificateSample, _ store: JSONValue) -> JSONValue {
      var item = certificate.item.object ?? JSONObject()
      item["store"] = store
      return ["items": [.object(item)]]
    }
    #expect(try bench.run(on: event(.wildcard, "*.example.com")).status == 0)
    try bench.run(on: event(.api, "_.example.com")).expectFailure("store.other-names", exit: 78)
    #expect(try bench.posts().count == 1)
  }

  /// If names may change, the store stays the same as long as the common name does.
  @Test(
    "A change of names must be allowed",
    arguments: [("refuse", 78), ("allow", 0)] as [(String, Int32)])
  func aChangeOfNamesHasToBeAllowed(policy: String, exit: Int32) throws {
    let bench = try Workbench(
      template: Self.template("${cn}", domainChanges: policy))
    #expect(try bench.run(on: Workbench.event(.api)).status == 0)
    let more: JSONValue = [
      "items": [["no": 55882, "name": "shop", "cn": "api.example.com", "sans": ["b.example.com"]]]
    ]
    let reply = try bench.run(on: more)
    #expect((try reply.error()?["code"] == "store.other-names") == (exit == 78), "\(reply.stdout)")
  }
}
