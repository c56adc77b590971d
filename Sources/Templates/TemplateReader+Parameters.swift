// Mistakes in the parameters and the store of a template that are the same for every event.

internal import Core
internal import JSON
internal import Parameters

extension TemplateReader {
  /// Finds what is missing, and constants that are not valid.
  ///
  /// An event would find them only if the template accepts it, and the event would be blamed. Nothing is evaluated, so
  /// that a run can afford it at its start.
  mutating func checkParameters() {
    checkPresence()
    checkConstants()
    checkKeys()
  }

  /// Reports an error of a value. In a value from an event it is a mistake of the event; here it is one of the template.
  private mutating func reportOfTemplate(_ error: ReissueError, at pointer: String) {
    var error = error
    error.exit = .configuration
    report(error, at: pointer)
  }

  private mutating func attempt(at pointer: String, _ check: () throws(ReissueError) -> Void) {
    do throws(ReissueError) { try check() } catch { reportOfTemplate(error, at: pointer) }
  }

  /// Whether something was found at this pointer or below it.
  private func isFound(_ pointer: String) -> Bool {
    findings.contains { finding in
      let found = finding.place?.pointer ?? ""
      return found == pointer || found.hasPrefix(pointer + "/")
    }
  }

  private func node(of parameter: String) -> Template.Node? {
    template.parameters.first { $0.parameter.name == parameter }?.node
  }

  /// Whether the template sets a parameter. One with a finding of its own counts as set.
  private func isSet(_ parameter: String) -> Bool {
    node(of: parameter) != nil || isFound("/reissue/" + parameter)
  }

  private mutating func checkPresence() {
    let isReissueUsable = !findings.contains {
      $0.code == "template.shape" && ["", "/reissue"].contains($0.place?.pointer)
    }
    guard isReissueUsable else { return }
    for parameter in ReissueParameter.all where parameter.isRequired && !isSet(parameter.name) {
      report(.parameterMissing(parameter.name), at: "/reissue")
    }
    if !isSet("certificateNo"), !template.policy.preflight {
      reportOfTemplate(.numberMissing, at: "/reissue")
    }
  }

  /// Checks values without expressions.
  private mutating func checkConstants() {
    let commonName = node(of: "commonName")?.constant
    for (parameter, node) in template.parameters where !isFound(parameter.pointer) {
      guard let value = node.constant else { continue }
      attempt(at: parameter.pointer) { () throws(ReissueError) in
        try parameter.check(value, besides: commonName)
      }
    }
    guard let store = template.store?.constant else { return }
    attempt(at: "/store") { () throws(ReissueError) in _ = try StoreName(parameter: store) }
  }

  private mutating func checkKeys() {
    let node = node(of: "csr")
    guard case .object(let members) = node else {
      if template.policy.registerKey, node?.constant != nil {
        report(.keyNotKept, at: "/policy/registerKey")
      }
      return
    }
    let isGenerated = members.contains { $0.name == "generate" }
    if template.policy.registerKey, !isGenerated {
      report(.keyNotKept, at: "/policy/registerKey")
    }
    if members.contains(where: { $0.node.constant == nil }) {
      // Only the shape is checked: a valid kind of key replaces the value of each expression.
      let shape = JSONObject(distinct: members.map { ($0.name, $0.node.constant ?? "rsa-2048") })
      attempt(at: "/reissue/csr") { () throws(ReissueError) in
        _ = try SigningRequestSource(parameter: .object(shape))
      }
    }
    if isGenerated, template.store == nil, !isFound("/store") {
      report(.storeMissing, at: "/store")
    }
  }
}

extension Template.Node {
  /// The value of a node without expressions; `nil` if it has any.
  fileprivate var constant: JSONValue? {
    switch self {
    case .constant(let value): return value
    case .leaf: return nil
    case .array(let nodes):
      let values = nodes.compactMap(\.constant)
      return values.count == nodes.count ? .array(values) : nil
    case .object(let members):
      let values = members.compactMap { member in
        member.node.constant.map { (name: member.name, value: $0) }
      }
      return values.count == members.count ? .object(JSONObject(distinct: values)) : nil
    }
  }
}
