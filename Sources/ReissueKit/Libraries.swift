// The libraries of the system that the program runs with: their faults and their mends are its own.

internal import Crypto
internal import HTTP
internal import IDNA
internal import JSON
internal import PCRE
internal import PublicSuffix
internal import SQLite

/// What is loaded, as it says of itself.
package enum Libraries {
  /// One line for each library.
  package static var versions: [String] {
    [
      libcurlVersion, "jansson \(janssonVersion)", opensslVersion, "SQLite \(sqliteVersion)",
      "PCRE2 \(pcreVersion)", "libidn2 \(libidn2Version)", "libpsl \(libpslVersion)",
    ]
  }
}
