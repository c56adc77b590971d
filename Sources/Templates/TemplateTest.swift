// The examples in a template: each event is handled like any other, and the result is compared.

package import Core
package import JMESPath
package import JSON
internal import Parameters
package import Platform

/// A place where a test expects one value and gets another.
package struct Difference: Hashable, Sendable {
  /// JSON pointer into the expectation, such as `/items/0/commonName`.
  package let path: String
  /// The expected value; `nil` if none is expected.
  package var expected: JSONValue?
  /// The actual value; `nil` if there is none.
  package var got: JSONValue?
  /// The error, if there is no value because of one.
  package var error: ReissueError?
}

/// A template with its findings, and its tests with their results.
package struct CheckedTemplate: Sendable {
  /// A test with its result.
  package struct TestResult: Sendable {
    /// The test.
    package let test: Template.Test
    /// The differences; `nil` if the test was not run, because the template itself is wrong.
    package let differences: [Difference]?
  }

  /// The name of the template.
  package let name: String
  /// Its file.
  package let file: String
  /// What is wrong with it.
  package private(set) var findings: [Finding]
  /// Its tests; none until they are run.
  package private(set) var tests: [TestResult] = []
  private let template: Template

  /// Checks a template that was read with these mistakes, at the time `now`.
  package init(_ template: Template, file: String, mistakes: [ReissueError], now: Timestamp) {
    name = template.name
    self.file = file
    self.template = template
    findings = TemplateCheck(template, read: mistakes, now: now).findings
  }

  /// Runs the tests, unless there is an error.
  ///
  /// - Parameters:
  ///   - variables: The value of `$vars`.
  ///   - now: The time for tests that have none.
  ///   - budget: The remaining work.
  ///   - goOn: Called after each test; throws if the run must end.
  package mutating func runTests(
    variables: JSONObject, now: Timestamp, spending budget: inout Budget,
    goOn: () throws(ReissueError) -> Void
  ) throws(ReissueError) {
    guard !findings.contains(where: { $0.severity == .error }) else {
      tests = template.tests.map { TestResult(test: $0, differences: nil) }
      return
    }
    var coverage = TestCoverage()
    for test in template.tests {
      let differences = template.differences(
        in: test, variables: variables, now: now, spending: &budget, noting: &coverage)
      try goOn()
      tests.append(TestResult(test: test, differences: differences))
    }
    judge(coverage)
  }

  /// A slip in `when` or `items` looks like an event that is not meant: only a test shows the difference.
  private mutating func judge(_ coverage: TestCoverage) {
    func warn(_ code: String, _ message: String, hint: String, at pointer: String) {
      let error = ReissueError(
        code, message, hint: hint, exit: .configuration,
        place: Place(template: name, pointer: pointer))
      findings.append(Finding(severity: .warning, error: error))
    }
    let hint = "add a test with an event of the sender and the items that it must give"
    if tests.isEmpty {
      warn("template.no-tests", "the template has no tests", hint: hint, at: "")
    } else if template.when != nil, !coverage.isAccepted {
      warn("template.never-tested", "no test makes `when` true", hint: hint, at: "/when")
    } else if template.items != nil, !coverage.hasItems {
      warn("template.never-tested", "no test finds an item", hint: hint, at: "/items")
    }
    // Events of the sender have the values: one without them is reported as an error.
    if coverage.hasItems, tests.allSatisfy({ $0.differences == [] }) {
      findings.removeAll { $0.error.code == "template.no-default" }
    }
  }
}

/// What the tests of a template have reached.
struct TestCoverage {
  /// Whether `when` accepted an event.
  var isAccepted = false
  /// Whether `items` found something.
  var hasItems = false
}

extension Template {
  /// The most differences that a test reports.
  private static let mostDifferences = 100

  /// Runs a test of the template. It passes if there are no differences.
  ///
  /// The number and the order of items are compared, but only those members that the expected item has.
  ///
  /// - Parameters:
  ///   - test: The event, and the items that it must give.
  ///   - variables: The value of `$vars`.
  ///   - now: The time, if the test has none of its own.
  ///   - budget: The remaining work for this test and the following ones.
  ///   - coverage: Receives what the test reaches.
  func differences(
    in test: Test, variables: JSONObject, now: Timestamp, spending budget: inout Budget,
    noting coverage: inout TestCoverage
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
    let items: [RenderedItem]
    do throws(ReissueError) {
      var oddValue: JSONValue?
      let template = try rendering.choose(from: [self], isNamed: true) { oddValue = $2.oddValue }
      // The template does not accept the event. A test that expects no items would pass by mistake.
      if let oddValue {
        return [Difference(path: "/when", expected: .boolean(!test.items.isEmpty), got: oddValue)]
      }
      coverage.isAccepted = coverage.isAccepted || template != nil
      items = template == nil ? [] : try rendering.items(of: self)
      coverage.hasItems = coverage.hasItems || !items.isEmpty
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

  private func differences(
    at path: String, expected: JSONObject?, item: RenderedItem?
  ) -> [Difference] {
    var difference = Difference(path: path, expected: expected.map(JSONValue.object))
    var got: JSONObject?
    do throws(ReissueError) {
      got = try item?.rendered.get().checked(under: policy).parameters.json
      if let reference = item?.reference { got?["reference"] = .string(reference) }
    } catch {
      difference.error = error
      return [difference]
    }
    guard let expected, let got else {
      difference.got = got.map(JSONValue.object)
      return [difference]
    }
    return expected.flatMap { name, value in
      Self.differences(
        at: JSONPointer.member(name, of: path), expected: value, got: got[name])
    }
  }

  /// Compares arrays of the same length, and objects with the same names, element by element.
  private static func differences(
    at path: String, expected: JSONValue, got: JSONValue?
  ) -> [Difference] {
    switch (expected, got) {
    case (.array(let left), .array(let right)) where left.count == right.count:
      return zip(left, right).enumerated().flatMap { index, pair in
        differences(at: "\(path)/\(index)", expected: pair.0, got: pair.1)
      }
    case (.object(let left), .object(let right)) where Set(left.names) == Set(right.names):
      return left.flatMap { name, value in
        differences(
          at: JSONPointer.member(name, of: path), expected: value, got: right[name])
      }
    default:
      return expected == got ? [] : [Difference(path: path, expected: expected, got: got)]
    }
  }
}
