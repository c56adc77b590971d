internal import Core
internal import HTTP
internal import Platform
internal import Service

extension Doctor {
  /// From this difference on a clock deserves a word, long before the gateway refuses, in seconds.
  private static let noticeableSkew = 60

  /// One signed look at the service tells of name resolution, proxy, TLS, clock, key and permission.
  func service(_ credentials: Credentials?, _ diagnosis: inout Diagnosis) {
    do throws(ReissueError) {
      let configuration = try ServiceConfiguration.connection(
        caFile: settings.caFile, parallel: settings.parallel, context: context, log: log)
      if let proxy = Self.proxy(configuration) { diagnosis.add(.ok("proxy", proxy)) }
    } catch {
      diagnosis.add(.wrong("proxy", error))
      return diagnosis.add(.ok("service", "not asked: no usable proxy"))
    }
    guard let credentials else {
      return diagnosis.add(.ok("service", "not asked: no credentials"))
    }
    do throws(ReissueError) {
      var client = try ServiceClient(
        ServiceConfiguration(settings, credentials, context, log), context: context, log: log)
      let deadline = context.monotonicMilliseconds() + settings.deadline.milliseconds
      let answer = client.probe(deadline: deadline)
      tls(client, answer, until: deadline, &diagnosis)
      diagnosis.add("clock") { () throws(ReissueError) in try clock(answer) }
      diagnosis.add("service") { () throws(ReissueError) in
        _ = try Look.read(answer, nowSeconds: context.now().seconds).0.get()
        return "\(settings.endpoint) answers and takes the key"
      }
    } catch {
      diagnosis.add(.wrong("service", error))
    }
  }

  private func tls(
    _ client: borrowing ServiceClient, _ answer: Answer, until deadline: Int,
    _ diagnosis: inout Diagnosis
  ) {
    switch answer {
    case .failure(let failure, let peer):
      switch failure.kind {
      case .tlsUntrusted, .proxyUntrusted: break
      default: return
      }
      diagnosis.add(.wrong("tls", ReissueError(unsent: failure, peer: peer)))
    case .reply:
      guard let peer = client.peer(until: deadline) else { return }
      diagnosis.add(
        .ok("tls", "\(peer.subject), \(peer.names), until \(peer.notAfter), by \(peer.issuer)"))
    case .notSent: break
    }
  }

  private func clock(_ answer: Answer) throws(ReissueError) -> String {
    guard case .reply(_, let skew?) = answer else {
      return "\(context.now().rfc3339Seconds), not compared: no answer with a date"
    }
    guard abs(skew) < Self.noticeableSkew else {
      throw ReissueError(
        "clock.skew",
        "this machine's clock is \(abs(skew)) seconds \(skew > 0 ? "behind" : "ahead of") the gateway's",
        hint: "set the clock; the gateway accepts less than 5 minutes",
        exit: abs(skew) < Outcome.maximumClockSkew ? .done : .credentials)
    }
    return "\(context.now().rfc3339Seconds), \(abs(skew)) seconds off"
  }

  /// The proxy without user and password.
  private static func proxy(_ configuration: HTTPClientConfiguration) -> String? {
    configuration.proxy.map { proxy in
      let exceptions = configuration.noProxy
      return "\(proxy)" + (exceptions.isEmpty ? "" : ", not for \(exceptions)")
    }
  }
}

extension ServiceClient {
  /// The smallest signed look, with whatever comes back.
  mutating func probe(deadline: Int) -> Answer {
    let target = ServicePath.certificates(page: 1, size: 1)
    let exchanges = send(
      1, as: "look-ups", parallel: 1, deadline: deadline,
      call: { _, _ in ServiceCall(method: .get, target: target, body: []) },
      meaning: { ($0, .final) })
    return exchanges.first?.meaning ?? .notSent
  }
}
