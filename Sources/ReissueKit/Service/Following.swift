// After an accepted reissue: its new number, and the DNS records that its domains wait for.

internal import JSON
internal import Platform

extension ServiceClient {
  /// Finds new numbers and DNS records of the items that wait for them: one look, best effort, which
  /// changes no outcome.
  mutating func follow(_ work: inout Work, parallel: Int, deadline: Int) {
    findNewNumbers(&work, parallel: parallel, deadline: deadline)
    findRecords(&work, parallel: parallel, deadline: deadline)
  }

  private mutating func findNewNumbers(_ work: inout Work, parallel: Int, deadline: Int) {
    let accepted = work.places { $0.result.status == .reissued }
    if accepted.contains(where: { work[$0].order?.id == nil }) {
      // Without a look before, nobody knows which numbers are new; the newest one on its way is taken.
      guard let account = try? account(deadline: deadline) else { return }
      for place in accepted {
        guard let number = work[place].result.certificateNumber else { continue }
        work[place].noteNew(in: account.order(of: number), seenAt: account.seenAt)
      }
      return
    }
    let ids = accepted.map { work[$0].order?.id ?? "" }
    let seenAt = context.now()
    let answers = get(
      ids.map { Self.orderTarget($0) }, parallel: parallel, deadline: deadline)
    for ((place, id), answer) in zip(zip(accepted, ids), answers) {
      switch answer {
      case .success(let document):
        work[place].noteNew(in: AccountOrder(id: id, document: document), seenAt: seenAt)
      case .failure(let error): log.log(.info, "the new number is not known yet: \(error.message)")
      }
    }
  }

  private mutating func findRecords(_ work: inout Work, parallel: Int, deadline: Int) {
    var questions: [(place: Int, domain: String, target: String)] = []
    for place in work.places({ $0.result.stage == .waitingForDNS }) {
      guard let number = work[place].result.newCertificateNumber else { continue }
      for domain in work[place].result.parameters?.names ?? [] {
        questions.append((place, domain.ascii, Self.recordTarget(number, domain)))
      }
    }
    let answers = get(questions.map(\.target), parallel: parallel, deadline: deadline)
    for (question, answer) in zip(questions, answers) {
      switch answer {
      case .success(let document):
        work[question.place].result.dnsRecords +=
          DNSRecord.all(in: document, domain: question.domain)
      case .failure(let error):
        log.log(.info, "\(question.domain): its DNS record is not known yet: \(error.message)")
      }
    }
  }

  static func orderTarget(_ id: String) -> String {
    "\(ReissueRequest.basePath)/certificate/orders/\(Percent.encoded(id))"
  }

  private static func recordTarget(_ number: CertificateNumber, _ domain: DomainName) -> String {
    "\(ReissueRequest.basePath)/certificate/getVerificationInfo/\(number)"
      + "?domainAddress=\(Percent.encoded(domain.ascii))"
  }
}

extension Job {
  /// Takes the certificate that was not there before, if the order shows one.
  mutating func noteNew(in order: AccountOrder?, seenAt: Timestamp) {
    guard let order else { return }
    news = order.facts(seenAt: seenAt)
    let before = Set((self.order?.certificates ?? []).map(\.number))
    let fresh = order.certificates.filter { certificate in
      self.order == nil
        ? certificate.condition == .inProgress : !before.contains(certificate.number)
    }
    if self.order == nil { self.order = order }
    guard let new = fresh.max(by: { $0.number.order < $1.number.order }) else { return }
    result.newCertificateNumber = new.number
    result.stage =
      switch new.condition {
      case .inProgress: .waitingForDNS
      case .normal: .issued
      case .failed: .validationFailed
      case .other: result.stage
      }
  }
}

/// The DNS record that validates a domain, as ListDcvStatuses gives it.
enum DNSRecord {
  /// The records of an answer, with name, type, value and state where they can be told, and the entry
  /// itself: what its value's member is called is not documented, nor is its type.
  static func all(in document: JSONValue, domain: String) -> [JSONValue] {
    let entries =
      (document["dnsVerificationList"]?.array ?? [])
      + (document["emailVerificationList"]?.array ?? [])
    return entries.map { entry in
      .object(
        JSONObject.present([
          ("domain", .string(domain)), ("name", member(of: entry, ending: "name")),
          ("type", member(of: entry, ending: "type")),
          ("value", member(of: entry, ending: "value")),
          ("state", entry["validStatusCode"]), ("record", entry),
        ]))
    }
  }

  /// The first text whose name ends so, in any case: `txtName`, `cnameName`, `recordName` …
  private static func member(of entry: JSONValue, ending: String) -> JSONValue? {
    entry.object?.members.first {
      $0.name.lowercased().hasSuffix(ending) && $0.value.string != nil
    }?.value
  }
}
