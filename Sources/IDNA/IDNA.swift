internal import CIDN2

/// Converts internationalised names for DNS and certificates (IDNA 2008, RFC 5891; UTS #46 mapping, non-transitional,
/// as in browsers), with libidn2, which libcurl loads anyway.
package enum IDNA {
  /// The reason why a name has no ASCII form.
  package struct Failure: Error, Hashable, Sendable {
    /// libidn2's text.
    package let reason: String
  }

  /// Converts U-labels to A-labels in lower case; the caller checks the ASCII characters.
  ///
  /// - Throws: ``Failure``, also for a name with NUL, which would end it in C.
  package static func ascii(_ name: String) throws(Failure) -> String {
    // IDN2_USE_STD3_ASCII_RULES is not set: it silently drops the characters that it forbids.
    let flags = CInt(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
    return try unsafe convert(name) { unsafe idn2_to_ascii_8z($0, &$1, flags) }
  }

  /// Converts A-labels to U-labels, which people can read; other labels stay.
  ///
  /// - Throws: ``Failure`` if an A-label has no U-label.
  package static func unicode(_ name: String) throws(Failure) -> String {
    try unsafe convert(name) { unsafe idn2_to_unicode_8z8z($0, &$1, 0) }
  }

  private static func convert(
    _ name: String,
    with function: (_ input: String, _ output: inout UnsafeMutablePointer<CChar>?) -> CInt
  ) throws(Failure) -> String {
    guard !name.utf8.contains(0) else { throw Failure(reason: "holds a NUL character") }
    // libidn2 allocates the output, which is freed below; the input is only read during the call.
    var output: UnsafeMutablePointer<CChar>? = nil
    let status = unsafe function(name, &output)
    guard status == IDN2_OK.rawValue, let text = unsafe output else {
      throw Failure(reason: unsafe String(cString: idn2_strerror(status)))
    }
    defer { unsafe idn2_free(text) }
    return unsafe String(cString: text)
  }
}

/// The loaded libidn2, for example `2.3.3`.
package var libidn2Version: String {
  // A constant of the library; never nil without a required version.
  unsafe idn2_check_version(nil).map { unsafe String(cString: $0) } ?? ""
}
