// Errors for wrong command lines, with the nearest existing word.

package import CommandOptions
internal import Core
internal import JMESPath

extension ReissueError {
  /// The error for a wrong command line, with a hint.
  package init(_ error: UsageError) {
    self.init(
      "usage.option", error.message, hint: Self.hint(for: error), exit: .usage)
  }

  private static func hint(for error: UsageError) -> String {
    let help = "see \(error.path.joined(separator: " ")) --help"
    guard error.isOperand else { return nearest(to: error.word, among: error.known) ?? help }
    if error.known.contains(error.word) {
      return "put the command first: \(error.path[0]) \(error.word) ..."
    }
    if let nearest = nearest(to: error.word, among: error.known) { return nearest }
    guard error.path.last == "run", !error.word.isEmpty else { return help }
    let file = Text.quoted(error.word).dropFirst().dropLast()
    return "read it with --event \(file) or < \(file)"
  }

  /// A hint with the nearest existing word; `nil` if none is similar.
  ///
  /// - Parameter prefix: The common prefix of all words, which is not compared.
  static func nearest(
    to word: String, among known: [String], prefix: String = ""
  ) -> String? {
    nearestNames(to: word, among: known).first.map { "did you mean \(prefix)\($0)?" }
  }
}
