// After an accepted reissue: its new number, and the DNS records that its domains wait for.

internal import Core
internal import JSON
internal import Ledger
internal import Parameters
internal import Platform
internal import Service

extension ServiceClient {
  /// Finds new numbers and DNS records of the items that wait for them: one look, best effort, which
  /// changes no outcome.
  mutating func follow(_ work: inout Work, parallel: Int, deadline: Int) {
    findNewNumbers(&work, parallel: parallel, deadline: deadline)
    findRecords(&work, parallel: parallel, deadline: deadline)
  }

  private mutating func findNewNumbers(_ work: inout Work, parallel: Int, deadline: Int) {
    let accepted = work.places(\.isPending)
    guard !accepted.isEmpty else { return }
    if accepted.contains(where: { work[$0].followedOrder == nil }) {
      // Without a look before, nobody knows which numbers are new; the newest one on its way is taken.
      do throws(ReissueError) {
        let account = try account(deadline: deadline)
        for place in accepted {
          guard let number = work[place].result.certificateNumber else { continue }
          work[place].noteNew(in: account.order(of: number), seenAt: account.seenAt)
        }
      } catch {
        log.log(.info, "the new numbers are not known yet: \(error.message)")
      }
      return
    }
    let ids = accepted.map { work[$0].followedOrder ?? "" }
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

  /// Finds the records of the items that wait for some.
  mutating func findRecords(_ work: inout Work, parallel: Int, deadline: Int) {
    var questions: [(place: Int, domain: String, target: String)] = []
    for place in work.places(\.waitsForRecords) {
      guard let number = work[place].result.newCertificateNumber else { continue }
      for domain in work[place].names {
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
  /// Whether the service took it, and nothing final is known of it.
  var isPending: Bool { result.status == .reissued && result.isPending }

  /// The id of the order, from whichever look showed it.
  var followedOrder: String? { order?.id ?? news?.order }

  /// Whether a person has to be told which records to set. What the ledger alone has settled costs no look.
  fileprivate var waitsForRecords: Bool {
    let isLookedAt = result.status == .reissued || result.reason == .inProgressAtService
    return isLookedAt && result.stage == .waitingForDNS && result.dnsRecords.isEmpty
  }

  /// The names that are validated.
  fileprivate var names: [DomainName] { result.parameters?.names ?? followedNames }

  /// Takes the certificate that was not there before, if the order shows one.
  mutating func noteNew(in order: AccountOrder?, seenAt: Timestamp) {
    guard let order else { return }
    news = order.facts(seenAt: seenAt)
    guard let new = newCertificate(in: order) else { return }
    take(new: new)
  }

  /// Takes the new certificate's number and stage.
  mutating func take(new certificate: AccountCertificate) {
    result.newCertificateNumber = certificate.number
    result.stage =
      switch certificate.condition {
      case .inProgress: .waitingForDNS
      case .normal: .issued
      case .failed: .validationFailed
      case .other: result.stage
      }
    // What is left to set is nothing.
    if result.stage != .waitingForDNS { result.dnsRecords = [] }
  }

  /// The one that is known already, or the newest that was not there before. Where nobody had looked
  /// before, only one on its way is surely new.
  private func newCertificate(in order: AccountOrder) -> AccountCertificate? {
    if let known = result.newCertificateNumber {
      return order.certificates.first { $0.number == known }
    }
    let before = self.order.map { Set($0.certificates.map(\.number)) }
    return order.certificates.filter { certificate in
      before.map { !$0.contains(certificate.number) } ?? (certificate.condition == .inProgress)
    }.max { $0.number.order < $1.number.order }
  }
}
