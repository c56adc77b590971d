package import JSON

extension JSONObject {
  /// A copy with some members changed; `null` removes a member.
  package func with(_ changes: JSONValue) -> JSONObject {
    var object = self
    for (name, value) in changes.object ?? JSONObject() {
      // A bare nil would be read as the JSON value null.
      object[name] = value.isNull ? JSONValue?.none : value
    }
    return object
  }
}
