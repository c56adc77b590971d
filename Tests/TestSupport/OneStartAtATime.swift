package import Synchronization

/// Foundation's `Process.run` is not safe against itself on several threads: it was seen to crash there.
package let oneStartAtATime = Mutex<Void>(())
