// What `check` shows: every template with its findings and the results of its tests.

package import Core
internal import JMESPath
package import JSON
internal import Platform
internal import Templates

/// The findings and the test results of templates.
package struct CheckReport: Sendable {
  private static let version = 1

  private var templates: [CheckedTemplate] = []
  /// Files of the folder that look like templates and are not used.
  private var misnamed: [ReissueError] = []
  private var error: ReissueError?

  /// A report that nothing could be checked.
  package init(_ error: ReissueError) { self.error = error }

  /// Checks templates by name or file; all of the templates folder if `names` is empty.
  ///
  /// - Throws: ``ReissueError`` if the folder cannot be read, if two of its files have the same name, or with code
  ///   `run.ended` at the deadline or after a signal.
  package init(
    named names: [String], settings: Settings, context: Context
  ) throws(ReissueError) {
    let folder = TemplateFolder(path: settings.templatesFolder, context: context)
    let files = try folder.files(named: names)
    if names.isEmpty { misnamed = folder.misnamed().map { .misnamed($0.file, name: $0.name) } }
    let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
    let goOn = { () throws(ReissueError) in
      guard context.isOver(deadline) else { return }
      throw ReissueError(
        "run.ended", "the check ended before all templates were checked",
        hint: "raise --deadline, or name the templates to check", exit: .tryAgain)
    }
    // The tests of all templates share the work of one run.
    var budget = Budget(isEnding: { context.isOver(deadline) })
    // All templates share the memory of one run, which reads them all.
    var documents = TemplateDocuments()
    for (name, file) in files {
      try goOn()
      let (template, mistakes) = folder.read(
        name: name, file: file, withTests: true, beside: &documents)
      let now = context.now()
      var checked = CheckedTemplate(template, file: file, mistakes: mistakes, now: now)
      try checked.runTests(
        variables: settings.variables, now: now, spending: &budget, goOn: goOn)
      templates.append(checked)
    }
  }

  private var tests: [CheckedTemplate.TestResult] { templates.flatMap(\.tests) }

  private func findings(_ severity: Finding.Severity) -> [Finding] {
    templates.flatMap(\.findings).filter { $0.severity == severity }
  }

  /// 0; 78 after an error or a failed test; the status of a template file that could not be read; or the status of the
  /// error if nothing could be checked.
  package var exit: ExitStatus {
    if let error { return error.exit }
    return ExitStatus.gravest(
      of: findings(.error).map(\.error.exit)
        + (tests.contains { $0.status == "failed" } ? [.configuration] : []))
  }
}

extension CheckedTemplate.TestResult {
  fileprivate var status: String {
    differences.map { $0.isEmpty ? "passed" : "failed" } ?? "not-run"
  }
}

// MARK: For people

extension CheckReport {
  /// A line for each finding and each difference, and a summary.
  package var text: String {
    var lines = misnamed.map { "warning: \($0.message); \($0.hint ?? "")" }
    for template in templates {
      lines += template.findings.map { "\(template.name): \(Self.text(of: $0))" }
      for result in template.tests {
        let test = "\(template.name): \(result.test.pointer): test \(Text.quoted(result.test.name))"
        lines += (result.differences ?? []).map { "\(test): \(Self.text(of: $0))" }
      }
    }
    return (lines + [summary]).map { VisibleText.line($0) + "\n" }.joined()
  }

  private static func text(of finding: Finding) -> String {
    let error = finding.error
    let place = error.place ?? Place()
    let pointer = place.pointer.map { $0.isEmpty ? "" : "\($0): " } ?? ""
    var text = "\(pointer)\(finding.severity.rawValue): \(error.message)"
    // The message of a warning about a whole expression contains the expression.
    if let expression = place.expression,
      finding.severity == .error || !error.message.contains("`\(expression)`")
    {
      text += " (in `\(expression)`, column \(place.column ?? 1))"
    }
    if let hint = error.hint { text += "; \(hint)" }
    return text
  }

  private static func text(of difference: Difference) -> String {
    let expected = difference.expected.map { "expected \(shown($0))" }
    if let error = difference.error {
      let got = "got an error: \(error.message)\(error.placeText)"
      return "\(difference.path): " + [expected, got].compactMap(\.self).joined(separator: ", ")
    }
    let got = difference.got.map(shown) ?? "nothing"
    return "\(difference.path): \(expected ?? "expected nothing"), got \(got)"
  }

  /// The longest part of a value that a line shows, in code points.
  private static let shownCodePoints = 160

  private static func shown(_ value: JSONValue) -> String {
    let text = JSONEncoder.text(value)
    guard text.unicodeScalars.count > shownCodePoints else { return text }
    return String(text.unicodeScalars.prefix(shownCodePoints)) + "…"
  }

  private var summary: String {
    func counted(_ count: Int, _ noun: String) -> String {
      "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
    func count(_ status: String) -> Int { tests.count { $0.status == status } }
    let problems: [(count: Int, noun: String, verb: String)] = [
      (findings(.error).count, "error", ""),
      (findings(.warning).count + misnamed.count, "warning", ""),
      (count("failed"), "test", " failed"), (count("not-run"), "test", " not run"),
    ]
    let found = problems.filter { $0.count > 0 }.map { counted($0.count, $0.noun) + $0.verb }
    return "\(counted(templates.count, "template")), \(counted(tests.count, "test")): "
      + (found.isEmpty ? "ok" : found.joined(separator: ", "))
  }
}

// MARK: For programs

extension CheckReport {
  /// The document.
  package var json: JSONValue {
    .object(
      .present([
        ("version", .integer(Self.version)), ("status", exit == .done ? "ok" : "failed"),
        ("error", error?.json),
        ("templates", error == nil ? .array(templates.map(Self.json)) : nil),
        ("misnamed", misnamed.isEmpty ? nil : .array(misnamed.map(\.json))),
      ]))
  }

  private static func json(of template: CheckedTemplate) -> JSONValue {
    [
      "template": .string(template.name), "file": .string(template.file),
      "findings": .array(
        template.findings.map { finding in
          let members = finding.error.json.object?.members.filter { $0.name != "retry" } ?? []
          return .object(
            JSONObject(distinct: [("severity", .string(finding.severity.rawValue))] + members))
        }),
      "tests": .array(
        template.tests.map { result in
          [
            "name": .string(result.test.name), "status": .string(result.status),
            "differences": .array((result.differences ?? []).map(json)),
          ]
        }),
    ]
  }

  private static func json(of difference: Difference) -> JSONValue {
    .object(
      .present([
        ("path", .string(difference.path)), ("expected", difference.expected),
        ("got", difference.got), ("error", difference.error?.json),
      ]))
  }
}
