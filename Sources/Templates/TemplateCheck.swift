// What can be found in a template without an event, beyond the mistakes that reading it finds.

package import Core
internal import JMESPath
internal import JSON
internal import Parameters
package import Platform

/// Something that is wrong with a template, or that is probably not intended.
package struct Finding: Hashable, Sendable {
  /// How serious it is.
  package enum Severity: String, Hashable, Sendable {
    /// The template cannot be used, or every item fails.
    case error
    /// It may be intended.
    case warning
  }

  /// How serious it is.
  package let severity: Severity
  /// The mistake, with the template and the JSON pointer in its place.
  package let error: ReissueError
}

/// The check of a template that was read.
package struct TemplateCheck {
  private let template: Template
  /// What was found, in the order of the checks.
  package private(set) var findings: [Finding]
  /// The remaining work for evaluations.
  private var budget = Budget()

  /// Takes a template with the mistakes that reading it found, and finds the rest.
  ///
  /// - Parameters:
  ///   - template: The template.
  ///   - read: The mistakes that reading it found.
  ///   - now: The time of the check, which decides how long certificates can live.
  package init(_ template: Template, read: [ReissueError], now: Timestamp) {
    self.template = template
    findings = read.map { Finding(severity: .error, error: $0) }
    checkPolicy(at: now)
    checkWhen()
    checkDefaults()
    checkUse()
    checkSlips()
    checkTests()
  }

  private mutating func report(
    _ error: ReissueError, _ severity: Finding.Severity = .error, at pointer: String
  ) {
    let error = error.at(Place(template: template.name, pointer: pointer))
    findings.append(Finding(severity: severity, error: error))
  }

  private mutating func warn(
    _ code: String, _ message: String, hint: String, in expression: Expression? = nil,
    column: Int = 1, at pointer: String
  ) {
    let place = expression.map { Place(expression: $0.source, column: column) }
    report(
      ReissueError(code, message, hint: hint, exit: .configuration, place: place), .warning,
      at: pointer)
  }

  // MARK: Rules

  private mutating func checkPolicy(at now: Timestamp) {
    for (member, text, hint) in template.policy.misfits(of: LongestLife.at(now)) {
      warn("template.short-life", text, hint: hint, at: "/policy/\(member)")
    }
    guard !template.policy.preflight else { return }
    warn(
      "template.preflight-off",
      "with preflight off, two numbers of one order are two requests, and after a lost answer its absence is "
        + "seldom sure",
      hint: "leave preflight on, unless the look itself is the trouble", at: "/policy/preflight")
  }

  private mutating func checkWhen() {
    guard let when = template.when, !when.canBeTrue else { return }
    warn(
      "template.never-true", "`when` never gives true, so the template takes no event",
      hint: "compare something: length(…) > `0`, or … != `null`", in: when, at: "/when")
  }

  // MARK: Missing values

  /// Warns of every required parameter whose value may be missing in an event, or in the template's own data.
  private mutating func checkDefaults() {
    for (parameter, node) in template.parameters where parameter.isRequired {
      for (pointer, part) in node.parts(at: parameter.pointer) {
        for expression in part.expressions { checkDefault(of: expression, at: pointer) }
      }
    }
  }

  private mutating func checkDefault(of expression: Expression, at pointer: String) {
    if let entries = inventory(of: expression) {
      var incomplete: [String] = []
      for (name, entry) in entries where isMissing(expression, in: entry) {
        incomplete.append(name)
      }
      guard let first = incomplete.first else { return }
      warn(
        "template.incomplete-data",
        "`\(expression.source)` is missing in \(incomplete.count) of \(entries.count) entries",
        hint: "complete the entry \(Text.quoted(first))", in: expression, at: pointer)
    } else if isOptional(expression) {
      warn(
        "template.no-default", "`\(expression.source)` has no default: without it an item fails",
        hint: "give one with || or not_null(…), or let items take only what has it",
        in: expression, at: pointer)
    }
  }

  /// Whether an expression is a path without a default, directly or through names that `let` defines before `limit`.
  private func isOptional(_ expression: Expression, before limit: Int? = nil) -> Bool {
    guard let name = expression.variableName else { return expression.isBarePath }
    guard let index = binding(of: name, before: limit) else { return false }
    return isOptional(template.bindings[index].expression, before: index)
  }

  private func binding(of name: String, before limit: Int? = nil) -> Int? {
    template.bindings[..<(limit ?? template.bindings.count)].firstIndex { $0.name == name }
  }

  /// The entries that a path can find, if it begins at a name that `let` looks up in the template's own data. It is not
  /// known which entry an event selects, so all of them must be complete.
  private mutating func inventory(of expression: Expression) -> [(name: String, value: JSONValue)]?
  {
    guard let name = expression.rootVariable, let index = binding(of: name),
      let table = template.bindings[index].expression.lookupTable, table.rootVariable == "data"
    else { return nil }
    let data = Scope(root: .null, variables: [("data", .object(template.data))])
    return (try? table.evaluate(.null, in: data, spending: &budget))?.object?.members
  }

  private mutating func isMissing(_ expression: Expression, in entry: JSONValue) -> Bool {
    guard let name = expression.rootVariable else { return true }
    let scope = Scope(root: .null, variables: [(name, entry)])
    // An entry that cannot be examined for lack of work counts as complete.
    guard !budget.isSpent else { return false }
    return (try? expression.evaluate(.null, in: scope, spending: &budget))?.isNull
      ?? !budget.isSpent
  }

  // MARK: Probable mistakes

  private mutating func checkUse() {
    let used = Set(template.expressions.flatMap(\.expression.freeVariables))
    // The expression that uses the name may be a broken one.
    guard !findings.contains(where: { $0.error.code == "template.expression" }) else { return }
    for binding in template.bindings where !used.contains(binding.name) {
      warn(
        "template.unused-name", "$\(binding.name) is never used",
        hint: "remove it, or use it as $\(binding.name)",
        at: JSONPointer.member(binding.name, of: "/let"))
    }
    if !template.data.isEmpty, !used.contains("data") {
      warn(
        "template.unused-name", "$data is never used", hint: "look into its files with $data.NAME",
        at: "/data")
    }
  }

  /// Warns of valid expressions that are probably mistakes. A text in double quotes, for example, is the name of a
  /// member, so that a comparison with it is never true.
  private mutating func checkSlips() {
    for (pointer, expression) in template.expressions {
      for warning in expression.warnings {
        warn(
          "template.likely-slip", warning.message, hint: warning.hint, in: expression,
          column: warning.column, at: pointer)
      }
    }
  }

  private mutating func checkTests() {
    for test in template.tests {
      for (index, item) in test.items.enumerated() {
        let known = ReissueParameter.names + ["reference"]
        for name in item.names where !known.contains(name) {
          report(
            .unknownMember(name, known: known),
            at: JSONPointer.member(name, of: "\(test.pointer)/items/\(index)"))
        }
      }
    }
  }
}
