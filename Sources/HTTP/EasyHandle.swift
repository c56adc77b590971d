internal import CCurl
internal import Glibc

/// Owns one libcurl easy handle, its header list, and its buffer for reasons.
///
/// libcurl copies texts. The first option that it refuses is recorded in ``problem``, which has to be checked before
/// the transfer: without an option it could be a different one.
@safe
final class EasyHandle {
  /// Valid until ``close()``; only for comparisons and calls of libcurl.
  let pointer: UnsafeMutableRawPointer
  private let reasonBuffer: UnsafeMutablePointer<CChar>
  private var isClosed = false
  private var headerList: UnsafeMutablePointer<curl_slist>?
  /// libcurl's error for the first refused option.
  private(set) var problem: CURLcode = CURLE_OK

  init?() {
    guard libraryProblem == nil, let pointer = unsafe curl_easy_init() else { return nil }
    unsafe self.pointer = unsafe pointer
    unsafe reasonBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe reasonBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    // libcurl writes to the buffer until the handle is closed, which happens first.
    note(unsafe ccurl_set_text(pointer, CURLOPT_ERRORBUFFER, reasonBuffer))
  }

  private func note(_ code: CURLcode) {
    if problem == CURLE_OK { problem = code }
  }

  deinit {
    close()
    unsafe reasonBuffer.deallocate()
  }

  /// Frees the handle before the deinit; then it cannot be used any more.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    // The handle first: it may still read the list.
    unsafe curl_easy_cleanup(pointer)
    unsafe curl_slist_free_all(headerList)
  }

  func set(_ option: CURLoption, _ value: Int) {
    note(unsafe ccurl_set_long(pointer, option, value))
  }

  /// Sets an option that only saves time; libcurl may be built without it.
  func prefer(_ option: CURLoption, _ value: Int) {
    _ = unsafe ccurl_set_long(pointer, option, value)
  }

  /// Sets a text, which libcurl copies; `nil` removes a default.
  func set(_ option: CURLoption, _ value: String?) {
    note(unsafe ccurl_set_text(pointer, option, value))
  }

  /// Allows `https` alone, or `http` alone.
  func allowSchemes(isPlain: Bool) {
    note(unsafe ccurl_allow_schemes(pointer, isPlain ? 1 : 0))
  }

  /// Sets a context pointer, which must be valid as long as the handle is used.
  @unsafe
  func set(_ option: CURLoption, context: UnsafeMutableRawPointer) {
    note(unsafe ccurl_set_pointer(pointer, option, context))
  }

  /// Sets a C function.
  func set(_ option: CURLoption, _ callback: @escaping ccurl_transfer) {
    note(unsafe ccurl_set_transfer(pointer, option, callback))
  }

  /// Sets the callback before a request; libcurl before 7.80 lacks it and could send a POST twice.
  func set(beforeRequest callback: @escaping curl_prereq_callback) {
    note(unsafe ccurl_set_prerequest(pointer, callback))
  }

  /// Sets the callback that libcurl calls repeatedly, also in its own loops: a result other than 0 ends the transfer.
  func set(progress callback: @escaping curl_xferinfo_callback) {
    note(unsafe ccurl_set_progress(pointer, callback))
    set(CURLOPT_NOPROGRESS, 0)
  }

  /// Lets the handle close during the resolution of its host: the C library's resolver cannot be stopped, and may wait
  /// for minutes.
  func leaveResolver() { note(unsafe ccurl_leave_resolver(pointer)) }

  func setBodySize(_ count: Int) {
    note(unsafe ccurl_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(count)))
  }

  /// Sets the header lines; `false` if there is no memory for them.
  func setHeaders(_ lines: [String]) -> Bool {
    for line in lines {
      // Copies the line; `close` frees the list.
      guard let longer = unsafe curl_slist_append(headerList, line) else { return false }
      unsafe headerList = longer
    }
    note(unsafe ccurl_set_pointer(pointer, CURLOPT_HTTPHEADER, headerList))
    return true
  }

  /// A number about the transfer; 0 if libcurl does not know it.
  func number(_ info: CURLINFO) -> Int {
    var value = 0
    return unsafe ccurl_get_long(pointer, info, &value) == CURLE_OK ? value : 0
  }

  /// A time in microseconds.
  func microseconds(_ info: CURLINFO) -> Int {
    var value: curl_off_t = 0
    return unsafe ccurl_get_size(pointer, info, &value) == CURLE_OK ? Int(value) : 0
  }

  /// libcurl's text for an error: the specific one for this transfer, or the general one for the code.
  func reason(_ code: CURLcode) -> String {
    let own = unsafe String(cString: reasonBuffer)
    let text = unsafe own.isEmpty ? String(cString: curl_easy_strerror(code)) : own
    return singleLine(text)
  }
}

/// The text on one line: blanks replace control characters and line separators, which may come from a server.
func singleLine(_ text: String) -> String {
  var line = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: line.append(" ")
    default: line.append(scalar)
    }
  }
  return String(line)
}

/// Loads libcurl and sets it up, at the first use of this value: runs without requests do not pay for it.
///
/// No other function of libcurl may be called before, or if this is not `nil`.
let libraryProblem: HTTPFailure? = {
  // libcurl and OpenSSL would write the keys of every connection to the file in this variable.
  _ = unsafe unsetenv("SSLKEYLOGFILE")
  // The reason stays as long as the process.
  if let reason = unsafe ccurl_load().map({ unsafe singleLine(String(cString: $0)) }) {
    // The loader has no error numbers. Other reasons are a lack of memory or descriptors, or a bad disk.
    let isMissing = ["No such file", "too short", "ELF", "symbol", "version"]
      .contains { reason.contains($0) }
    return HTTPFailure(
      isMissing ? .missingLibrary : .exhausted, stage: .notStarted, reason: reason)
  }
  let code = ccurl_set_up_wiping()
  guard code == CURLE_OK else {
    return HTTPFailure(
      .library, stage: .notStarted, code: Int(code.rawValue), reason: "libcurl cannot be set up")
  }
  return nil
}()
