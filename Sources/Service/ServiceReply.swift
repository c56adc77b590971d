// A reply of the gateway or of the service behind it, in any of its forms.

internal import Core
package import JSON

/// An HTTP reply of the service, with every member that can be read.
///
/// Six forms are known: flat `returnCode`, an `error` object (the gateway), an `error` text (Spring
/// Boot), a `responseError` object (other services of the same cloud), no body, and no JSON.
package struct ServiceReply: Hashable, Sendable {
  /// The HTTP status.
  package let status: Int
  /// The document, if the body is JSON.
  package let document: JSONValue?
  /// Whether the body has any bytes.
  let hasBody: Bool
  /// `x-ncp-apigw-response-origin`: `APIGW` or `ENDPOINT`.
  package let origin: String?
  /// `x-ncp-trace-id`.
  package let traceId: String?
  /// The `Date` header as sent.
  package let date: String?
  /// The `Retry-After` header as sent.
  let retryAfter: String?

  /// The return code of the service, `"0"` for success; a number is converted to text.
  package var returnCode: String? {
    document?["returnCode"]?.code ?? document?["responseError"]?["returnCode"]?.code
  }

  /// The message of the service.
  package var returnMessage: String? {
    document?["returnMessage"]?.string ?? document?["responseError"]?["returnMessage"]?.string
  }

  /// `totalRows` of the reply; 0 after a reissue.
  package var totalRows: Int? { document?["totalRows"]?.integer }

  /// The code of the gateway (API Gateway error table): a number in the guide, a text in replies.
  var gatewayCode: String? { document?["error"]?["errorCode"]?.code }

  /// The message of the gateway or of the web framework behind it.
  var gatewayMessage: String? {
    document?["error"]?["message"]?.string ?? document?["error"]?.string
      ?? document?["message"]?.string
  }

  /// The codes of errors of the gateway (API Gateway error table).
  private static let gatewayCodes: Set = [
    "100", "200", "210", "300", "400", "410", "420", "430", "500", "510", "900",
  ]

  /// Whether the reply came from the gateway or the service, not from a server in between: it has the header of the
  /// gateway, an error object of the gateway, or a return code of the service.
  var isSigned: Bool {
    ["APIGW", "ENDPOINT"].contains(origin) || returnCode != nil
      || gatewayCode.map(Self.gatewayCodes.contains) == true
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
  /// The most characters of a text of the service in a result.
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

extension JSONValue {
  /// A code, an id or a number as text: their types differ between calls of the guide. `nil` for an empty text.
  var code: String? {
    switch self {
    case .string(let text) where !text.isEmpty: text
    case .integer(let number): String(number)
    default: nil
    }
  }
}
