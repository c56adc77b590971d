internal import Glibc
internal import JSON
internal import NIOCore
internal import NIOPosix
internal import Platform

/// What happens before the first request.
enum Start {
  /// EX_USAGE and EX_NOINPUT/EX_UNAVAILABLE of sysexits.h, in one place.
  private static let usageStatus: Int32 = 64
  private static let unavailableStatus: Int32 = 69
  /// EX_SOFTWARE: there are no arguments at all, not even the program's name.
  private static let faultStatus: Int32 = 70

  /// Runs until the process is ended by a signal; returns an exit status only when it cannot serve.
  static func run(_ arguments: Arguments?) -> Int32 {
    // One loop serves everything; one more thread writes the journal, in order.
    let eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    let files = Files(io: NonBlockingFileIO(threadPool: threads), eventLoop: eventLoop)
    guard let arguments else {
      try? files.note("error: the argument list is empty, without even a name").wait()
      return faultStatus
    }
    let options: Options
    do throws(SandboxError) {
      if let index = arguments.malformed {
        throw SandboxError("argument \(index) is not valid UTF-8")
      }
      options = try Options(arguments: arguments.texts)
    } catch {
      try? files.note("error: \(error)").wait()
      try? files.note("hint: see ncloud-sandbox --help").wait()
      return usageStatus
    }
    if options.isHelpWanted || options.isSeedWanted {
      try? files.write(options.isHelpWanted ? Usage.text : Seed.defaultText, to: 1).wait()
      return 0
    }
    do {
      try serve(options, files)
      return 0
    } catch {
      try? files.note("error: \(error)").wait()
      return unavailableStatus
    }
  }

  private static func serve(_ options: Options, _ files: Files) throws {
    let seedBytes =
      try options.seedPath.map { path throws(SandboxError) in try files.read(path) }
      ?? Array(Seed.defaultText.utf8)
    let seed = try Seed(seedBytes)
    // The sandbox belongs to the loop from its first moment.
    let sandbox = try files.eventLoop.submit {
      let authority = try Authority(at: SandboxClock.machineMilliseconds / 1000)
      let journal = try options.journalPath.map { path throws(SandboxError) in
        try Journal(path: path, files: files.io, eventLoop: files.eventLoop)
      }
      let sandbox = SandboxService(
        options: options, seed: seed, authority: authority, journal: journal, files: files)
      return NIOLoopBound(sandbox, eventLoop: files.eventLoop)
    }.wait()
    if let directory = options.authorityDirectory {
      let made = try files.eventLoop.submit { try TrustFiles(sandbox.value) }.wait()
      try made.write(to: directory, files)
    }
    let channel = try Server.start(port: options.port, sandbox: sandbox, on: files.eventLoop).wait()
    try announce(channel, files)
    // Ends with the process: SIGTERM has its default effect, and every journal line is in the file.
    try channel.closeFuture.wait()
  }

  private static func announce(_ channel: any Channel, _ files: Files) throws {
    let port = channel.localAddress?.port ?? 0
    let ready: JSONValue = [
      "ready": true, "endpoint": .string("http://127.0.0.1:\(port)"),
      "pid": .integer(Int(getpid())), "control": .string(Control.prefix),
    ]
    try files.note("a sandbox for trials and tests only: no certificate of it is real").wait()
    try files.write(JSONEncoder.text(ready) + "\n", to: 1).wait()
  }
}

/// What a client and a TLS server in front of the sandbox need of its authority.
private struct TrustFiles: Sendable {
  private let root: String
  private let chain: String
  private let privateKey: String

  private static let serverName = "localhost"
  private static let days = 30

  init(_ sandbox: SandboxService) throws(SandboxError) {
    root = sandbox.authority.rootPEM
    (chain, privateKey) = try sandbox.serverCertificate(names: [Self.serverName], days: Self.days)
  }

  func write(to directory: String, _ files: Files) throws(SandboxError) {
    try files.create("\(directory)/root.pem", root, mode: 0o644)
    try files.create("\(directory)/server.pem", chain, mode: 0o644)
    try files.create("\(directory)/server.key", privateKey, mode: 0o600)
  }
}
