package import JSON

/// The parts of a document that expressions can read, found without evaluating them.
///
/// A part that is left out of a document changes no result: it is only asked for its kind, or not at all.
package final class DocumentPart {
  private var isWhole = false
  private var members: [(name: String, part: DocumentPart)] = []
  private var elements: DocumentPart?

  /// The whole document, of which nothing is read yet.
  package init() {}

  /// What is read.
  package var selection: JSONSelection {
    guard !isWhole else { return .whole }
    return .parts(
      members: members.map { .init(name: $0.name, parts: $0.part.selection) },
      elements: elements?.selection)
  }

  /// The part is read as a whole.
  package func read() { isWhole = true }

  fileprivate func member(_ name: String) -> DocumentPart {
    if let found = members.first(where: { isSameText($0.name, name) }) { return found.part }
    let part = DocumentPart()
    members.append((name, part))
    return part
  }

  fileprivate var element: DocumentPart {
    if let elements { return elements }
    let part = DocumentPart()
    elements = part
    return part
  }
}

/// Where the value of an expression may come from. A value that is made from what was read comes from nowhere.
package struct Origins {
  /// The value may be one of these.
  private(set) var parts: [DocumentPart] = []
  /// The value may be a new array of these.
  private(set) var listed: [DocumentPart] = []

  /// A value that is no part of the document.
  package init() {}

  /// A part of the document.
  package init(_ part: DocumentPart) { parts = [part] }

  /// The value is read as a whole.
  package func read() { for part in parts + listed { part.read() } }

  /// Either value.
  package func or(_ other: Origins) -> Origins {
    var both = self
    both.parts.add(other.parts)
    both.listed.add(other.listed)
    return both
  }

  /// The elements, if the value is an array.
  package var elements: Origins {
    var elements = Origins()
    elements.parts.add(parts.map(\.element))
    elements.parts.add(listed)
    return elements
  }

  fileprivate func member(_ name: String) -> Origins {
    // The steps for a long name depend on the number of members.
    if name.utf8.count >= Limits.bytesPerStep { for part in parts { part.read() } }
    var found = Origins()
    found.parts.add(parts.map { $0.member(name) })
    return found
  }

  /// A new array of such values.
  fileprivate var array: Origins {
    for part in listed { part.read() }
    var array = Origins()
    array.listed = parts
    return array
  }
}

extension [DocumentPart] {
  fileprivate mutating func add(_ parts: [DocumentPart]) {
    for part in parts where !contains(where: { $0 === part }) { append(part) }
  }
}

extension Expression {
  /// Marks the parts that an evaluation reads.
  ///
  /// - Parameters:
  ///   - current: Where the current value comes from.
  ///   - root: Where the root comes from.
  ///   - variables: Where the variables come from; others are no parts of the document.
  /// - Returns: Where the result comes from; it is not read yet.
  package func markReads(
    at current: Origins, root: Origins, variables: [(name: String, origins: Origins)]
  ) -> Origins {
    ReadFinder(root: root).origins(of: node, at: current, variables)
  }
}

private struct ReadFinder {
  let root: Origins

  typealias Variables = [(name: String, origins: Origins)]

  func origins(of node: Node, at current: Origins, _ variables: Variables) -> Origins {
    func find(_ node: Node, at current: Origins) -> Origins {
      origins(of: node, at: current, variables)
    }
    /// Reads the children as a whole.
    func read(_ parts: [Node], at current: Origins) -> Origins {
      for part in parts { find(part, at: current).read() }
      return Origins()
    }
    switch node.kind {
    case .current: return current
    case .root: return root
    case .literal, .pattern: return Origins()
    case .variable(let name): return variables.last { $0.name == name }?.origins ?? Origins()
    case .field(let name): return current.member(name)
    case .index: return current.elements
    case .chain(let left, let right), .pipe(let left, let right):
      return find(right, at: find(left, at: current))
    case .or(let left, let right), .and(let left, let right):
      let first = find(left, at: current)
      first.read()
      return first.or(find(right, at: current))
    case .conditional(let condition, let then, let otherwise):
      find(condition, at: current).read()
      return find(then, at: current).or(find(otherwise, at: current))
    case .list(let parts):
      return parts.reduce(Origins()) { $0.or(find($1, at: current)) }.array
    case .projection(let over, let each):
      return find(each, at: find(over, at: current).elements).array
    case .filter(let over, let condition, let each):
      let elements = find(over, at: current).elements
      find(condition, at: elements).read()
      return find(each, at: elements).array
    case .flatten(let over, let each):
      let elements = find(over, at: current).elements
      return find(each, at: elements.or(elements.elements)).array
    case .sliceProjection(let over, _, let each):
      // A text is sliced too; then the rest of the expression gives the result.
      let elements = find(over, at: current).elements
      return find(each, at: elements).array.or(find(each, at: Origins()))
    case .valueProjection(let over, let each):
      find(over, at: current).read()
      return find(each, at: Origins()).array
    case .bind(let members, let body):
      let bound = members.map { ($0.name, find($0.value, at: current)) }
      return origins(of: body, at: current, variables + bound)
    case .call(let function, let arguments):
      // The type of a value is the same without its parts.
      if function.name == "type" {
        for argument in arguments { _ = find(argument, at: current) }
        return Origins()
      }
      return read(arguments, at: current)
    // The elements on which it is evaluated are read as a whole.
    case .reference(let part): return find(part, at: Origins())
    case .not, .comparison, .arithmetic, .sign, .hash: return read(node.children, at: current)
    }
  }
}
