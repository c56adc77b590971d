/// Signing requests made with `openssl req`; their keys are gone.
enum Fixtures {
  /// P-256, CN shop.example.com, SAN shop.example.com and www.shop.example.com.
  static let shopSigningRequest = """
    -----BEGIN CERTIFICATE REQUEST-----
    MIIBGjCBwQIBADAbMRkwFwYDVQQDDBBzaG9wLmV4YW1wbGUuY29tMFkwEwYHKoZI
    zj0CAQYIKoZIzj0DAQcDQgAEG3h7x74ZCFkrmmSr+TRvXMbaxwUdPuemuCLH2mL5
    tWla9WsxCtWdCRwjwjm4RMB2JkMrB/6rCnhZJOnxhQowoqBEMEIGCSqGSIb3DQEJ
    DjE1MDMwMQYDVR0RBCowKIIQc2hvcC5leGFtcGxlLmNvbYIUd3d3LnNob3AuZXhh
    bXBsZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIgLVzg4g5+IIxGepvGX9rVmf4FsZEE
    6mXggTlj8ZB5negCIQDrIMFUzTS2Nf6GH4yc9uaLuh717PqSL3ErjIk4bQiYKg==
    -----END CERTIFICATE REQUEST-----

    """
}
