// What the gateway or the service behind it says, whatever its shape.

internal import Core
package import JSON

/// An HTTP reply of the service, read as far as it can be.
///
/// Six shapes are known: flat `returnCode`, an `error` object (the gateway), an `error` text (Spring
/// Boot), a `responseError` object (other services of the same cloud), no body, and no JSON.
package struct ServiceReply: Hashable, Sendable {
  /// The HTTP status.
  package let status: Int
  /// The document, if the body is JSON.
  package let document: JSONValue?
  /// Whether there was a body at all.
  let hasBody: Bool
  /// `x-ncp-apigw-response-origin`: `APIGW` or `ENDPOINT`.
  package let origin: String?
  /// `x-ncp-trace-id`.
  package let traceId: String?
  /// The `Date` header as sent.
  package let date: String?
  /// The `Retry-After` header as sent.
  let retryAfter: String?

  /// The service's own code, `"0"` for success; a number is taken as its text.
  package var returnCode: String? {
    code(of: document?["returnCode"]) ?? code(of: document?["responseError"]?["returnCode"])
  }

  /// The service's own words.
  package var returnMessage: String? {
    document?["returnMessage"]?.string ?? document?["responseError"]?["returnMessage"]?.string
  }

  /// The rows that the service speaks of; 0 after a reissue.
  package var totalRows: Int? { document?["totalRows"]?.integer }

  /// The gateway's code (API Gateway error table); documented as a number, printed as a text.
  var gatewayCode: String? { code(of: document?["error"]?["errorCode"]) }

  /// The gateway's or the framework's words.
  var gatewayMessage: String? {
    document?["error"]?["message"]?.string ?? document?["error"]?.string
      ?? document?["message"]?.string
  }

  /// The codes of the gateway's own errors (API Gateway error table).
  private static let gatewayCodes: Set = [
    "100", "200", "210", "300", "400", "410", "420", "430", "500", "510", "900",
  ]

  /// Whether the gateway or the service made this reply, not something in between: it bears the gateway's header,
  /// the gateway's envelope, or a code of the service.
  var isSigned: Bool {
    ["APIGW", "ENDPOINT"].contains(origin) || returnCode != nil
      || gatewayCode.map(Self.gatewayCodes.contains) == true
  }

  private func code(of value: JSONValue?) -> String? {
    switch value {
    case .string(let text) where !text.isEmpty: text
    case .integer(let number): String(number)
    default: nil
    }
  }

  /// A reply; header names are compared without regard to case (RFC 9110 section 5.1).
  package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
    func header(_ name: String) -> String? {
      headers.last { $0.name.lowercased() == name }.map(\.value)
    }
    self.status = status
    hasBody = !body.isEmpty
    document = try? JSONDecoder.decode(body)
    origin = header("x-ncp-apigw-response-origin")
    traceId = header("x-ncp-trace-id")
    date = header("date")
    retryAfter = header("retry-after")
  }
}

extension ServiceReply {
  /// The longest foreign text that a result repeats, in characters; more helps nobody.
  private static let maximumMessage = 500

  /// The reply as a member of the result.
  package var json: JSONValue {
    .object(
      JSONObject.present([
        ("httpStatus", .integer(status)),
        ("returnCode", returnCode.map(JSONValue.string)),
        ("returnMessage", returnMessage.map(Self.cut)),
        ("totalRows", totalRows.map(JSONValue.integer)),
        ("gatewayCode", gatewayCode.map(JSONValue.string)),
        ("gatewayMessage", returnCode == nil ? gatewayMessage.map(Self.cut) : nil),
        ("origin", origin.map(Self.cut)),
        ("traceId", traceId.map(Self.cut)),
        ("date", date.map(Self.cut)),
      ]))
  }

  private static func cut(_ text: String) -> JSONValue {
    .string(String(text.unicodeScalars.prefix(maximumMessage).map(Character.init)))
  }
}
