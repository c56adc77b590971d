package import Core
package import JSON
package import Ledger
package import Parameters
package import Platform
package import Service

/// What became of one item.
package struct ItemResult: Sendable {
  /// The outcome in one word.
  package enum Status: String, Hashable, Sendable {
    /// The service accepted the request.
    case reissued
    /// `follow`: accepted earlier, and not issued yet.
    case pending
    /// `follow`: the certificate is issued.
    case issued
    /// There was nothing to do; ``ItemResult/reason`` says why.
    case skipped
    /// It was surely not carried out; ``ItemResult/error`` says why.
    case failed
    /// It may have been carried out: no answer came, or none that can be read.
    case unknown
    /// A dry run found nothing against it.
    case wouldReissue = "would-reissue"
  }

  /// Its place among the items of the event, from 0.
  package internal(set) var index: Int
  /// The outcome.
  package var status: Status
  /// Why it was skipped.
  package var reason: SkipReason?
  /// What the sender calls the event; of `follow`, that of the request.
  package var reference: String?
  /// What became of an accepted reissue.
  package var stage: LedgerStage?
  /// The number that the event named.
  package var askedNumber: CertificateNumber?
  /// The number that was, or would be, sent.
  package var certificateNumber: CertificateNumber?
  /// The number of the new certificate.
  package var newCertificateNumber: CertificateNumber?
  /// The end of validity of the new certificate, once it is issued; `nil` if the service does not show it.
  package var notAfter: Timestamp?
  /// The parameters, as far as they could be read.
  package var parameters: ReissueParameters?
  /// The certificate's common name and its other names, where there are no parameters to say them.
  package var names: (commonName: String, others: [DomainName]?)?
  /// SHA-256 of the signing request's DER form, in hexadecimal.
  package var signingRequestDigest: String?
  /// Folder of key and signing request below the store.
  package var store: String?
  /// Whether the service has the private key of the new certificate; `nil` if that is not wanted, or not the time yet.
  package var isKeyRegistered: Bool?
  /// How many times the call was sent.
  package var attempts: Int?
  /// How long the item took, in milliseconds.
  package var durationMilliseconds: Int?
  /// What the service said.
  package var reply: ServiceReply?
  /// DNS records to set.
  package var dnsRecords: [JSONValue] = []
  /// The time before which it is not requested again.
  package var until: Timestamp?
  /// The earlier reissue that this one was skipped for.
  package var previous: JSONValue?
  /// What is legal but unlikely to be meant.
  package var warnings: [String] = []
  /// Why it failed or is unknown.
  package var error: ReissueError?

  /// A result; everything but the outcome is filled in as it becomes known.
  package init(index: Int, status: Status) {
    self.index = index
    self.status = status
  }

  /// Whether it was accepted, and nothing final is known of it.
  package var isPending: Bool { stage == .accepted || stage == .waitingForDNS }

  /// The exit status that this item alone would cause; one that failed without an error is a fault of this program.
  package var exit: ExitStatus {
    error?.exit ?? (status == .failed || status == .unknown ? .fault : .done)
  }
}

// MARK: For people

extension ItemResult {
  /// What a message is about: index, reference, numbers and name.
  var subject: String {
    let numbers = [certificateNumber ?? askedNumber, newCertificateNumber]
      .compactMap { $0?.digits }.joined(separator: " → ")
    let name = parameters?.commonName.ascii ?? names?.commonName
    let about = [numbers, name ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
    return "item \(index)" + (reference.map { " (\($0))" } ?? "")
      + (about.isEmpty ? "" : ", \(about)")
  }

  /// The outcome in one line, with the next step.
  var outcome: String {
    let why = reason.map { reason in
      reason.rawValue + (until.map { " until \($0.rfc3339Seconds)" } ?? "")
    }
    let known = [status.rawValue, why, stage.map(\.rawValue), store.map { "store \($0)" }]
    var text: [String] = []
    for word in known.compactMap(\.self) where text.last != word { text.append(word) }
    return text.joined(separator: ", ") + (next.map { "; next: \($0.text)" } ?? "")
  }

  private var next: NextStep? {
    let number = (newCertificateNumber ?? certificateNumber ?? askedNumber)?.digits ?? "NUMBER"
    return switch stage {
    case .waitingForDNS: .validation(dnsRecords, of: number)
    case .accepted: .look(at: number)
    case .issued where store != nil && status != .skipped: NextStep(.deploy, "deploy it")
    case .issued, .validationFailed, nil: nil
    }
  }
}

/// Why an item, or a whole event, was left alone.
package enum SkipReason: String, Hashable, Sendable {
  /// No template's `when` is true for the event.
  case noTemplate = "no-template"
  /// The template finds no items in the event.
  case noItems = "no-items"
  /// An accepted request is younger than the template's `cooldown`.
  case cooldown
  /// Another process works on the certificate.
  case inProgress = "in-progress"
  /// The service works on a reissue of the order already.
  case inProgressAtService = "in-progress-at-service"
  /// The newest certificate of the order is valid for longer than `renewBefore`.
  case notDue = "not-due"
  /// An earlier item of the event asks for the same.
  case duplicateItem = "duplicate-item"
}

extension ItemResult {
  /// The item as a member of the result.
  var json: JSONValue {
    let number = { (number: CertificateNumber?) in number.map { JSONValue.string($0.digits) } }
    var object = JSONObject.present([
      ("index", .integer(index)), ("status", .string(status.rawValue)),
      ("reason", reason.map { .string($0.rawValue) }),
      ("reference", reference.map(JSONValue.string)),
      ("stage", stage.map { .string($0.rawValue) }),
      ("askedNo", number(askedNumber)), ("certificateNo", number(certificateNumber)),
      ("newCertificateNo", number(newCertificateNumber)),
      ("notAfter", notAfter.map { .string($0.rfc3339Seconds) }),
    ])
    if let parameters = parameters?.json {
      // The number is that of the item, and the signing request is shown by its digest.
      for (name, value) in parameters where !["certificateNo", "csr"].contains(name) {
        object[name] = value
      }
    } else if let names {
      object["commonName"] = .string(names.commonName)
      object["dnsName"] = names.others.map { .array($0.map { .string($0.ascii) }) }
    }
    let rest = JSONObject.present([
      ("csrSha256", signingRequestDigest.map(JSONValue.string)),
      ("store", store.map(JSONValue.string)),
      ("keyRegistered", isKeyRegistered.map(JSONValue.boolean)),
      ("attempts", attempts.map(JSONValue.integer)),
      ("durationMs", durationMilliseconds.map(JSONValue.integer)), ("response", reply?.json),
      ("dns", dnsRecords.isEmpty ? nil : .array(dnsRecords)),
      ("until", until.map { .string($0.rfc3339Seconds) }), ("previous", previous),
      ("warnings", warnings.isEmpty ? nil : .array(warnings.map(JSONValue.string))),
      ("error", error?.json),
    ])
    for member in rest { object[member.name] = member.value }
    return .object(object)
  }
}

/// What is to be done next about a certificate.
struct NextStep: Hashable, Sendable {
  /// The kind of a step; programs choose by it.
  enum Action: String {
    /// Set DNS records.
    case setDNS = "set-dns"
    /// Nothing: the service or another process goes on.
    case wait
    /// Bring the chain to the store.
    case deliver
    /// Put the certificate into service.
    case deploy
    /// Register the private key at the service.
    case registerKey = "register-key"
    /// Extend the order: a reissue would gain nothing.
    case extendOrder = "extend-order"
    /// Find out what became of a request.
    case settle
    /// Correct the cause of a failure; the next event sends a new request.
    case fixAndRetry = "fix-and-retry"
    /// Request a reissue: the certificate is due.
    case reissue
  }

  let action: Action
  /// The step in a few words.
  let text: String

  init(_ action: Action, _ text: String) {
    self.action = action
    self.text = text
  }

  /// The step that ends a trouble of a record, which commands find by `name`.
  init(_ trouble: LedgerTrouble, _ name: String) {
    let action: Action =
      switch trouble {
      case .unknown, .stuck, .overdue: .settle
      case .validationFailed, .refused: .fixAndRetry
      case .expiring, .waiting: .setDNS
      case .undelivered: .deliver
      case .undeployed: .deploy
      case .unregistered: .registerKey
      }
    self.init(action, trouble.hint(name))
  }

  /// The step of a certificate whose domains are being validated. The records are those that the service showed; empty
  /// if they are not known.
  static func validation(_ records: [JSONValue], of number: String) -> NextStep {
    guard !records.isEmpty else { return NextStep(.waiting, number) }
    let missing = records.compactMap(DNSRecord.missing).map { "\($0[1]) \($0[0])" }
    switch missing.count {
    case 0: return NextStep(.wait, "the service has found the DNS records")
    case 1, 2: return NextStep(.setDNS, "set \(missing.joined(separator: ", "))")
    default: return NextStep(.setDNS, "set \(missing[0]) and \(missing.count - 1) more")
    }
  }

  /// The step of an accepted request of which nothing else is known.
  static func look(at number: String) -> NextStep {
    NextStep(.wait, "ncloud-reissue follow \(number) shows what became of it")
  }

  var json: JSONValue { ["action": .string(action.rawValue), "text": .string(text)] }
}

extension LedgerRecord {
  /// The number by which messages name the record: that of the new certificate, or of the request.
  var shownNumber: String {
    claim?.number ?? outcome?.newNumber ?? outcome?.number ?? numbers.last ?? ""
  }
}
