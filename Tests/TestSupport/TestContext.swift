// A context with files in memory and a fixed time.

package import Core
package import Platform

package let minute = 60_000
package let hour = 60 * minute
package let day = 24 * hour
package let week = 7 * day

/// The moment this many milliseconds after 2026-11-24T22:00:00Z.
package func moment(_ offset: Int) -> Timestamp {
  Timestamp(milliseconds: 1_795_557_600_000).adding(milliseconds: offset)
}

/// A context with files by path and a clock that always shows 2026-11-24T22:00:00Z.
package func testContext(files: [String: String] = [:]) -> Context {
  @Sendable func bytes(_ path: String) throws(FileError) -> [UInt8] {
    guard let text = files[path] else {
      // ENOENT
      throw FileError(operation: "read", path: path, number: 2)
    }
    return Array(text.utf8)
  }
  var access = FileAccess.system()
  access.contents = { path, _ throws(FileError) in FileContents(bytes: try bytes(path)) }
  access.contentsBelow = { folder, name, _ throws(FileError) in
    FileContents(bytes: try bytes("\(folder)/\(name)"))
  }
  access.list = { folder throws(FileError) in
    files.keys.filter { $0.hasPrefix(folder + "/") }
      .map { String($0.dropFirst(folder.count + 1)) }.sorted()
  }
  access.isFile = { files[$0] != nil }
  access.isTaken = access.isFile
  access.exists = access.isFile
  access.place = { _ throws(FileError) in try FilePlace(of: "/") }
  return Context(
    environment: [:], now: { moment(0) }, monotonicMilliseconds: { 0 }, randomBelow: { _ in 0 },
    files: access)
}
