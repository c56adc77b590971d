// A template's own examples: the event goes the way of every event, and what comes out is compared.

package import Core
package import JMESPath
package import JSON
internal import Parameters
package import Platform

/// A place where a test expects one thing and gets another.
package struct Difference: Hashable, Sendable {
  /// JSON pointer into what the test expects, such as `/items/0/commonName`.
  package let path: String
  /// What the test expects; `nil` where it expects nothing.
  package var expected: JSONValue?
  /// What came out; `nil` where nothing did.
  package var got: JSONValue?
  /// Why nothing came out, if that was a mistake.
  package var error: ReissueError?
}

extension Template {
  /// Runs a test of the template; no difference means that it passes.
  ///
  /// Only the members that an expected item names are compared; number and order of items are.
  ///
  /// - Parameters:
  ///   - now: The time for a test that names none.
  ///   - test: The event, and the items that it ought to give.
  ///   - variables: What `$vars` holds.
  ///   - budget: What may still be done for this test and those behind it.
  package func differences(
    in test: Test, variables: JSONObject, now: Timestamp, spending budget: inout Budget
  ) -> [Difference] {
    do throws(ReissueError) {
      try Event.requireContainer(test.event)
    } catch {
      return [Difference(path: "/event", error: error)]
    }
    var rendering = Rendering(
      event: Event(document: test.event), variables: variables, now: test.now ?? now,
      budget: budget)
    defer { budget = rendering.budget }
    let items: [Item]
    do throws(ReissueError) {
      let (template, trials) = try rendering.choose(from: [self], isNamed: true)
      if let value = trials.first?.oddValue {
        // The template does not act, which a test that expects no items would never tell.
        return [Difference(path: "/when", expected: .boolean(!test.items.isEmpty), got: value)]
      }
      items = template == nil ? [] : try rendering.items(of: self)
    } catch {
      return [
        Difference(path: "/items", expected: .array(test.items.map(JSONValue.object)), error: error)
      ]
    }
    var found: [Difference] = []
    for index in 0..<max(items.count, test.items.count) where found.count < Self.mostDifferences {
      found += differences(
        at: "/items/\(index)", expected: index < test.items.count ? test.items[index] : nil,
        item: index < items.count ? items[index] : nil)
    }
    return Array(found.prefix(Self.mostDifferences))
  }

  /// How many differences a test reports: more of them say nothing new.
  private static let mostDifferences = 100

  private func differences(
    at path: String, expected: JSONObject?, item: Item?
  ) -> [Difference] {
    var got: JSONObject?
    do throws(ReissueError) {
      got = try item.map { item throws(ReissueError) in
        try item.rendered.get().checked(under: policy).parameters.json
      }
    } catch {
      return [Difference(path: path, expected: expected.map(JSONValue.object), error: error)]
    }
    guard let expected, let got else {
      return [
        Difference(
          path: path, expected: expected.map(JSONValue.object), got: got.map(JSONValue.object))
      ]
    }
    return expected.flatMap { name, value in
      Self.differences(
        at: path + "/" + JSONPointer.escaped(name), expected: value, got: got[name])
    }
  }

  /// Arrays of the same length and objects of the same names are told apart element by element.
  private static func differences(
    at path: String, expected: JSONValue, got: JSONValue?
  ) -> [Difference] {
    guard let got else { return [Difference(path: path, expected: expected)] }
    switch (expected, got) {
    case (.array(let left), .array(let right)) where left.count == right.count:
      return zip(left, right).enumerated().flatMap { index, pair in
        differences(at: "\(path)/\(index)", expected: pair.0, got: pair.1)
      }
    case (.object(let left), .object(let right)) where Set(left.names) == Set(right.names):
      return left.flatMap { name, value in
        differences(
          at: path + "/" + JSONPointer.escaped(name), expected: value, got: right[name])
      }
    default:
      return expected == got ? [] : [Difference(path: path, expected: expected, got: got)]
    }
  }
}
