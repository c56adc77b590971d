package import Core
package import JSON
internal import Parameters
internal import Templates

/// What `render` shows: the parameters that an event gives, or why it gives none.
package struct RenderReport: Sendable {
  private static let version = 1

  /// An item: its parameters or why it has none, and its explanation if one is wanted.
  struct Entry {
    let index: Int
    let reference: String?
    let outcome: Result<ReissueParameters, ReissueError>
    let explanation: JSONValue?
  }

  /// A template that was tried, and how its `when` came to its value.
  struct Trial {
    let outcome: TemplateTrial
    let when: Explanation.Step?
  }

  /// The template that accepted the event.
  var template: String?
  /// The items in the order of the event.
  var items: [Entry] = []
  /// The templates that were tried; `nil` if no explanation is wanted.
  var trials: [Trial]?
  /// Why the event as a whole failed.
  var error: ReissueError?

  init(isExplained: Bool) { trials = isExplained ? [] : nil }

  /// A report that the event or the template as a whole failed.
  package init(_ error: ReissueError) { self.error = error }

  /// All errors.
  package var errors: [ReissueError] {
    items.compactMap { if case .failure(let error) = $0.outcome { error } else { nil } }
      + [error].compactMap(\.self)
  }

  /// The most serious status of ``errors``.
  package var exit: ExitStatus { ExitStatus.gravest(of: errors.map(\.exit)) }

  /// The document; its items are encoded one by one.
  private var frame: JSONObject {
    .present([
      ("version", .integer(Self.version)), ("error", error?.json),
      ("template", error == nil ? template.map(JSONValue.string) ?? .null : nil),
      ("items", error == nil ? [] : nil), ("tried", trials.map { .array($0.map(Self.json)) }),
    ])
  }

  /// The document.
  package var json: JSONValue {
    var document = frame
    if error == nil { document["items"] = .array(items.map(Self.json)) }
    return .object(document)
  }

  /// The document as text with a line feed at its end.
  package func encoded(_ layout: JSONEncoder.Layout) -> [UInt8] {
    JSONEncoder.encode(frame, layout: layout, elementsOf: "items", count: items.count) {
      Self.json(of: items[$0])
    }
  }

  private static func json(of entry: Entry) -> JSONValue {
    let outcome: (String, JSONValue?) =
      switch entry.outcome {
      case .success(let parameters): ("parameters", .object(parameters.json))
      case .failure(let error): ("error", error.json)
      }
    return .object(
      .present([
        ("index", .integer(entry.index)), ("reference", entry.reference.map(JSONValue.string)),
        outcome, ("explain", entry.explanation),
      ]))
  }

  private static func json(of trial: Trial) -> JSONValue {
    let outcome = trial.outcome
    return .object(
      .present([
        ("template", .string(outcome.template)), ("matched", .boolean(outcome.matched)),
        ("when", trial.when.map { .object(JSONObject($0.members)) }),
        ("note", outcome.oddity.map(JSONValue.string)),
        ("error", outcome.failure?.json),
      ]))
  }
}
