internal import Glibc

/// Names one process so that another one can tell later whether it still runs.
///
/// A process id alone is given out again; with the start time, the boot and the pid namespace it is not.
package struct ProcessIdentity: Hashable, Sendable {
  /// The host name.
  package var host: String
  /// What the kernel drew at its start; empty if it does not tell.
  package var bootID: String
  /// The namespace that the process id belongs to, as `pid:[4026531836]`; empty if it is not known. Where /proc shows
  /// another namespace, nothing in it is about this process's ids, so it counts as not known.
  package var pidNamespace: String
  /// The process id.
  package var pid: Int
  /// Clock ticks from the boot to the start of the process; 0 if it is not told.
  package var startTime: Int

  /// An identity that was stored.
  package init(host: String, bootID: String, pidNamespace: String, pid: Int, startTime: Int) {
    self.host = host
    self.bootID = bootID
    self.pidNamespace = pidNamespace
    self.pid = pid
    self.startTime = startTime
  }

  /// This process.
  package static func current() -> ProcessIdentity {
    let pid = Int(getpid())
    // A process in a new pid namespace may still see the /proc of the old one, where its id is another process's.
    let status = status(of: "self")
    let isSeen = status?.pid == pid
    return ProcessIdentity(
      host: hostName(), bootID: firstLine("/proc/sys/kernel/random/boot_id"),
      pidNamespace: isSeen ? currentNamespace() : "", pid: pid,
      startTime: isSeen ? status?.startTime ?? 0 : 0)
  }
}

extension ProcessIdentity {
  /// What can be said of a process from here.
  package enum Life: Hashable, Sendable {
    /// It runs.
    case alive
    /// It has ended, or its machine was started anew since.
    case dead
    /// It belongs to another machine or another pid namespace, or /proc was not there to identify it: only its lease
    /// tells whether it still counts.
    case unknown
  }

  /// Whether the process still runs, as this process sees it.
  package func life(seenFrom observer: ProcessIdentity = .current()) -> Life {
    guard !bootID.isEmpty, !observer.bootID.isEmpty else { return .unknown }
    guard bootID == observer.bootID else {
      // The same host after a restart: nothing of before runs any more.
      return host == observer.host ? .dead : .unknown
    }
    guard pidNamespace == observer.pidNamespace, !pidNamespace.isEmpty else { return .unknown }
    // Without its start time nobody can tell it from a later process with the same id.
    if startTime > 0, let status = ProcessIdentity.status(of: String(pid)) {
      return status.startTime == startTime && !status.hasEnded ? .alive : .dead
    }
    // /proc hides the processes of others (hidepid): a signal that may not be sent shows that there is one.
    guard let number = Int32(exactly: pid), number > 0 else { return .dead }
    return kill(number, 0) == 0 || errno == EPERM ? .unknown : .dead
  }

  /// Process id, state and start time from /proc/PROCESS/stat (proc(5)): fields 1, 3 and 22, the last two behind a
  /// name that may hold blanks and brackets.
  static func status(of process: String) -> (pid: Int, hasEnded: Bool, startTime: Int)? {
    guard let bytes = try? Files.read("/proc/\(process)/stat", limit: procLimit) else {
      return nil
    }
    return parse(String(decoding: bytes, as: UTF8.self))
  }

  /// Reads the text of /proc/PROCESS/stat.
  static func parse(_ text: String) -> (pid: Int, hasEnded: Bool, startTime: Int)? {
    guard let bracket = text.lastIndex(of: ")"), let pid = Int(text.prefix { $0 != " " }) else {
      return nil
    }
    let fields = text[bracket...].split(separator: " ").dropFirst()
    guard let state = fields.first, let start = fields.dropFirst(startTimeField - 3).first,
      let startTime = Int(start)
    else { return nil }
    return (pid, state == "Z" || state == "X", startTime)
  }

  private static func firstLine(_ path: String) -> String {
    guard let bytes = try? Files.read(path, limit: procLimit) else { return "" }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// Read as a link by its path: the folder around it cannot be opened by a process that leaves no core dumps and
  /// is not root (proc(5), PR_SET_DUMPABLE).
  private static func currentNamespace() -> String {
    var buffer = [CChar](repeating: 0, count: namespaceCapacity)
    let count = unsafe readlink("/proc/self/ns/pid", &buffer, buffer.count)
    guard count > 0 else { return "" }
    return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: hostNameCapacity)
    guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static let startTimeField = 22
  /// A line of some 300 bytes; the rest is room.
  private static let procLimit = 8192
  /// `pid:[4026531836]`, with room for an inode of 64 bits.
  private static let namespaceCapacity = 64
  /// HOST_NAME_MAX is 64.
  private static let hostNameCapacity = 257
}
