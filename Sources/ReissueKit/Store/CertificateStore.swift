// Keys, signing requests and certificates on disk: files that belong together lie in one numbered folder, and a
// reader of `current` always finds a key and a certificate that match.

internal import Core
internal import Crypto
internal import Parameters
internal import Platform

/// The folder of keys, signing requests and issued certificates, with the file names of certbot.
///
///     STORE/NAME/1/privkey.pem csr.pem cert.pem chain.pem fullchain.pem
///     STORE/NAME/2/privkey.pem csr.pem
///     STORE/NAME/current → 1
///
/// A folder of version 1.0.0 has `key.pem`, and its `chain.pem` begins with the leaf. It keeps that layout.
struct CertificateStore: Sendable {
  /// The private key, PKCS #8 in PEM, 0600.
  static let keyFile = "privkey.pem"
  /// The signing request of the key, 0600.
  static let requestFile = "csr.pem"
  /// The leaf certificate, 0644.
  static let certificateFile = "cert.pem"
  /// The intermediate certificates, 0644; empty if there are none.
  static let chainFile = "chain.pem"
  /// The leaf and the intermediate certificates, as a server sends them (RFC 8446 section 4.4.2), 0644.
  static let fullChainFile = "fullchain.pem"
  /// The private key in a folder of version 1.0.0.
  static let earlierKeyFile = "key.pem"
  /// The link to the newest folder that has a certificate.
  static let currentLink = "current"
  /// The link to the folder that a deployment took last; `deploy.sh` makes it.
  static let deployedLink = "deployed"
  /// The file that `deploy.sh` creates in the store: from then on each certificate is to be deployed.
  static let deploymentFile = ".deployment"
  /// How the folders of unfinished work begin; no number does.
  private static let unfinishedPrefix = ".unfinished-"
  /// The most digits of a number to which 1 can be added in 64 bits.
  private static let maximumDigits = 18
  /// A PEM key or chain of any kind has some kilobytes.
  static let maximumBytes = 256 << 10

  /// The configured folder.
  let path: String

  /// Checks, without a change, whether keys can be put there. A folder that was named must have the folder above it:
  /// its volume may not be mounted.
  ///
  /// - Parameter isNamed: Whether the configuration names it.
  /// - Throws: ``ReissueError`` `store.unusable`, exit 74.
  func requireUsable(isNamed: Bool) throws(ReissueError) {
    do throws(FileError) {
      if isNamed { _ = try Folder.open(Folder.split(path).folder) }
      try Folder.requireWritable(path)
    } catch {
      throw Self.problem(error, retry: .safe)
    }
  }

  /// Puts a new key and its signing request, or a signing request alone, into the next numbered folder.
  ///
  /// A process that is killed before the end leaves an unfinished folder, which the next process removes. A folder
  /// with a number as its name is always complete.
  ///
  /// - Parameters:
  ///   - name: The folder of the certificate.
  ///   - key: The key, if it was made here.
  ///   - request: The signing request.
  ///   - parameters: What the request is for.
  ///   - mayNamesChange: Whether the alternative names may differ from those of the newest request there.
  ///   - goOn: Asked while another process is at the folder; `false` ends the wait.
  /// - Returns: The folder's name below the store, such as `shop.example.com/2`.
  /// - Throws: ``ReissueError`` with a code `store.…`, or `run.ended` if `goOn` returned `false`; `store.other-names`
  ///   if the newest request there is for another certificate: `current` would lead from one to the other.
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
      try folder.removeSubfolder(entry, files: folder.subfolder(entry).names())
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
    try mapError(Self.problem) { () throws(FileError) in
      try open(parts.name).removeSubfolder(
        parts.number, files: [Self.keyFile, Self.earlierKeyFile, Self.requestFile])
    }
    removeIfEmpty(parts.name)
  }

  /// Writes the files of a new certificate to its numbered folder, then switches `current` to it.
  ///
  /// No file is replaced. If a process was killed before, this completes the folder from the chain that is there.
  ///
  /// - Parameters:
  ///   - entry: The numbered folder below the store, such as `shop.example.com/2`.
  ///   - chain: The leaf and the intermediates in PEM.
  ///   - goOn: Asked while another process is at the folder; `false` ends the wait.
  /// - Throws: ``ReissueError`` with code `store.mismatch` if the leaf does not belong to the signing
  ///   request there: a web server must never find a pair that does not match; `run.ended` if `goOn` returned `false`.
  func complete(
    _ entry: String, chain: [UInt8], while goOn: () -> Bool
  ) throws(ReissueError) {
    let parts = Self.parts(of: entry)
    let isMatching = try mapError(Self.problem) { () throws(FileError) in
      let folder = try open(parts.name)
      try folder.lock(while: goOn)
      let inner = try folder.subfolder(parts.number)
      try Self.removeTemporary(folder)
      try Self.removeTemporary(inner)
      let request = try inner.read(Self.requestFile, limit: Self.maximumBytes)
      // A store that two certificates shared before this was refused: neither takes the link from the other.
      guard try Self.write(chain, of: request, to: inner),
        !Self.isForOthers(folder, than: request)
      else { return false }
      // If another process has already switched to a later folder, the link stays there.
      if Self.isBehind(folder, parts.number) {
        try folder.switchLink(Self.currentLink, to: parts.number)
      }
      return true
    }
    guard isMatching else { throw Self.mismatch(entry) }
  }

  /// The private key of a numbered folder.
  ///
  /// - Returns: The key in PEM (PKCS #8), without other text of the file.
  /// - Throws: ``ReissueError`` with code `key.unusable` if it is missing, cannot be read, or does not belong to the
  ///   signing request there.
  func key(_ entry: String) throws(ReissueError) -> SecretBytes {
    let parts = Self.parts(of: entry)
    do {
      let folder = try open(parts.name).subfolder(parts.number)
      let file = try folder.names().contains(Self.keyFile) ? Self.keyFile : Self.earlierKeyFile
      var bytes = try folder.read(file, limit: Self.maximumBytes)
      let key = try PrivateKey(parsing: SecretBytes(taking: &bytes))
      let request = try CertificateSigningRequest(
        parsing: folder.read(Self.requestFile, limit: Self.maximumBytes))
      guard key.matches(request.publicKey) else {
        throw Self.keyProblem("the key in \(entry) does not belong to the signing request there")
      }
      return try key.pkcs8PEM()
    } catch let error as ReissueError {
      throw error
    } catch {
      throw Self.keyProblem("the key in \(entry) cannot be used: \(error)")
    }
  }

  private static func keyProblem(_ message: String) -> ReissueError {
    ReissueError(
      "key.unusable", message,
      hint: "register the key in the console; follow then takes note of it",
      exit: .inputOutput)
  }

  /// Writes the missing ones of ``issuedFiles(besides:)``. The first of them is the source of the others, so that all
  /// agree, even if the service has changed its intermediates since a process was killed.
  ///
  /// - Returns: Whether the certificate belongs to the signing request; if not, nothing is written.
  private static func write(
    _ chain: [UInt8], of request: [UInt8], to folder: borrowing Folder
  ) throws(FileError) -> Bool {
    let files = issuedFiles(besides: try folder.names())
    guard matchingChain(chain, request: request) != nil else { return false }
    try createIfMissing(files[0], chain, in: folder)
    let present = try folder.read(files[0], limit: maximumBytes)
    guard let certificates = matchingChain(present, request: request) else { return false }
    for file in files.dropFirst() {
      let part = file == certificateFile ? certificates.prefix(1) : certificates.dropFirst()
      try createIfMissing(file, Array(part.map(\.pem).joined().utf8), in: folder)
    }
    return true
  }

  private static func createIfMissing(
    _ name: String, _ bytes: [UInt8], in folder: borrowing Folder
  ) throws(FileError) {
    do throws(FileError) {
      try folder.create(name, bytes, mode: 0o644)
    } catch {
      guard error.isTaken else { throw error }
    }
  }

  /// Removes what a killed process has left: files and links under the names that they have until a rename. The lock is
  /// held, so no other process writes here.
  private static func removeTemporary(_ folder: borrowing Folder) throws(FileError) {
    for name in try folder.names() where Folder.isTemporary(name) {
      try folder.removeFile(name)
    }
  }

  /// The files of an issued certificate in the order in which they are written. In this order `chain.pem` without
  /// `cert.pem` shows that version 1.0.0 wrote it, if no key does.
  private static func issuedFiles(besides present: [String]) -> [String] {
    let isEarlier =
      present.contains(earlierKeyFile)
      || (present.contains(chainFile) && !present.contains(certificateFile))
    return isEarlier ? [chainFile] : [fullChainFile, certificateFile, chainFile]
  }

  /// Whether a numbered folder exists that lacks a file of its certificate, or the link to it.
  func lacksChain(_ entry: String) -> Bool {
    let parts = Self.parts(of: entry)
    guard let folder = try? Folder.open(path).subfolder(parts.name),
      let names = try? folder.subfolder(parts.number).names()
    else { return false }
    return names.contains(Self.requestFile)
      && (!Self.issuedFiles(besides: names).allSatisfy(names.contains)
        || Self.isBehind(folder, parts.number))
  }

  /// The newest issued folders that were not deployed, as `NAME/VERSION`; none where no deployment is in use.
  ///
  /// - Throws: ``ReissueError``, exit 74, if the store exists and cannot be read.
  func undeployed() throws(ReissueError) -> [String] {
    do throws(FileError) {
      let root = try Folder.open(path)
      let names = try root.names()
      guard names.contains(Self.deploymentFile) else { return [] }
      return names.compactMap { name in
        guard let folder = try? root.subfolder(name),
          let current = try? folder.linkTarget(Self.currentLink),
          (try? folder.linkTarget(Self.deployedLink)) != current
        else { return nil }
        return "\(name)/\(current)"
      }
    } catch {
      guard !error.isMissing else { return [] }
      throw Self.problem(error)
    }
  }

  /// The numbered folders, as `NAME/NUMBER`, whose key a newer certificate replaces: those before `current`, without
  /// the one that is deployed. Where deployment is in use and a certificate was never deployed, none is replaced.
  ///
  /// - Throws: ``ReissueError``, exit 74, if the store exists and cannot be read.
  func replaced() throws(ReissueError) -> [String] {
    do throws(FileError) {
      let root = try Folder.open(path)
      let names = try root.names()
      let isDeploying = names.contains(Self.deploymentFile)
      return names.flatMap { name -> [String] in
        guard let folder = try? root.subfolder(name), let entries = try? folder.names(),
          let current = (try? folder.linkTarget(Self.currentLink)).flatMap({ Self.number($0) })
        else { return [] }
        let deployed = (try? folder.linkTarget(Self.deployedLink)).flatMap { Self.number($0) }
        guard deployed != nil || !isDeploying else { return [] }
        return entries.compactMap { Self.number($0) }.sorted()
          .filter { $0 < current && $0 != deployed }.map { "\(name)/\($0)" }
      }
    } catch {
      guard !error.isMissing else { return [] }
      throw Self.problem(error)
    }
  }

  /// Removes a numbered folder with its key, unless it came into use since it was found to be replaced.
  ///
  /// - Parameters:
  ///   - entry: The numbered folder below the store, such as `shop.example.com/2`.
  ///   - goOn: Asked while another process is at the folder; `false` ends the wait, with the error `run.ended`.
  func remove(_ entry: String, while goOn: () -> Bool) throws(ReissueError) {
    let parts = Self.parts(of: entry)
    try mapError(Self.problem) { () throws(FileError) in
      let folder = try open(parts.name)
      try folder.lock(while: goOn)
      for link in [Self.currentLink, Self.deployedLink] {
        guard (try? folder.linkTarget(link)) != parts.number else { return }
      }
      try folder.removeSubfolder(parts.number, files: folder.subfolder(parts.number).names())
    }
  }

  /// Whether `current` leads nowhere, or to an earlier folder than this one.
  private static func isBehind(_ folder: borrowing Folder, _ number: String) -> Bool {
    let current = (try? folder.linkTarget(currentLink)).flatMap { Int($0) } ?? 0
    return Int(number).map { $0 > current } ?? false
  }

  /// The certificates of a chain whose leaf has the key of the signing request; `nil` if it has another key.
  private static func matchingChain(_ chain: [UInt8], request: [UInt8]) -> [Certificate]? {
    guard let certificates = try? Certificate.chain(parsing: chain),
      let request = try? CertificateSigningRequest(parsing: request),
      certificates.first?.publicKey == request.publicKey
    else { return nil }
    return certificates
  }

  /// The code of a certificate with another key.
  static let mismatchCode = "store.mismatch"

  private static func mismatch(_ entry: String) -> ReissueError {
    ReissueError(
      mismatchCode,
      "the certificate does not belong to the signing request in \(entry), or current leads to another certificate",
      hint: "current stays where it is; give each certificate a store of its own",
      exit: .inputOutput)
  }

  private func openOrCreate(_ name: String) throws(FileError) -> Folder {
    // Nothing is created where another user could change it.
    if let exposure = try FilePlace(of: path).exposure {
      throw FileError(operation: "use", path: path, exposure: exposure)
    }
    let root = try Folder.openOrCreate(path)
    do throws(FileError) {
      return try root.createSubfolder(name)
    } catch {
      guard error.isTaken else { throw error }
    }
    return try open(name)
  }

  /// An existing folder of the store. Keys and chains in a folder that another user can change are not used.
  private func open(_ name: String) throws(FileError) -> Folder {
    let folder = try Folder.open(path).subfolder(name)
    try folder.requireUnexposed()
    return folder
  }

  /// The array that the key is written from is wiped again.
  private static func write(
    _ key: SecretBytes, to name: String, in folder: borrowing Folder
  ) throws(FileError) {
    var bytes = key.withSpan { span in (0..<span.count).map { span[$0] } }
    defer { _ = SecretBytes(taking: &bytes) }
    try folder.create(name, bytes)
  }

  /// The number in the name of a folder; `nil` if it has more digits than any number that this program gives.
  static func number(_ entry: String) -> Int? {
    entry.utf8.count <= maximumDigits ? Int(entry) : nil
  }

  private static func parts(of entry: String) -> (name: String, number: String) {
    guard let slash = entry.lastIndex(of: "/") else { return (entry, "") }
    return (String(entry[..<slash]), String(entry[entry.index(after: slash)...]))
  }

  private static func problem(_ error: FileError) -> ReissueError { problem(error, retry: .no) }

  private static func problem(_ error: FileError, retry: ReissueError.Retry) -> ReissueError {
    guard !error.isEscape else {
      return .storeOutsideFolder("leaves its folder")
    }
    guard !error.isCanceled else {
      return ReissueError(
        "run.ended", "the run ended while another process held the folder \(error.path)",
        hint: "find the process with fuser \(error.path), and run again", exit: .tryAgain)
    }
    return ReissueError(
      "store.unusable", "the store cannot be used: \(error)",
      hint: error.exposure?.repair ?? "check storeDirectory, its owner and its free space",
      exit: .inputOutput, retry: retry)
  }
}

// A store is of one certificate: a web server that reads `current` must never get the key of another one.
extension CertificateStore {
  /// What is wrong if the newest request of a store is for another certificate (`store.other-names`); `nil` of
  /// an empty store, and of one whose newest request cannot be read as one.
  static func otherNames(
    in folder: borrowing Folder, than parameters: ReissueParameters, mayNamesChange: Bool
  ) throws(FileError) -> ReissueError? {
    guard let newest = try newestRequest(in: folder) else { return nil }
    let isSame =
      names(of: newest, common: true) == [parameters.commonName.ascii]
      && (mayNamesChange || names(of: newest) == Set(parameters.names.map(\.ascii)))
    guard !isSame else { return nil }
    return ReissueError(
      "store.other-names",
      "the store \(Text.quoted(folder.path)) holds the key of another certificate: "
        + names(of: newest).sorted().map { Text.quoted($0) }.joined(separator: ", "),
      hint:
        "give each certificate a store of its own, such as \"store\": \"${ commonName }\"; a * and a _ "
        + "become the same name", exit: .configuration, place: Place(pointer: "/store"),
      retry: .safe)
  }

  /// A numbered folder that waits for its certificate.
  struct Waiting {
    /// The folder below the store, such as `shop.example.com/2`.
    let entry: String
    /// The common name of its signing request.
    let commonName: DomainName
  }

  /// The newest numbered folder of each certificate, if it waits for its certificate.
  func waiting() -> [Waiting] {
    guard let root = try? Folder.open(path), let names = try? root.names() else { return [] }
    return names.compactMap { name in
      guard let folder = try? root.subfolder(name),
        let number = (try? folder.names())?.compactMap({ Self.number($0) }).max(),
        lacksChain("\(name)/\(number)"), let request = try? Self.newestRequest(in: folder),
        let text = request.commonNames.first, let commonName = try? DomainName(text)
      else { return nil }
      return Waiting(entry: "\(name)/\(number)", commonName: commonName)
    }
  }

  /// Whether `current` leads to the request of another certificate.
  static func isForOthers(_ folder: borrowing Folder, than request: [UInt8]) -> Bool {
    guard let target = try? folder.linkTarget(currentLink),
      let bytes = try? folder.subfolder(target).read(requestFile, limit: maximumBytes),
      let present = try? CertificateSigningRequest(parsing: bytes),
      let next = try? CertificateSigningRequest(parsing: request)
    else { return false }
    return names(of: present, common: true) != names(of: next, common: true)
  }

  private static func newestRequest(
    in folder: borrowing Folder
  ) throws(FileError) -> CertificateSigningRequest? {
    do throws(FileError) {
      guard let number = try folder.names().compactMap({ number($0) }).max() else { return nil }
      let bytes = try folder.subfolder(String(number)).read(requestFile, limit: maximumBytes)
      return try? CertificateSigningRequest(parsing: bytes)
    } catch {
      guard error.isOfName else { throw error }
      return nil
    }
  }

  /// The names of a request in lower case; `common` for the common names alone.
  private static func names(
    of request: CertificateSigningRequest, common: Bool = false
  ) -> Set<String> {
    Set((request.commonNames + (common ? [] : request.dnsNames)).map { $0.lowercased() })
  }
}
