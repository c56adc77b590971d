internal import Platform

/// A table for people: aligned columns, one line per row, no control characters.
package struct TextTable {
  private let header: [String]
  private var rows: [[String]] = []
  /// The columns that are aligned at their right edge: numbers.
  private let rightAligned: Set<Int>

  /// The most characters of a cell; a longer text is cut.
  private static let maximumCell = 64

  /// A table without rows; `rightAligned` holds the indices of columns with numbers.
  package init(_ header: [String], rightAligned: Set<Int> = []) {
    self.header = header
    self.rightAligned = rightAligned
  }

  /// Adds a row, with a text for each column.
  package mutating func add(_ row: [String]) { rows.append(row.map(Self.cell)) }

  /// The header and the rows, a line each.
  package var text: String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        line += rightAligned.contains(column) ? blanks + cell : cell + blanks
        line += "  "
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  private static func cell(_ text: String) -> String {
    let safe = VisibleText.line(text)
    let cut = safe.count > maximumCell ? safe.prefix(maximumCell - 1) + "…" : safe[...]
    return cut.isEmpty ? "-" : String(cut)
  }
}
