// What can be told of a template without any event, beyond what reading it finds.

package import Core
internal import JMESPath
internal import JSON
internal import Parameters

/// Something that is wrong with a template, or that is likely not to be meant.
package struct Finding: Hashable, Sendable {
  /// How bad it is.
  package enum Severity: String, Hashable, Sendable {
    /// No item can come right, or the template cannot be used at all.
    case error
    /// It may be meant.
    case warning
  }

  /// How bad it is.
  package let severity: Severity
  /// What is wrong, with the template and the JSON pointer in its place.
  package let error: ReissueError
}

/// Looks through a template that was read.
package struct TemplateCheck {
  let template: Template
  package private(set) var findings: [Finding]
  /// What may still be evaluated to find more.
  var budget = Budget()

  /// Takes a template with what reading it found, and finds the rest.
  package init(_ template: Template, read: [ReissueError]) {
    self.template = template
    findings = read.map { Finding(severity: .error, error: $0) }
    // Of a file that is no template at all nothing more can be said.
    guard !read.contains(where: { Self.unreadable.contains($0.code) }) else { return }
    checkPresence()
    checkPreflight()
    checkWhen()
    checkConstants()
    checkKeys()
    checkDefaults()
    checkUse()
    checkExpressions()
    checkTests()
  }

  private static let unreadable = ["template.not-found", "template.not-json"]

  mutating func report(
    _ error: ReissueError, _ severity: Finding.Severity = .error, at pointer: String
  ) {
    var error = error.at(Place(template: template.name, pointer: pointer))
    // Whatever an event could be blamed for during a run, here it is the template's own.
    error.exit = .configuration
    findings.append(Finding(severity: severity, error: error))
  }

  // MARK: Parameters

  /// Whether something was found at a place or below it.
  private func isFound(_ pointer: String) -> Bool {
    findings.contains { finding in
      let found = finding.error.place?.pointer ?? ""
      return found == pointer || found.hasPrefix(pointer + "/")
    }
  }

  /// A parameter that has a finding of its own is set, if badly.
  private func isSet(_ name: String) -> Bool {
    template.parameters.contains { $0.name == name } || isFound("/reissue/" + name)
  }

  /// Whether `reissue` is there and an object.
  private var hasParameters: Bool {
    !findings.contains {
      $0.error.code == "template.shape" && ["", "/reissue"].contains($0.error.place?.pointer)
    }
  }

  private mutating func checkPresence() {
    guard hasParameters else { return }
    for name in ReissueParameters.requiredNames where !isSet(name) {
      report(
        ReissueError(
          "template.parameter-missing", "the template does not set \(name)",
          hint: "set it under reissue", exit: .configuration), at: "/reissue")
    }
    if !isSet("certificateNo"), !template.policy.preflight {
      report(.numberMissing, at: "/reissue")
    }
  }

  /// Without a look nobody knows which numbers belong to one order.
  private mutating func checkPreflight() {
    guard !template.policy.preflight else { return }
    report(
      ReissueError(
        "template.preflight-off",
        "with preflight off, two numbers of one order are two requests, and after a lost answer its absence is "
          + "seldom sure",
        hint: "leave preflight on, unless the look itself is the trouble", exit: .configuration),
      .warning, at: "/policy/preflight")
  }

  /// A list of alerts is true in a filter, but no answer to whether the template acts.
  private mutating func checkWhen() {
    guard let when = template.when, !when.canBeTrue else { return }
    report(
      ReissueError(
        "template.never-true", "`when` never gives true, so the template takes no event",
        hint: "compare something: length(…) > `0`, or … != `null`", exit: .configuration,
        place: Place(expression: when.source, column: 1)),
      .warning, at: "/when")
  }

  /// What holds no expression is the same for every event.
  private mutating func checkConstants() {
    for (name, node) in template.parameters where !isFound("/reissue/" + name) {
      guard let value = node.constant else { continue }
      do throws(ReissueError) {
        try ReissueParameters.check(value, of: name)
      } catch {
        report(error, at: "/reissue/" + name)
      }
    }
    guard let store = template.store?.constant else { return }
    do throws(ReissueError) {
      _ = try StoreName(parameter: store)
    } catch {
      report(error, at: "/store")
    }
  }

  private mutating func checkKeys() {
    guard case .object(let members) = template.parameters.first(where: { $0.name == "csr" })?.node
    else { return }
    // Any kind of key stands for what an expression will give: only the shape is looked at.
    let anyKind = JSONValue.string(SigningRequestSource.KeyChoice.rsa2048.rawValue)
    let shape = members.map { ($0.name, $0.node.constant ?? anyKind) }
    if members.contains(where: { $0.node.constant == nil }) {
      do throws(ReissueError) {
        _ = try SigningRequestSource(parameter: .object(JSONObject(shape)))
      } catch {
        report(error, at: "/reissue/csr")
      }
    }
    if members.contains(where: { $0.name == "generate" }), template.store == nil, !isFound("/store")
    {
      report(.storeMissing, at: "/store")
    }
  }

  // MARK: Likely slips

  private mutating func checkUse() {
    let used = Set(template.expressions.flatMap(\.freeVariables))
    // A broken expression may be the one that uses the name.
    guard !findings.contains(where: { $0.error.code == "template.expression" }) else { return }
    for binding in template.bindings where !used.contains(binding.name) {
      report(
        ReissueError(
          "template.unused-name", "$\(binding.name) is never used",
          hint: "remove it, or use it as $\(binding.name)", exit: .configuration), .warning,
        at: "/let/" + JSONPointer.escaped(binding.name))
    }
    if !template.data.isEmpty, !used.contains("data") {
      report(
        ReissueError(
          "template.unused-name", "$data is never used",
          hint: "look into its files with $data.NAME", exit: .configuration), .warning,
        at: "/data")
    }
  }

  private mutating func checkTests() {
    for test in template.tests {
      for (index, item) in test.items.enumerated() {
        for name in item.names where !ReissueParameters.memberNames.contains(name) {
          report(
            .unknownMember(name, known: ReissueParameters.memberNames),
            at: "\(test.pointer)/items/\(index)/\(JSONPointer.escaped(name))")
        }
      }
    }
  }
}

extension Template.Node {
  /// The value, if there is no expression in it.
  fileprivate var constant: JSONValue? {
    guard parts(at: "").allSatisfy({ $0.part.expressions.isEmpty }) else { return nil }
    // Nothing is evaluated, and whether it is too large is found by the check of the parameter.
    var budget = Budget()
    return try? value(
      for: .null, in: Scope(root: .null), spending: &budget, within: .constant, pointer: "")
  }
}
