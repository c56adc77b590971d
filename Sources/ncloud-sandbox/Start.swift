import Glibc
internal import JSON
import NIOCore
import NIOPosix

/// What happens before the first request.
enum Start {
  /// EX_USAGE and EX_NOINPUT/EX_UNAVAILABLE of sysexits.h, in one place.
  private static let usageStatus: Int32 = 64
  private static let unavailableStatus: Int32 = 69

  /// Runs until the process is ended by a signal; returns an exit status only when it cannot serve.
  static func run(arguments: [String]) -> Int32 {
    // One loop serves everything; one more thread writes the journal, in order.
    let eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    let files = Files(io: NonBlockingFileIO(threadPool: threads), eventLoop: eventLoop)
    let options: Options
    do throws(SandboxError) {
      options = try Options(arguments: arguments)
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
    let channel = try files.eventLoop.submit {
      let journal = try options.journalPath.map { path throws(SandboxError) in
        try Journal(path: path, files: files.io, eventLoop: files.eventLoop)
      }
      let sandbox = Sandbox(options: options, seed: seed, journal: journal, files: files)
      return NIOLoopBound(sandbox, eventLoop: files.eventLoop)
    }.flatMap { sandbox in
      Server.start(port: options.port, sandbox: sandbox, on: files.eventLoop)
    }.wait()
    let port = channel.localAddress?.port ?? 0
    let ready: JSONValue = [
      "ready": true, "endpoint": .string("http://127.0.0.1:\(port)"),
      "pid": .integer(Int(getpid())), "control": .string(Control.prefix),
    ]
    try files.note("a sandbox for trials and tests only: no certificate of it is real").wait()
    try files.write(JSONEncoder.text(ready) + "\n", to: 1).wait()
    // Ends with the process: SIGTERM has its default effect, and every journal line is in the file.
    try channel.closeFuture.wait()
  }
}
