// First step: what the template rendered becomes items with valid parameters, each with its signing request.

internal import Core
internal import Parameters
internal import Templates

extension Run {
  /// Makes the items of an event. An item whose parameters are not valid is ended, and does not concern the others.
  ///
  /// `checkingTime` is called before each item, since a request may be made with a key that exists, which takes as long
  /// as an RSA signature; it throws once the run has to end.
  func prepare(
    _ rendered: [RenderedItem], of template: Template,
    checkingTime: () throws(ReissueError) -> Void
  ) throws(ReissueError) -> [Item] {
    var items: [Item] = []
    items.reserveCapacity(rendered.count)
    for item in rendered {
      try checkingTime()
      items.append(prepare(item, of: template))
    }
    // `--force` is for one certificate that a person looked at, not for whatever an event contains.
    if settings.isForced, items.count > 1 { items.fail(.forcedBatch) }
    items.mergeDuplicates()
    return items
  }

  private func prepare(_ rendered: RenderedItem, of template: Template) -> Item {
    var result = ItemResult(index: rendered.index, status: .failed)
    result.reference = rendered.reference
    do throws(ReissueError) {
      let (parameters, store) = try rendered.rendered.get().checked(under: template.policy) {
        result.parameters = $0
        result.warnings = $0.warnings
        result.askedNumber = $0.certificateNumber
      }
      let signingRequest = try SigningRequest.known(
        for: parameters, requestFolder: settings.csrFolder, keyFolder: settings.keyFolder, context)
      result.signingRequestDigest = signingRequest?.digest
      result.certificateNumber = parameters.certificateNumber
      let request = Item.Request(
        parameters: parameters, signingRequest: signingRequest, store: store)
      var item = Item(result, .prepared(request), policy: template.policy)
      item.names = parameters.names
      return item
    } catch {
      result.error = error.at(Place(template: template.name))
      return Item(result, .ended(nil), policy: template.policy)
    }
  }

  /// Compares the signing requests of all open items with their parameters, once: one that does not fit is not sent,
  /// nor are two items with the same one. `checkingTime` is called before each, and throws once the run has to end.
  mutating func checkSigningRequests(
    of template: String, checkingTime: () throws(ReissueError) -> Void
  ) throws(ReissueError) {
    for index in items.open {
      try checkingTime()
      items[index].checkSigningRequest(of: template)
    }
    items.refuseSharedSigningRequests()
  }
}

extension Item {
  /// Compares the signing request with the parameters, once; an item whose request does not fit is ended.
  mutating func checkSigningRequest(of template: String) {
    guard case .prepared(let request) = phase else { return }
    do throws(ReissueError) {
      requestFacts = try request.signingRequest?.check(for: request.parameters)
      result.warnings += requestFacts?.warnings ?? []
      pass()
    } catch {
      end(.failed, error: error.at(Place(template: template)))
    }
  }
}

extension [Item] {
  /// Of items that ask for the same certificate with the same parameters one is enough. If the parameters differ,
  /// all of them fail: the program does not guess which one is meant.
  mutating func mergeDuplicates() {
    guard count > 1 else { return }
    let numbered = open.filter { self[$0].result.certificateNumber != nil }
    let groups = Dictionary(grouping: numbered) { self[$0].result.certificateNumber }
    for group in groups.values where group.count > 1 {
      let parameters = group.map { self[$0].request?.normalizedParameters }
      guard parameters.dropFirst().allSatisfy({ $0 == parameters.first }) else {
        for index in group { self[index].end(.failed, error: .conflict) }
        continue
      }
      for index in group.dropFirst() { self[index].end(.skipped, reason: .duplicateItem) }
    }
  }

  /// Whether two open items have the same signing request.
  var shareSigningRequests: Bool {
    let digests = open.compactMap { self[$0].request?.signingRequest?.digest }
    return Set(digests).count < digests.count
  }

  /// Two items with one signing request would give two certificates one key: a file name was copied.
  fileprivate mutating func refuseSharedSigningRequests() {
    guard shareSigningRequests else { return }
    let groups = Dictionary(grouping: open.filter { self[$0].request?.signingRequest != nil }) {
      self[$0].request?.signingRequest?.digest
    }
    for group in groups.values where group.count > 1 {
      for index in group { self[index].end(.failed, error: .sharedSigningRequest) }
    }
  }
}

extension ReissueError {
  fileprivate static let sharedSigningRequest = ReissueError(
    "csr.shared", "two items of this run have the same signing request",
    hint: "give every certificate a signing request of its own", exit: .event,
    place: Place(pointer: "/reissue/csr"))

  fileprivate static let forcedBatch = ReissueError(
    "usage.force", "--force is for one item, and the event has more",
    hint: "send an event with the one certificate that is meant", exit: .usage)

  static let conflict = ReissueError(
    "items.conflict", "two items ask for the same certificate with different parameters",
    hint: "correct the template or the sender: only one of the two can be meant", exit: .event)
}
