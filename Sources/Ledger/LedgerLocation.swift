/// Where a ledger is, as `--ledger` and the configuration name it.
package enum LedgerLocation: Hashable, Sendable {
  /// `sqlite:PATH`.
  case sqlite(path: String)
  /// `etcd://HOST:PORT[,HOST:PORT…]/PREFIX`; every member as `HOST:PORT`.
  case etcd(members: [String], prefix: String)
  /// `none`: no memory.
  case none

  /// How a location begins that is a file.
  package static let filePrefix = "sqlite:"

  /// Reads a location.
  ///
  /// - Throws: ``LedgerError/Code/location``. User, password and query have no place in it.
  package init(_ text: String) throws(LedgerError) {
    if text == "none" {
      self = .none
    } else if text.hasPrefix(Self.filePrefix) {
      let path = String(text.dropFirst(Self.filePrefix.count))
      guard !path.isEmpty, !path.utf8.contains(0) else { throw Self.invalid("no path in") }
      self = .sqlite(path: path)
    } else if text.hasPrefix("etcd://") {
      self = try Self.etcd(String(text.dropFirst("etcd://".count)))
    } else {
      throw Self.invalid("neither sqlite: nor etcd:// begins")
    }
  }

  private static func etcd(_ rest: String) throws(LedgerError) -> LedgerLocation {
    let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, !parts[1].hasSuffix("/") else {
      throw invalid("no prefix behind the members in")
    }
    // Characters that are no part of a plain name would make another prefix of it, or hide a password.
    guard parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw invalid("a prefix of other than visible ASCII in")
    }
    guard !rest.contains("@"), !rest.contains("?"), !rest.contains("#") else {
      throw invalid("user, password or query, which belong into the configuration, in")
    }
    let members = parts[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard members.allSatisfy(isMember) else { throw invalid("a member that is no HOST:PORT in") }
    return .etcd(members: members, prefix: String(parts[1]))
  }

  private static func isMember(_ text: String) -> Bool {
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
      let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port)
    else { return false }
    let host = text[..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    return host.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      case UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"): isBracketed
      default: false
      }
    }
  }

  /// The place as it is written.
  package var shown: String {
    switch self {
    case .sqlite(let path): "sqlite:\(path)"
    case .etcd(let members, let prefix): "etcd://\(members.joined(separator: ","))/\(prefix)"
    case .none: "none"
    }
  }

  /// The text itself stays out of the message: it may hold a password that does not belong there.
  private static func invalid(_ reason: String) -> LedgerError {
    LedgerError(
      .location, "\(reason) the place of the ledger",
      hint: "give it as sqlite:PATH or etcd://HOST:PORT[,HOST:PORT…]/PREFIX, "
        + "user and password in the configuration")
  }
}
