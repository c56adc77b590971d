import Foundation
import JSON
import TestSupport
import Testing

@Suite("the secret key lies in memory that is wiped, and nowhere else", .waiting)
struct SecretMemoryTests {
  private static let key = "MARKER0secret0key0of0forty0characters001"

  @Test(
    "a process that waits for its reply holds the key once",
    arguments: ["environment", "profile", "systemd"])
  func copies(source: String) throws {
    let bench = try Workbench(secretKey: Self.key)
    let service = try SilentPort()
    var environment: [String: String?] = [:]
    if source != "environment" {
      environment = ["NCLOUD_ACCESS_KEY": nil, "NCLOUD_SECRET_KEY": nil]
    }
    switch source {
    case "profile":
      try bench.folder.write(
        """
        [DEFAULT]
        ncloud_access_key_id = access
        ncloud_secret_access_key = \(Self.key)
        """, to: "home/.ncloud/configure")
    case "systemd":
      try bench.folder.write("access", to: "credentials/access-key")
      try bench.folder.write(Self.key + "\n", to: "credentials/secret-key")
      environment["CREDENTIALS_DIRECTORY"] = bench.folder.path("credentials")
    default: break
    }
    let process = try bench.start(
      bench.runOptions
        + ["--endpoint", "http://127.0.0.1:\(service.number)", "--log-level", "debug"],
      stdin: JSONEncoder.encode(Workbench.event(.shop)), environment: environment)
    _ = try waitFor("the request to be signed and sent") {
      process.stderr.contains("POST http") ? true : nil
    }
    process.kill(SIGSTOP)
    let found = try Self.places(of: Array(Self.key.utf8), in: process.id)
    process.kill(SIGKILL)
    // The environment block belongs to the kernel's start of the process; the other one is wiped at the end.
    #expect(found.outside == 1, "copies outside of the environment block: \(found.outside)")
    #expect(found.environment == (source == "environment" ? 1 : 0))
  }

  /// How often a sequence of bytes is in the writable memory of a stopped process.
  static func places(
    of bytes: [UInt8], in process: Int32
  ) throws -> (environment: Int, outside: Int) {
    // The path is a string of Swift, which the call only reads.
    let memory = unsafe open("/proc/\(process)/mem", O_RDONLY | O_CLOEXEC)
    defer { close(memory) }
    // Fields 50 and 51 of proc_pid_stat(5): where the environment begins and ends.
    let fields =
      try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
      .split(separator: ") ").last?.split(separator: " ").map { Int($0) ?? 0 } ?? []
    let environment = try #require(fields.count > 48 ? fields[47]..<fields[48] : nil)
    // Foundation reads only a part of a file whose size is shown as 0.
    let maps = try TestSupport.run("/bin/cat", ["/proc/\(process)/maps"]).stdout
    #expect(maps.contains("[stack]"))
    var (inside, outside) = (0, 0)
    for line in maps.split(separator: "\n") {
      let words = line.split(separator: " ")
      let bounds = words[0].split(separator: "-").compactMap { Int($0, radix: 16) }
      guard words[1].hasPrefix("rw"), bounds.count == 2 else { continue }
      for offset in offsets(of: bytes, in: read(memory, bounds[0]..<bounds[1])) {
        if environment.contains(bounds[0] + offset) { inside += 1 } else { outside += 1 }
      }
    }
    return (inside, outside)
  }

  private static func read(_ memory: Int32, _ range: Range<Int>) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while count < range.count {
        // The buffer is written only within its bounds.
        let got = unsafe pread(
          memory, buffer.baseAddress.map { unsafe $0 + count }, range.count - count,
          range.lowerBound + count)
        guard got > 0 else { break }
        count += got
      }
      #expect(count == range.count, "memory at \(range.lowerBound) could not be read")
    }
  }

  private static func offsets(of bytes: [UInt8], in memory: [UInt8]) -> [Int] {
    var offsets: [Int] = []
    unsafe memory.withUnsafeBytes { whole in
      var index = 0
      // memchr(3) and memcmp(3) stay within the given bounds.
      while let start = whole.baseAddress, index + bytes.count <= whole.count,
        let found = unsafe memchr(start + index, Int32(bytes[0]), whole.count - index)
      {
        index = unsafe UnsafeRawPointer(found) - start
        guard index + bytes.count <= whole.count else { return }
        if unsafe memcmp(start + index, bytes, bytes.count) == 0 { offsets.append(index) }
        index += 1
      }
    }
    return offsets
  }
}
