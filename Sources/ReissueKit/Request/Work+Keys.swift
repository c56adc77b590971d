// Keys are made as late as can be: when the request is about to leave.

internal import Platform

extension Work {
  /// Makes the missing keys and signing requests, and puts what belongs to a request into its store.
  mutating func makeKeys(in store: CertificateStore) {
    for place in open {
      do throws(ReissueError) {
        try self[place].makeKey(in: store)
      } catch {
        self[place].end(.failed, error: error)
      }
    }
  }

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
  fileprivate mutating func makeKey(in store: CertificateStore) throws(ReissueError) {
    guard var request, let name = request.store else { return }
    if case .generate(let choice) = request.parameters.signingRequest {
      let (key, signingRequest) = try SigningRequest.generated(choice, for: request.parameters)
      madeStore = try store.add(name.text, key: key, request: signingRequest)
      request.signingRequest = signingRequest
    } else if let signingRequest = request.signingRequest {
      madeStore = try store.add(name.text, key: nil, request: signingRequest)
    }
    result.store = madeStore
    result.signingRequestDigest = request.signingRequest?.digest
    self.request = request
  }
}
