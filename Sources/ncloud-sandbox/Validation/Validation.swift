internal import NIOCore

/// `--validate-dns`: a certificate is issued when all name servers return the records of all its domains, as an
/// authority that looks from several places would see them.
extension SandboxService {
  /// The pause between two rounds of queries, in milliseconds. A real authority takes minutes.
  private static let pause: Int64 = 500

  /// Begins to ask the name servers of the options, again and again; does nothing without any.
  func startValidating(on eventLoop: any EventLoop) {
    guard !options.nameServers.isEmpty else { return }
    let sandbox = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleRepeatedTask(
      initialDelay: .zero, delay: .milliseconds(Self.pause)
    ) { _ in
      sandbox.value.validate(on: eventLoop)
    }
  }

  private func validate(on eventLoop: any EventLoop) {
    passTime()
    for certificate in account.certificates where certificate.isBeingValidated {
      let age = clock.milliseconds - certificate.requestedMilliseconds
      if let limit = options.giveUpAfterMilliseconds, age >= limit {
        account[certificate.number]?.status = .validationExpired
        continue
      }
      for domain in certificate.missingDomains {
        guard let verification = Verification(certificate, domain, options.shapes) else { continue }
        look(for: verification.record, of: domain, certificate.number, on: eventLoop)
      }
      if certificate.missingDomains.isEmpty, age >= options.issueAfterMilliseconds ?? 0 {
        account.issue(certificate.number, at: clock.seconds)
      }
    }
  }

  private func look(
    for record: DomainRecord, of domain: String, _ number: Int, on eventLoop: any EventLoop
  ) {
    // A name server that does not answer is asked one question at a time.
    guard openQueries.insert(record).inserted else { return }
    let sandbox = NIOLoopBound(self, eventLoop: eventLoop)
    let answers = options.nameServers.map {
      NameServerQuery.isVisible(record, at: $0, on: eventLoop)
    }
    EventLoopFuture.whenAllSucceed(answers, on: eventLoop).whenComplete { result in
      sandbox.value.openQueries.remove(record)
      guard case .success(let answers) = result, answers.allSatisfy(\.self) else { return }
      sandbox.value.account[number]?.provedDomains.insert(domain)
    }
  }
}

extension AccountCertificate {
  fileprivate var isBeingValidated: Bool { status == .ongoing && isReissued }

  /// The domains without a proof.
  fileprivate var missingDomains: [String] {
    domainsInOrder.filter { !validatedDomains.contains($0) && !provedDomains.contains($0) }
  }
}
