import Foundation

/// The paths of the programs of this package.
package enum Program {
  /// The built program of that name, beside the running test bundle.
  ///
  /// - Throws: ``TestSupportError`` if it does not exist; `swift build --build-tests` builds it.
  package static func path(_ name: String) throws -> String {
    var folder = try executable.deletingLastPathComponent()
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent(name).path
      if FileManager.default.isExecutableFile(atPath: candidate), !isFolder(candidate) {
        return candidate
      }
      folder = folder.deletingLastPathComponent()
    }
    throw TestSupportError("no program \(name) beside the tests")
  }

  /// The root folder of the package: the nearest one above the tests that has a Package.swift.
  package static func packageRoot(from file: String = #filePath) throws -> String {
    var folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    while folder.path != "/" {
      let manifest = folder.appendingPathComponent("Package.swift").path
      if FileManager.default.fileExists(atPath: manifest) { return folder.path }
      folder = folder.deletingLastPathComponent()
    }
    throw TestSupportError("no Package.swift above \(file)")
  }

  /// The executable of this process. argv[0] may be relative; /proc/self/exe is not.
  private static var executable: URL {
    get throws {
      URL(
        fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      )
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.type] as? FileAttributeType == .typeDirectory
  }
}

/// A precondition of a test is missing, or an event did not happen.
package struct TestSupportError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
