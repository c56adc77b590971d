internal import Glibc

/// Identifies a process, so that another process can check later whether it still runs.
///
/// Process ids are reused; together with start time, boot and pid namespace they are unique.
package struct ProcessIdentity: Hashable, Sendable {
  /// The name of the host (gethostname(2)).
  package var host: String
  /// The kernel's random id of this boot; empty if it is unavailable.
  package var bootID: String
  /// The namespace of the process id, as `pid:[4026531836]`; empty if unknown. If /proc belongs to another namespace,
  /// it does not describe this process's ids: then it counts as unknown.
  package var pidNamespace: String
  /// The process id.
  package var pid: Int
  /// Clock ticks from the boot to the start of the process; 0 if unknown.
  package var startTime: Int

  /// An identity that was stored before, for example in a ledger.
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
    // In a new pid namespace, /proc may still be the old one's, where the id belongs to another process.
    let status = status(of: "self")
    let isSeen = status?.pid == pid
    return ProcessIdentity(
      host: hostName(), bootID: firstLine("/proc/sys/kernel/random/boot_id"),
      // By its full path: a process that disables core dumps and is not root cannot open the folder (proc(5),
      // PR_SET_DUMPABLE).
      pidNamespace: (isSeen ? Files.linkTarget("/proc/self/ns/pid") : nil) ?? "", pid: pid,
      startTime: isSeen ? status?.startTime ?? 0 : 0)
  }
}

extension ProcessIdentity {
  /// The state of a process, as far as this process can determine it.
  package enum Life: Hashable, Sendable {
    /// It runs.
    case alive
    /// It has ended, or its machine was restarted.
    case dead
    /// It belongs to another machine or pid namespace, or /proc was missing when it was identified: only its lease
    /// decides.
    case unknown
  }

  /// The state of the process, as the observer sees it.
  package func life(seenFrom observer: ProcessIdentity = .current()) -> Life {
    guard !bootID.isEmpty, !observer.bootID.isEmpty else { return .unknown }
    guard bootID == observer.bootID else {
      // The same host after a restart: no process of the earlier boot still runs.
      return host == observer.host ? .dead : .unknown
    }
    guard pidNamespace == observer.pidNamespace, !pidNamespace.isEmpty else { return .unknown }
    // Without its start time it cannot be distinguished from a later process with the same id.
    if startTime > 0, let status = ProcessIdentity.status(of: String(pid)) {
      return status.startTime == startTime && !status.hasEnded ? .alive : .dead
    }
    // /proc may hide the processes of others (hidepid): a forbidden signal proves that one exists.
    guard let number = Int32(exactly: pid), number > 0 else { return .dead }
    return kill(number, 0) == 0 || errno == EPERM ? .unknown : .dead
  }

  /// Process id, state and start time from /proc/PROCESS/stat (proc(5)): fields 1, 3 and 22. Field 2, the name, may
  /// have blanks and brackets.
  static func status(of process: String) -> (pid: Int, hasEnded: Bool, startTime: Int)? {
    guard let bytes = try? Files.read("/proc/\(process)/stat", limit: procLimit) else {
      return nil
    }
    return parse(bytes)
  }

  static func parse(_ bytes: [UInt8]) -> (pid: Int, hasEnded: Bool, startTime: Int)? {
    func number(_ field: ArraySlice<UInt8>) -> Int? { Int(String(decoding: field, as: UTF8.self)) }
    let blank = UInt8(ascii: " ")
    guard let bracket = bytes.lastIndex(of: UInt8(ascii: ")")),
      let pid = number(bytes.prefix { $0 != blank })
    else { return nil }
    let fields = bytes[bracket...].split(separator: blank).dropFirst()
    guard let state = fields.first, let start = fields.dropFirst(startTimeField - 3).first,
      let startTime = number(start)
    else { return nil }
    return (pid, state.elementsEqual("Z".utf8) || state.elementsEqual("X".utf8), startTime)
  }

  private static func firstLine(_ path: String) -> String {
    guard let bytes = try? Files.read(path, limit: procLimit) else { return "" }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  private static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: hostNameCapacity)
    guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
    return textBeforeNUL(in: buffer)
  }

  private static let startTimeField = 22
  /// A line has some 300 bytes.
  private static let procLimit = 8192
  /// HOST_NAME_MAX is 64.
  private static let hostNameCapacity = 257
}
