// What `doctor` finds: one line each, ok or how to fix it.

package import Core
package import JSON

/// One thing that was looked at.
struct DiagnosisLine: Hashable, Sendable {
  let name: String
  /// What is so, if it is as it should be, or not known to be otherwise.
  let text: String
  /// What is wrong.
  let error: ReissueError?

  static func ok(_ name: String, _ text: String) -> DiagnosisLine {
    DiagnosisLine(name: name, text: text, error: nil)
  }

  static func wrong(_ name: String, _ error: ReissueError) -> DiagnosisLine {
    DiagnosisLine(name: name, text: error.message, error: error)
  }
}

/// All that was looked at.
package struct Diagnosis: Sendable {
  private static let version = 1
  /// The longest name of a check, and two blanks.
  private static let nameWidth = 15

  private(set) var lines: [DiagnosisLine] = []

  mutating func add(_ line: DiagnosisLine) { lines.append(line) }

  /// Adds what the check says is well, or what it throws.
  mutating func add(_ name: String, _ check: () throws(ReissueError) -> String) {
    do throws(ReissueError) {
      add(.ok(name, try check()))
    } catch {
      add(.wrong(name, error))
    }
  }

  /// The gravest of what is wrong.
  package var exit: ExitStatus {
    ExitStatus.gravest(of: lines.compactMap { $0.error?.exit })
  }

  /// A line for each thing that was looked at.
  package var text: String {
    lines.map { finding in
      let name = finding.name + String(repeating: " ", count: Self.nameWidth - finding.name.count)
      var line = "\(finding.error == nil ? "ok  " : "fix ")  \(name)\(finding.text)"
      if let error = finding.error {
        line += error.placeText + (error.hint.map { ": \($0)" } ?? "") + " [\(error.code)]"
      }
      return line.unicodeScalars.map(Text.escaped).joined() + "\n"
    }.joined()
  }

  /// The same as a document. Version 1: members may be added, none removed or changed.
  package var json: JSONValue {
    let checks = lines.map { finding in
      JSONValue.object(
        JSONObject.present([
          ("name", .string(finding.name)), ("ok", .boolean(finding.error == nil)),
          ("text", .string(finding.text)), ("error", finding.error?.json),
        ]))
    }
    return [
      "version": .integer(Self.version), "ok": .boolean(exit == .done), "checks": .array(checks),
    ]
  }
}
