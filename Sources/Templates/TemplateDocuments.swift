// What the templates of a run may take in memory: they are all there before the first of them is asked.

internal import Core
internal import JSON

/// The JSON files beside templates that were read so far, and what there is room for.
package struct TemplateDocuments {
  /// The most memory that templates and their files may take while they are read, in bytes, by an estimate: an
  /// inventory of some 50,000 domains.
  static let maximumBytes = 96 << 20
  /// What a template takes in memory for each byte of its file, with the trees of its expressions (measured: 44).
  private static let templateFactor = 48

  private var bytes = maximumBytes
  private var known: [String: JSONValue] = [:]

  /// Nothing read yet.
  package init() {}

  /// The document of a file that another template, or another test, has read already.
  subscript(path: String) -> JSONValue? { known[path] }

  /// Reads a document and keeps it.
  ///
  /// - Returns: `nil` if there is no room for it.
  mutating func read(_ contents: [UInt8], from path: String) throws(JSONError) -> JSONValue? {
    if let document = known[path] { return document }
    guard take(JSONDecoder.weight(of: contents)) else { return nil }
    let document = try JSONDecoder.decode(contents)
    known[path] = document
    return document
  }

  /// Makes room for a template of so many bytes; fails if there is none.
  mutating func takeTemplate(bytes count: Int) -> Bool { take(Self.templateFactor * count) }

  private mutating func take(_ count: Int) -> Bool {
    bytes -= count
    return bytes >= 0
  }
}

extension ReissueError {
  /// Templates and data that do not fit.
  static func templatesTooLarge(_ subject: String) -> ReissueError {
    ReissueError(
      "template.too-large",
      "\(subject) does not fit: templates and their data may take "
        + "\(TemplateDocuments.maximumBytes >> 20) MiB of memory",
      hint: "leave out what no template looks up, or name one template with --template",
      exit: .configuration)
  }
}
