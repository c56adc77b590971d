package import Core
internal import JSON

/// The rules of a template about when a reissue may be asked for.
package struct Policy: Hashable, Sendable {
  /// What to do when the names of the certificate would change.
  package enum DomainChanges: String, Hashable, Sendable, CaseIterable {
    /// The item fails, and the names are told.
    case refuse
    /// It is sent all the same.
    case allow
  }

  /// After an accepted reissue, further events are skipped for so long.
  package var cooldown = TimeSpan(seconds: 7 * 86_400)
  /// A certificate that is valid for longer is not reissued.
  package var renewBefore = TimeSpan(seconds: 30 * 86_400)
  /// Removing names may revoke certificates in use, adding some may cost.
  package var domainChanges = DomainChanges.refuse
  /// Whether the service is looked at before anything is sent.
  package var preflight = true

  /// The defaults.
  package init() {}
}
