internal import Core
internal import Platform

extension Doctor {
  /// The folders of keys, signing requests and certificates, with their modes.
  ///
  /// - Parameters:
  ///   - isStoreNeeded: Whether a template brings anything to the store, which must be written then.
  ///   - diagnosis: What is found is added to it.
  func folders(isStoreNeeded: Bool, _ diagnosis: inout Diagnosis) {
    diagnosis.add("store") { () throws(ReissueError) in
      let path = settings.storeFolder
      let text = try folder(path, "storeDirectory")
      guard isStoreNeeded else {
        return text ?? "\(path) is not there: only templates with \"store\" need it"
      }
      try requireWritable(path, hint: "give another place with storeDirectory")
      return text ?? "\(path) is not there yet; the first run makes it"
    }
    diagnosis.add("csr folder") { () throws(ReissueError) in
      try folder(settings.csrFolder, "csrDirectory")
        ?? "\(settings.csrFolder) is not there: only templates with \"file\" need it"
    }
    diagnosis.add("key folder") { () throws(ReissueError) in
      guard let text = try folder(settings.keyFolder, "keyDirectory") else {
        return "\(settings.keyFolder) is not there: only templates with \"privateKey\" need it"
      }
      try keys(in: settings.keyFolder)
      return text
    }
  }

  /// Whether a run can make names in a folder, and the folder itself if need be.
  func requireWritable(_ path: String, hint: String) throws(ReissueError) {
    do throws(FileError) { try Folder.requireWritable(path) } catch {
      throw ReissueError(
        "folder.unusable", "\(path) cannot be used: \(error)",
        hint: "check owner, mode and mount, or \(hint)", exit: .inputOutput)
    }
  }

  /// - Returns: `nil` if there is none.
  private func folder(_ path: String, _ member: String) throws(ReissueError) -> String? {
    let place: FilePlace
    do throws(FileError) { place = try context.files.place(path) } catch {
      guard !error.isMissing else { return nil }
      throw ReissueError(
        "folder.unusable", "\(path) cannot be used: \(error.reason)",
        hint: "check \(member), its owner and its mode", exit: .inputOutput)
    }
    guard let facts = place.facts else { return nil }
    guard facts.kind == .folder else {
      throw ReissueError(
        "folder.unusable", "\(path) is no folder", hint: "check \(member)", exit: .configuration)
    }
    if let exposure = place.exposure {
      throw ReissueError(
        "folder.open-to-others", exposed: path, exposure, exit: .configuration)
    }
    return "\(path), mode \(String(facts.mode & 0o7777, radix: 8))"
  }

  /// A key that others can read is no secret.
  private func keys(in path: String) throws(ReissueError) {
    var open: (file: String, exposure: Exposure)?
    do throws(FileError) {
      for file in try context.files.list(path).map({ "\(path)/\($0)" })
      where open == nil && context.files.isFile(file) {
        open = try context.files.place(file).reading.map { (file, $0) }
      }
    } catch {
      throw ReissueError(
        "folder.unusable", "\(path) cannot be read: \(error.reason)",
        hint: "check keyDirectory, its owner and its mode", exit: .inputOutput)
    }
    guard let open else { return }
    throw ReissueError(
      "key.open-to-others", exposed: open.file, open.exposure, exit: .configuration)
  }
}
