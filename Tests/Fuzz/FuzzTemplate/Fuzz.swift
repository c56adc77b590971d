// libFuzzer's target for templates: any bytes as a template file are read, checked with their own
// tests, and applied to an event; whatever comes of it is told in a report.

import Core
import JSON
import Platform
import ReissueKit
import Templates

/// Called by libFuzzer with one input: a template file, and behind a NUL an event, if there is one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  // The bytes are libFuzzer's, and valid during the call.
  let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
  let event = (try? Event(parsing: Array(parts.dropFirst().first ?? []))) ?? alert
  let context = world(template: Array(parts.first ?? []))
  guard let settings = settings(context) else { preconditionFailure("the settings are broken") }

  let isSound = check(settings, context)
  func rendered() -> RenderReport {
    var run = RenderRun(settings: settings, context: context, isExplained: true, log: nil)
    return run.report { () throws(ReissueError) in event }
  }
  let report = rendered()
  show(report.json)
  let again = rendered()
  precondition(report.json == again.json, "rendering depends on more than its input")
  for error in report.errors { check(error) }
  // What the template itself is to be blamed for does not wait for an event.
  precondition(!isSound || report.exit != .configuration, "check overlooks a mistake")
  return 0
}

/// Whether `check` finds no error.
private func check(_ settings: Settings, _ context: Context) -> Bool {
  do throws(ReissueError) {
    let report = try CheckReport(named: [file], settings: settings, context: context)
    show(report.json)
    precondition(isPrintable(report.text), "a control character reaches the terminal")
    let findings = report.json.object?["templates"]?.array?.first?.object?["findings"]?.array
    precondition(findings != nil, "a report without findings")
    return findings?.allSatisfy { $0.object?["severity"] != "error" } == true
  } catch {
    preconditionFailure("one template cannot be checked")
  }
}

private func check(_ error: ReissueError) {
  precondition(isPrintable(error.message), "a control character reaches the terminal")
  precondition(isPrintable(error.hint ?? ""), "a control character reaches the terminal")
  precondition(error.exit != .fault, "a fault")
}

/// Writes a report, and reads it again.
private func show(_ report: JSONValue) {
  let text = JSONEncoder.encode(report, layout: .pretty)
  // jansson refuses U+0000 in a name, and a template may make such a name.
  let isReadable = (try? JSONDecoder.decode(text)) == report
  precondition(
    isReadable || JSONEncoder.text(report).contains("\\u0000"), "a report cannot be read back")
}

private func isPrintable(_ text: String) -> Bool {
  text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
}

// MARK: The world around the template

private let file = "t/fuzz.template.json"

private let alert = Event(document: [
  "alerts": [
    ["status": "firing", "host": "shop.example.com:443", "cn": "shop.example.com", "no": 55_882],
    ["status": "resolved", "host": "https://api.example.com/", "sans": ["a.example.com"]],
  ]
])

private let inventory = #"{"shop.example.com": {"no": "55882", "sans": []}, "a": {"no": 1}}"#

/// A folder in memory with the template, an inventory and an event; the clock stands still.
private func world(template: [UInt8]) -> Context {
  let files = [
    file: template, "t/inventory.json": Array(inventory.utf8),
    "t/event.json": JSONEncoder.encode(alert.document),
  ]
  @Sendable func bytes(_ path: String) throws(FileError) -> [UInt8] {
    guard let bytes = files[path] else {
      let missing: Int32 = 2  // ENOENT
      throw FileError(operation: "read", path: path, number: missing)
    }
    return bytes
  }
  var access = FileAccess.system()
  access.contents = { path, _ throws(FileError) in
    FileContents(bytes: try bytes(path))
  }
  access.contentsBelow = { folder, name, _ throws(FileError) in
    FileContents(bytes: try bytes("\(folder)/\(name)"))
  }
  access.list = { _ in files.keys.map { String($0.dropFirst(2)) }.sorted() }
  access.isFile = { files[$0] != nil }
  access.isTaken = { files[$0] != nil }
  access.exists = { files[$0] != nil }
  access.place = { _ throws(FileError) in try FilePlace(of: "/") }
  return Context(
    environment: [:], now: { Timestamp(milliseconds: 1_795_564_800_000) },
    monotonicMilliseconds: { 0 }, randomBelow: { _ in 0 }, files: access)
}

private func settings(_ context: Context) -> Settings? {
  guard let configuration = try? Configuration.load(named: nil, context: context) else {
    return nil
  }
  let flags = ["template": [file], "templates": ["t"], "var": ["team=web"]]
  return try? Settings(
    from: SettingSources(flags: flags, environment: [:], configuration: configuration))
}
