internal import Platform

/// A table for people: aligned columns, one line per row, no control characters.
package struct TextTable {
  /// The colour of a row, as its code of ECMA-48 (SGR).
  package enum Color: Int, Sendable {
    /// Somebody has to act at once.
    case red = 31
    /// Somebody has to act.
    case yellow = 33
  }

  private let header: [String]
  private var rows: [(cells: [String], color: Color?)] = []
  /// The columns that are aligned at their right edge: numbers.
  private let rightAligned: Set<Int>
  private let isColored: Bool

  /// The most characters of a cell; a longer text is cut.
  private static let maximumCell = 64
  /// The most characters of a cell in the last column: a long one moves no other column.
  private static let maximumLastCell = 120

  /// A table without rows. The columns with the indices in `rightAligned` have numbers; the colours of rows are shown
  /// if `isColored`.
  package init(_ header: [String], rightAligned: Set<Int> = [], isColored: Bool = false) {
    self.header = header
    self.rightAligned = rightAligned
    self.isColored = isColored
  }

  /// Adds a row, with a text for each column.
  package mutating func add(_ row: [String], color: Color? = nil) {
    let cells = row.enumerated().map { column, text in
      Self.cell(text, atMost: column < row.count - 1 ? Self.maximumCell : Self.maximumLastCell)
    }
    rows.append((cells, isColored ? color : nil))
  }

  /// The header and the rows, a line each; empty without rows.
  package var text: String {
    guard !rows.isEmpty else { return "" }
    let all = [(cells: header, color: Color?.none)] + rows
    let widths = header.indices.map { column in all.map { $0.cells[column].count }.max() ?? 0 }
    return all.map { row, color in
      var line = ""
      for (column, cell) in row.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        line += rightAligned.contains(column) ? blanks + cell : cell + blanks
        line += "  "
      }
      while line.last == " " { line.removeLast() }
      return (color.map { "\u{1B}[\($0.rawValue)m\(line)\u{1B}[0m" } ?? line) + "\n"
    }.joined()
  }

  private static func cell(_ text: String, atMost length: Int) -> String {
    let safe = VisibleText.line(text)
    let cut = safe.count > length ? safe.prefix(length - 1) + "…" : safe[...]
    return cut.isEmpty ? "-" : String(cut)
  }
}
