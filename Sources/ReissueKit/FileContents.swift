// What was read, and whether it can be relied on.

internal import Platform

/// A file as it was read: its bytes and its permissions, both of the one open file.
package struct FileContents: Hashable, Sendable {
  /// The bits that let group or others read or write.
  static let openToOthers: UInt32 = 0o066

  /// The whole file.
  package let bytes: [UInt8]
  /// The permission bits of a regular file; 0 for a pipe and the like, which are no place for others to
  /// change anything.
  package let permissions: UInt32

  /// What a reader found.
  package init(bytes: [UInt8], permissions: UInt32) {
    self.bytes = bytes
    self.permissions = permissions
  }

  init(_ read: (bytes: [UInt8], facts: FileFacts)) {
    self.init(bytes: read.bytes, permissions: read.facts.kind == .file ? read.facts.mode : 0)
  }

  /// Whether group or others may read or write the file: no place for a secret.
  var isOpenToOthers: Bool { permissions & Self.openToOthers != 0 }
}

/// A way for anybody on the machine to decide what a file says: nothing in it can be relied on.
///
/// A group that may write is trusted; many people's files are writable by a group of their own.
enum Weakness: Hashable, Sendable {
  /// The file can be written.
  case file(String)
  /// Another file can be put in its place.
  case replaceable(folder: String)
  /// Another file can be put beside it.
  case extensible(folder: String)

  /// The bit that lets anybody write.
  static let writableByAnyone: UInt32 = 0o002
  /// The same, and the bit that keeps people from replacing what is not theirs, as in `/tmp`.
  static let replaceableMask: UInt32 = 0o1002

  /// What is wrong, of a file that is called so.
  func text(of subject: String) -> String {
    switch self {
    case .file: "anybody can change \(subject)"
    case .replaceable: "anybody can put another file in the place of \(subject)"
    case .extensible: "anybody can put files into \(subject)"
    }
  }

  /// How it is mended.
  var hint: String {
    switch self {
    case .file(let path), .replaceable(let path), .extensible(let path): "chmod o-w \(path)"
    }
  }
}

extension FileAccess {
  /// Who else decides what a file says that was read from this path; `nil` if nobody.
  func weakness(of path: String, _ contents: FileContents) throws(FileError) -> Weakness? {
    guard contents.permissions & Weakness.writableByAnyone == 0 else { return .file(path) }
    let folder = Folder.split(path).folder
    return try folderPermissions(folder) & Weakness.replaceableMask == Weakness.writableByAnyone
      ? .replaceable(folder: folder) : nil
  }

  /// Who else decides which files are in a folder; `nil` if nobody.
  func weakness(ofFolder path: String) throws(FileError) -> Weakness? {
    try folderPermissions(path) & Weakness.writableByAnyone == 0 ? nil : .extensible(folder: path)
  }
}
