// A template file becomes a `Template`. All mistakes of a file are found in one pass.

internal import Core
internal import JMESPath
internal import JSON
internal import Parameters
internal import Platform

/// Reads one template file.
///
/// A member whose name begins with `$` or `//` is a comment. Every other unknown member is a mistake: a misspelt rule
/// would not be applied.
package struct TemplateReader {
  /// The format of template files that this program reads.
  static let version = 1
  /// The longest name of a member, in bytes: errors of each item repeat it.
  static let maximumNameBytes = 256
  /// The most strings and values of a template, without tests and data: eight for each name of a certificate.
  static let maximumParts = 2_000
  /// The largest JSON file beside a template, in bytes; ``TemplateDocuments`` has no room for a larger one.
  static let maximumDataBytes = 32 << 20

  let folder: String
  let context: Context
  let readsTests: Bool
  /// The files beside templates that were read so far.
  var documents: TemplateDocuments
  /// The events of the template's tests. They are counted separately: a run does not read them.
  private var events = TemplateDocuments()
  /// The number of strings and values so far.
  private var parts = 0
  /// The names in `let` whose expressions cannot be used.
  private var brokenBindings: Set<String> = []
  private(set) var findings: [ReissueError] = []
  private(set) var template: Template

  init(
    name: String, folder: String, context: Context, readsTests: Bool = true,
    documents: TemplateDocuments = TemplateDocuments()
  ) {
    self.documents = documents
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
      readMember(member, value, at: JSONPointer.member(member, of: ""))
    }
    if object["version"] == nil {
      report(
        "template.version", "the member version is missing", hint: "add \"version\": 1", at: "")
    }
    if object["reissue"] == nil {
      report("template.shape", "the member reissue is missing", at: "")
    }
    checkVariables()
    // Of a template that is too large a part was left out, which is not missing.
    if parts <= Self.maximumParts { checkParameters() }
  }

  /// Whether a member is a comment.
  package static func isComment(_ member: String) -> Bool {
    member.hasPrefix("$") || member.hasPrefix("//")
  }

  private mutating func readMember(_ member: String, _ value: JSONValue, at pointer: String) {
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
    case "reference":
      template.reference = text(value, at: pointer).flatMap { node(.string($0), at: pointer) }
    case "policy": readPolicy(value, at: pointer)
    case "tests": if readsTests { readTests(value, at: pointer) }
    default:
      let known = [
        "version", "description", "when", "items", "data", "let", "reissue", "store",
        "reference", "policy", "tests",
      ]
      report(.unknownMember(member, known: known), at: pointer)
    }
  }

  // MARK: Findings

  private mutating func report(
    _ code: String, _ message: String, hint: String? = nil, at pointer: String
  ) {
    report(ReissueError(code, message, hint: hint, exit: .configuration), at: pointer)
  }

  mutating func report(_ error: ReissueError, at pointer: String) {
    findings.append(error.at(Place(template: template.name, pointer: pointer)))
  }

  /// Reports that another user can change a file, if that is so.
  mutating func report(_ exposure: Exposure?, of subject: String, at pointer: String) {
    guard let exposure else { return }
    report(
      ReissueError("template.writable", exposed: subject, exposure, exit: .configuration),
      at: pointer)
  }

  // MARK: Parts

  /// Counts a string or value. Those beyond the limit are left out, and reported once.
  private mutating func isTooMuch(at pointer: String) -> Bool {
    parts += 1
    if parts == Self.maximumParts + 1 {
      report(
        "template.too-large", "the template has more than \(Self.maximumParts) strings and values",
        hint: "put tables into a file under data", at: pointer)
    }
    return parts > Self.maximumParts
  }

  private mutating func text(_ value: JSONValue, at pointer: String) -> String? {
    if let text = value.string { return text }
    report("template.shape", "expected a string, found \(value.typeName)", at: pointer)
    return nil
  }

  /// The members of an object without comments, each with its pointer.
  private mutating func members(
    _ value: JSONValue, at pointer: String
  ) -> [(name: String, value: JSONValue, pointer: String)] {
    guard let object = value.object else {
      report("template.shape", "expected an object, found \(value.typeName)", at: pointer)
      return []
    }
    let members = object.members.filter { !Self.isComment($0.name) }
    if let long = members.first(where: { $0.name.utf8.count > Self.maximumNameBytes }) {
      report(
        "template.name", "\(Text.quoted(long.name)) is longer than \(Self.maximumNameBytes) bytes",
        at: pointer)
    }
    return members.filter { $0.name.utf8.count <= Self.maximumNameBytes }
      .map { ($0.name, $0.value, JSONPointer.member($0.name, of: pointer)) }
  }

  private mutating func expression(_ value: JSONValue, at pointer: String) -> Expression? {
    guard !isTooMuch(at: pointer), let source = text(value, at: pointer) else { return nil }
    do throws(ExpressionError) {
      return try Expression(source)
    } catch {
      report(ReissueError(template: error, expression: source), at: pointer)
      return nil
    }
  }

  private mutating func node(_ value: JSONValue, at pointer: String) -> Template.Node? {
    guard !isTooMuch(at: pointer) else { return nil }
    switch value {
    case .string(let source):
      do throws(ReissueError) {
        let leaf = try Leaf(parsing: source)
        return leaf.constantText.map { .constant(.string($0)) } ?? .leaf(leaf)
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
          node(member.value, at: member.pointer).map { (member.name, $0) }
        })
    default: return .constant(value)
    }
  }

  // MARK: Members

  private mutating func readBindings(_ value: JSONValue, at pointer: String) {
    var seen = Set(Template.scopeNames)
    // Elsewhere in a template such a member is a comment; here it is the spelling of the name's use.
    for name in value.object?.names ?? [] where name.hasPrefix("$") {
      let bare = String(name.dropFirst())
      report(
        "template.name", "\(Text.quoted(name)) cannot be a name for let",
        hint: Self.isIdentifier(bare)
          ? "write \"\(bare)\" here, and $\(bare) where it is used; a comment begins with //"
          : "a comment begins with //", at: JSONPointer.member(name, of: pointer))
      brokenBindings.insert(bare)
    }
    for (name, value, pointer) in members(value, at: pointer) {
      if !Self.isIdentifier(name) {
        report(
          "template.name", "\(Text.quoted(name)) cannot be a name for let",
          hint: "use letters, digits and _, a letter or _ first", at: pointer)
      } else if !seen.insert(name).inserted {
        report("template.name", "$\(name) is already defined", at: pointer)
      } else if let expression = expression(value, at: pointer) {
        template.bindings.append((name, expression))
        continue
      }
      brokenBindings.insert(name)
    }
  }

  static func isIdentifier(_ name: some StringProtocol) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "_") }
  }

  private mutating func readData(_ value: JSONValue, at pointer: String) {
    for (name, value, pointer) in members(value, at: pointer) {
      guard let file = text(value, at: pointer) else { continue }
      if let document = document(file, at: pointer, isData: true) { template.data[name] = document }
    }
  }

  /// A JSON file beside the template. A name that leads out of the template's folder is refused.
  ///
  /// - Parameter isData: Whether a run uses the file; then other users must not be able to change it. The event of a
  ///   test decides nothing.
  private mutating func document(
    _ file: String, at pointer: String, isData: Bool = false
  ) -> JSONValue? {
    let subject = "the file \(Text.quoted(file))"
    let path = "\(folder)/\(file)"
    // Data is read again for each template, because its exposure is reported for each.
    if !isData, let known = events[path] { return known }
    let bytes: [UInt8]
    do throws(FileError) {
      let contents = try context.files.contentsBelow(folder, file, Self.maximumDataBytes)
      if isData { report(contents.change, of: subject, at: pointer) }
      bytes = contents.bytes
    } catch {
      report(
        ReissueError(
          "template.file", reading: subject, error, hint: "data files lie beside the template",
          wrongName: .configuration), at: pointer)
      return nil
    }
    do throws(JSONError) {
      let document =
        isData
        ? try documents.read(bytes, from: path) : try events.read(bytes, from: path)
      if document == nil { report(.templatesTooLarge(subject), at: pointer) }
      return document
    } catch {
      report("template.file", "\(subject) is not usable JSON: \(error)", at: pointer)
      return nil
    }
  }

  private mutating func readParameters(_ value: JSONValue, at pointer: String) {
    for (name, value, pointer) in members(value, at: pointer) {
      guard let parameter = ReissueParameter.named(name) else {
        report(.unknownMember(name, known: ReissueParameter.names), at: pointer)
        continue
      }
      if let node = node(value, at: pointer) { template.parameters.append((parameter, node)) }
    }
  }

  private mutating func readPolicy(_ value: JSONValue, at pointer: String) {
    for (name, value, pointer) in members(value, at: pointer) {
      guard let text = text(value, at: pointer) else { continue }
      switch name {
      case "cooldown": set(\.cooldown, to: duration(text, at: pointer))
      case "renewBefore": set(\.renewBefore, to: renewBefore(text, at: pointer))
      case "domainChanges":
        set(\.domainChanges, to: choice(text, ["refuse": .refuse, "allow": .allow], at: pointer))
      case "preflight":
        set(\.preflight, to: choice(text, ["on": true, "off": false], at: pointer))
      case "registerKey":
        set(\.registerKey, to: choice(text, ["on": true, "off": false], at: pointer))
      default:
        let known = ["cooldown", "renewBefore", "domainChanges", "preflight", "registerKey"]
        report(.unknownMember(name, known: known), at: pointer)
      }
    }
  }

  private mutating func set<Value>(_ rule: WritableKeyPath<Policy, Value>, to value: Value?) {
    if let value { template.policy[keyPath: rule] = value }
  }

  private mutating func duration(_ text: String, at pointer: String) -> TimeSpan? {
    if let duration = TimeSpan(text) { return duration }
    report(
      "template.duration", "\(Text.quoted(text)) is not a duration",
      hint: "write 90s, 15m, 12h or 7d, at most ten years", at: pointer)
    return nil
  }

  private mutating func renewBefore(_ text: String, at pointer: String) -> RenewBefore? {
    if let span = RenewBefore(text) { return span }
    report(
      "template.duration",
      "\(Text.quoted(text)) is neither a duration nor a fraction between 0 and 1",
      hint: "write 30d, or 1/3 for a third of the certificate's life", at: pointer)
    return nil
  }

  private mutating func choice<Value>(
    _ text: String, _ values: KeyValuePairs<String, Value>, at pointer: String
  ) -> Value? {
    if let value = values.first(where: { $0.key == text }) { return value.value }
    let names = values.map(\.key).joined(separator: " or ")
    report("template.choice", "\(Text.quoted(text)) is not \(names)", at: pointer)
    return nil
  }

  // MARK: Tests

  private mutating func readTests(_ value: JSONValue, at pointer: String) {
    guard let tests = value.array else {
      return report("template.shape", "expected an array, found \(value.typeName)", at: pointer)
    }
    for (index, test) in tests.enumerated() {
      readTest(test, number: index + 1, at: "\(pointer)/\(index)")
    }
  }

  private mutating func readTest(_ value: JSONValue, number: Int, at pointer: String) {
    var name = "test \(number)"
    // `nil` without an event; the inner `nil` if its file cannot be read, which has been reported.
    var event: JSONValue??
    var items: [JSONObject] = []
    var now: Timestamp?
    for (member, value, pointer) in members(value, at: pointer) {
      switch member {
      case "name": name = text(value, at: pointer) ?? name
      case "now": now = moment(value, at: pointer)
      case "event": event = .some(value.string.map { document($0, at: pointer) } ?? value)
      case "items":
        items = value.array?.compactMap(\.object).map(Self.withoutComments) ?? []
        if items.count != value.array?.count {
          report("template.shape", "items is an array of objects", at: pointer)
        }
      default:
        report(.unknownMember(member, known: ["name", "now", "event", "items"]), at: pointer)
      }
    }
    guard let event else {
      return report("template.shape", "a test needs an event", at: pointer)
    }
    guard let event else { return }
    template.tests.append(
      Template.Test(name: name, now: now, event: event, items: items, pointer: pointer))
  }

  private static func withoutComments(_ object: JSONObject) -> JSONObject {
    JSONObject(distinct: object.members.filter { !isComment($0.name) })
  }

  private mutating func moment(_ value: JSONValue, at pointer: String) -> Timestamp? {
    guard let text = text(value, at: pointer) else { return nil }
    if let moment = Timestamp(rfc3339: text) { return moment }
    report(
      "template.time", "\(Text.quoted(text)) is not a time",
      hint: "write it as RFC 3339 does: 2026-11-24T22:00:00Z", at: pointer)
    return nil
  }

  // MARK: Variables

  /// Finds names that are not defined. An event would find them only when it reaches the expression.
  private mutating func checkVariables() {
    var known = Set(Template.scopeNames)
    check(template.when, known, at: "/when")
    check(template.items, known, at: "/items")
    // A broken definition has been reported; the use of its name is not a mistake.
    known.formUnion(brokenBindings)
    for binding in template.bindings {
      check(binding.expression, known, at: JSONPointer.member(binding.name, of: "/let"))
      known.insert(binding.name)
    }
    for (pointer, expression) in template.requestExpressions {
      check(expression, known, at: pointer)
    }
  }

  private mutating func check(_ expression: Expression?, _ known: Set<String>, at pointer: String) {
    guard let expression else { return }
    for error in expression.undefinedVariables(known: known) {
      report(
        ReissueError(
          "template.undefined-variable", error.message,
          hint: error.hint.isEmpty ? "define it in let, before its first use" : error.hint,
          exit: .configuration, place: Place(expression: expression.source, column: error.column)),
        at: pointer)
    }
  }
}

extension ReissueError {
  /// An unknown member of a template; `known` are the members that are allowed there.
  static func unknownMember(_ member: String, known: [String]) -> ReissueError {
    ReissueError(
      "template.unknown-member", "unknown member \(Text.quoted(member))",
      hint: didYouMean(member, among: known) ?? "known here: \(known.joined(separator: ", "))",
      exit: .configuration)
  }
}
