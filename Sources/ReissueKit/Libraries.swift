// Versions of the C libraries loaded at run time, for `--version`.

internal import Crypto
internal import HTTP
internal import IDNA
internal import JSON
internal import PCRE
internal import PublicSuffix
internal import SQLite

/// The C libraries of the system.
package enum Libraries {
  /// Name and version of each library, as the library itself reports them.
  package static var versions: [String] {
    [
      libcurlVersion, "jansson \(janssonVersion)", opensslVersion, "SQLite \(sqliteVersion)",
      "PCRE2 \(pcreVersion)", "libidn2 \(libidn2Version)", "libpsl \(libpslVersion)",
    ]
  }
}
