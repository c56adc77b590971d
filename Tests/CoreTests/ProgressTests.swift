import Testing

@testable import Core

@Suite("A batch reports its progress")
struct ProgressTests {
  @Test("progress is reported after half a second, then at most five times a second")
  func pace() {
    var progress = Progress("reissues", total: 100, since: 1_000)
    #expect(progress.update(remaining: 90, now: 1_499) == nil)
    #expect(!progress.isShown)
    #expect(progress.update(remaining: 80, now: 1_500) == "reissues: 20/100, 40/s")
    #expect(progress.isShown)
    #expect(progress.update(remaining: 79, now: 1_699) == nil)
    #expect(progress.update(remaining: 0, now: 2_000) == "reissues: 100/100, 100/s")
  }

  @Test("a single call has no progress")
  func single() {
    var progress = Progress("reissues", total: 1, since: 0)
    #expect(progress.update(remaining: 1, now: 60_000) == nil)
  }
}
