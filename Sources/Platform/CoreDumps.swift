internal import CPlatform
internal import Glibc

/// Protection of the process's memory after a crash and against other processes.
package enum CoreDumps {
  /// Disables core dumps, also those that are piped to a program, and keeps other processes of the same user from
  /// reading the memory (`RLIMIT_CORE` 0, `PR_SET_DUMPABLE` 0).
  ///
  /// - Returns: Whether both succeeded.
  @discardableResult
  package static func disable() -> Bool {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    let limited = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
    return cplatform_set_dumpable(0) == 0 && limited
  }
}
