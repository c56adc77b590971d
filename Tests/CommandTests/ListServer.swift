import Foundation
import JSON
import TestSupport

/// A server in place of the service, with lists that a test writes and the sandbox would never send.
///
/// It accepts any signature, and refuses every POST.
final class ListServer {
  private let server: LoopbackServer

  init() throws {
    server = try LoopbackServer("nginx", package: "nginx-light") { folder, port in
      // Each page is a file whose name ends in the number of the page.
      try folder.write(
        """
        daemon off; master_process off; pid nginx.pid; error_log stderr;
        events { worker_connections 64; }
        http {
          log_format line "$request_method $request_uri"; access_log requests line;
          client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u;
          scgi_temp_path s; default_type application/json;
          server {
            listen 127.0.0.1:\(port); root lists;
            # Without the gateway's sign nothing that it says counts as a refusal.
            add_header x-ncp-apigw-response-origin ENDPOINT always;
            location / {
              if ($request_method = POST) { return 405; }
              try_files $uri.$arg_page $uri =404;
            }
          }
        }
        """, to: "nginx.conf")
      return ["-p", folder.path + "/", "-c", "nginx.conf", "-e", "stderr"]
    }
  }

  /// The options that select this server instead of the sandbox.
  var options: [String] { ["--endpoint", "http://127.0.0.1:\(server.port)"] }

  /// A page of ListAdvancedCertificates.
  func write(page: Int = 1, orders: [JSONValue], totalCount: Int? = nil) throws {
    try write(
      [
        "returnCode": "0", "totalCount": .integer(totalCount ?? orders.count),
        "orders": .array(orders),
      ],
      to: "getPaidCertificates.\(page)")
  }

  /// ListOrders.
  func write(subscriptions: [JSONValue]) throws {
    try write(["returnCode": "0", "orders": .array(subscriptions)], to: "orders.1")
  }

  /// Any reply, chosen by the end of its path.
  func write(_ answer: JSONValue, to name: String) throws {
    try server.folder.write(JSONEncoder.text(answer), to: "lists/api/v2/certificate/\(name)")
  }

  /// Method and target of all requests that contain this text.
  func requests(_ part: String) throws -> [String] {
    try server.folder.read("requests").split(separator: "\n").map(String.init)
      .filter { $0.contains(part) }
  }

  /// An order in the form of the list.
  static func order(_ id: JSONValue = "ORDER-1001", _ certificates: JSONValue...) -> JSONValue {
    ["orderId": id, "certificates": .array(certificates)]
  }

  /// A certificate in the form of the lists, by default one of `shop` that is due; members of `changes` replace its
  /// own.
  static func certificate(_ changes: JSONObject = JSONObject()) -> JSONValue {
    var members = JSONObject([
      ("certificateNo", 55882), ("certificateName", "shop"), ("commonName", "shop.example.com"),
      ("dnsName", "www.shop.example.com"), ("statusCode", "1"),
      ("notBefore", "2026-01-01 00:00:00"), ("notAfter", "2026-07-01 00:00:00"),
    ])
    for member in changes { members[member.name] = member.value }
    return .object(members)
  }
}
