/// The kind of DNS record that validates a domain.
enum RecordType: String, Hashable, Sendable {
  case text = "TXT"
  case alias = "CNAME"
}

/// How answers look where the documents leave it open.
struct Shapes: Sendable {
  /// The reissue page says CNAME, every page around it TXT.
  var recordType = RecordType.text
}
