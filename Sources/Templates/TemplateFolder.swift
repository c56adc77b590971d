// Where templates come from: a folder, or the names and files of the command line.

package import Core
internal import JMESPath
internal import JSON
internal import Platform

/// Reads templates from disk.
package struct TemplateFolder: Sendable {
  /// The largest template file without its data files, in bytes.
  static let maximumTemplateBytes = 1 << 20
  /// The suffix of template files in a folder; files with other names are ignored.
  static let suffix = ".template.json"

  /// The folder of named templates.
  package let path: String
  let context: Context

  /// A folder; nothing is read yet.
  package init(path: String, context: Context) {
    self.path = path
    self.context = context
  }

  /// The templates with these names or files, in this order; all templates of the folder, in name order, if `names` is
  /// empty.
  ///
  /// - Throws: ``ReissueError``, exit 78, if there is none, or if one of them is broken: it might be the one that
  ///   accepts the event.
  package func templates(named names: [String]) throws(ReissueError) -> [Template] {
    var templates: [Template] = []
    var documents = TemplateDocuments()
    for (name, file) in try files(named: names) {
      let (template, findings) = read(
        name: name, file: file, withTests: false, beside: &documents)
      if var first = findings.first {
        if findings.count > 1 {
          first.hint = [first.hint, "\(findings.count - 1) more: run check"].compactMap(\.self)
            .joined(separator: "; ")
        }
        throw first
      }
      templates.append(template)
    }
    return templates
  }

  /// The files with these names; all template files of the folder if `names` is empty.
  ///
  /// - Throws: ``ReissueError``, exit 78, if the folder cannot be used, has no template, or has two of the same name.
  package func files(
    named names: [String] = []
  ) throws(ReissueError) -> [(name: String, file: String)] {
    guard !names.isEmpty else { return try listed() }
    var files: [(name: String, file: String)] = []
    for name in names { files.append(try file(named: name)) }
    return files
  }

  /// The template files in name order: `NAME.template.json` and `NAME/template.json`.
  private func listed() throws(ReissueError) -> [(name: String, file: String)] {
    let subject = "the templates folder \(Text.quoted(path))"
    let names: [String]
    let exposure: Exposure?
    do throws(FileError) {
      names = try context.files.list(path)
      exposure = try context.files.place(path).addition
    } catch {
      throw ReissueError(
        "template.folder", reading: subject, error,
        hint: "create it, or name a template with --template FILE", wrongName: .configuration)
    }
    if let exposure {
      throw ReissueError(
        "template.writable", exposed: subject, exposure, exit: .configuration)
    }
    var files: [(name: String, file: String)] = []
    // Editors and file systems add names with a dot, and ext4 a folder that only root can read.
    for entry in names where !entry.hasPrefix(".") && entry != "lost+found" {
      if entry.hasSuffix(Self.suffix), entry.utf8.count > Self.suffix.utf8.count {
        files.append((String(entry.dropLast(Self.suffix.count)), "\(path)/\(entry)"))
      } else if mayHoldTemplate(entry) {
        files.append((entry, "\(path)/\(entry)/template.json"))
      }
    }
    guard !files.isEmpty else { throw .noTemplate(in: path, misnamed: misnamed()) }
    return try Self.distinct(files.sorted { $0.name < $1.name })
  }

  /// The files of the folder that look like templates, with the names under which they would be used.
  package func misnamed() -> [(file: String, name: String)] {
    var found: [(file: String, name: String)] = []
    for entry in (try? context.files.list(path)) ?? [] where !entry.hasPrefix(".") {
      let names = try? context.files.list("\(path)/\(entry)")
      guard let names else {
        let stem = Self.stem(of: entry)
        if let stem, !entry.hasSuffix(Self.suffix), isTemplate(entry) {
          found.append((entry, stem + Self.suffix))
        }
        continue
      }
      guard !names.contains("template.json") else { continue }
      found += names.map { "\(entry)/\($0)" }
        .filter { Self.stem(of: $0) != nil && isTemplate($0) }
        .map { (file: $0, name: "\(entry)/template.json") }
    }
    return found
  }

  /// The name without the ending of a JSON file or template; `nil` for another file.
  private static func stem(of file: String) -> String? {
    [".json", ".template"].first { file.lowercased().hasSuffix($0) && file.count > $0.count }
      .map { String(file.dropLast($0.count)) }
  }

  /// Whether a file of the folder has the member that only templates have.
  private func isTemplate(_ file: String) -> Bool {
    guard
      let contents = try? context.files.contents("\(path)/\(file)", Self.maximumTemplateBytes),
      let document = try? JSONDecoder.decode(contents.bytes)
    else { return false }
    return document["reissue"] != nil
  }

  /// Whether an entry is a folder with a template, or cannot be examined: it might hold the template that accepts the
  /// event.
  private func mayHoldTemplate(_ entry: String) -> Bool {
    let (folder, files) = ("\(path)/\(entry)", context.files)
    return files.isTaken("\(folder)/template.json")
      || (!files.exists(folder) && files.isTaken(folder))
  }

  private static func distinct(
    _ files: [(name: String, file: String)]
  ) throws(ReissueError) -> [(name: String, file: String)] {
    for (left, right) in zip(files, files.dropFirst()) where left.name == right.name {
      throw ReissueError(
        "template.folder", "two files define the template \(Text.quoted(left.name))",
        hint: "keep \(left.file) or \(right.file)", exit: .configuration)
    }
    return files
  }

  /// Whether a value of `--template` is a file: it has a `/` or ends in `.json`.
  package static func isFile(_ value: String) -> Bool {
    value.contains("/") || value.hasSuffix(".json")
  }

  private func file(named value: String) throws(ReissueError) -> (name: String, file: String) {
    if Self.isFile(value) { return (Self.name(ofFile: value), value) }
    let files = ["\(path)/\(value)\(Self.suffix)", "\(path)/\(value)/template.json"]
    let found = files.filter(context.files.isTaken).map { (name: value, file: $0) }
    return try Self.distinct(found).first ?? (value, files[1])
  }

  /// `hooks/alertmanager/template.json` and `alertmanager.template.json` both have the name `alertmanager`.
  private static func name(ofFile file: String) -> String {
    let parts = file.split(separator: "/")
    guard let last = parts.last else { return file }
    let folder = parts.dropLast().last ?? "."
    if last == "template.json", folder != ".", folder != ".." { return String(folder) }
    for ending in [suffix, ".json"] where last.hasSuffix(ending) && last.count > ending.count {
      return String(last.dropLast(ending.count))
    }
    return String(last)
  }

  /// Reads one template file and reports all its mistakes.
  ///
  /// - Parameters:
  ///   - name: The name of the template.
  ///   - file: Its file.
  ///   - withTests: Whether the template's tests and their events are read; a run does not need them.
  ///   - documents: The data files of the templates that were read before.
  package func read(
    name: String, file: String, withTests: Bool, beside documents: inout TemplateDocuments
  ) -> (template: Template, findings: [ReissueError]) {
    let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
    var reader = TemplateReader(
      name: name, folder: folder.isEmpty ? "/" : folder, context: context, readsTests: withTests,
      documents: documents)
    let subject = "the template \(Text.quoted(file))"
    do throws(FileError) {
      let contents = try context.files.contents(file, Self.maximumTemplateBytes)
      reader.report(contents.change, of: subject, at: "")
      if reader.documents.reserve(templateBytes: contents.bytes.count) {
        Self.decode(contents.bytes, of: file, into: &reader)
      } else {
        reader.report(.templatesTooLarge(subject), at: "")
      }
    } catch {
      reader.report(unreadable(error, name, file), at: "")
    }
    documents = reader.documents
    return (reader.template, reader.findings)
  }

  /// Why a file could not be read; if it is missing, with the nearest name of the folder.
  private func unreadable(_ error: FileError, _ name: String, _ file: String) -> ReissueError {
    let isNamed = file.hasPrefix(path + "/")
    guard error.isMissing, !context.files.isTaken(file) else {
      return ReissueError(
        error.isTooLarge
          ? "template.too-large" : error.isOfName ? "template.not-found" : "template.unreadable",
        reading: "the template \(Text.quoted(file))", error, wrongName: .configuration)
    }
    let (folder, last) = Folder.split(file)
    let known =
      isNamed ? (try? listed().map(\.name)) ?? [] : (try? context.files.list(folder)) ?? []
    return ReissueError(
      "template.not-found",
      isNamed
        ? "there is no template \(Text.quoted(name)) in \(path)"
        : "the template \(Text.quoted(file)) does not exist",
      hint: didYouMean(isNamed ? name : last, among: known), exit: .configuration)
  }

  private static func decode(_ bytes: [UInt8], of file: String, into reader: inout TemplateReader) {
    do throws(JSONError) {
      reader.read(try JSONDecoder.decode(bytes))
    } catch {
      var place = Place(file: file)
      if error.line > 0 {
        (place.line, place.column, place.byte) = (error.line, error.column, error.byte)
      }
      reader.report(
        ReissueError(
          "template.not-json", "the template is not usable JSON: \(error)", hint: error.advice,
          exit: .configuration, place: place), at: "")
    }
  }
}

/// The JSON files beside templates that were read so far, and the memory that remains for more. All templates of a run
/// are in memory before the first one is tried.
package struct TemplateDocuments {
  /// The most memory that templates and their files may need while they are read, in bytes, by an estimate: an
  /// inventory of about 50,000 domains.
  static let maximumBytes = 96 << 20
  /// The memory of a template for each byte of its file, with the trees of its expressions (measured: 44).
  private static let templateFactor = 48

  private var bytes = maximumBytes
  private var known: [String: JSONValue] = [:]

  /// Nothing read yet.
  package init() {}

  /// The document of a file that was read before.
  subscript(path: String) -> JSONValue? { known[path] }

  /// Reads a document and keeps it.
  ///
  /// - Returns: `nil` if there is not enough memory for it.
  mutating func read(_ contents: [UInt8], from path: String) throws(JSONError) -> JSONValue? {
    if let document = known[path] { return document }
    guard reserve(JSONDecoder.weight(of: contents)) else { return nil }
    let document = try JSONDecoder.decode(contents)
    known[path] = document
    return document
  }

  /// Reserves memory for a template file of `count` bytes; `false` if there is not enough.
  mutating func reserve(templateBytes count: Int) -> Bool { reserve(Self.templateFactor * count) }

  private mutating func reserve(_ count: Int) -> Bool {
    bytes -= count
    return bytes >= 0
  }
}

extension ReissueError {
  /// A folder without a template: every event would be skipped.
  fileprivate static func noTemplate(
    in path: String, misnamed: [(file: String, name: String)]
  ) -> ReissueError {
    ReissueError(
      "template.none", "no template is in \(path)",
      hint: misnamed.first.map { "\($0.file) looks like one: rename it to \($0.name)" }
        ?? "put NAME.template.json or NAME/template.json there, or name a file with --template",
      exit: .configuration)
  }

  /// A file that looks like a template and is not used.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - name: The name under which it would be used.
  package static func misnamed(_ file: String, name: String) -> ReissueError {
    ReissueError(
      "template.misnamed", "\(file) looks like a template and is not used",
      hint: "rename it to \(name)", exit: .done)
  }

  /// Templates and data that need too much memory.
  static func templatesTooLarge(_ subject: String) -> ReissueError {
    ReissueError(
      "template.too-large",
      "\(subject) does not fit: templates and their data may take "
        + "\(TemplateDocuments.maximumBytes >> 20) MiB of memory",
      hint: "leave out what no template looks up, or name one template with --template",
      exit: .configuration)
  }
}
