internal import JSON

/// The kind of DNS record that validates a domain.
enum RecordType: String, Hashable, Sendable, CaseIterable {
  case text = "TXT"
  case alias = "CNAME"
}

/// How a point of time is written.
///
/// Only the orders' `yyyy-MM-dd HH:mm:ss` is documented.
enum DateForm: String, Hashable, Sendable, CaseIterable {
  case text
  case internet = "iso"
  case milliseconds
}

/// The version of the documents that answers follow.
enum Generation: String, Hashable, Sendable, CaseIterable {
  /// Since 2026-09-17.
  case newest
  /// Before: `orderID`, `certificateTypeCode`, numbers as text.
  case older
}

/// The form of answers where the documents leave it open or have changed.
struct Shapes: Sendable {
  /// The reissue page says CNAME, every page around it TXT.
  var recordType = RecordType.text
  /// The member with the record's value; its name is cut off in every copy, so this one is invented.
  var recordValueName = "txtValue"
  var generation = Generation.newest
  var dateForm = DateForm.text
  /// Between the names of `dnsName` in the lists, which is one text; undocumented.
  var nameSeparator = ","
  /// The page size without `pageSize`; invented, small, so that clients need several pages.
  var defaultPageSize = 10
  /// The largest page; invented.
  var maximumPageSize = 100

  /// A point of time in seconds since 1970 (UTC; the documents name no time zone).
  func date(_ seconds: Int?) -> JSONValue {
    guard let seconds else { return .null }
    return switch dateForm {
    case .text: .string(TimeText.documented(seconds))
    case .internet: .string(TimeText.internet(seconds))
    case .milliseconds: .integer(seconds * 1000)
    }
  }

  /// A number whose JSON type changed between the documents.
  func number(_ number: Int) -> JSONValue {
    generation == .newest ? .integer(number) : .string(String(number))
  }

  /// The name of the member with an order's id in the list of certificates.
  var orderIdName: String { generation == .newest ? "orderId" : "orderID" }

  /// The name of the member with a certificate's type.
  var typeName: String { generation == .newest ? "certificateType" : "certificateTypeCode" }
}
