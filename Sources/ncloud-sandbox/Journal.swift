internal import Crypto
internal import JSON
internal import Platform

/// The record of every request as it was received: NDJSON, one line each, written before the answer leaves, so that
/// a client that has the answer finds the line.
struct Journal {
  private let path: String

  /// The most bytes that ``contents()`` reads.
  private static let maximumLength = 1 << 30

  /// Creates the file if it is missing, readable by its owner alone: request bodies hold names and signing requests.
  init(path: String) throws(SandboxError) {
    self.path = path
    try append(bytes: [])
  }

  /// Writes one line.
  func append(_ entry: JSONValue) throws(SandboxError) {
    try append(bytes: JSONEncoder.encode(entry) + [UInt8(ascii: "\n")])
  }

  private func append(bytes: [UInt8]) throws(SandboxError) {
    try SandboxError.wrap { () throws(FileError) in try Files.append(bytes, to: path) }
  }

  /// The whole file as it is now.
  func contents() throws(SandboxError) -> [UInt8] {
    try SandboxError.wrap { () throws(FileError) in
      try Files.read(path, limit: Self.maximumLength)
    }
  }
}

extension Request {
  /// The line of the journal for this request and the decision about it; a request that broke off has no decision.
  func journalEntry(_ exchange: Exchange?, traceId: String?) -> JSONValue {
    let headers = headers.map { JSONValue.array([.string($0.name), .string($0.value)]) }
    var members: [(String, JSONValue)] = [
      ("sequence", .integer(sequence)), ("timeMs", .integer(receivedMilliseconds)),
      ("connection", .integer(connection)), ("method", .string(method)),
      ("target", .string(target)), ("headers", .array(headers)),
      ("body", .string(shownBody)),
      ("bodyLength", .integer(bodyLength)), ("bodySha256", .string(SHA256.hex(body))),
    ]
    guard let exchange else { return .object(JSONObject(members + [("answer", .null)])) }
    members.append(("answer", Self.answer(exchange, traceId: traceId)))
    let reissue = exchange.reissue.map { reissue -> JSONValue in
      [
        "orderId": .string(reissue.orderId), "certificateNo": .integer(reissue.certificateNo),
        "newCertificateNo": .integer(reissue.newCertificateNo),
      ]
    }
    members.append(("reissue", reissue ?? .null))
    return .object(JSONObject(members))
  }

  /// The body as the journal keeps it: without a private key.
  private var shownBody: String {
    guard path.lowercased().contains("privatekey") else {
      return String(decoding: body, as: UTF8.self)
    }
    guard var members = (try? JSONDecoder.decode(body))?.object else { return "(not shown)" }
    if members["privateKey"] != nil { members["privateKey"] = "(not shown)" }
    return JSONEncoder.text(.object(members))
  }

  private static func answer(_ exchange: Exchange, traceId: String?) -> JSONValue {
    let answer = exchange.answer
    let isSent = exchange.delivery != .closed && exchange.delivery != .reset
    return [
      "status": isSent && exchange.delivery != .silent ? .integer(answer.status) : .null,
      "code": isSent ? answer.code.map(JSONValue.string) ?? .null : .null,
      "fault": exchange.fault.map(JSONValue.string) ?? .null,
      "traceId": traceId.map(JSONValue.string) ?? .null,
    ]
  }
}
