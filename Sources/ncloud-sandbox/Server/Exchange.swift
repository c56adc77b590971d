internal import JSON

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

/// An HTTP answer with its code for the journal.
struct Answer: Sendable {
  /// The value of the header `x-ncp-apigw-response-origin`.
  enum Origin: String, Sendable {
    /// The gateway itself.
    case gateway = "APIGW"
    /// The service behind it.
    case endpoint = "ENDPOINT"
  }

  var status: Int
  /// `nil` leaves the header out, as in answers of a proxy.
  var origin: Origin?
  /// The gateway's `errorCode` or the service's `returnCode`, if it has one.
  var code: String?
  var contentType: String?
  /// Headers besides the common ones.
  var extraHeaders: [(name: String, value: String)] = []
  var body: [UInt8] = []

  static let jsonType = "application/json;charset=UTF-8"

  /// An answer with a JSON body.
  static func json(
    _ value: JSONValue, status: Int = 200, origin: Origin? = .endpoint, code: String? = nil
  ) -> Answer {
    Answer(
      status: status, origin: origin, code: code, contentType: jsonType,
      body: JSONEncoder.encode(value))
  }

  /// An answer with a text body of another type.
  static func text(
    _ body: String, type: String, origin: Origin? = .endpoint
  ) -> Answer {
    Answer(status: 200, origin: origin, contentType: type, body: Array(body.utf8))
  }

  /// The service's flat envelope: `returnCode`, `returnMessage`, then the members given.
  ///
  /// NAVER's table pairs its codes with HTTP 200; 400 was seen for malformed input.
  static func service(
    code: String = "0", message: String = "Success", status: Int = 200,
    _ members: [(String, JSONValue)] = [("totalRows", 0)]
  ) -> Answer {
    let envelope: [(String, JSONValue)] = [
      ("returnCode", .string(code)), ("returnMessage", .string(message)),
    ]
    return json(.object(JSONObject(envelope + members)), status: status, code: code)
  }
}

/// How an answer is sent, or not.
enum Delivery: Hashable, Sendable {
  /// Headers and the whole body.
  case whole
  /// The head promises the whole body, then half of it comes, then the connection is closed.
  case cut
  /// The body is padded with spaces to that many bytes; it is still JSON.
  case padded(bytes: Int)
  /// A chunked body without end, until the client disconnects.
  case endless
  /// That many bytes at a time, with a pause after each piece.
  case drip(bytes: Int, pauseMilliseconds: Int)
  /// That many extra header lines of about 100 bytes.
  case headerFlood(count: Int)
  /// Nothing at all is sent; the connection stays open.
  case silent
  /// The connection is closed without a byte (FIN).
  case closed
  /// The connection is reset without a byte (RST).
  case reset
}

/// The decision about one request.
struct Exchange: Sendable {
  var answer: Answer
  var delivery: Delivery = .whole
  var delayMilliseconds = 0
  /// The fault that was applied, by its name.
  var fault: String?
  /// Set if a reissue was carried out, whatever the answer.
  var reissue: Reissue?

  init(_ answer: Answer) { self.answer = answer }
}
