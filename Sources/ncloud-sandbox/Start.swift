internal import CommandOptions
internal import JSON
internal import NIOCore
internal import NIOPosix
internal import Platform

/// The start of the sandbox: options, seed, authority, journal, server, then one JSON line with the endpoint.
enum Start {
  /// EX_USAGE of sysexits.h.
  private static let usageStatus: Int32 = 64
  /// EX_UNAVAILABLE.
  private static let unavailableStatus: Int32 = 69
  /// EX_SOFTWARE: there are no arguments, not even the program's name.
  private static let faultStatus: Int32 = 70

  /// Seeds of thousands of certificates are smaller than this, in bytes.
  private static let maximumSeedLength = 64 << 20

  /// Runs until a signal ends the process; returns an exit status only when it cannot serve.
  static func run(_ arguments: Arguments?) -> Int32 {
    guard let arguments else {
      Console.note("error: the argument list is empty, without even a name")
      return faultStatus
    }
    let options: Options
    do {
      if let index = arguments.malformed {
        throw SandboxError("argument \(index) is not valid UTF-8")
      }
      let call = try Invocation(arguments.texts, of: Options.command)
      guard call.action == .run else {
        Console.write(Usage.text)
        return 0
      }
      options = try Options(call)
    } catch {
      Console.note("error: \((error as? UsageError)?.message ?? "\(error)")")
      Console.note("hint: see ncloud-sandbox --help")
      return usageStatus
    }
    if options.isSeedWanted {
      Console.write(Seed.defaultText)
      return 0
    }
    do {
      try serve(options)
      return 0
    } catch {
      Console.note("error: \(error)")
      return unavailableStatus
    }
  }

  private static func serve(_ options: Options) throws {
    let seed = try Seed(
      options.seedPath.map { path throws(SandboxError) in
        try SandboxError.wrap { () throws(FileError) in
          try Files.read(path, limit: maximumSeedLength)
        }
      } ?? Array(Seed.defaultText.utf8))
    let eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
    // The loop owns the sandbox from the beginning.
    let sandbox = try eventLoop.submit {
      let sandbox = try SandboxService(options: options, seed: seed)
      if let folder = options.authorityDirectory { try sandbox.writeTrustFiles(to: folder) }
      sandbox.startValidating(on: eventLoop)
      return NIOLoopBound(sandbox, eventLoop: eventLoop)
    }.wait()
    let channel: any Channel
    do {
      channel = try Server.start(port: options.port, sandbox: sandbox, on: eventLoop).wait()
    } catch let error as IOError {
      throw FileError(
        operation: "listen on", path: "127.0.0.1:\(options.port)", number: error.errnoCode)
    }
    let ready: JSONValue = [
      "ready": true, "endpoint": .string("http://127.0.0.1:\(channel.localAddress?.port ?? 0)"),
      "pid": .integer(Int(getpid())), "control": .string(Control.prefix),
    ]
    Console.note("a sandbox for trials and tests only: no certificate of it is real")
    Console.write(JSONEncoder.text(ready) + "\n")
    // Ends with the process: SIGTERM has its default effect, and every journal line is in the file.
    try channel.closeFuture.wait()
  }
}

/// Standard output and standard error; a failed write is ignored, since nobody could be informed.
enum Console {
  static func write(_ text: String) { write(text, to: StandardStreams.output) }

  /// Writes a line for people to standard error.
  static func note(_ text: String) {
    write("ncloud-sandbox: \(VisibleText.line(text))\n", to: StandardStreams.error)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    try? Files.write(Array(text.utf8), to: descriptor, name: "the stream")
  }
}

/// A mistake in an option, a seed or a control request, or a file that cannot be used.
struct SandboxError: Error, Hashable, Sendable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// The result of a call of the file system.
  static func wrap<Value>(
    _ body: () throws(FileError) -> Value
  ) throws(SandboxError) -> Value {
    do throws(FileError) { return try body() } catch { throw SandboxError("\(error)") }
  }
}
