// Where templates come from: a folder, or the names and files that the command line gives.

package import Core
internal import JSON
internal import Platform

/// Reads templates from disk.
package struct TemplateFolder: Sendable {
  /// A template without its data files: larger ones are no templates.
  static let maximumTemplateBytes = 1 << 20
  /// How the files of a templates folder end; other files are left alone.
  static let suffix = ".template.json"

  /// The folder of named templates.
  package let path: String
  let context: Context

  /// A folder; nothing is read yet.
  package init(path: String, context: Context) {
    self.path = path
    self.context = context
  }

  /// Every template of the folder in name order.
  ///
  /// - Throws: ``ReissueError``, exit 78, if any of them is broken: it might have been the one.
  package func all() throws(ReissueError) -> [Template] {
    var templates: [Template] = []
    var documents = TemplateDocuments()
    for (name, file) in try files() {
      templates.append(
        try Self.valid(read(name: name, file: file, withTests: false, beside: &documents)))
    }
    return templates
  }

  /// The template files by name, in name order: `NAME.template.json` and `NAME/template.json`.
  package func files() throws(ReissueError) -> [(name: String, file: String)] {
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
    // Editors and file systems put names with a dot beside what they belong to, ext4 a folder of root's into its own.
    for entry in names where !entry.hasPrefix(".") && entry != "lost+found" {
      if entry.hasSuffix(Self.suffix), entry.utf8.count > Self.suffix.utf8.count {
        files.append((String(entry.dropLast(Self.suffix.count)), "\(path)/\(entry)"))
      } else if mayHoldTemplate(entry) {
        files.append((entry, "\(path)/\(entry)/template.json"))
      }
    }
    return try Self.distinct(files.sorted { $0.name < $1.name })
  }

  /// Whether an entry is a folder with a template, or one of which that cannot be told: it might have been
  /// the one.
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

  /// The template that `--template` names.
  ///
  /// - Throws: ``ReissueError``, exit 78, if two files of the folder bear that name.
  package func file(named value: String) throws(ReissueError) -> (name: String, file: String) {
    if Self.isFile(value) {
      return (Self.name(ofFile: value), value)
    }
    let files = ["\(path)/\(value)\(Self.suffix)", "\(path)/\(value)/template.json"]
    let found = files.filter(context.files.isTaken).map { (name: value, file: $0) }
    return try Self.distinct(found).first ?? (value, files[1])
  }

  /// `hooks/alertmanager/template.json` and `alertmanager.template.json` are both `alertmanager`.
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

  /// One template file with all that is wrong with it.
  ///
  /// Its tests, and the events that they name, are read where they are to be run; a real event needs neither.
  package func read(
    name: String, file: String, withTests: Bool = true
  ) -> (template: Template, findings: [ReissueError]) {
    var documents = TemplateDocuments()
    return read(name: name, file: file, withTests: withTests, beside: &documents)
  }

  /// The same for one of several that a run has in memory together.
  package func read(
    name: String, file: String, withTests: Bool, beside documents: inout TemplateDocuments
  ) -> (template: Template, findings: [ReissueError]) {
    let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
    var reader = TemplateReader(
      name: name, folder: folder.isEmpty ? "/" : folder, context: context, readsTests: withTests,
      documents: documents)
    defer { documents = reader.documents }
    let subject = "the template \(Text.quoted(file))"
    do throws(FileError) {
      let contents = try context.files.contents(file, Self.maximumTemplateBytes)
      reader.report(contents.change, of: subject, at: "")
      guard reader.documents.takeTemplate(bytes: contents.bytes.count) else {
        reader.report(.templatesTooLarge(subject), at: "")
        return (reader.template, reader.findings)
      }
      do throws(JSONError) {
        reader.read(try JSONDecoder.decode(contents.bytes))
      } catch {
        var place = Place(file: file)
        if error.line > 0 {
          (place.line, place.column, place.byte) = (error.line, error.column, error.byte)
        }
        reader.report(
          ReissueError(
            "template.not-json", "the template is no usable JSON: \(error)", exit: .configuration,
            place: place), at: "")
      }
    } catch {
      reader.report(
        ReissueError(
          error.isOfName ? "template.not-found" : "template.unreadable", reading: subject, error,
          hint: "templates are looked for in \(path)", wrongName: .configuration), at: "")
    }
    return (reader.template, reader.findings)
  }

  /// The template if nothing is wrong with it.
  package static func valid(
    _ reading: (template: Template, findings: [ReissueError])
  ) throws(ReissueError) -> Template {
    guard var first = reading.findings.first else { return reading.template }
    if reading.findings.count > 1 {
      first.hint = [first.hint, "\(reading.findings.count - 1) more: run check"].compactMap(\.self)
        .joined(separator: "; ")
    }
    throw first
  }
}

extension TemplateFolder {
  /// The templates of these names or files, in this order; all of the folder if `names` is empty.
  ///
  /// - Throws: ``ReissueError``, exit 78, if one of them cannot be used.
  package func templates(named names: [String]) throws(ReissueError) -> [Template] {
    guard !names.isEmpty else { return try all() }
    var templates: [Template] = []
    var documents = TemplateDocuments()
    for value in names {
      let (name, file) = try file(named: value)
      let reading = read(name: name, file: file, withTests: false, beside: &documents)
      templates.append(try Self.valid(reading))
    }
    return templates
  }
}
