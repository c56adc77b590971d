// swift-tools-version:6.2
import PackageDescription

/// One set of rules for every target of ours: Swift 6 mode, memory safety spelled out, no warning
/// left to be read later.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

// C libraries. Each is seen by exactly one Swift target, named beside it; `Tests/lint.sh` holds that.
let systemLibraries: [Target] = [
  .systemLibrary(  // JSON
    name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
  .systemLibrary(  // SQLite
    name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
  .systemLibrary(  // PCRE
    name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
  .systemLibrary(  // IDNA
    name: "CIDN2", pkgConfig: "libidn2", providers: [.apt(["libidn2-dev"])]),
  .systemLibrary(  // PublicSuffix
    name: "CPSL", pkgConfig: "libpsl", providers: [.apt(["libpsl-dev"])]),
  .target(name: "CCurl"),  // HTTP; it loads libcurl itself
  .target(name: "CCrypto"),  // Crypto
  .target(name: "CPlatform"),  // Platform
]

/// A target of ours under the common rules.
func library(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let wrappers: [Target] = [
  library("JSON", ["CJansson"]),
  library("HTTP", ["CCurl"]),
  library("Crypto", ["CCrypto"]),
  library("SQLite", ["CSQLite"]),
  library("PCRE", ["CPCRE2"]),
  library("IDNA", ["CIDN2"]),
  library("PublicSuffix", ["CPSL"]),
  library("Platform", ["CPlatform"]),
]

// Data flows from left to right: Core, Parameters, then Templates, Ledger and Service beside each other,
// ReissueKit, the program. Imports point left; the compiler enforces it, as each target sees its dependencies only.
let program: [Target] = [
  library("CommandOptions", ["Platform"]),
  library("JMESPath", ["JSON", "PCRE", "Platform"], exclude: ["README.md"]),
  library("Core", ["JSON", "Platform"]),
  library("Parameters", ["Core", "JSON", "Crypto", "IDNA", "PublicSuffix", "Platform"]),
  library("Templates", ["Core", "Parameters", "JSON", "JMESPath", "PCRE", "IDNA", "Platform"]),
  library(
    "Ledger", ["Core", "JSON", "HTTP", "Crypto", "SQLite", "Platform"], exclude: ["README.md"]),
  library("Service", ["Core", "Parameters", "JSON", "HTTP", "Crypto", "Platform"]),
  library(
    "ReissueKit",
    [
      "CommandOptions", "Core", "Parameters", "Templates", "Ledger", "Service", "JSON", "JMESPath",
      "PCRE", "IDNA", "PublicSuffix", "Crypto", "HTTP", "SQLite", "Platform",
    ]),
  .executableTarget(
    name: "ncloud-reissue",
    dependencies: [
      "CommandOptions", "Core", "Templates", "Service", "ReissueKit", "JSON", "Platform",
    ],
    swiftSettings: strict),
  library("TrialAuthority", ["Crypto", "Platform"]),
  .executableTarget(
    name: "ncloud-sandbox",
    dependencies: [
      "CommandOptions", "JSON", "Crypto", "Platform", "TrialAuthority",
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
    ],
    exclude: ["README.md"],
    swiftSettings: strict),
]

/// A test target under the common rules; it may use what `TestSupport` offers.
func tests(_ name: String, of dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: strict)
}

let testTargets: [Target] = [
  .target(
    name: "TestSupport", dependencies: ["Core", "JSON", "Platform"], path: "Tests/TestSupport",
    swiftSettings: strict),
  tests("JSONTests", of: ["JSON"]),
  tests("HTTPTests", of: ["HTTP", "JSON"]),
  tests("CryptoTests", of: ["Crypto", "TrialAuthority"]),
  tests("SQLiteTests", of: ["SQLite"]),
  tests("PCRETests", of: ["PCRE"]),
  tests("PlatformTests", of: ["Platform"]),
  tests("JMESPathTests", of: ["JMESPath", "JSON"]),
  tests("CoreTests", of: ["Core", "Platform"]),
  tests("ParametersTests", of: ["Core", "Parameters", "JSON", "Platform"]),
  tests("TemplatesTests", of: ["Core", "Parameters", "Templates", "JSON", "JMESPath", "Platform"]),
  tests("LedgerTests", of: ["Core", "Ledger", "JSON", "HTTP", "SQLite", "Platform"]),
  tests(
    "ServiceTests",
    of: ["Core", "Parameters", "Service", "JSON", "HTTP", "Crypto", "Platform", "TrialAuthority"]),
  tests(
    "ReissueKitTests",
    of: ["CommandOptions", "Core", "Service", "ReissueKit", "JSON", "Crypto", "Platform"]),
  tests("SandboxTests", of: ["CommandOptions", "JSON", "Crypto", "HTTP", "ncloud-sandbox"]),
  tests(
    "CommandTests",
    of: [
      "CommandOptions", "Core", "ReissueKit", "JSON", "Crypto", "SQLite", "ncloud-reissue",
      "ncloud-sandbox",
    ]),
]

let package = Package(
  name: "ncloud-reissue",
  products: [
    .executable(name: "ncloud-reissue", targets: ["ncloud-reissue"]),
    .executable(name: "ncloud-sandbox", targets: ["ncloud-sandbox"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2")
  ],
  targets: systemLibraries + wrappers + program + testTargets
)

// The fuzzers exist only when asked for, because libFuzzer brings its own `main`; see Tests/Fuzz/README.md.
if Context.environment["FUZZ"] != nil {
  let fuzzers: KeyValuePairs<String, [Target.Dependency]> = [
    "FuzzExpression": ["JMESPath", "JSON"],
    "FuzzTemplate": ["Core", "Templates", "ReissueKit", "JSON", "Platform"],
    "FuzzCrypto": ["Crypto"],
  ]
  package.targets += fuzzers.map { name, dependencies in
    .executableTarget(
      name: name, dependencies: dependencies, path: "Tests/Fuzz/\(name)", swiftSettings: strict)
  }
}

// What measures is no part of the program either; see Tests/Benchmarks/README.md.
if Context.environment["BENCHMARKS"] != nil {
  package.targets.append(
    .executableTarget(
      name: "expression-benchmark", dependencies: ["JMESPath", "JSON"],
      path: "Tests/Benchmarks/Expression", swiftSettings: strict))
  package.targets.append(
    .executableTarget(
      name: "expression-lines", dependencies: ["JMESPath", "JSON"],
      path: "Tests/Differential/Lines", swiftSettings: strict))
}
