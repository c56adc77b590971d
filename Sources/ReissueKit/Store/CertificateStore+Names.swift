// A store is of one certificate: a web server that reads `current` must never get the key of another one.

internal import Core
internal import Crypto
internal import Parameters
internal import Platform

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
