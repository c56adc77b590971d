// What `follow` shows to people.

internal import Core
internal import Ledger
internal import Parameters
internal import Platform
internal import Service

extension RunResult {
  /// The result for people: a line for each certificate, then the DNS records that are missing.
  package var table: String {
    var certificates = TextTable(
      ["NUMBER", "NEW", "NAME", "STATUS", "STAGE", "ENDS", "STORE"], rightAligned: [0, 1])
    var records = TextTable(["DNS RECORD", "TYPE", "VALUE"])
    for item in items {
      certificates.add([
        (item.certificateNumber ?? item.askedNumber)?.digits ?? "",
        item.newCertificateNumber?.digits ?? "", item.names?.commonName ?? "",
        item.status.rawValue, item.reason?.rawValue ?? item.stage?.rawValue ?? "",
        item.notAfter.map { String($0.rfc3339Seconds.prefix(10)) } ?? "", item.store ?? "",
      ])
      for cells in item.dnsRecords.compactMap(DNSRecord.missing) { records.add(cells) }
    }
    return [certificates.text, records.text].filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
