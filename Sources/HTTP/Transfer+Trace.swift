extension Transfer {
  /// Tells what is about to be asked.
  func traceRequest(_ trace: ((String) -> Void)?) {
    guard let trace else { return }
    trace("> \(request.method.rawValue) \(singleLine(request.url)), \(request.body.count) bytes")
    for header in request.headers {
      let value = isHarmless(header) ? singleLine(header.value) : "(hidden)"
      trace("> \(header.name): \(value)")
    }
  }

  /// Tells what came of it.
  func traceResult(
    _ result: Result<HTTPResponse, HTTPFailure>, _ trace: ((String) -> Void)?
  ) {
    guard let trace else { return }
    switch result {
    case .success(let response):
      let transport = response.transport
      let connection = transport.isConnectionReused ? "reused" : "new"
      trace(
        "< HTTP/\(transport.version) \(response.status), \(response.headers.count) headers, "
          + "\(response.body.count) bytes, \(connection) connection, "
          + "\(transport.totalMicroseconds) microseconds")
    case .failure(let failure):
      let sent = failure.mayHaveBeenSent ? "may have been sent" : "not sent"
      trace("< no reply: \(failure.reason) (libcurl error \(failure.code), request \(sent))")
    }
  }

  /// Whether the value may be shown: only what is known to hold no secret.
  private func isHarmless(_ header: HTTPHeader) -> Bool {
    ["accept", "content-type", "x-ncp-apigw-timestamp"].contains(header.name.lowercased())
  }
}
