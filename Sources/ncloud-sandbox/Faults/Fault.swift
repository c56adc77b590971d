/// One thing that shall go wrong, for which requests, and how often.
struct Fault: Hashable, Sendable {
  let kind: FaultKind
  private let method: String?
  private let path: String?
  private let certificateNo: String?
  /// How many matching requests still pass unharmed.
  private(set) var skip: Int
  /// How many are still harmed; `nil` is without end.
  private(set) var remaining: Int?
  /// Whether the request is carried out all the same.
  let carriesOut: Bool
  /// What it does to an answer.
  let action: FaultAction

  /// Reads a fault, from `--fault`.
  init(specification: String) throws(SandboxError) {
    let parsed = try FaultOptions.parse(specification: specification)
    try self.init(kind: parsed.kind, options: parsed.options)
  }

  /// Makes a fault of its options.
  ///
  /// - Throws: For an unknown kind, an option that the kind does not have, a value out of range.
  init(kind name: String, options: FaultOptions) throws(SandboxError) {
    guard let kind = FaultKind(rawValue: name) else {
      throw SandboxError("unknown fault '\(name)', see --help for the kinds")
    }
    self.kind = kind
    if let stranger = options.names.subtracting(FaultOptions.common).subtracting(kind.options).min()
    {
      throw SandboxError("fault '\(name)' has no option '\(stranger)'")
    }
    method = options.text("method")
    path = options.text("path")
    certificateNo = options.text("certificate")
    skip = try options.number("skip") ?? 0
    remaining = try options.number("count")
    let wish = try options.flag("carried-out")
    guard wish == nil || kind.mayChooseCarryingOut else {
      throw SandboxError("fault '\(name)' has no option 'carried-out': the kind decides it")
    }
    carriesOut = wish ?? kind.carriesOutByDefault
    action = try FaultAction(kind: kind, options: options)
  }

  /// Whether it is used up.
  var isSpent: Bool { remaining == 0 }

  private func matches(_ request: Request, _ route: Route) -> Bool {
    if let method, method != request.method { return false }
    if let certificateNo, certificateNo != route.certificateNo { return false }
    guard let path else { return true }
    return path.hasSuffix("*")
      ? request.path.hasPrefix(path.dropLast()) : request.path == path
  }

  /// Whether this request is one to harm; counts it.
  mutating func take(_ request: Request, _ route: Route) -> Bool {
    guard !isSpent, matches(request, route) else { return false }
    guard skip == 0 else {
      skip -= 1
      return false
    }
    remaining = remaining.map { $0 - 1 }
    return true
  }
}

/// The faults that are armed, in the order in which they were given.
struct FaultList: Sendable {
  private(set) var faults: [Fault]

  init(_ faults: [Fault] = []) { self.faults = faults }

  mutating func append(_ fault: Fault) { faults.append(fault) }

  /// The first fault that wants this request.
  ///
  /// Each fault counts only what those before it left.
  mutating func take(_ request: Request, _ route: Route) -> Fault? {
    for position in faults.indices where faults[position].take(request, route) {
      return faults[position]
    }
    return nil
  }
}
