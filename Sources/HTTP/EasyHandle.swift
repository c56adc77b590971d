internal import CCurl
internal import Glibc

/// Owns one libcurl easy handle, the header list it reads, and the buffer it writes reasons to.
///
/// What libcurl keeps of a value is told at each call; texts it copies. An option that it does not take is remembered,
/// since a transfer without it would be another one: look at ``problem`` before the first use.
@safe
final class EasyHandle {
  /// Valid until the deinit; others only compare it or hand it to libcurl.
  let pointer: UnsafeMutableRawPointer
  private let reasonBuffer: UnsafeMutablePointer<CChar>
  private var isClosed = false
  private var headerList: UnsafeMutablePointer<curl_slist>?
  /// What libcurl said to the first option that it did not take.
  private(set) var problem: CURLcode = CURLE_OK

  init?() {
    guard globalSetUp == CURLE_OK, let pointer = unsafe curl_easy_init() else { return nil }
    unsafe self.pointer = unsafe pointer
    unsafe reasonBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe reasonBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    // Written to until the handle is cleaned up, which comes before the buffer goes.
    note(unsafe ccurl_set_text(pointer, CURLOPT_ERRORBUFFER, reasonBuffer))
  }

  private func note(_ code: CURLcode) {
    if problem == CURLE_OK { problem = code }
  }

  deinit {
    close()
    unsafe reasonBuffer.deallocate()
  }

  /// Frees the handle now, for those who cannot wait until nobody holds this object; then it is of no more use.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    // First the handle, which may still look at the list.
    unsafe curl_easy_cleanup(pointer)
    unsafe curl_slist_free_all(headerList)
  }

  func set(_ option: CURLoption, _ value: Int) {
    note(unsafe ccurl_set_long(pointer, option, value))
  }

  /// Sets what only makes things faster; a libcurl that was built without it does without.
  func prefer(_ option: CURLoption, _ value: Int) {
    _ = unsafe ccurl_set_long(pointer, option, value)
  }

  /// Sets a text, which libcurl copies; `nil` takes a default away.
  func set(_ option: CURLoption, _ value: String?) {
    note(unsafe ccurl_set_text(pointer, option, value))
  }

  /// Allows `https` alone, or `http` alone.
  func allowSchemes(isPlain: Bool) {
    note(unsafe ccurl_allow_schemes(pointer, isPlain ? 1 : 0))
  }

  /// Sets a context pointer, which must stay valid as long as the handle is used.
  @unsafe
  func set(_ option: CURLoption, context: UnsafeMutableRawPointer) {
    note(unsafe ccurl_set_pointer(pointer, option, context))
  }

  /// Sets a function of C, which is there as long as the program.
  func set(_ option: CURLoption, _ callback: @escaping ccurl_transfer) {
    note(unsafe ccurl_set_transfer(pointer, option, callback))
  }

  /// The same; a libcurl before 7.80 does not know it, and could send a POST twice.
  func set(beforeRequest callback: @escaping curl_prereq_callback) {
    note(unsafe ccurl_set_prerequest(pointer, callback))
  }

  /// Sets what libcurl asks again and again while it works, also within its own loops: other than 0 ends the transfer.
  func set(progress callback: @escaping curl_xferinfo_callback) {
    note(unsafe ccurl_set_progress(pointer, callback))
    set(CURLOPT_NOPROGRESS, 0)
  }

  /// Lets the handle close while the name of its host is still being resolved: the resolver of the C library cannot
  /// be stopped, and may take minutes for an answer that never comes.
  func leaveResolver() { note(unsafe ccurl_leave_resolver(pointer)) }

  func setBodySize(_ count: Int) {
    note(unsafe ccurl_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(count)))
  }

  /// Sets the header lines; `false` if there was no memory for them.
  func setHeaders(_ lines: [String]) -> Bool {
    for line in lines {
      // Copies the line; the list is freed in the deinit.
      guard let longer = unsafe curl_slist_append(headerList, line) else { return false }
      unsafe headerList = longer
    }
    note(unsafe ccurl_set_pointer(pointer, CURLOPT_HTTPHEADER, headerList))
    return true
  }

  /// A number that libcurl knows of the transfer; 0 if it does not.
  func number(_ info: CURLINFO) -> Int {
    var value = 0
    return unsafe ccurl_get_long(pointer, info, &value) == CURLE_OK ? value : 0
  }

  /// A time in microseconds.
  func microseconds(_ info: CURLINFO) -> Int {
    var value: curl_off_t = 0
    return unsafe ccurl_get_size(pointer, info, &value) == CURLE_OK ? Int(value) : 0
  }

  /// What libcurl says to an error: its own words for this transfer, else those for the code.
  func reason(_ code: CURLcode) -> String {
    let own = unsafe String(cString: reasonBuffer)
    let text = unsafe own.isEmpty ? String(cString: curl_easy_strerror(code)) : own
    return singleLine(text)
  }
}

/// The text on one line: control characters and line separators, which a server may have put in, become blanks.
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

/// Set up once, before the first handle: paths without a call do not pay for it.
let globalSetUp: CURLcode = {
  // libcurl and OpenSSL would write the keys of every connection to the file that this variable names.
  _ = unsafe unsetenv("SSLKEYLOGFILE")
  return curl_global_init(Int(CURL_GLOBAL_DEFAULT))
}()
