/// A table for people: columns aligned by blanks, a line each, nothing that a terminal would obey.
package struct TextTable {
  private let header: [String]
  private var rows: [[String]] = []
  /// The columns whose texts end at the same place instead of beginning there: numbers.
  private let rightAligned: Set<Int>

  /// The most characters of a cell; longer ones are cut, so that a row stays a line.
  private static let maximumCell = 64

  package init(_ header: [String], rightAligned: Set<Int> = []) {
    self.header = header
    self.rightAligned = rightAligned
  }

  /// Adds a row, with a text for each column.
  package mutating func add(_ row: [String]) { rows.append(row.map(Self.cell)) }

  /// The lines, the header first; without rows the header alone.
  package var text: String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = zip(row, widths).enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: cell.1 - cell.0.count)
        return rightAligned.contains(column) ? blanks + cell.0 : cell.0 + blanks
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }

  private static func cell(_ text: String) -> String {
    let safe = text.unicodeScalars.map(Text.escaped).joined()
    let cut = safe.count > maximumCell ? safe.prefix(maximumCell - 1) + "…" : safe[...]
    return cut.isEmpty ? "-" : String(cut)
  }
}
