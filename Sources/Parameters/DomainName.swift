// The one place that decides what a domain name is.

internal import IDNA
internal import PublicSuffix

/// A host name or wildcard as a certificate holds it: A-labels, lower case, no trailing dot.
package struct DomainName: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The longest name, in octets (RFC 1035 section 2.3.4, less the root's and the first length octet).
  static let maximumOctets = 253
  /// The longest text that is read as a name, in bytes: four bytes of UTF-8 for each of 253 octets, rounded up.
  package static let maximumTextBytes = 1_024
  /// The longest label, in octets (RFC 1035 section 2.3.4).
  static let maximumLabelOctets = 63
  /// The longest common name of X.509 (RFC 5280 appendix A, ub-common-name).
  package static let maximumCommonName = 64

  /// The name in ASCII.
  package let ascii: String

  /// The name as people write it, if that differs from ``ascii``.
  package var unicode: String? {
    guard ascii.contains("xn--") else { return nil }
    let prefix = ascii.hasPrefix("*.") ? "*." : ""
    return (try? IDNA.unicode(String(ascii.dropFirst(prefix.count)))).flatMap {
      prefix + $0 == ascii ? nil : prefix + $0
    }
  }

  /// Why a text is no domain name.
  package struct Problem: Error, Hashable, Sendable {
    /// In a few words, to follow the name.
    package let reason: String
  }

  /// Takes a host name or `*.` wildcard in A-labels or U-labels, in any case, with or without the
  /// dot of the root.
  package init(_ text: String) throws(Problem) {
    if Self.isPlain(text) {
      ascii = text
      return
    }
    guard !text.isEmpty else { throw Problem(reason: "is empty") }
    // Longer than any name in any script; what has no end is not searched for characters.
    guard text.utf8.count <= Self.maximumTextBytes else {
      throw Problem(reason: "is longer than \(Self.maximumOctets) octets")
    }
    if let scalar = text.unicodeScalars.first(where: Self.isForbidden) {
      throw Problem(reason: "holds the character U+\(Self.hexadecimal(scalar.value))")
    }
    let isWildcard = text.hasPrefix("*.")
    var host = isWildcard ? String(text.unicodeScalars.dropFirst(2)) : text
    guard !host.contains("*") else {
      throw Problem(reason: "has a * that is not the whole first label")
    }
    if host.hasSuffix(".") { host.unicodeScalars.removeLast() }
    let ascii: String
    do throws(IDNA.Failure) {
      ascii = try IDNA.ascii(host).lowercased()
    } catch {
      throw Problem(reason: "has no form for DNS (\(error.reason))")
    }
    try Self.check(ascii)
    guard !isWildcard || ascii.utf8.contains(UInt8(ascii: ".")) else {
      throw Problem(reason: "is a wildcard of a top-level domain")
    }
    self.ascii = isWildcard ? "*." + ascii : ascii
    guard self.ascii.utf8.count <= Self.maximumOctets else {
      throw Problem(reason: "is longer than \(Self.maximumOctets) octets")
    }
  }

  /// Whether a name is as nearly all are, so that nothing would change it or speak against it: letters of lower
  /// case, digits and hyphens between them, in at least two labels, perhaps behind `*.`.
  ///
  /// Two hyphens in a row may begin an A-label (RFC 5890 section 2.3.1), which has to be read.
  private static func isPlain(_ text: String) -> Bool {
    var bytes = text.utf8.span
    guard bytes.count <= maximumOctets else { return false }
    if bytes.count > 2, bytes[0] == UInt8(ascii: "*"), bytes[1] == UInt8(ascii: ".") {
      bytes = bytes.extracting(droppingFirst: 2)
    }
    var (length, labels, hasLetter) = (0, 1, false)
    var last = UInt8(ascii: ".")
    for index in bytes.indices {
      let byte = bytes[index]
      switch byte {
      case 0x61...0x7A: hasLetter = true
      case 0x30...0x39: break
      case UInt8(ascii: "-") where last != byte && last != UInt8(ascii: "."): break
      case UInt8(ascii: ".") where length > 0 && last != UInt8(ascii: "-"):
        (length, labels, hasLetter) = (-1, labels + 1, false)
      default: return false
      }
      length += 1
      last = byte
      guard length <= maximumLabelOctets else { return false }
    }
    // The last label would be a part of an IPv4 address without a letter.
    return labels > 1 && length > 0 && hasLetter && last != UInt8(ascii: "-")
  }

  /// What has no place in a name: ASCII other than letters, digits, hyphens and dots, white space,
  /// and characters that are not seen. libidn2 would drop some of them in silence, and a name that
  /// changes unseen is not what was asked for.
  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      // A `*` is judged by its place.
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
    guard ascii.utf8.count <= maximumOctets else {
      throw Problem(reason: "is longer than \(maximumOctets) octets")
    }
    let labels = ascii.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    for label in labels {
      guard !label.isEmpty else { throw Problem(reason: "has an empty label") }
      guard label.count <= maximumLabelOctets else {
        throw Problem(reason: "has a label longer than \(maximumLabelOctets) octets")
      }
      guard label.allSatisfy(isLetterDigitHyphen) else {
        throw Problem(reason: "has a character that host names do not (letters, digits, hyphens)")
      }
      guard label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
        throw Problem(reason: "has a label that begins or ends with a hyphen")
      }
    }
    // No top-level domain is all digits (RFC 3696 section 2); what looks so is an IPv4 address.
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

  /// Whether the name has one label only, as no public authority certifies.
  package var isSingleLabel: Bool { !ascii.utf8.contains(UInt8(ascii: ".")) }

  /// Whether the name, or what its wildcard stands below, is a registry's (`co.uk`, `*.co.uk`): no
  /// public authority certifies that (CA/Browser Forum, Baseline Requirements 3.2.2.6).
  package var isOfRegistry: Bool {
    PublicSuffixList.contains(ascii.hasPrefix("*.") ? String(ascii.dropFirst(2)) : ascii)
  }

  package var description: String { ascii }

  package static func < (left: DomainName, right: DomainName) -> Bool { left.ascii < right.ascii }
}
