import Crypto
import Testing

@Suite("Bytes are encoded and decoded")
struct EncodingTests {
  @Test(
    "The vectors of RFC 4648 section 10 hold for base 64 and 16",
    arguments: [
      ("", "", ""), ("f", "Zg==", "66"), ("fo", "Zm8=", "666f"), ("foo", "Zm9v", "666f6f"),
      ("foob", "Zm9vYg==", "666f6f62"), ("fooba", "Zm9vYmE=", "666f6f6261"),
      ("foobar", "Zm9vYmFy", "666f6f626172"),
    ])
  func vectors(plain: String, base64: String, hexadecimal: String) {
    let bytes = Array(plain.utf8)
    #expect(Base64.encode(bytes) == base64)
    #expect(Base64.decode(base64) == bytes)
    #expect(Hexadecimal.encode(bytes) == hexadecimal)
    #expect(Hexadecimal.decode(hexadecimal) == bytes)
    #expect(Hexadecimal.decode(hexadecimal.uppercased()) == bytes)
  }

  @Test("Every byte value is decoded at each position of a group")
  func roundTrip() {
    for prefix in 0..<3 {
      let bytes = [UInt8](repeating: 0xFF, count: prefix) + Array(UInt8.min...UInt8.max)
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
      #expect(Hexadecimal.decode(Hexadecimal.encode(bytes)) == bytes)
    }
    #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//")
  }

  @Test(
    "Base 64 that is not strict is refused",
    arguments: [
      "Z", "Zg", "Zg=", "Zg===", "Z===", "====", "=", "==", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm9\0",
      "Zh==", "Zm9=", "Z=g=", "Zg=A", "Zm-_", "Zm9vé", "Zm8=\r\n",
    ])
  func strictBase64(text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test(
    "An odd number of digits and other characters are refused",
    arguments: ["0", "0g", "+1", " 0", "0x00", "é0", "00 "])
  func strictHexadecimal(text: String) {
    #expect(Hexadecimal.decode(text) == nil)
  }
}
