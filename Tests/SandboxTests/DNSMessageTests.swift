import TestSupport
import Testing

@testable import ncloud_sandbox

@Suite("Replies of name servers are read as a whole or not at all")
struct DNSMessageTests {
  /// A reply to `_a.example.com TXT`: an alias to `b.example.net`, and two texts there, one of two strings.
  private static let reply: [UInt8] = {
    var bytes: [UInt8] = [0x12, 0x34, 0x84, 0x00, 0, 1, 0, 3, 0, 0, 0, 0]
    bytes += name("_A", "example", "com")
    bytes += [0, 16, 0, 1]
    // The name is that of the question, at 12.
    bytes += [0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 15]
    bytes += name("b", "Example", "net")
    // The name is the target above, at 44.
    bytes += [0xC0, 44, 0, 16, 0, 1, 0, 0, 0, 60, 0, 7]
    bytes += string("on")
    bytes += string("e t")
    bytes += [0xC0, 44, 0, 16, 0, 1, 0, 0, 0, 60, 0, 4]
    bytes += string("two")
    return bytes
  }()

  /// A character-string, or a label.
  private static func string(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + text.utf8 }

  private static func name(_ labels: String...) -> [UInt8] { labels.flatMap(string) + [0] }

  @Test("Aliases are followed within a reply, and strings are joined")
  func values() throws {
    let reply = try #require(DNSReply(Self.reply))
    #expect(reply.id == 0x1234)
    let text = reply.values(of: "_a.Example.com", type: .text)
    #expect(text.values == ["one t", "two"])
    #expect(text.end == "b.example.net")
    let alias = reply.values(of: "_a.example.com", type: .alias)
    #expect(alias.values == ["b.example.net"])
    #expect(alias.end == "_a.example.com")
  }

  @Test("No part of a reply is a reply")
  func parts() {
    for count in 0..<Self.reply.count { #expect(DNSReply(Array(Self.reply.prefix(count))) == nil) }
    #expect(DNSReply(Self.reply + [0]) != nil)
  }

  @Test("A pointer that does not lead back is refused", arguments: [12, 44, 55, 0xFF])
  func pointers(target: UInt8) throws {
    var bytes = Self.reply
    // Each name that is a pointer, in turn.
    for place in bytes.indices.dropLast() where bytes[place] == 0xC0 {
      bytes[place + 1] = target
      if Int(target) >= place { #expect(DNSReply(bytes) == nil) } else { _ = DNSReply(bytes) }
    }
  }

  @Test("Changed bytes never end the process")
  func mutations() {
    var generator = SeededGenerator(state: 7)
    for _ in 0..<20_000 {
      var bytes = Self.reply
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
          in: .min ... .max, using: &generator)
      }
      if let reply = DNSReply(bytes) { _ = reply.values(of: "_a.example.com", type: .text) }
    }
  }

  @Test("A loop of aliases ends")
  func loop() throws {
    var bytes: [UInt8] = [0, 1, 0x84, 0, 0, 0, 0, 2, 0, 0, 0, 0]
    for (alias, target) in [("x", "y"), ("y", "x")] {
      bytes += Self.name(alias)
      bytes += [0, 5, 0, 1, 0, 0, 0, 0, 0, 3]
      bytes += Self.name(target)
    }
    let reply = try #require(DNSReply(bytes))
    #expect(reply.values(of: "x", type: .text).values.isEmpty)
  }

  @Test("A query has one question; a text that is no name has none")
  func query() throws {
    let query = try #require(
      DNSMessage.query(id: 1, name: "_dnsauth.shop.example.com", type: .text))
    #expect(query.count == 12 + 27 + 4)
    #expect(query.suffix(4) == [0, 16, 0, 1])
    for name in [
      "", ".", "a..b", String(repeating: "a", count: 64), String(repeating: "ab.", count: 90) + "c",
    ] {
      #expect(DNSMessage.query(id: 1, name: name, type: .text) == nil, "\(name)")
    }
  }
}
