/// The text of `--help`.
enum Usage {
  static let text = """
    ncloud-sandbox: a local stand-in for NAVER Cloud Certificate Manager, for trials and tests only.
    """
}
