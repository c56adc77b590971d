/// Randomness from the kernel.
package enum Entropy {
  /// That many random bytes, fit for secrets.
  package static func bytes(_ count: Int) -> [UInt8] {
    // Swift's generator is the kernel's on Linux (getrandom(2)): nothing is kept in the process.
    var generator = SystemRandomNumberGenerator()
    return (0..<max(0, count)).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// A number from 0 to just below the bound, each as likely as any other; 0 for a bound below 1.
  package static func uniform(below bound: Int) -> Int {
    bound < 1 ? 0 : Int.random(in: 0..<bound)
  }

  /// Sixteen characters of `0-9a-f`, for names that must not meet.
  package static func name() -> String {
    bytes(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
