internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Platform

/// Whole files, and the standard streams; through NIO, so that no pointer is handled here.
struct Files: Sendable {
  let io: NonBlockingFileIO
  let eventLoop: any EventLoop

  /// Seeds of thousands of certificates stay below this many bytes.
  private static let maximumLength = 64 << 20

  /// The bytes of a file.
  func read(_ path: String) throws(SandboxError) -> [UInt8] {
    do {
      let handle = try NIOFileHandle(_deprecatedPath: path)
      defer { try? handle.close() }
      let size = Int(try io.readFileSize(fileHandle: handle, eventLoop: eventLoop).wait())
      guard size <= Self.maximumLength else { throw SandboxError("it is too large") }
      let buffer = try io.read(
        fileHandle: handle, byteCount: size, allocator: ByteBufferAllocator(), eventLoop: eventLoop
      ).wait()
      return Array(buffer.readableBytesView)
    } catch {
      throw SandboxError("\(path) cannot be read: \(error)")
    }
  }

  /// Puts a new file in the place of whatever is there, with the folder above it.
  func create(_ path: String, _ text: String, mode: NIOPOSIXFileMode) throws(SandboxError) {
    do {
      if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
        try io.createDirectory(
          path: String(path[..<slash]), withIntermediateDirectories: true, mode: 0o700,
          eventLoop: eventLoop
        ).wait()
      }
      // Removed first and made anew, so that the mode is ours, whatever was there.
      try? io.unlink(path: path, eventLoop: eventLoop).wait()
      let handle = try NIOFileHandle(
        _deprecatedPath: path, mode: .write, flags: .posix(flags: O_CREAT | O_EXCL, mode: mode))
      defer { try? handle.close() }
      try io.write(
        fileHandle: handle, buffer: ByteBuffer(string: text), eventLoop: eventLoop
      ).wait()
    } catch {
      throw SandboxError("\(path) cannot be written: \(error)")
    }
  }

  /// Writes to standard output (1) or standard error (2), which stay open.
  @discardableResult
  func write(_ text: String, to descriptor: CInt) -> EventLoopFuture<Void> {
    let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
    let written = io.write(
      fileHandle: handle, buffer: ByteBuffer(string: text), eventLoop: eventLoop)
    // The handle must not close the descriptor when it goes.
    written.whenComplete { _ in _ = try? handle.takeDescriptorOwnership() }
    return written
  }

  /// Writes a line for people to standard error.
  @discardableResult
  func note(_ text: String) -> EventLoopFuture<Void> {
    write("ncloud-sandbox: \(VisibleText.line(text))\n", to: 2)
  }
}
