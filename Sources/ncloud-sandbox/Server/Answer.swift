internal import JSON

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
    _ body: String, type: String, status: Int = 200, origin: Origin? = .endpoint
  ) -> Answer {
    Answer(status: status, origin: origin, contentType: type, body: Array(body.utf8))
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
