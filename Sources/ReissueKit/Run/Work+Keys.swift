// Keys are made as late as possible: each when its own call is about to be sent.

internal import Core
internal import Parameters
internal import Platform
internal import Service
internal import Templates

extension Work {
  /// Removes what was stored for requests that surely led to nothing.
  mutating func discardRefused(from store: CertificateStore, log: Log) {
    for place in jobs.indices where self[place].isRefused {
      guard let entry = self[place].madeStore else { continue }
      do throws(ReissueError) {
        try store.discard(entry)
        self[place].madeStore = nil
        self[place].result.store = nil
      } catch {
        log.log(.warning, "the folder \(entry) of a refused request stays: \(error.message)")
      }
    }
  }
}

extension Job {
  /// Makes the missing key and signing request, puts what belongs to the request into its store, and notes in
  /// the ledger where; else the job comes to its end.
  ///
  /// - Parameters:
  ///   - store: Where it is kept.
  ///   - memory: The ledger; `nil` if none is kept.
  ///   - goOn: Asked while a key is made, which may take seconds; `false` ends it, and nothing is left of it.
  mutating func makeKey(in store: CertificateStore, _ memory: Memory?, while goOn: () -> Bool) {
    guard request?.store != nil else { return }
    do throws(ReissueError) {
      guard goOn() else { throw .endedBeforeSending }
      try keepKey(in: store, while: goOn)
    } catch {
      return end(.failed, error: error)
    }
    if let memory { noteStore(in: memory) }
  }

  private mutating func keepKey(
    in store: CertificateStore, while goOn: () -> Bool
  ) throws(ReissueError) {
    guard var request, let name = request.store else { return }
    if case .generate(let choice) = request.parameters.signingRequest {
      let (key, signingRequest) = try SigningRequest.generated(
        choice, for: request.parameters, while: goOn)
      madeStore = try store.add(
        name.text, key: key, request: signingRequest, for: request.parameters,
        mayNamesChange: policy.domainChanges == .allow, while: goOn)
      request.signingRequest = signingRequest
    } else if let signingRequest = request.signingRequest {
      madeStore = try store.add(
        name.text, key: nil, request: signingRequest, for: request.parameters,
        mayNamesChange: policy.domainChanges == .allow, while: goOn)
    }
    result.store = madeStore
    result.signingRequestDigest = request.signingRequest?.digest
    self.request = request
  }
}
