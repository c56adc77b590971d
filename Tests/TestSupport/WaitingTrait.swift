import Foundation
package import Testing

/// Runs tests that mostly wait on more threads than there are processors.
///
/// Swift Testing has one thread for each processor. A test that waits there, for the pause before a retry or for
/// another program, leaves its processor idle.
package struct WaitingTrait: SuiteTrait, TestTrait, TestScoping {
  package var isRecursive: Bool { true }

  package func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(WaitingExecutor.shared) { try await function() }
  }
}

extension Trait where Self == WaitingTrait {
  /// For tests that mostly wait; they run on more threads than there are processors.
  package static var waiting: Self { Self() }
}

/// A fixed number of threads that run jobs in the order of their arrival.
///
/// `@unchecked Sendable`, because `jobs` is used only under the lock of `condition`.
private final class WaitingExecutor: TaskExecutor, @unchecked Sendable {
  static let shared = WaitingExecutor()

  /// With more, tests that measure time would wait for a processor.
  private static let threadsPerProcessor = 3

  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []

  private init() {
    for _ in 0..<Self.threadsPerProcessor * ProcessInfo.processInfo.activeProcessorCount {
      Thread.detachNewThread { self.work() }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock { jobs.append(job) }
    condition.signal()
  }

  private func work() -> Never {
    while true {
      condition.lock()
      while jobs.isEmpty { condition.wait() }
      let job = jobs.removeFirst()
      condition.unlock()
      // This executor is never released, so the unowned reference to it is valid.
      unsafe job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
