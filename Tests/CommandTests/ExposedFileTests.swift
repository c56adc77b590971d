import Foundation
import JSON
import TestSupport
import Testing

/// Files that control a run or hold secrets: no other user may change them or a folder above them, nor read a secret. An exposed file is refused with its path, its mode and the repair, and nothing is sent.
@Suite(.waiting)
struct ExposedFileTests {
  /// A change that exposes a file, as a shell script in the folder of the workbench.
  struct Exposed: Sendable, CustomTestStringConvertible {
    let name: String
    let script: String
    var options: [String] = []
    let code: String
    var exit: Int32 = 78
    /// A part of the message or the hint.
    var words: [String] = []
    var testDescription: String { name }
  }

  /// Only root can give a file away.
  static let isRoot = geteuid() == 0

  private static let byMode = [
    Exposed(
      name: "a configuration that is a link into a folder that everybody can change",
      script: "mkdir -m 0777 open; mv config.json open/; ln -s open/config.json config.json",
      code: "configuration.writable", words: ["/open", "0777", "chmod o-w "]),
    Exposed(
      name: "a link on the way, in a folder that everybody can change",
      script: """
        mkdir real; mv config.json templates csr real/; mkdir -m 0777 open
        ln -s ../real open/link; ln -s open/link/config.json config.json
        """, code: "configuration.writable", words: ["/open"]),
    Exposed(
      name: "a configuration below a folder that everybody can change, three levels up",
      script: """
        mkdir -p -m 0755 a/b/c; chmod 0777 a; mv config.json templates csr a/b/c/
        ln -s a/b/c/config.json config.json
        """, code: "configuration.writable", words: ["/a (mode 0777"]),
    Exposed(
      name: "a templates folder in one that everybody can change",
      script: "mkdir -m 0777 open; mv templates open/; ln -s open/templates templates",
      code: "template.writable", words: ["/open"]),
    Exposed(
      name: "a named template behind a link",
      script: """
        mkdir -m 0777 open; mv templates/plain.template.json open/
        ln -s ../open/plain.template.json templates/
        """, options: ["--template", "plain"], code: "template.writable", words: ["/open"]),
    Exposed(
      name: "a signing request behind a link",
      script: """
        mkdir -m 0777 csr/open; mv csr/api.example.com.csr csr/open/
        ln -s open/api.example.com.csr csr/
        """, code: "csr.writable", words: ["/open"]),
    Exposed(
      name: "a ledger that everybody can change", script: "umask 0; : > l.sqlite3",
      options: ["--ledger", "sqlite:l.sqlite3"], code: "ledger.inaccessible", exit: 74,
      words: ["l.sqlite3 (mode 0666", "chmod o-w "]),
    Exposed(
      name: "a ledger in a folder that everybody can change", script: "mkdir -m 0777 open",
      options: ["--ledger", "sqlite:open/l.sqlite3"], code: "ledger.inaccessible", exit: 74,
      words: ["/open"]),
    Exposed(
      name: "a log of the ledger that everybody can change",
      script: "(umask 077; : > l.sqlite3); umask 0; : > l.sqlite3-wal",
      options: ["--ledger", "sqlite:l.sqlite3"], code: "ledger.inaccessible", exit: 74,
      words: ["l.sqlite3-wal"]),
    Exposed(
      name: "authorities that everybody can change", script: "umask 0; : > ca.pem",
      options: ["--ca-file", "ca.pem"], code: "network.ca-file", words: ["ca.pem"]),
  ]

  private static let byOwner = [
    Exposed(
      name: "another user's configuration", script: "chown 65534 config.json",
      code: "configuration.writable", words: ["65534", "chown "]),
    Exposed(
      name: "a configuration in another user's folder",
      script: "mkdir own; mv config.json own/; ln -s own/config.json .; chown 65534 own",
      code: "configuration.writable", words: ["/own"]),
    Exposed(
      name: "another user's link",
      script: "mv config.json c; ln -s c config.json; chown -h 65534 config.json",
      code: "configuration.writable", words: ["the link"]),
    Exposed(
      name: "another user's configuration in a folder like /tmp",
      script: "mkdir -m 1777 tmp; mv config.json tmp/; ln -s tmp/config.json .; chown 65534 tmp/*",
      code: "configuration.writable"),
    Exposed(
      name: "a group that this process is not in",
      script: "chgrp 65534 config.json; chmod 0664 config.json", code: "configuration.writable",
      words: ["chmod g-w "]),
    Exposed(
      name: "another user's template", script: "chown 65534 templates/plain.template.json",
      code: "template.writable"),
    Exposed(
      name: "another user's signing request", script: "chown 65534 csr/api.example.com.csr",
      code: "csr.writable"),
    Exposed(
      name: "another user's ledger", script: "umask 077; : > l; chown 65534 l",
      options: ["--ledger", "sqlite:l"], code: "ledger.inaccessible", exit: 74,
      words: ["65534"]),
    Exposed(
      name: "a ledger that another user links to", script: "ln -s l l.link; chown -h 65534 l.link",
      options: ["--ledger", "sqlite:l.link"], code: "ledger.inaccessible", exit: 74),
  ]

  @Test(
    "A file that another user can change is refused", arguments: byMode + (isRoot ? byOwner : []))
  func whatSomebodyElseCanChangeIsRefused(_ exposed: Exposed) throws {
    let bench = try Workbench()
    try prepare(bench, exposed.script)
    let reply = try bench.run(exposed.options, on: Workbench.event(.api))
    try reply.expectFailure(exposed.code, exit: exposed.exit)
    let error = try reply.error()
    let text = [error?["message"]?.string, error?["hint"]?.string].compactMap(\.self).joined()
    for words in exposed.words { #expect(text.contains(words), "\(text)") }
    #expect(try bench.sandbox.journal().isEmpty)
  }

  private func prepare(_ bench: Workbench, _ script: String) throws {
    let done = try TestSupport.run(
      "/bin/sh", ["-euc", script], workingDirectory: bench.folder.path)
    try #require(done.status == 0, "\(done.stderr)")
  }

  /// Files that only their owner and root can change, although they look exposed.
  @Test(
    "A file that no other user can change is used",
    arguments: [
      "mkdir -m 0755 d; mv config.json d/; ln -s d/config.json .",
      "mkdir -m 1777 d; mv config.json d/; ln -s d/config.json .", "chmod 0444 config.json",
      "mv templates t; ln -s \"$PWD/t\" templates", "chmod 0775 csr; chmod 0664 csr/*",
    ])
  func whatNobodyElseCanChangeIsUsed(_ script: String) throws {
    let bench = try Workbench()
    try prepare(bench, script)
    let reply = try bench.run(on: Workbench.event(.api))
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
  }

  /// The caller of the program chooses its descriptors.
  @Test(
    "Descriptors of the caller are used without a check",
    arguments: [
      #"exec "$@" --config /dev/stdin --event event.json < config.json"#,
      #"cat config.json | "$@" --config /dev/stdin --event event.json"#,
      #""$@" --config /dev/fd/8 8< config.json < event.json"#,
      #"cat event.json | "$@" --event /dev/stdin"#,
    ])
  func descriptorsOfTheCallerAreUsed(_ script: String) throws {
    let bench = try Workbench()
    try bench.folder.write(JSONEncoder.encode(Workbench.event(.api)), to: "event.json")
    try bench.configure(
      JSONObject([
        ("templates", .string(bench.folder.path("templates"))),
        ("csrDirectory", .string(bench.folder.path("csr"))),
      ]))
    let reply = try bench.shell(script)
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
  }

  /// Credentials in `~/.ncloud/configure` and in files of systemd.
  @Test(
    "Credentials that other users can read or change are refused",
    arguments: [
      "chmod 0644 credentials/secret-key", "chmod 0640 credentials/secret-key",
      "chmod 0606 credentials/access-key", "chmod 0777 credentials",
      "mv credentials c; mkdir -m 0777 d; mv c d/; ln -s d/c credentials",
      isRoot ? "chown 65534 credentials/secret-key" : "chmod 0602 credentials/secret-key",
    ])
  func exposedCredentialsAreRefused(_ script: String) throws {
    let bench = try Workbench()
    try bench.folder.write(Sandbox.accessKey, to: "credentials/access-key")
    try bench.folder.write(Sandbox.secretKey, to: "credentials/secret-key")
    try prepare(bench, script)
    let reply = try bench.run(
      on: Workbench.event(.api),
      environment: ["CREDENTIALS_DIRECTORY": bench.folder.path("credentials")])
    try reply.expectFailure("credentials.open-to-others", exit: 77)
    #expect(!(reply.stdout + reply.stderr).contains(Sandbox.secretKey))
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("A private key that other users can read is refused", arguments: [0o644, 0o640, 0o604])
  func aPrivateKeyThatOthersCanReadIsRefused(mode: Int) throws {
    let bench = try Workbench(template: Self.keyTemplate)
    try writeKey(bench, mode: mode)
    let reply = try bench.run(on: Workbench.event(.api))
    try reply.expectFailure("key.open-to-others", exit: 78)
    #expect(try reply.error()?["hint"]?.string?.hasPrefix("chmod 600 ") == true)
    #expect(try bench.sandbox.journal().isEmpty)
  }

  @Test("A private key that only its owner can read is used", arguments: [0o600, 0o400])
  func aPrivateKeyOfTheOwnerAloneIsUsed(mode: Int) throws {
    let bench = try Workbench(template: Self.keyTemplate)
    try writeKey(bench, mode: mode)
    #expect(try bench.run(on: Workbench.event(.api)).status == 0)
  }

  private static let keyTemplate: JSONValue = [
    "version": 1, "items": "items", "policy": ["preflight": "off"],
    "reissue": [
      "certificateNo": "${no}", "certificateName": "${name}", "commonName": "${cn}",
      "dnsName": "${sans}", "validationMethod": "D", "csr": ["privateKey": "${cn}.key"],
    ],
  ]

  private func writeKey(_ bench: Workbench, mode: Int) throws {
    try prepare(
      bench,
      """
      mkdir -m 0755 keys
      openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out keys/api.example.com.key
      chmod \(String(mode, radix: 8)) keys/*
      """)
  }

  /// A pod that runs as an ordinary user can read secrets of root through its group, and has a configuration with mode
  /// 0777 that is mounted read only.
  @Test(
    "Volumes mounted by Kubernetes are used", .enabled(if: isRoot, "needs root to mount"),
    arguments: ["0440", "0644"])
  func mountsOfKubernetesAreUsed(mode: String) throws {
    let bench = try Workbench()
    try bench.folder.write(Sandbox.accessKey, to: "new/access-key")
    try bench.folder.write(Sandbox.secretKey, to: "new/secret-key")
    let script = """
      chmod 0755 .
      exec unshare --mount sh -c '
        mkdir -p secret t2 && mount -t tmpfs -o mode=0777 none secret || exit 99
        mkdir secret/..1 && mv new/* secret/..1/ && ln -s ..1 secret/..data
        ln -s ..data/access-key ..data/secret-key secret/
        chmod $0 secret/..1/*; chgrp 12345 secret/..1/*
        mount -o remount,ro secret || exit 99
        chmod 0777 templates csr && chmod 0644 config.json templates/* csr/*
        for name in templates csr; do
          mount --bind "$name" "$name" && mount -o remount,bind,ro "$name" || exit 99
        done
        exec 9< "$1"; shift
        exec setpriv --reuid=12345 --regid=12345 --clear-groups /proc/self/fd/9 "$@"'
      """
    let reply = try bench.shell(
      "\(script) \(mode) \"$@\"", stdin: JSONEncoder.encode(Workbench.event(.api)),
      environment: ["CREDENTIALS_DIRECTORY": bench.folder.path("secret")])
    // Some containers may not mount.
    guard reply.status != 99, !reply.stderr.contains("unshare: ") else { return }
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
  }

  /// The result is not written to a file or folder that another user can replace or change.
  @Test(
    "A result file that other users can change is not written",
    arguments: [
      "umask 0; : > r", "mkdir -m 0777 o; ln -s o/r r",
    ] + (isRoot ? ["ln -s victim r; chown -h 65534 r", ": > r; chown 65534 r"] : []))
  func anExposedResultFileIsNotWritten(_ script: String) throws {
    let bench = try Workbench()
    try bench.folder.write("kept", to: "victim")
    try prepare(bench, script)
    let reply = try bench.run(["--result-file", "r"], on: Workbench.event(.api))
    #expect(reply.status == 74, "\(reply.stderr)")
    #expect(try bench.posts().isEmpty, "it is found before anything is sent")
    #expect(reply.stderr.contains("[output.result-file]"))
    #expect(try bench.folder.read("victim") == "kept")
  }

  /// With any umask of the caller, a later run can use the files of an earlier one, and other users cannot.
  @Test("New files have fixed modes, whatever the umask", arguments: ["0", "077", "0777"])
  func newFilesHaveTheirOwnModes(umask: String) throws {
    let bench = try Workbench()
    let script = """
      umask \(umask); "$@" --result-file results/r --ledger sqlite:state/l < event.json > out && cat out
      """
    try bench.folder.write(JSONEncoder.encode(Workbench.event(.api)), to: "event.json")
    try prepare(bench, "mkdir -m 0700 results state")
    let reply = try bench.shell("\(umask == "0777" ? ": > out; chmod 600 out; " : "")\(script)")
    #expect(reply.status == 0, "\(reply.stdout)\(reply.stderr)")
    for file in ["results/r", "state/l"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: bench.folder.path(file))
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
    }
  }
}
