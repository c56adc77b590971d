// What a template made of an item, held against the rules: the same for a run, for `render` and for the
// tests of a template.

package import Core
package import Parameters

extension RenderedItem {
  /// The parameters and the store folder, each valid for itself and beside the others.
  ///
  /// - Parameters:
  ///   - policy: The rules of the template.
  ///   - note: Gets the parameters once each is valid for itself: results show them even if they do not
  ///     fit the rest.
  /// - Throws: ``ReissueError`` with a code `parameters.…` or `store.…`.
  package func checked(
    under policy: Policy, note: (ReissueParameters) -> Void = { _ in }
  ) throws(ReissueError) -> (parameters: ReissueParameters, store: StoreName?) {
    let parameters = try ReissueParameters(rendered: parameters)
    note(parameters)
    guard parameters.certificateNumber != nil || policy.preflight else { throw .numberMissing }
    if let store { return (parameters, try StoreName(parameter: store)) }
    if case .generate = parameters.signingRequest { throw .storeMissing }
    return (parameters, nil)
  }
}

extension ReissueError {
  /// The number is neither named nor looked up.
  static let numberMissing = ReissueError(
    parameter: "certificateNo", "is not set, and it cannot be looked up with preflight off",
    hint: "name the certificate's number, or leave preflight on")
}
