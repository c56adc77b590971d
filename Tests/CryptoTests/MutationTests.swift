import Crypto
import TestSupport
import Testing
import TrialAuthority

@Suite("Reading mutated bytes gives a value or an error")
struct MutationTests {
  /// Changes one to four bits or bytes, and sometimes removes or repeats a piece.
  static func mutated(_ bytes: [UInt8], with generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let index = Int.random(in: bytes.indices, using: &generator)
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: bytes.removeSubrange(index...)
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(contentsOf: bytes[index...].prefix(8), at: index)
      case 3: bytes[index] = .random(in: 0...255, using: &generator)
      case 4: bytes[index] = [0x00, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
      default: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
    }
    return bytes
  }

  /// The kind of a sample.
  enum Kind {
    case request
    case key
    case certificate
  }

  /// Made once for all seeds: RSA keys take long.
  static let samples = Result { try makeSamples() }

  static func makeSamples() throws -> [(Kind, [UInt8])] {
    let authority = try CertificateAuthority(name: "Test", validity: 0...1_800_000_000)
    var samples: [(Kind, [UInt8])] = [
      (.certificate, authority.root.der), (.certificate, authority.intermediate.pem.bytes),
    ]
    for kind in [KeyKind.rsa2048, .p256] {
      let key = try PrivateKey.generate(kind)
      let request = try key.makeRequest(commonName: "example.com", dnsNames: ["www.example.com"])
      let pem = try key.pkcs8PEM().revealed
      let der = try shell("openssl pkey -in k -outform DER -traditional", files: ["k": pem])
      samples += [
        (.request, request.der), (.request, request.encoded.pem.bytes), (.key, pem), (.key, der),
      ]
    }
    return samples
  }

  /// 10,000 in all; the number of the case is the seed.
  @Test("Ten thousand mutations are read without a crash", arguments: 0..<10)
  func mutations(seed: Int) throws {
    let samples = try Self.samples.get()
    var generator = SeededGenerator(state: UInt64(seed))
    var (values, errors) = (0, 0)
    for round in 0..<1_000 {
      let (kind, bytes) = samples[round % samples.count]
      let mutation = Self.mutated(bytes, with: &generator)
      let outcome = code { () throws(CryptoError) in
        switch kind {
        case .request: try Self.readRequest(mutation)
        case .key: try Self.readKey(mutation)
        case .certificate: try Self.readCertificate(mutation)
        }
      }
      if outcome == nil { values += 1 } else { errors += 1 }
    }
    // Both must occur, or the mutations test nothing.
    #expect(values > 50 && errors > 500, "\(values) values, \(errors) errors")
  }

  static func readRequest(_ bytes: [UInt8]) throws(CryptoError) {
    let request = try CertificateSigningRequest(parsing: bytes)
    _ = request.findings(commonName: "example.com", names: ["www.example.com"])
    // The canonical form gives the same value.
    #expect(try CertificateSigningRequest(parsing: request.encoded.pem.bytes) == request)
  }

  static func readKey(_ bytes: [UInt8]) throws(CryptoError) {
    let key = try PrivateKey(parsing: SecretBytes(copying: bytes))
    let request = try key.makeRequest(commonName: "example.com", dnsNames: [])
    #expect(request.hasValidSignature)
  }

  static func readCertificate(_ bytes: [UInt8]) throws(CryptoError) {
    for certificate in try Certificate.chain(parsing: bytes) {
      #expect(try Certificate.chain(parsing: certificate.pem.bytes) == [certificate])
    }
  }

  @Test("A thousand generated and checked requests leak nothing (checked by LeakSanitizer)")
  func thousand() throws {
    let key = try PrivateKey.generate(.p256)
    for number in 0..<1_000 {
      let request = try key.makeRequest(commonName: "example.com", dnsNames: ["n\(number).example"])
      let read = try CertificateSigningRequest(parsing: request.encoded.pem.bytes)
      #expect(read.findings(commonName: "example.com", names: ["n\(number).example"]).isEmpty)
    }
  }
}
