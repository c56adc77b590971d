extension Seed {
  /// What an account has when no seed file is given; `--print-seed` shows it.
  static let defaultText = """
    {
      "//1": "A seed for ncloud-sandbox: what the account has at the start.",
      "//2": "Times: daysLeft and subscriptionDaysLeft count from the start, so the file never grows stale;",
      "//3": "notBefore, notAfter, subscriptionStart, subscriptionEnd take 2026-11-24 22:01:02 (UTC) or epoch seconds.",
      "//4": "statusCode: 0 in progress, 1 normal (default), 2 normal without private key, -1 failed, -2 expired,",
      "//5": "-3 validation failed, -4 validation expired, -5 revoked. Certificates without an order go into",
      "//6": "the outer list. certificateType: NCP_PAID_DV_01 (default), NCP_PAID_OV_01, SANDBOX_CLOUD_BASIC,",
      "//7": "SANDBOX_EXTERNAL. validatedDomains need no new DNS record. nextCertificateNo is the next number.",
      "nextCertificateNo": 56010,
      "orders": [
        { "orderId": "ORDER-1001", "subscriptionYears": 2, "subscriptionDaysLeft": 400, "certificates": [
          { "certificateNo": 55882, "certificateName": "shop", "commonName": "shop.example.com",
            "dnsName": ["www.shop.example.com"], "statusCode": "2", "daysLeft": 12 }
        ] },
        { "orderId": "ORDER-1002", "subscriptionYears": 1, "subscriptionDaysLeft": 200, "certificates": [
          { "certificateNo": 55883, "certificateName": "api", "commonName": "api.example.com", "statusCode": "1",
            "daysLeft": 20 }
        ] },
        { "orderId": "ORDER-1003", "subscriptionYears": 2, "subscriptionDaysLeft": 420, "certificates": [
          { "certificateNo": 55884, "certificateName": "wildcard", "commonName": "*.example.com",
            "dnsName": ["example.com"], "statusCode": "2", "daysLeft": 9 }
        ] },
        { "orderId": "ORDER-1004", "subscriptionYears": 1, "subscriptionDaysLeft": 300, "certificates": [
          { "certificateNo": 55885, "certificateName": "mail", "commonName": "mail.example.com",
            "dnsName": ["imap.example.com", "smtp.example.com"], "certificateType": "NCP_PAID_OV_01",
            "statusCode": "2", "daysLeft": 13 }
        ] },
        { "//": "The original and the representative that a reissue left; only the latter can be reissued.",
          "orderId": "ORDER-1005", "subscriptionYears": 1, "subscriptionDaysLeft": 250, "certificates": [
          { "certificateNo": 55886, "certificateName": "blog", "commonName": "blog.example.com",
            "statusCode": "2", "daysLeft": 11 },
          { "certificateNo": 55986, "certificateName": "blog", "commonName": "blog.example.com",
            "statusCode": "2", "daysLeft": 190 }
        ] },
        { "//": "A reissue in progress: nothing of this order can be reissued until it ends.",
          "orderId": "ORDER-1006", "subscriptionYears": 1, "subscriptionDaysLeft": 230, "certificates": [
          { "certificateNo": 55887, "certificateName": "docs", "commonName": "docs.example.com",
            "statusCode": "2", "daysLeft": 8 },
          { "certificateNo": 55987, "certificateName": "docs", "commonName": "docs.example.com", "statusCode": "0" }
        ] },
        { "//": "The subscription ends with the certificate: a reissue gains nothing.",
          "orderId": "ORDER-1007", "subscriptionYears": 1, "subscriptionDaysLeft": 10, "certificates": [
          { "certificateNo": 55888, "certificateName": "old", "commonName": "old.example.com", "statusCode": "2",
            "daysLeft": 10 }
        ] }
      ],
      "certificates": [
        { "certificateNo": 55889, "certificateName": "basic", "commonName": "basic.example.com",
          "certificateType": "SANDBOX_CLOUD_BASIC", "statusCode": "1", "daysLeft": 15 }
      ]
    }

    """
}
