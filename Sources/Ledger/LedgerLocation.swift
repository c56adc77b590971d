/// The place of a ledger, as `--ledger` and the configuration name it.
package enum LedgerLocation: Hashable, Sendable {
  /// `sqlite:PATH`.
  case sqlite(path: String)
  /// `etcd://HOST:PORT[,HOST:PORT…]/PREFIX`; every member as `HOST:PORT`.
  case etcd(members: [String], prefix: String)
  /// `none`: no ledger is kept.
  case none

  /// The prefix of a location that is a file.
  package static let filePrefix = "sqlite:"

  /// Reads a location.
  ///
  /// - Throws: ``LedgerError/Code/location``, also for a location with user, password or query.
  package init(_ text: String) throws(LedgerError) {
    if text == "none" {
      self = .none
    } else if text.hasPrefix(Self.filePrefix) {
      let path = String(text.dropFirst(Self.filePrefix.count))
      guard !path.isEmpty, !path.utf8.contains(0) else { throw Self.invalid("has no path") }
      self = .sqlite(path: path)
    } else if text.hasPrefix("etcd://") {
      self = try Self.etcd(String(text.dropFirst("etcd://".count)))
    } else {
      throw Self.invalid("starts with neither sqlite: nor etcd://")
    }
  }

  private static func etcd(_ rest: String) throws(LedgerError) -> LedgerLocation {
    let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, !parts[1].hasSuffix("/") else {
      throw invalid("has no prefix after the members")
    }
    // Other characters would change the prefix on its way to the cluster, or hide a password.
    guard parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw invalid("has a prefix with other characters than visible ASCII")
    }
    guard !rest.contains("@"), !rest.contains("?"), !rest.contains("#") else {
      throw invalid("has a user, password or query")
    }
    let members = parts[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard members.allSatisfy(isMember) else { throw invalid("has a member that is not HOST:PORT") }
    return .etcd(members: members, prefix: String(parts[1]))
  }

  private static func isMember(_ text: String) -> Bool {
    guard let colon = text.lastIndex(of: ":") else { return false }
    let digits = text[text.index(after: colon)...]
    guard let port = Int(digits), (1...65_535).contains(port), String(port) == digits
    else { return false }
    let host = text[..<colon]
    let isAddress = host.hasPrefix("[") && host.hasSuffix("]")
    let signs = isAddress ? "-.[:]" : "-."
    return !host.isEmpty && host != "[]"
      && host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || signs.contains($0)) }
  }

  /// The location as text.
  package var shown: String {
    switch self {
    case .sqlite(let path): "sqlite:\(path)"
    case .etcd(let members, let prefix): "etcd://\(members.joined(separator: ","))/\(prefix)"
    case .none: "none"
    }
  }

  /// The message does not repeat the text: it may contain a password.
  private static func invalid(_ reason: String) -> LedgerError {
    LedgerError(
      .location, "the place of the ledger \(reason)",
      hint: "use sqlite:PATH or etcd://HOST:PORT[,HOST:PORT…]/PREFIX; user and password belong in "
        + "the configuration")
  }
}
