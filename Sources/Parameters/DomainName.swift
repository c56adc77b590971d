// The one place that decides what a domain name is.

internal import IDNA
internal import PublicSuffix

/// A host name or wildcard as certificates hold it: A-labels, lower case, no trailing dot.
package struct DomainName: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The longest name, in octets (RFC 1035 section 2.3.4, without the octets of the root and of the first length).
  static let maximumOctets = 253
  /// The longest text that is read as a name, in bytes: four bytes of UTF-8 for each of 253 octets, rounded up.
  package static let maximumTextBytes = 1_024
  /// The longest label, in octets (RFC 1035 section 2.3.4).
  static let maximumLabelOctets = 63
  /// The longest common name of X.509 (RFC 5280 appendix A, ub-common-name).
  package static let maximumCommonName = 64

  /// The name in ASCII.
  package let ascii: String

  /// The name in U-labels (RFC 5890), as people write it; `nil` if that is ``ascii``.
  package var unicode: String? {
    guard ascii.contains("xn--") else { return nil }
    let prefix = ascii.hasPrefix("*.") ? "*." : ""
    return (try? IDNA.unicode(String(ascii.dropFirst(prefix.count)))).flatMap {
      prefix + $0 == ascii ? nil : prefix + $0
    }
  }

  /// Why a text is no domain name.
  package struct Problem: Error, Hashable, Sendable {
    /// A few words that follow the name.
    package let reason: String
  }

  /// Takes a host name or `*.` wildcard in A-labels or U-labels, in upper or lower case, with or without the dot of
  /// the root.
  package init(_ text: String) throws(Problem) {
    guard !text.isEmpty else { throw Problem(reason: "is empty") }
    // Checked first: a search for characters in a text of unlimited length would take unlimited time.
    guard text.utf8.count <= Self.maximumTextBytes else { throw Self.tooLong }
    if Self.isUsual(text) {
      ascii = text
      return
    }
    if let scalar = text.unicodeScalars.first(where: Self.isForbidden) {
      throw Problem(reason: "holds the character U+\(Self.hexadecimal(scalar.value))")
    }
    let isWildcard = text.hasPrefix("*.")
    var host = isWildcard ? String(text.unicodeScalars.dropFirst(2)) : text
    guard !host.utf8.contains(UInt8(ascii: "*")) else {
      throw Problem(reason: "has a * that is not the whole first label")
    }
    if host.hasSuffix(".") { host.unicodeScalars.removeLast() }
    let ascii = try Self.ascii(host)
    try Self.check(ascii)
    guard !isWildcard || ascii.utf8.contains(UInt8(ascii: ".")) else {
      throw Problem(reason: "is a wildcard of a top-level domain")
    }
    self.ascii = isWildcard ? "*." + ascii : ascii
    guard self.ascii.utf8.count <= Self.maximumOctets else { throw Self.tooLong }
  }

  /// Whether a text surely is the name as it is: labels of lower-case letters and digits, with single hyphens inside,
  /// the last label not of digits only. Most names are; one look at each byte is enough for them.
  private static func isUsual(_ text: String) -> Bool {
    let (bytes, dot, hyphen) = (text.utf8.span, UInt8(ascii: "."), UInt8(ascii: "-"))
    guard bytes.count <= maximumOctets else { return false }
    var (previous, label, hasLetter) = (dot, 0, false)
    for index in bytes.indices {
      let byte = bytes[index]
      switch byte {
      case dot:
        guard previous != dot, previous != hyphen else { return false }
        (label, hasLetter) = (-1, false)
      case hyphen: guard previous != dot, previous != hyphen else { return false }
      case 0x61...0x7A: hasLetter = true
      case 0x30...0x39: break
      default: return false
      }
      label += 1
      guard label <= maximumLabelOctets else { return false }
      previous = byte
    }
    return hasLetter && previous != hyphen
  }

  private static let tooLong = Problem(reason: "is longer than \(maximumOctets) octets")

  /// The name in A-labels.
  ///
  /// An ASCII name stays as it is, unless it may hold an A-label, which has two hyphens in a row (RFC 5890 section
  /// 2.3.1) and must be checked. Measured: without this short way, `render` of 1,000 items takes 1.7 times as long.
  private static func ascii(_ host: String) throws(Problem) -> String {
    let hyphen = UInt8(ascii: "-")
    let mayHoldALabel = zip(host.utf8, host.utf8.dropFirst()).contains {
      $0 == hyphen && $1 == hyphen
    }
    if host.utf8.allSatisfy({ $0 < 0x80 }), !mayHoldALabel { return host.lowercased() }
    do throws(IDNA.Failure) { return try IDNA.ascii(host).lowercased() } catch {
      throw Problem(reason: "has no form for DNS (\(error.reason))")
    }
  }

  /// What a name cannot hold: ASCII other than letters, digits, hyphens and dots, white space, and invisible
  /// characters. libidn2 would silently drop some of them, and so change the name.
  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      // Whether a `*` is allowed depends on its position.
      let byte = UInt8(truncatingIfNeeded: scalar.value)
      let isCapital = (0x41...0x5A).contains(byte)
      return !isCapital && !isLetterDigitHyphen(byte) && !".*".utf8.contains(byte)
    }
    if scalar.properties.isDefaultIgnorableCodePoint { return true }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse,
      .unassigned, .surrogate:
      true
    default: false
    }
  }

  private static func check(_ ascii: String) throws(Problem) {
    guard ascii.utf8.count <= maximumOctets else { throw tooLong }
    let labels = ascii.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    for label in labels {
      guard !label.isEmpty else { throw Problem(reason: "has an empty label") }
      guard label.count <= maximumLabelOctets else {
        throw Problem(reason: "has a label longer than \(maximumLabelOctets) octets")
      }
      guard label.allSatisfy(isLetterDigitHyphen) else {
        throw Problem(
          reason: "has a character that host names cannot have (letters, digits, hyphens)")
      }
      guard label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
        throw Problem(reason: "has a label that begins or ends with a hyphen")
      }
    }
    // A top-level domain is never all digits (RFC 3696 section 2); such a name is an IPv4 address.
    guard let last = labels.last, !last.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw Problem(reason: "is an IP address, which these certificates cannot hold")
    }
  }

  private static func isLetterDigitHyphen(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// Whether the name has only one label: no public authority certifies such a name.
  package var isSingleLabel: Bool { !ascii.utf8.contains(UInt8(ascii: ".")) }

  /// Whether the name belongs to a registry (`co.uk`): no public authority certifies it.
  package var isOfRegistry: Bool { PublicSuffixList.contains(ascii) }

  /// Whether it is a wildcard directly below a public suffix (`*.co.uk`): no public authority certifies it (CA/Browser
  /// Forum, Baseline Requirements 3.2.2.6).
  package var isWildcardOfRegistry: Bool {
    ascii.hasPrefix("*.") && PublicSuffixList.contains(String(ascii.dropFirst(2)))
  }

  package var description: String { ascii }

  package static func < (left: DomainName, right: DomainName) -> Bool { left.ascii < right.ascii }
}
