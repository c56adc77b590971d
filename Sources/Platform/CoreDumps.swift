internal import CPlatform
internal import Glibc

/// What of the process's memory may be seen after a crash, or by others while it runs.
package enum CoreDumps {
  /// Switches core dumps off, also those piped to a program, and keeps other processes of the same user from
  /// reading the memory (`RLIMIT_CORE` 0, `PR_SET_DUMPABLE` 0).
  ///
  /// - Returns: Whether both were done.
  @discardableResult
  package static func disable() -> Bool {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    let limited = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
    return cplatform_set_dumpable(0) == 0 && limited
  }
}
