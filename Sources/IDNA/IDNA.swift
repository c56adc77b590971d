// Internationalised names to what DNS and certificates hold, through libidn2 (already in the process
// as a part of libcurl).

internal import CIDN2

/// Converts domain names for use in DNS and certificates (IDNA 2008, RFC 5891; UTS #46 mapping,
/// non-transitional, as browsers do).
package enum IDNA {
  /// Why a name has no ASCII form.
  package struct Failure: Error, Hashable, Sendable {
    /// libidn2's words for it.
    package let reason: String
  }

  /// U-labels become A-labels, letters lower case; whether ASCII characters fit is the caller's to check.
  ///
  /// - Throws: ``Failure``, also for a name that holds NUL, which C would take for its end.
  package static func ascii(_ name: String) throws(Failure) -> String {
    guard !name.utf8.contains(0) else { throw Failure(reason: "holds a NUL character") }
    var output: UnsafeMutablePointer<CChar>? = nil
    // libidn2 allocates the output, which is ours from here and given back below; the input is only
    // read during the call.
    // IDN2_USE_STD3_ASCII_RULES is left out: it drops the characters that it forbids in silence.
    let flags = CInt(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
    let status = unsafe idn2_to_ascii_8z(name, &output, flags)
    guard status == IDN2_OK.rawValue, let text = unsafe output else {
      throw Failure(reason: unsafe String(cString: idn2_strerror(status)))
    }
    defer { unsafe idn2_free(text) }
    return unsafe String(cString: text)
  }

  /// A-labels become U-labels, as people write them; other labels stay.
  ///
  /// - Throws: ``Failure`` for a name that no U-labels are behind.
  package static func unicode(_ name: String) throws(Failure) -> String {
    guard !name.utf8.contains(0) else { throw Failure(reason: "holds a NUL character") }
    var output: UnsafeMutablePointer<CChar>? = nil
    // As above: the output is ours, the input is only read.
    let status = unsafe idn2_to_unicode_8z8z(name, &output, 0)
    guard status == IDN2_OK.rawValue, let text = unsafe output else {
      throw Failure(reason: unsafe String(cString: idn2_strerror(status)))
    }
    defer { unsafe idn2_free(text) }
    return unsafe String(cString: text)
  }
}
