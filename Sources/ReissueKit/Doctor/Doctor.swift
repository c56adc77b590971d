// Everything that a run needs, looked at without asking for anything and without making anything.

package import Core
internal import Ledger
internal import Platform
internal import Service
internal import Templates

/// Looks at configuration, templates, credentials, folders, ledger and service.
package struct Doctor {
  let settings: Settings
  let context: Context
  let log: Log

  /// Looks at everything.
  package static func diagnose(_ settings: Settings, _ context: Context, _ log: Log) -> Diagnosis {
    let doctor = Doctor(settings: settings, context: context, log: log)
    var diagnosis = Diagnosis()
    diagnosis.add("configuration") { () throws(ReissueError) in doctor.configuration() }
    let isStoreNeeded = doctor.templates(&diagnosis)
    var credentials: Credentials?
    diagnosis.add("credentials") { () throws(ReissueError) in
      let found = try Credentials.find(profile: settings.profile, context: context)
      credentials = found
      return "access key \(found.accessKey.prefix(4))… from \(found.source)"
    }
    doctor.folders(isStoreNeeded: isStoreNeeded, &diagnosis)
    diagnosis.add("ledger") { () throws(ReissueError) in try doctor.ledger() }
    doctor.service(credentials, &diagnosis)
    return diagnosis
  }

  /// Settings that cannot be read are all that can be told.
  package static func diagnosis(of error: ReissueError) -> Diagnosis {
    var diagnosis = Diagnosis()
    diagnosis.add(.wrong("configuration", error))
    return diagnosis
  }

  private func configuration() -> String {
    let (file, isThere) = (settings.configuration.file, settings.configuration.isThere)
    return isThere ? file : "none (it would be \(file)): defaults"
  }

  /// - Returns: Whether any of them brings keys or chains to the store.
  private func templates(_ diagnosis: inout Diagnosis) -> Bool {
    var isStoreNeeded = false
    do throws(ReissueError) {
      let folder = TemplateFolder(path: settings.templatesFolder, context: context)
      let files = try folder.files()
      var broken = 0
      for (name, file) in files {
        let reading = folder.read(name: name, file: file)
        isStoreNeeded = isStoreNeeded || reading.template.store != nil
        for finding in reading.findings {
          broken += 1
          diagnosis.add(.wrong("templates", finding))
        }
      }
      guard broken == 0 else { return isStoreNeeded }
      guard !files.isEmpty else { throw Self.noTemplates(settings.templatesFolder) }
      let names = files.map(\.name).joined(separator: ", ")
      diagnosis.add(.ok("templates", "\(files.count) in \(settings.templatesFolder): \(names)"))
    } catch {
      diagnosis.add(.wrong("templates", error))
    }
    return isStoreNeeded
  }

  private static func noTemplates(_ folder: String) -> ReissueError {
    ReissueError(
      "template.folder", "no template is in \(folder)",
      hint: "put NAME.template.json there, or name one with --template FILE", exit: .configuration)
  }

  /// Opens a ledger that is there; the look-up is a transaction, which a ledger that cannot be written
  /// refuses. The folder of a file must be one that can be written, or made.
  private func ledger() throws(ReissueError) -> String {
    let location = try LedgerLocation.location(settings, context)
    guard location != .none else { return "none is kept: a repeated alert is a second reissue" }
    if case .sqlite(let path) = location {
      try requireWritable(Folder.split(path).folder, hint: "give another place with --ledger")
    }
    let account = try? LedgerMaintenance.account(settings, context)
    guard let ledger = try LedgerLocation.openIfThere(settings, context, log) else {
      return "\(location.shown) is not there yet; the first run makes it"
    }
    do throws(LedgerError) {
      _ = try ledger.requestCount(account: "", at: context.now())
      if let file = ledger as? SQLiteLedger { try file.verify() }
      if let warning = ledger.warnings.first {
        throw LedgerError(.inaccessible, warning, hint: "repeated alerts depend on it")
      }
      let open = try ledger.records(in: [.claimed, .unknown])
        .count { account == nil || $0.account == account }
      return location.shown + (open > 0 ? ", \(open) claimed or unknown: see ledger check" : "")
    } catch {
      throw ReissueError(error)
    }
  }
}
