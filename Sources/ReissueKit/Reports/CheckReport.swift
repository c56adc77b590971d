// What `check` shows: every template with its findings and what became of its tests.

package import Core
internal import JMESPath
package import JSON
internal import Templates

/// Findings and tests of templates.
package struct CheckReport: Sendable {
  private static let version = 1

  /// What became of a test.
  private enum Verdict: String {
    case passed
    case failed
    /// The template is wrong in itself, so a difference would say nothing.
    case notRun = "not-run"
  }

  private struct TestOutcome {
    let name: String
    let pointer: String
    let verdict: Verdict
    let differences: [Difference]
  }

  private struct Entry {
    let name: String
    let file: String
    let findings: [Finding]
    let tests: [TestOutcome]
  }

  private var entries: [Entry] = []
  /// The folder that holds no template at all, if it was to be checked.
  private var emptyFolder: String?
  private var error: ReissueError?

  /// A report that nothing could be checked.
  package init(_ error: ReissueError) { self.error = error }

  /// Checks templates by name or file; all of the templates folder if none is named.
  ///
  /// - Throws: ``ReissueError`` if the folder cannot be read, or two of its files bear one name.
  package init(
    named names: [String], settings: Settings, context: Context
  ) throws(ReissueError) {
    let folder = TemplateFolder(path: settings.templatesFolder, context: context)
    let files =
      names.isEmpty
      ? try folder.files()
      : try names.map { name throws(ReissueError) in try folder.file(named: name) }
    if files.isEmpty { emptyFolder = settings.templatesFolder }
    let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
    // The tests of all templates share what one run may do.
    var budget = Budget(isEnding: { context.isOver(deadline) })
    // A run reads them all; what does not fit there is an error here.
    var documents = TemplateDocuments()
    for (name, file) in files {
      try Self.goOn(context, until: deadline)
      let (template, read) = folder.read(
        name: name, file: file, withTests: true, beside: &documents)
      let findings = TemplateCheck(template, read: read).findings
      let isUsable = !findings.contains { $0.severity == .error }
      var tests: [TestOutcome] = []
      for test in template.tests {
        let differences =
          isUsable
          ? template.differences(
            in: test, variables: settings.variables, now: context.now(), spending: &budget) : []
        try Self.goOn(context, until: deadline)
        let verdict = isUsable ? differences.isEmpty ? Verdict.passed : .failed : .notRun
        tests.append(
          TestOutcome(
            name: test.name, pointer: test.pointer, verdict: verdict, differences: differences))
      }
      entries.append(Entry(name: name, file: file, findings: findings, tests: tests))
    }
  }

  private static func goOn(_ context: Context, until deadline: Int) throws(ReissueError) {
    guard context.isOver(deadline) else { return }
    throw ReissueError(
      "run.ended", "the check ended before all templates were looked at",
      hint: "raise --deadline, or name the templates to check", exit: .tryAgain)
  }

  private func count(_ severity: Finding.Severity) -> Int {
    entries.reduce(0) { $0 + $1.findings.count { $0.severity == severity } }
  }

  private func count(_ verdict: Verdict) -> Int {
    entries.reduce(0) { $0 + $1.tests.count { $0.verdict == verdict } }
  }

  /// 0, or 78 with an error or a failed test; that of the error if nothing could be checked, and that of a file
  /// that could not be read.
  package var exit: ExitStatus {
    if let error { return error.exit }
    let findings = entries.flatMap(\.findings).filter { $0.severity == .error }
    return ExitStatus.gravest(
      of: findings.map(\.error.exit) + (count(.failed) == 0 ? [] : [.configuration]))
  }
}

// MARK: For people

extension CheckReport {
  /// A line for each finding and each difference, and a count.
  package var text: String {
    (entries.flatMap(Self.lines) + [summary]).map { $0 + "\n" }.joined()
  }

  private static func lines(of entry: Entry) -> [String] {
    entry.findings.map { line(of: $0, in: entry) }
      + entry.tests.flatMap { outcome in
        outcome.differences.map { line(of: $0, in: outcome, entry) }
      }
  }

  private static func line(of finding: Finding, in entry: Entry) -> String {
    let error = finding.error
    let place = error.place ?? Place()
    let pointer = place.pointer.map { $0.isEmpty ? "" : "\($0): " } ?? ""
    var text = "\(entry.name): \(pointer)\(finding.severity.rawValue): \(error.message)"
    // Warnings of a whole expression name it themselves.
    if let expression = place.expression,
      finding.severity == .error || !error.message.contains("`\(expression)`")
    {
      text += " (in `\(expression)`, column \(place.column ?? 1))"
    }
    if let hint = error.hint { text += "; \(hint)" }
    return safe(text)
  }

  private static func line(
    of difference: Difference, in test: TestOutcome, _ entry: Entry
  ) -> String {
    var parts: [String] = []
    if let expected = difference.expected { parts.append("expected \(shown(expected))") }
    if let error = difference.error {
      parts.append("got an error: \(error.message)\(error.placeText)")
    } else {
      parts.append("got \(difference.got.map(shown) ?? "nothing")")
      if difference.expected == nil { parts.insert("expected nothing", at: 0) }
    }
    let differs = parts.joined(separator: ", ")
    return safe(
      "\(entry.name): \(test.pointer): test \(Text.quoted(test.name)): \(difference.path): \(differs)"
    )
  }

  /// The most of a value that a line shows, in code points.
  private static let shownCodePoints = 160

  private static func shown(_ value: JSONValue) -> String {
    let text = JSONEncoder.text(value)
    guard text.unicodeScalars.count > shownCodePoints else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(shownCodePoints))) + "…"
  }

  private static func safe(_ text: String) -> String {
    text.unicodeScalars.map(Text.escaped).joined()
  }

  private var summary: String {
    if let emptyFolder {
      return Self.safe(
        "0 templates: \(emptyFolder) holds no NAME.template.json and no NAME/template.json")
    }
    func counted(_ count: Int, _ noun: String) -> String {
      "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
    let tests = entries.reduce(0) { $0 + $1.tests.count }
    let found: [(count: Int, text: String)] = [
      (count(.error), counted(count(.error), "error")),
      (count(.warning), counted(count(.warning), "warning")),
      (count(.failed), "\(counted(count(.failed), "test")) failed"),
      (count(.notRun), "\(counted(count(.notRun), "test")) not run"),
    ]
    let told = found.filter { $0.count > 0 }.map(\.text)
    return "\(counted(entries.count, "template")), \(counted(tests, "test")): "
      + (told.isEmpty ? "ok" : told.joined(separator: ", "))
  }
}

// MARK: For programs

extension CheckReport {
  /// The document.
  package var json: JSONValue {
    var document = JSONObject([
      ("version", .integer(Self.version)), ("status", exit == .done ? "ok" : "failed"),
    ])
    if let error {
      document["error"] = error.json
    } else {
      document["templates"] = .array(entries.map(Self.json))
      if let emptyFolder { document["emptyFolder"] = .string(emptyFolder) }
    }
    return .object(document)
  }

  private static func json(of entry: Entry) -> JSONValue {
    [
      "template": .string(entry.name), "file": .string(entry.file),
      "findings": .array(
        entry.findings.map { finding in
          var object = JSONObject([("severity", .string(finding.severity.rawValue))])
          for member in finding.error.json.object ?? JSONObject() where member.name != "retry" {
            object[member.name] = member.value
          }
          return .object(object)
        }),
      "tests": .array(
        entry.tests.map { outcome in
          [
            "name": .string(outcome.name), "status": .string(outcome.verdict.rawValue),
            "differences": .array(outcome.differences.map(json)),
          ]
        }),
    ]
  }

  private static func json(of difference: Difference) -> JSONValue {
    .object(
      JSONObject.present([
        ("path", .string(difference.path)), ("expected", difference.expected),
        ("got", difference.got), ("error", difference.error?.json),
      ]))
  }
}
