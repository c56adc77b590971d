/// Randomness from the kernel.
package enum Entropy {
  /// Random bytes that are suitable for secrets.
  package static func bytes(_ count: Int) -> [UInt8] {
    // Swift's generator on Linux is the kernel's (getrandom(2)): the process keeps no state.
    var generator = SystemRandomNumberGenerator()
    return (0..<max(0, count)).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// A uniformly distributed number from 0 to below the bound; 0 for a bound below 1.
  package static func uniform(below bound: Int) -> Int {
    bound < 1 ? 0 : Int.random(in: 0..<bound)
  }

  static let nameLength = 16

  /// Sixteen characters of `0-9a-f`, for names that must not collide.
  package static func name() -> String {
    bytes(nameLength / 2).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
