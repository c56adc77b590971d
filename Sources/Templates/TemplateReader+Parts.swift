// The parts of a template file that are more than one string.

internal import Core
internal import JMESPath
internal import JSON
internal import Parameters
internal import Platform

extension TemplateReader {
  /// A JSON file beside a template; ``TemplateDocuments`` has no room for the values of a larger one.
  static let maximumDataBytes = 32 << 20

  mutating func readBindings(_ value: JSONValue, at pointer: String) {
    var seen = Set(Template.scopeNames)
    for (name, value) in members(value, at: pointer) {
      let pointer = pointer + "/" + JSONPointer.escaped(name)
      note(binding: name)
      guard Self.isIdentifier(name) else {
        report(
          "template.name", "\(Text.quoted(name)) cannot be a name for let",
          hint: "use letters, digits and _, a letter or _ first", at: pointer)
        continue
      }
      guard seen.insert(name).inserted else {
        report("template.name", "$\(name) has a meaning of its own already", at: pointer)
        continue
      }
      if let expression = expression(value, at: pointer) {
        append(binding: (name, expression))
      }
    }
  }

  static func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        || $0 == UInt8(ascii: "_")
    }
  }

  mutating func readData(_ value: JSONValue, at pointer: String) {
    var data = JSONObject()
    for (name, value) in members(value, at: pointer) {
      let pointer = pointer + "/" + JSONPointer.escaped(name)
      guard let file = text(value, at: pointer) else { continue }
      if let document = document(file, at: pointer, isData: true) { data[name] = document }
    }
    set(data: data)
  }

  /// A JSON file beside the template; a name that leaves the template's folder is refused.
  ///
  /// - Parameter isData: Whether a run goes by what the file says; the event of a test decides nothing.
  private mutating func document(
    _ file: String, at pointer: String, isData: Bool = false
  ) -> JSONValue? {
    let subject = "the file \(Text.quoted(file))"
    let path = "\(folder)/\(file)"
    // Who may change a file of data is asked once for each template.
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
      if let document { return document }
      report(.templatesTooLarge("the file \(Text.quoted(file))"), at: pointer)
      return nil
    } catch {
      report(
        "template.file", "the file \(Text.quoted(file)) is no usable JSON: \(error)", at: pointer)
      return nil
    }
  }

  mutating func readParameters(_ value: JSONValue, at pointer: String) {
    for (name, value) in members(value, at: pointer) {
      let pointer = pointer + "/" + JSONPointer.escaped(name)
      guard ReissueParameters.memberNames.contains(name) else {
        report(unknown: name, known: ReissueParameters.memberNames, at: pointer)
        continue
      }
      if let node = node(value, at: pointer) { append(parameter: (name, node)) }
    }
  }

  mutating func readPolicy(_ value: JSONValue, at pointer: String) {
    var policy = Policy()
    for (name, value) in members(value, at: pointer) {
      let pointer = pointer + "/" + JSONPointer.escaped(name)
      guard let text = text(value, at: pointer) else { continue }
      switch name {
      case "cooldown": policy.cooldown = duration(text, at: pointer) ?? policy.cooldown
      case "renewBefore": policy.renewBefore = duration(text, at: pointer) ?? policy.renewBefore
      case "domainChanges":
        policy.domainChanges =
          choice(text, ["refuse": .refuse, "allow": .allow], at: pointer) ?? policy.domainChanges
      case "preflight":
        policy.preflight =
          choice(text, ["on": true, "off": false], at: pointer) ?? policy.preflight
      default:
        report(
          unknown: name, known: ["cooldown", "renewBefore", "domainChanges", "preflight"],
          at: pointer)
      }
    }
    set(policy: policy)
  }

  private mutating func duration(_ text: String, at pointer: String) -> TimeSpan? {
    if let duration = TimeSpan(text) { return duration }
    report(
      "template.duration", "\(Text.quoted(text)) is no duration",
      hint: "write 90s, 15m, 12h or 7d, at most ten years", at: pointer)
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

  mutating func readTests(_ value: JSONValue, at pointer: String) {
    guard let tests = value.array else {
      return report("template.shape", "expected an array, found \(value.typeName)", at: pointer)
    }
    for (index, test) in tests.enumerated() {
      readTest(test, number: index, at: "\(pointer)/\(index)")
    }
  }

  private mutating func readTest(_ value: JSONValue, number: Int, at pointer: String) {
    var name = "test \(number + 1)"
    var event: JSONValue?
    var hasEvent = false
    var items: [JSONObject] = []
    var now: Timestamp?
    for (member, value) in members(value, at: pointer) {
      switch member {
      case "name": name = text(value, at: pointer + "/name") ?? name
      case "now": now = moment(value, at: pointer + "/now")
      case "event":
        hasEvent = true
        event = value.string.map { document($0, at: pointer + "/event") } ?? value
      case "items":
        items = value.array?.compactMap(\.object).map(Self.withoutComments) ?? []
        if items.count != value.array?.count {
          report("template.shape", "items is an array of objects", at: pointer + "/items")
        }
      default:
        report(
          unknown: member, known: ["name", "now", "event", "items"],
          at: pointer + "/" + JSONPointer.escaped(member))
      }
    }
    guard hasEvent else {
      return report("template.shape", "a test needs an event", at: pointer)
    }
    // What is wrong with its file has been told.
    guard let event else { return }
    append(
      test: Template.Test(name: name, now: now, event: event, items: items, pointer: pointer))
  }

  private static func withoutComments(_ object: JSONObject) -> JSONObject {
    JSONObject(distinct: object.members.filter { !isComment($0.name) })
  }

  private mutating func moment(_ value: JSONValue, at pointer: String) -> Timestamp? {
    guard let text = text(value, at: pointer) else { return nil }
    if let moment = Timestamp(rfc3339: text) { return moment }
    report(
      "template.time", "\(Text.quoted(text)) is no moment",
      hint: "write it as RFC 3339 does: 2026-11-24T22:00:00Z", at: pointer)
    return nil
  }

  /// A `$name` that nothing binds would fail on the first event that reaches it: found here instead.
  mutating func checkVariables() {
    var known = Set(Template.scopeNames)
    check(template.when, known, at: "/when")
    check(template.items, known, at: "/items")
    // What is broken has been told; whoever uses its name is not to blame.
    let broken = bindingNames.subtracting(template.bindings.map(\.name))
    known.formUnion(broken)
    for binding in template.bindings {
      check(binding.expression, known, at: "/let/\(JSONPointer.escaped(binding.name))")
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
