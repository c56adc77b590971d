import JSON

/// An event whose items take more than a minute to compute in all, although each expression is fast.
enum ManyItems {
  private static let items = 4_000
  private static let numbers = 4_000

  static let template: JSONValue = [
    "version": 1, "items": "items",
    "let": ["count": "length($event.numbers[?@ > `1`])"],
    "reissue": [
      "certificateNo": "${ $count }", "certificateName": "shop", "commonName": "shop.example.com",
      "validationMethod": "D", "csr": ["file": "shop.example.com.csr"],
    ],
    "policy": ["preflight": "off"],
  ]

  static let event = JSONEncoder.text([
    "items": .array((0..<items).map { .object(JSONObject([("no", .integer($0))])) }),
    "numbers": .array((0..<numbers).map(JSONValue.integer)),
  ])
}
