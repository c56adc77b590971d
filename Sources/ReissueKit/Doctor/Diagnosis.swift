// What `doctor` shows: a line for each check, ok or the repair.

package import Core
package import JSON
internal import Platform

/// The results of all checks.
package struct Diagnosis: Sendable {
  private static let version = 1
  /// The longest name of a check, and two blanks.
  private static let nameWidth = 15

  /// The result of one check.
  private struct Line {
    let name: String
    let text: String
    /// What is wrong.
    let error: ReissueError?
  }

  private var lines: [Line] = []

  /// Adds a check that found nothing wrong, or was not made.
  mutating func add(_ name: String, ok text: String) {
    lines.append(Line(name: name, text: text, error: nil))
  }

  /// Adds a check that failed.
  mutating func add(_ name: String, wrong error: ReissueError) {
    lines.append(Line(name: name, text: error.message, error: error))
  }

  /// Adds the text that the check returns, or the error that it throws.
  mutating func add(_ name: String, _ check: () throws(ReissueError) -> String) {
    do throws(ReissueError) {
      add(name, ok: try check())
    } catch {
      add(name, wrong: error)
    }
  }

  /// The most serious status of the failed checks.
  package var exit: ExitStatus {
    ExitStatus.gravest(of: lines.compactMap { $0.error?.exit })
  }

  /// A line for each check.
  package var text: String {
    lines.map { line in
      let name = line.name + String(repeating: " ", count: Self.nameWidth - line.name.count)
      var text = "\(line.error == nil ? "ok  " : "fix ")  \(name)\(line.text)"
      if let error = line.error {
        text += error.placeText + (error.hint.map { ": \($0)" } ?? "") + " [\(error.code)]"
      }
      return VisibleText.line(text) + "\n"
    }.joined()
  }

  /// The document. Within version 1, members may be added, but none is removed or changed.
  package var json: JSONValue {
    let checks = lines.map { line in
      JSONValue.object(
        .present([
          ("name", .string(line.name)), ("ok", .boolean(line.error == nil)),
          ("text", .string(line.text)), ("error", line.error?.json),
        ]))
    }
    return [
      "version": .integer(Self.version), "ok": .boolean(exit == .done), "checks": .array(checks),
    ]
  }
}
