/// A request as it was received.
struct Request: Sendable {
  /// A number for each request to the service, from 1; 0 for control requests.
  var sequence = 0
  /// When its last byte arrived, in milliseconds since 1970 by the machine's clock.
  var receivedMilliseconds = 0
  /// The number of its connection, from 1; requests with the same number share one.
  let connection: Int
  /// As sent, for example `POST`.
  let method: String
  /// The request target exactly as in the request line (RFC 9112 section 3.2).
  let target: String
  /// Names and values in the order received.
  let headers: [(name: String, value: String)]
  /// The content, up to ``maximumBodyLength`` bytes.
  var body: [UInt8] = []
  /// The length of the whole content, in bytes.
  var bodyLength = 0

  /// The gateway answers 413/430 to a longer content, in bytes. The real limit is undocumented; 1 MiB is invented, and
  /// far more than any signing request.
  static let maximumBodyLength = 1 << 20

  /// The first value of a header, names compared without regard to case (RFC 9110 section 5.1).
  func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name }?.value
  }

  /// Whether its content is JSON, as its headers say.
  var isJSON: Bool {
    header("content-type")?.lowercased().hasPrefix("application/json") == true
  }

  /// The target up to the first `?`.
  var path: String {
    target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
      .first.map(String.init) ?? ""
  }

  /// The parameters of the query, percent-decoded, the first of each name; empty without a query.
  var query: [String: String] {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return [:] }
    var parameters: [String: String] = [:]
    for pair in parts[1].split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = sides.first.map({ Self.percentDecoded($0) }) else { continue }
      let value = sides.count == 2 ? Self.percentDecoded(sides[1]) : ""
      if parameters[name] == nil { parameters[name] = value }
    }
    return parameters
  }

  /// RFC 3986 section 2.1, and `+` for a space as HTML forms write it; a broken escape stays as it is.
  private static func percentDecoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
        bytes.append(value)
        rest.removeFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
