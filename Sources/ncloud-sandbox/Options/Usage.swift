/// The text of `--help`.
enum Usage {
  static let text = """
    usage: ncloud-sandbox [options]

    A local stand-in for NAVER Cloud Certificate Manager (API 2.0), for trials and tests only. It
    listens on 127.0.0.1, checks requests in the gateway's order (route, timestamp, access key,
    signature v2), carries reissues out by the rules of the product guide, and writes down what came.
    When it is ready it prints one JSON line: {"ready":true,"endpoint":"http://127.0.0.1:PORT",…}.
    SIGTERM ends it. Nothing that it issues is real, and no setting makes it reach the real service.

    options
      --port N                  the port; 0, the default, takes a free one
      --journal FILE            every request as received, one JSON line each (made with mode 0600)
      --seed FILE               what the account has at the start; --print-seed shows the default
      --access-key TEXT         default: sandbox-access-key
      --secret-key TEXT         default: sandbox-secret-key; use made-up keys only
      --issue-after DURATION    a reissued certificate is issued after that long; default: when told
      --delay DURATION          before every answer
      --fault SPEC              something that goes wrong, see below; may be repeated
      --clock-offset DURATION   how far its clock is ahead, or with - behind
      --ca-directory DIR        writes the root of its authority there (root.pem), and a chain and
                                a key for a TLS server named localhost (server.pem, server.key)
      --print-seed              prints the default seed and ends
      --help                    prints this and ends

      Durations: 250ms, 90s, 15m, 12h, 7d.

      Exit status: 0 ended by a signal, or printed what was asked for; 64 wrong usage; 69 the port, the
      seed or the journal cannot be used.

    what the documents leave open (the default comes first)
      --minimum-days N          remaining validity that a reissue needs: 1, in the older guide 33
      --record-type TXT|CNAME   the DNS record of a validation
      --record-value-name TEXT  the member with its value; txtValue is invented
      --validation-methods LIST which values of validationMethod are taken: D; for example D,PD,E
      --strict-names            certificateName is 3-20 letters, digits, -, a letter first
      --sub-account             answers as to the keys of a sub account: 403, empty
      --shapes newest|older     older: numbers as text, orderID, certificateTypeCode
      --date-form text|iso|milliseconds
                                dates in the lists: 2026-11-24 22:01:02 (UTC) or others
      --name-separator TEXT     between the names of dnsName in the lists; a comma
      --maximum-page-size N     of the lists; 100

      Codes that begin with sandbox- are invented; so are the default page size of 10, the limit of
      1 MiB for a request, and that a name left out revokes older certificates at the issue.

    faults
      KIND[,name=value]…        for example --fault reset-after,method=POST,skip=1,count=1

    \(kinds)

      Only requests that pass the gateway's checks are counted. Options of every kind:
      method=, path= (whole, or the beginning with * at the end), certificate= (the number in the
      path): which requests; skip=N lets so many pass first, count=N strikes so often (default:
      always); milliseconds=N delays; retry-after=TEXT, retry-after-date=SECONDS (ahead) add the
      header; origin=APIGW|ENDPOINT|none. Where an answer is made up, carried-out=yes has the request
      carried out all the same.

    control, below /sandbox/ (no signature, not in the journal)
    \(indented(Control.summary))

    """

  private static var kinds: String {
    indented(
      FaultKind.allCases.map { kind in
        kind.rawValue + String(repeating: " ", count: max(1, 26 - kind.rawValue.utf8.count))
          + kind.summary
      }.joined(separator: "\n"))
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
  }
}
