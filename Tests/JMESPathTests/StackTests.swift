// The stack of the deepest expressions, as documented at ``Limits/maximumExpressionDepth``.

import Glibc
import JMESPath
import JSON
import Testing

@Suite("Deep expressions fit the stack")
struct StackTests {
  /// A way to nest, up to the limit.
  struct Nesting: Sendable, CustomTestStringConvertible {
    let begin: String
    let middle: String
    let end: String

    var testDescription: String { "\(begin)…\(middle)…\(end)" }

    func text(_ count: Int) -> String {
      String(repeating: begin, count: count) + middle + String(repeating: end, count: count)
    }

    /// The deepest accepted expression.
    var deepest: String {
      let counts = Array(1...Limits.maximumExpressionDepth)
      let first = counts.partitioningIndex { (try? Expression(text($0))) == nil }
      return text(counts[first - 1])
    }
  }

  @Test(
    "The deepest expressions use less than half of the stack",
    arguments: [
      Nesting(begin: "(", middle: "a", end: ")"), Nesting(begin: "!", middle: "a", end: ""),
      Nesting(begin: "-", middle: "n", end: ""), Nesting(begin: "[", middle: "a", end: "]"),
      Nesting(begin: "{a: ", middle: "@", end: "}"), Nesting(begin: "", middle: "a", end: ".a"),
      Nesting(begin: "", middle: "l", end: "[*]"), Nesting(begin: "", middle: "l", end: "[*].l"),
      Nesting(begin: "*.", middle: "*", end: ""), Nesting(begin: "", middle: "l", end: "[]"),
      Nesting(begin: "", middle: "l", end: "[?l]"), Nesting(begin: "l[?", middle: "l", end: "]"),
      Nesting(begin: "", middle: "l", end: "[:]"), Nesting(begin: "", middle: "a", end: " || a"),
      Nesting(begin: "x || ", middle: "x", end: ""),
      Nesting(begin: "(x || ", middle: "x", end: ")"),
      Nesting(begin: "a && (", middle: "a", end: ")"), Nesting(begin: "", middle: "@", end: " | @"),
      Nesting(begin: "n == (", middle: "n", end: ")"),
      Nesting(begin: "n + (", middle: "n", end: ")"),
      Nesting(begin: "a ? ", middle: "x", end: " : a"),
      Nesting(begin: "x ? a : ", middle: "x", end: ""),
      Nesting(begin: "let $a = @ in ", middle: "$a.x", end: ""),
      Nesting(begin: "let $a = ", middle: "x", end: " in $a"),
      Nesting(begin: "not_null(", middle: "x", end: ")"),
      Nesting(begin: "map(&", middle: "@", end: ", l)"),
      Nesting(begin: "sort_by(l, &", middle: "n", end: ")"),
      Nesting(begin: "group_by(l, &", middle: "x", end: ")"),
      Nesting(begin: "length(to_array(", middle: "x", end: "))"),
    ])
  func depth(_ nesting: Nesting) throws {
    let text = nesting.deepest
    let value = try JSONDecoder.decode(
      #"{"a": {"a": {"a": "t"}}, "l": [[["t"]], {"l": [1]}], "n": 1}"#)
    let used = stackUsed {
      guard let expression = try? Expression(text) else { return }
      _ = try? Expression.parseEmbedded("${" + text + "}", fromUTF8Offset: 2)
      let scope = Scope(root: value, limits: Limits(steps: 100_000))
      _ = try? expression.evaluate(value, in: scope)
      _ = try? expression.evaluate(["l": [["l": [["l": [[]]]]]]], in: scope)
      _ = expression.firstMissingStep(value, in: scope)
      _ = expression.tree
      _ = (expression.reads, expression.warnings, expression.canBeTrue, expression.freeVariables)
    }
    let levels = Limits.maximumExpressionDepth
    print("stack: \(used / 1_024) KiB, \(used / levels) bytes a level: \(text.prefix(24))")
    // The usual stack is 8 MB; with a sanitizer, frames are larger by a half.
    #expect(used > 0 && used < 6 * 1_024 * 1_024)
  }
}

extension Array {
  /// The index of the first element for which the condition is true; it is true for all later ones too.
  fileprivate func partitioningIndex(_ isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// The bytes of stack that some work needs.
///
/// It runs in a new thread whose stack is new memory: bytes that were not
/// written are 0.
private func stackUsed(by work: @escaping @Sendable () -> Void) -> Int {
  let size = 64 * 1_024 * 1_024
  // Unmapped below, after the thread has ended.
  guard
    let area = unsafe mmap(
      nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
    unsafe area != MAP_FAILED
  else { return 0 }
  defer { unsafe munmap(area, size) }
  let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
  defer { unsafe attributes.deallocate() }
  unsafe pthread_attr_init(attributes)
  defer { unsafe pthread_attr_destroy(attributes) }
  unsafe pthread_attr_setstack(attributes, area, size)
  var thread = pthread_t()
  // The thread takes over the work and frees it.
  let box = unsafe Unmanaged.passRetained(Work(work)).toOpaque()
  let status = unsafe pthread_create(
    &thread, attributes,
    { box in
      guard let box = unsafe box else { return nil }
      unsafe Unmanaged<Work>.fromOpaque(box).takeRetainedValue().run()
      return nil
    }, box)
  guard status == 0 else { return 0 }
  pthread_join(thread, nil)
  let words = unsafe UnsafeRawBufferPointer(start: area, count: size).bindMemory(to: UInt.self)
  let untouched = unsafe words.firstIndex { $0 != 0 } ?? words.count
  return size - untouched * MemoryLayout<UInt>.size
}

private final class Work: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
