// Checks everything that a run needs, and shows a line for each check: ok, or the repair. Nothing is requested and
// nothing is created.

package import Core
internal import HTTP
package import JSON
internal import Ledger
internal import Platform
internal import Service
internal import Templates

/// Checks configuration, templates, credentials, folders, ledger and service.
package struct Doctor {
  private let settings: Settings
  private let context: Context
  private let log: Log
  private var diagnosis = Diagnosis()
  private var templates: [Template] = []

  private init(_ settings: Settings, _ context: Context, _ log: Log) {
    self.settings = settings
    self.context = context
    self.log = log
  }

  /// Makes all checks.
  package static func diagnose(_ settings: Settings, _ context: Context, _ log: Log) -> Diagnosis {
    var doctor = Doctor(settings, context, log)
    let (file, isThere) = (settings.configuration.file, settings.configuration.isThere)
    doctor.diagnosis.add(
      "configuration", ok: isThere ? file : "none (it would be \(file)): defaults")
    let isStoreNeeded = doctor.checkTemplates()
    var credentials: Credentials?
    doctor.diagnosis.add("credentials") { () throws(ReissueError) in
      let found = try Credentials.find(profile: settings.profile, context: context)
      credentials = found
      return "access key \(found.accessKey.prefix(4))… from \(found.source)"
    }
    doctor.checkFolders(isStoreNeeded: isStoreNeeded)
    doctor.checkResultFile()
    doctor.checkLedger()
    doctor.checkService(credentials)
    return doctor.diagnosis
  }

  /// The diagnosis if the settings themselves cannot be read.
  package static func diagnosis(of error: ReissueError) -> Diagnosis {
    var diagnosis = Diagnosis()
    diagnosis.add("configuration", wrong: error)
    return diagnosis
  }

  /// - Returns: Whether any template has `store`.
  private mutating func checkTemplates() -> Bool {
    let path = settings.templatesFolder
    let folder = TemplateFolder(path: path, context: context)
    var (isStoreNeeded, isBroken) = (false, false)
    do throws(ReissueError) {
      let names = settings.templateNames
      let files = try folder.files(named: names)
      for (name, file) in files {
        var documents = TemplateDocuments()
        let (template, findings) = folder.read(
          name: name, file: file, withTests: true, beside: &documents)
        templates.append(template)
        isStoreNeeded = isStoreNeeded || template.store != nil
        for finding in findings { diagnosis.add("templates", wrong: finding) }
        isBroken = isBroken || !findings.isEmpty
      }
      let place = names.isEmpty ? "\(files.count) in \(path)" : "named"
      let list = files.map(\.name).joined(separator: ", ")
      if !isBroken { diagnosis.add("templates", ok: "\(place): \(list)") }
      for (file, name) in names.isEmpty ? folder.misnamed() : [] {
        diagnosis.add("templates", wrong: .misnamed(file, name: name))
      }
    } catch {
      diagnosis.add("templates", wrong: error)
    }
    return isStoreNeeded
  }

  // MARK: Folders

  /// Checks the folders of certificates, signing requests and keys.
  ///
  /// - Parameter isStoreNeeded: Whether the store must be writable, because a template uses it.
  private mutating func checkFolders(isStoreNeeded: Bool) {
    let (store, requests, keys) = (settings.storeFolder, settings.csrFolder, settings.keyFolder)
    diagnosis.add("store") { [self] () throws(ReissueError) in
      try refuseEarlierStore()
      let text = try facts(of: store, "storeDirectory")
      guard isStoreNeeded else {
        return text ?? "\(store) does not exist: only templates with \"store\" need it"
      }
      try CertificateStore(path: store).requireUsable(isNamed: settings.isStoreNamed)
      return text ?? "\(store) does not exist yet; the first run creates it"
    }
    diagnosis.add("csr folder") { [self] () throws(ReissueError) in
      try facts(of: requests, "csrDirectory")
        ?? "\(requests) does not exist: only templates with \"file\" need it"
    }
    diagnosis.add("key folder") { [self] () throws(ReissueError) in
      guard let text = try facts(of: keys, "keyDirectory") else {
        return "\(keys) does not exist: only templates with \"privateKey\" need it"
      }
      try refuseReadableKeys(in: keys)
      return text
    }
  }

  private mutating func checkResultFile() {
    guard let file = settings.resultFile else { return }
    diagnosis.add("result file") { [settings] () throws(ReissueError) in
      try settings.requireResultFile(hint: "check --result-file, its owner and its mode")
      return file
    }
  }

  /// Throws if keys lie where version 1.0.0 kept them by default: nothing else looks there any more.
  private func refuseEarlierStore() throws(ReissueError) {
    guard let earlier = settings.earlierStoreFolder, context.files.exists(earlier) else { return }
    throw ReissueError(
      "store.earlier", "\(earlier) has keys of version 1.0.0, and is not in use",
      hint: "move its folders to \(settings.storeFolder), or set storeDirectory to it",
      exit: .configuration)
  }

  /// Throws if a run cannot create files in a folder, or the folder itself.
  private func requireWritable(_ path: String, hint: String) throws(ReissueError) {
    do throws(FileError) { try Folder.requireWritable(path) } catch {
      throw ReissueError(
        "folder.unusable", "\(path) cannot be used: \(error)",
        hint: "check owner, mode and mount, or \(hint)", exit: .inputOutput)
    }
  }

  /// The path and the mode of a folder; `nil` if it does not exist.
  private func facts(of path: String, _ member: String) throws(ReissueError) -> String? {
    let place: FilePlace
    do throws(FileError) { place = try context.files.place(path) } catch {
      guard !error.isMissing else { return nil }
      throw ReissueError(
        "folder.unusable", "\(path) cannot be used: \(error.reason)",
        hint: "check \(member), its owner and its mode", exit: .inputOutput)
    }
    guard let facts = place.facts else { return nil }
    guard facts.kind == .folder else {
      throw ReissueError(
        "folder.unusable", "\(path) is not a folder", hint: "check \(member)", exit: .configuration)
    }
    if let exposure = place.exposure {
      throw ReissueError(
        "folder.open-to-others", exposed: path, exposure, exit: .configuration)
    }
    return "\(path), mode \(String(facts.mode & 0o7777, radix: 8))"
  }

  /// Throws if another user can read a key.
  private func refuseReadableKeys(in path: String) throws(ReissueError) {
    var open: (file: String, exposure: Exposure)?
    do throws(FileError) {
      for file in try context.files.list(path).map({ "\(path)/\($0)" })
      where open == nil && context.files.isFile(file) {
        open = try context.files.place(file).reading.map { (file, $0) }
      }
    } catch {
      throw ReissueError(
        "folder.unusable", "\(path) cannot be read: \(error.reason)",
        hint: "check keyDirectory, its owner and its mode", exit: .inputOutput)
    }
    guard let open else { return }
    throw ReissueError(
      "key.open-to-others", exposed: open.file, open.exposure, exit: .configuration)
  }

  // MARK: Ledger

  private mutating func checkLedger() {
    diagnosis.add("ledger") { [self] () throws(ReissueError) in
      let location = try LedgerLocation.location(settings, context)
      guard location != .none else { return "none is kept: a repeated alert is a second reissue" }
      if case .sqlite(let path) = location {
        try requireWritable(Folder.split(path).folder, hint: "give another place with --ledger")
      }
      guard let ledger = try LedgerLocation.openIfThere(settings, context, log) else {
        return "\(location.shown) does not exist yet; the first run creates it"
      }
      let open = try mapError(ReissueError.init) { () throws(LedgerError) in
        try openRecords(in: ledger)
      }
      return location.shown + (open > 0 ? ", \(open) claimed or unknown: see ledger check" : "")
    }
  }

  /// Verifies an existing ledger.
  ///
  /// - Returns: The number of claimed and unknown requests of the account.
  private func openRecords(in ledger: any Ledger) throws(LedgerError) -> Int {
    // This query is a transaction, which fails if the ledger cannot be written.
    _ = try ledger.requestCount(account: "", at: context.now())
    if let file = ledger as? SQLiteLedger { try file.verify() }
    if let warning = ledger.warnings.first {
      throw LedgerError(
        .inaccessible, warning, hint: "without the ledger, repeated alerts are not recognised")
    }
    let account = try? LedgerMaintenance.account(settings, context)
    return try ledger.records(in: [.claimed, .unknown])
      .count { account == nil || $0.account == account }
  }

  // MARK: Service

  /// From this difference on, the clock is reported, in seconds; the gateway refuses only much larger ones.
  private static let noticeableSkew = 60

  /// Sends one signed look-up. It checks name resolution, proxy, TLS, clock, key and permission.
  private mutating func checkService(_ credentials: Credentials?) {
    do throws(ReissueError) {
      let configuration = try ServiceConfiguration.connection(
        caFile: settings.caFile, parallel: settings.parallel, context: context, log: log)
      if let proxy = configuration.proxy {
        // The description of a proxy holds neither user nor password.
        let exceptions = configuration.noProxy
        diagnosis.add("proxy", ok: "\(proxy)\(exceptions.isEmpty ? "" : ", not for \(exceptions)")")
      }
    } catch {
      diagnosis.add("proxy", wrong: error)
      return diagnosis.add("service", ok: "not checked: no usable proxy")
    }
    guard let credentials else {
      return diagnosis.add("service", ok: "not checked: no credentials")
    }
    do throws(ReissueError) {
      var client = try ServiceClient(
        ServiceConfiguration(settings, credentials, context, log), context: context, log: log)
      let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
      let answer = client.probe(deadline: deadline)
      checkTLS(client, answer, until: deadline)
      diagnosis.add("clock") { [self] () throws(ReissueError) in try clock(answer) }
      diagnosis.add("service") { [self] () throws(ReissueError) in
        _ = try Look.read(answer, nowSeconds: context.now().seconds).0.get()
        return "\(settings.endpoint) answers and accepts the key"
      }
      checkLives(&client, answer, until: deadline)
    } catch {
      diagnosis.add("service", wrong: error)
    }
  }

  private mutating func checkTLS(
    _ client: borrowing ServiceClient, _ answer: Answer, until deadline: Int
  ) {
    switch answer {
    case .failure(let failure, let peer):
      switch failure.kind {
      case .tlsUntrusted, .proxyUntrusted:
        diagnosis.add("tls", wrong: ReissueError(unsent: failure, peer: peer))
      default: break
      }
    case .reply:
      guard let peer = client.peer(until: deadline) else { return }
      diagnosis.add(
        "tls", ok: "\(peer.subject), \(peer.names), until \(peer.notAfter), by \(peer.issuer)")
    case .notSent: break
    }
  }

  /// Compares the rules of the templates with the shortest life of a certificate in the account. The defaults fit
  /// every life, and need no look at the account.
  private mutating func checkLives(
    _ client: inout ServiceClient, _ answer: Answer, until deadline: Int
  ) {
    let templates = templates.filter(\.policy.dependsOnLife)
    guard !templates.isEmpty,
      (try? Look.read(answer, nowSeconds: context.now().seconds).0.get()) != nil,
      let life = (try? client.lookAround(deadline: deadline))?.shortestLife
    else { return }
    for template in templates {
      for (member, text, hint) in template.policy.misfits(of: life) {
        diagnosis.add(
          "templates",
          wrong: ReissueError(
            "template.short-life", text, hint: hint, exit: .done,
            place: Place(template: template.name, pointer: "/policy/\(member)")))
      }
    }
  }

  private func clock(_ answer: Answer) throws(ReissueError) -> String {
    guard case .reply(_, let skew?, _) = answer else {
      return "\(context.now().rfc3339Seconds), not compared: no answer with a date"
    }
    guard abs(skew) < Self.noticeableSkew else {
      throw .clockSkew(skew, exit: abs(skew) < Outcome.maximumClockSkew ? .done : .credentials)
    }
    return "\(context.now().rfc3339Seconds), \(abs(skew)) seconds off"
  }
}

extension ServiceClient {
  /// Sends the smallest signed look-up and returns the answer, whatever it is.
  fileprivate mutating func probe(deadline: Int) -> Answer {
    let target = ServicePath.certificates(page: 1, size: 1)
    let exchanges = send(
      1, as: "look-ups", parallel: 1, deadline: deadline,
      call: { _, _ in ServiceCall(method: .get, target: target) },
      meaning: { ($0, .final) })
    return exchanges.first?.meaning ?? .notSent
  }
}

/// The results of all checks.
package struct Diagnosis: Sendable {
  private static let version = 1
  /// The longest name of a check, and two blanks.
  private static let nameWidth = 15

  /// The result of one check.
  private struct Line {
    let name: String
    let text: String
    /// What is wrong.
    let error: ReissueError?
  }

  private var lines: [Line] = []

  /// Adds a check that found nothing wrong, or was not made.
  mutating func add(_ name: String, ok text: String) {
    lines.append(Line(name: name, text: text, error: nil))
  }

  /// Adds a check that failed.
  mutating func add(_ name: String, wrong error: ReissueError) {
    lines.append(Line(name: name, text: error.message, error: error))
  }

  /// Adds the text that the check returns, or the error that it throws.
  mutating func add(_ name: String, _ check: () throws(ReissueError) -> String) {
    do throws(ReissueError) {
      add(name, ok: try check())
    } catch {
      add(name, wrong: error)
    }
  }

  /// The most serious status of the failed checks.
  package var exit: ExitStatus {
    ExitStatus.gravest(of: lines.compactMap { $0.error?.exit })
  }

  /// A line for each check.
  package var text: String {
    lines.map { line in
      let name = line.name + String(repeating: " ", count: Self.nameWidth - line.name.count)
      var text = "\(line.error == nil ? "ok  " : "fix ")  \(name)\(line.text)"
      if let error = line.error {
        text += error.placeText + (error.hint.map { ": \($0)" } ?? "") + " [\(error.code)]"
      }
      return VisibleText.line(text) + "\n"
    }.joined()
  }

  /// The document. Within version 1, members may be added, but none is removed or changed.
  package var json: JSONValue {
    let checks = lines.map { line in
      JSONValue.object(
        .present([
          ("name", .string(line.name)), ("ok", .boolean(line.error == nil)),
          ("text", .string(line.text)), ("error", line.error?.json),
        ]))
    }
    return [
      "version": .integer(Self.version), "ok": .boolean(exit == .done), "checks": .array(checks),
    ]
  }
}
