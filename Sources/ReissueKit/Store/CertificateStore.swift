// Keys, signing requests and chains on disk: what belongs together lies in one numbered folder, and a
// reader of `current` always finds a matching pair.

internal import Core
internal import Crypto
internal import Parameters
internal import Platform

/// The folder that keys are made in and chains are brought to.
///
///     STORE/NAME/1/key.pem csr.pem chain.pem
///     STORE/NAME/2/key.pem csr.pem
///     STORE/NAME/current → 1
struct CertificateStore: Sendable {
  /// The private key, PKCS #8 in PEM, 0600.
  static let keyFile = "key.pem"
  /// The signing request that went with it.
  static let requestFile = "csr.pem"
  /// Leaf and intermediate certificates in PEM.
  static let chainFile = "chain.pem"
  /// The link to the newest folder that has a chain.
  static let currentLink = "current"
  /// How the folders of unfinished work begin; no number does.
  private static let unfinishedPrefix = ".unfinished-"
  /// The longest number that has a next one in 64 bits, whatever its digits.
  private static let maximumDigits = 18
  /// A PEM key or chain of any kind has some kilobytes.
  static let maximumBytes = 256 << 10

  /// The configured folder.
  let path: String

  /// Puts a new key and its signing request, or a signing request alone, into the next numbered folder.
  ///
  /// A process that dies on the way leaves an unfinished folder, which the next one removes; under its
  /// number a folder is always whole.
  ///
  /// - Parameters:
  ///   - name: The folder of the certificate.
  ///   - key: The key, if it was made here.
  ///   - request: The signing request.
  ///   - parameters: What the request is for.
  ///   - mayNamesChange: Whether the alternative names may differ from those of the newest request there.
  ///   - goOn: Asked while another process is at the folder; `false` ends the wait.
  /// - Returns: The folder's name below the store, such as `shop.example.com/2`.
  /// - Throws: ``ReissueError`` with a code `store.…`, or `run.ended` if `goOn` said no; `store.other-names` if
  ///   the newest request there is for another certificate: `current` would lead from one to the other.
  func add(
    _ name: String, key: SecretBytes?, request: SigningRequest, for parameters: ReissueParameters,
    mayNamesChange: Bool, while goOn: () -> Bool
  ) throws(ReissueError) -> String {
    func addOnce() throws(FileError) -> Result<String, ReissueError> {
      let folder = try openOrCreate(name)
      try folder.lock(while: goOn)
      if let error = try Self.otherNames(
        in: folder, than: parameters, mayNamesChange: mayNamesChange)
      {
        return .failure(error)
      }
      return .success("\(name)/\(try Self.add(key: key, request: request, to: folder))")
    }
    let added: Result<String, ReissueError>
    do throws(FileError) {
      do throws(FileError) {
        added = try addOnce()
      } catch {
        // Another process has just removed the folder, empty after a request that was refused.
        guard error.isMissing else { throw error }
        added = try addOnce()
      }
    } catch {
      removeIfEmpty(name)
      guard goOn() else { throw .endedBeforeSending }
      // Nothing is sent without its key being kept.
      throw Self.problem(error, retry: .safe)
    }
    return try added.get()
  }

  private static func add(
    key: SecretBytes?, request: SigningRequest, to folder: borrowing Folder
  ) throws(FileError) -> Int {
    let entries = try folder.names()
    for entry in entries where entry.hasPrefix(unfinishedPrefix) {
      try folder.removeSubfolder(entry, files: unfinishedFiles(folder, entry))
    }
    let unfinished = unfinishedPrefix + Entropy.name()
    let number = (entries.compactMap { Self.number($0) }.max() ?? 0) + 1
    do throws(FileError) {
      let inner = try folder.createSubfolder(unfinished)
      if let key { try write(key, to: keyFile, in: inner) }
      try inner.create(requestFile, Array(request.pem.utf8))
      try folder.nameSubfolder(unfinished, as: String(number))
    } catch {
      // A full disk leaves nothing behind; if even that fails, the next one removes it.
      try? folder.removeSubfolder(unfinished, files: [keyFile, requestFile])
      throw error
    }
    return number
  }

  /// Removes the folder of a certificate that nothing is kept for; one that holds anything stays.
  private func removeIfEmpty(_ name: String) {
    do throws(FileError) {
      try Folder.open(path).removeSubfolder(name, files: [])
    } catch {
      // Not empty, or not to be removed: it does no harm, and the next key goes there.
    }
  }

  /// Removes the numbered folder of a request that was refused for good or not sent, and the folder above it
  /// where nothing else is in it.
  func discard(_ entry: String) throws(ReissueError) {
    let parts = Self.parts(of: entry)
    do throws(FileError) {
      let folder = try Self.open(parts.name, in: Folder.open(path))
      try folder.removeSubfolder(parts.number, files: [Self.keyFile, Self.requestFile])
    } catch {
      throw Self.problem(error)
    }
    removeIfEmpty(parts.name)
  }

  /// Brings the chain of a new certificate to its numbered folder, and switches `current` to it.
  ///
  /// - Throws: ``ReissueError`` with code `store.mismatch` if the leaf does not belong to the signing
  ///   request there: a web server must never find a pair that does not match.
  func complete(_ entry: String, chain: [UInt8]) throws(ReissueError) {
    let parts = Self.parts(of: entry)
    do throws(FileError) {
      let folder = try Self.open(parts.name, in: Folder.open(path))
      try folder.lock()
      let inner = try folder.subfolder(parts.number)
      let request = try inner.read(Self.requestFile, limit: Self.maximumBytes)
      guard Self.matches(chain: chain, request: request) else { throw Self.mismatch(entry) }
      do throws(FileError) {
        try inner.create(Self.chainFile, chain, mode: 0o644)
      } catch {
        guard error.isTaken else { throw error }
      }
      // A store that two certificates shared before this was refused: neither takes the link from the other.
      guard !Self.isForOthers(folder, than: request) else { throw Self.mismatch(entry) }
      // Whoever was faster with a later one is not set back.
      if Self.isBehind(folder, parts.number) {
        try folder.switchLink(Self.currentLink, to: parts.number)
      }
    } catch {
      throw error.number == 0 ? Self.mismatchError(entry) : Self.problem(error)
    }
  }

  /// Whether a numbered folder is there whose chain, or the link to it, is still to come.
  func lacksChain(_ entry: String) -> Bool {
    let parts = Self.parts(of: entry)
    guard let folder = try? Folder.open(path).subfolder(parts.name),
      let names = try? folder.subfolder(parts.number).names()
    else { return false }
    return names.contains(Self.requestFile)
      && (!names.contains(Self.chainFile) || Self.isBehind(folder, parts.number))
  }

  /// Whether `current` leads nowhere, or to an earlier folder than this one.
  private static func isBehind(_ folder: borrowing Folder, _ number: String) -> Bool {
    let current = (try? folder.linkTarget(currentLink)).flatMap { Int($0) } ?? 0
    return Int(number).map { $0 > current } ?? false
  }

  private static func matches(chain: [UInt8], request: [UInt8]) -> Bool {
    guard let leaf = try? Certificate.chain(parsing: chain).first,
      let request = try? CertificateSigningRequest(parsing: request)
    else { return false }
    return leaf.publicKey == request.publicKey
  }

  /// A mismatch on its way out of a block that throws file errors.
  private static func mismatch(_ entry: String) -> FileError {
    FileError(operation: "complete", path: entry, number: 0)
  }

  private static func mismatchError(_ entry: String) -> ReissueError {
    ReissueError(
      "store.mismatch",
      "the certificate does not belong to the signing request in \(entry), or current leads to another certificate",
      hint: "current stays where it is; give each certificate a store of its own",
      exit: .inputOutput)
  }

  private func openOrCreate(_ name: String) throws(FileError) -> Folder {
    // Nothing is made where somebody else could change it.
    if let exposure = try FilePlace(of: path).exposure {
      throw FileError(operation: "use", path: path, exposure: exposure)
    }
    let root = try Folder.openOrCreate(path)
    do throws(FileError) {
      return try root.createSubfolder(name)
    } catch {
      guard error.isTaken else { throw error }
    }
    return try Self.open(name, in: root)
  }

  /// A folder of the store that is there; keys and chains of one that somebody else can change are not relied on.
  private static func open(
    _ name: String, in root: borrowing Folder
  ) throws(FileError) -> Folder {
    let folder = try root.subfolder(name)
    try folder.requireUnexposed()
    return folder
  }

  private static func unfinishedFiles(
    _ folder: borrowing Folder, _ entry: String
  ) throws(FileError) -> [String] {
    try folder.subfolder(entry).names()
  }

  /// The array that the key is written from is wiped again.
  private static func write(
    _ key: SecretBytes, to name: String, in folder: borrowing Folder
  ) throws(FileError) {
    var bytes = key.withSpan { span in (0..<span.count).map { span[$0] } }
    defer { _ = SecretBytes(taking: &bytes) }
    try folder.create(name, bytes)
  }

  /// The number that a folder is named by. What is longer was not made here, and one more than it might
  /// be no number any more.
  static func number(_ entry: String) -> Int? {
    entry.utf8.count <= maximumDigits ? Int(entry) : nil
  }

  private static func parts(of entry: String) -> (name: String, number: String) {
    guard let slash = entry.lastIndex(of: "/") else { return (entry, "") }
    return (String(entry[..<slash]), String(entry[entry.index(after: slash)...]))
  }

  private static func problem(_ error: FileError, retry: ReissueError.Retry = .no) -> ReissueError {
    guard !error.isEscape else {
      return ReissueError(
        "store.outside-folder", "the store's name leaves its folder",
        hint: "store is one folder name, such as the common name", exit: .event,
        place: Place(pointer: "/store"))
    }
    return ReissueError(
      "store.unusable", "the store cannot be used: \(error)",
      hint: error.exposure?.repair ?? "check storeDirectory, its owner and its free space",
      exit: .inputOutput, retry: retry)
  }
}
