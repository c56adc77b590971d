// The record of every request as it was received: NDJSON, one line each, written before the answer
// leaves, so that whoever has the answer finds the line.

internal import Crypto
internal import Glibc
internal import JSON
internal import NIOCore
internal import NIOPosix

/// Appends lines to the journal file.
final class Journal {
  private let handle: NIOFileHandle
  private let files: NonBlockingFileIO
  private let eventLoop: any EventLoop

  /// Readable and writable by its owner alone: request bodies hold names and signing requests.
  private static let mode: NIOPOSIXFileMode = 0o600

  /// Opens the file, creating it if it is not there; lines go to its end.
  init(path: String, files: NonBlockingFileIO, eventLoop: any EventLoop) throws(SandboxError) {
    do {
      handle = try NIOFileHandle(
        _deprecatedPath: path, mode: [.read, .write],
        flags: .posix(flags: O_CREAT | O_APPEND, mode: Self.mode))
    } catch {
      throw SandboxError("journal \(path) cannot be opened: \(error)")
    }
    self.files = files
    self.eventLoop = eventLoop
  }

  deinit { try? handle.close() }

  /// Writes one line; the future says when it is in the file.
  func append(_ entry: JSONValue) -> EventLoopFuture<Void> {
    var line = JSONEncoder.encode(entry)
    line.append(UInt8(ascii: "\n"))
    return files.write(fileHandle: handle, buffer: ByteBuffer(bytes: line), eventLoop: eventLoop)
  }

  /// The whole file as it is now.
  func contents() -> EventLoopFuture<ByteBuffer> {
    files.readFileSize(fileHandle: handle, eventLoop: eventLoop).flatMap {
      [files, handle, eventLoop] size in
      files.read(
        fileRegion: FileRegion(fileHandle: handle, readerIndex: 0, endIndex: Int(size)),
        allocator: ByteBufferAllocator(), eventLoop: eventLoop)
    }
  }
}

/// One line of the journal.
enum JournalEntry {
  /// What is written of a request and of the decision about it; a request that broke off has none.
  static func value(_ request: Request, _ exchange: Exchange?, traceId: String?) -> JSONValue {
    let headers = request.headers.map { JSONValue.array([.string($0.name), .string($0.value)]) }
    var members: [(String, JSONValue)] = [
      ("sequence", .integer(request.sequence)),
      ("timeMs", .integer(request.receivedMilliseconds)),
      ("connection", .integer(request.connection)),
      ("method", .string(request.method)),
      ("target", .string(request.target)),
      ("headers", .array(headers)),
      ("body", .string(String(decoding: request.body, as: UTF8.self))),
      ("bodyLength", .integer(request.bodyLength)),
      ("bodySha256", .string(SHA256.hex(request.body))),
    ]
    guard let exchange else { return .object(JSONObject(members + [("answer", .null)])) }
    members.append(("answer", answer(exchange, traceId: traceId)))
    members.append(("reissue", reissue(exchange.reissue)))
    return .object(JSONObject(members))
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

  private static func reissue(_ reissue: Reissue?) -> JSONValue {
    guard let reissue else { return .null }
    return [
      "orderId": .string(reissue.orderId), "certificateNo": .integer(reissue.certificateNo),
      "newCertificateNo": .integer(reissue.newCertificateNo),
    ]
  }
}
