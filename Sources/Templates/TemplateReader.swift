// A template file becomes a `Template`. All mistakes are found at once, so that one look mends a file.

internal import Core
internal import JMESPath
internal import JSON
internal import Platform

/// Reads one template file.
///
/// A member whose name begins with `$` or `//` is a comment; every other unknown member is a mistake,
/// since a misspelt rule would be a rule that does not hold.
package struct TemplateReader {
  /// The format of template files that this program reads.
  static let version = 1

  let name: String
  let folder: String
  let context: Context
  let readsTests: Bool
  /// What was read beside templates so far.
  var documents: TemplateDocuments
  /// The events of the template's tests, which no run has in memory.
  var events = TemplateDocuments()
  /// How many strings and values the template has.
  private var parts = 0
  private(set) var findings: [ReissueError] = []
  private(set) var template: Template
  /// Every name that `let` has, whether or not its expression can be used.
  private(set) var bindingNames: Set<String> = []

  /// The longest name of a member, in bytes: errors of each item repeat it.
  static let maximumNameBytes = 256
  /// The most strings and values of a template, tests and data aside: eight for each name of a certificate.
  static let maximumParts = 2_000

  init(
    name: String, folder: String, context: Context, readsTests: Bool = true,
    documents: TemplateDocuments = TemplateDocuments()
  ) {
    self.documents = documents
    self.name = name
    self.folder = folder
    self.context = context
    self.readsTests = readsTests
    template = Template(name: name)
  }

  mutating func read(_ document: JSONValue) {
    guard let object = document.object else {
      return report("template.shape", "a template is a JSON object", at: "")
    }
    for (member, value) in object where !Self.isComment(member) {
      readMember(member, value)
    }
    if object["version"] == nil {
      report(
        "template.version", "the member version is missing", hint: "add \"version\": 1", at: "")
    }
    if object["reissue"] == nil {
      report("template.shape", "the member reissue is missing", at: "")
    }
    checkVariables()
  }

  package static func isComment(_ member: String) -> Bool {
    member.hasPrefix("$") || member.hasPrefix("//")
  }

  private mutating func readMember(_ member: String, _ value: JSONValue) {
    let pointer = "/" + JSONPointer.escaped(member)
    switch member {
    case "version":
      if value != .integer(Self.version) {
        report(
          "template.version", "version \(JSONEncoder.text(value)) is not known",
          hint: "this program reads version \(Self.version)", at: pointer)
      }
    case "description": _ = text(value, at: pointer)
    case "when": template.when = expression(value, at: pointer)
    case "items": template.items = expression(value, at: pointer)
    case "let": readBindings(value, at: pointer)
    case "data": readData(value, at: pointer)
    case "reissue": readParameters(value, at: pointer)
    case "store": template.store = node(value, at: pointer)
    case "policy": readPolicy(value, at: pointer)
    case "tests": if readsTests { readTests(value, at: pointer) }
    default:
      report(
        unknown: member,
        known: [
          "version", "description", "when", "items", "data", "let", "reissue", "store", "policy",
          "tests",
        ], at: pointer)
    }
  }

  // MARK: Findings

  mutating func report(
    _ code: String, _ message: String, hint: String? = nil, at pointer: String
  ) {
    report(ReissueError(code, message, hint: hint, exit: .configuration), at: pointer)
  }

  mutating func report(_ error: ReissueError, at pointer: String) {
    findings.append(error.at(Place(template: name, pointer: pointer)))
  }

  mutating func report(unknown member: String, known: [String], at pointer: String) {
    report(.unknownMember(member, known: known), at: pointer)
  }

  /// Reports that somebody else may decide what a file says, if that is so.
  mutating func report(_ exposure: Exposure?, of subject: String, at pointer: String) {
    guard let exposure else { return }
    report(
      ReissueError("template.writable", exposed: subject, exposure, exit: .configuration),
      at: pointer)
  }

  // MARK: Parts

  /// Counts a part; what is beyond the bound is reported once, and left out.
  private mutating func isTooMuch(at pointer: String) -> Bool {
    parts += 1
    if parts == Self.maximumParts + 1 {
      report(
        "template.too-large", "the template has more than \(Self.maximumParts) strings and values",
        hint: "put tables into a file under data", at: pointer)
    }
    return parts > Self.maximumParts
  }

  mutating func text(_ value: JSONValue, at pointer: String) -> String? {
    if let text = value.string { return text }
    report("template.shape", "expected a string, found \(value.typeName)", at: pointer)
    return nil
  }

  mutating func members(_ value: JSONValue, at pointer: String) -> [(
    name: String, value: JSONValue
  )] {
    if let object = value.object {
      let members = object.members.filter { !Self.isComment($0.name) }
      guard let long = members.first(where: { $0.name.utf8.count > Self.maximumNameBytes }) else {
        return members
      }
      report(
        "template.name", "\(Text.quoted(long.name)) is longer than \(Self.maximumNameBytes) bytes",
        at: pointer)
      return members.filter { $0.name.utf8.count <= Self.maximumNameBytes }
    }
    report("template.shape", "expected an object, found \(value.typeName)", at: pointer)
    return []
  }

  mutating func expression(_ value: JSONValue, at pointer: String) -> Expression? {
    guard !isTooMuch(at: pointer), let source = text(value, at: pointer) else { return nil }
    do throws(ExpressionError) {
      return try Expression(source)
    } catch {
      report(ReissueError(template: error, expression: source), at: pointer)
      return nil
    }
  }

  mutating func node(_ value: JSONValue, at pointer: String) -> Template.Node? {
    guard !isTooMuch(at: pointer) else { return nil }
    switch value {
    case .string(let source):
      do throws(ReissueError) {
        let leaf = try Leaf(parsing: source)
        return leaf.expressions.isEmpty ? .constant(.string(leaf.constantText)) : .leaf(leaf)
      } catch {
        report(error, at: pointer)
        return nil
      }
    case .array(let elements):
      return .array(
        elements.enumerated().compactMap { node($0.element, at: "\(pointer)/\($0.offset)") })
    case .object:
      return .object(
        members(value, at: pointer).compactMap { member in
          node(member.value, at: pointer + "/" + JSONPointer.escaped(member.name))
            .map { (member.name, $0) }
        })
    default: return .constant(value)
    }
  }
}

extension TemplateReader {
  mutating func set(data: JSONObject) { template.data = data }
  mutating func note(binding name: String) { bindingNames.insert(name) }
  mutating func append(binding: (name: String, expression: Expression)) {
    template.bindings.append(binding)
  }
  mutating func append(parameter: (name: String, node: Template.Node)) {
    template.parameters.append(parameter)
  }
  mutating func set(policy: Policy) { template.policy = policy }
  mutating func append(test: Template.Test) { template.tests.append(test) }
}

extension ReissueError {
  /// A member of a template that has no meaning, where these have one.
  static func unknownMember(_ member: String, known: [String]) -> ReissueError {
    let nearest = nearestNames(to: member, among: known).first
    return ReissueError(
      "template.unknown-member", "unknown member \(Text.quoted(member))",
      hint: nearest.map { "did you mean \($0)?" } ?? "known here: \(known.joined(separator: ", "))",
      exit: .configuration)
  }
}

extension Leaf {
  /// The text of a string without expressions.
  var constantText: String {
    pieces.map { if case .text(let text) = $0 { text } else { "" } }.joined()
  }
}
