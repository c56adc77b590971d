internal import CCrypto

/// How a request was signed.
struct SignatureAlgorithm {
  /// The name of RSASSA-PSS (RFC 8017 section 8.1).
  static let pss = "rsassaPss"

  /// The long name of the algorithm, for example `ecdsa-with-SHA256`.
  let name: String
  /// The short name of the digest, for example `SHA256`; `nil` if the algorithm brings its own.
  let digest: String?

  /// Of a request, borrowed.
  init(of request: OpaquePointer) {
    let identifier = unsafe X509_REQ_get_signature_nid(request)
    // The algorithm belongs to the request.
    var algorithm: UnsafePointer<X509_ALGOR>?
    unsafe X509_REQ_get0_signature(request, nil, &algorithm)
    unsafe name = objectName(algorithm?.pointee.algorithm)
    var digestIdentifier: Int32 = 0
    if identifier == NID_rsassaPss {
      unsafe digestIdentifier = Self.digestOfPSS(algorithm)
    } else {
      _ = unsafe OBJ_find_sigid_algs(identifier, &digestIdentifier, nil)
    }
    // A constant of the library.
    digest =
      digestIdentifier == NID_undef
      ? nil : unsafe OBJ_nid2sn(digestIdentifier).map { unsafe String(cString: $0) }
  }

  /// RSASSA-PSS names its digest in its parameters, and means SHA-1 if it does not (RFC 8017 appendix A.2.3).
  private static func digestOfPSS(_ algorithm: UnsafePointer<X509_ALGOR>?) -> Int32 {
    var type: Int32 = 0
    var value: UnsafeRawPointer?
    unsafe X509_ALGOR_get0(nil, &type, &value, algorithm)
    guard type == V_ASN1_SEQUENCE else { return NID_undef }
    let encoded = unsafe contents(of: value?.assumingMemoryBound(to: ASN1_STRING.self))
    // Decoded into a structure of its own, which is freed here.
    let parameters = unsafe encoded.withUnsafeBufferPointer { buffer in
      var cursor = buffer.baseAddress
      return unsafe d2i_RSA_PSS_PARAMS(nil, &cursor, buffer.count)
    }
    defer { unsafe RSA_PSS_PARAMS_free(parameters) }
    guard let parameters = unsafe parameters else { return NID_undef }
    guard let hash = unsafe parameters.pointee.hashAlgorithm else { return NID_sha1 }
    return unsafe OBJ_obj2nid(hash.pointee.algorithm)
  }
}
