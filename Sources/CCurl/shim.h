#pragma once
#include <curl/curl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

// curl_easy_setopt, curl_easy_getinfo, curl_multi_setopt and curl_share_setopt are variadic, which Swift cannot
// call: one typed function for each kind of argument.
typedef size_t (*ccurl_transfer)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_transfer(CURL *easy, CURLoption option, ccurl_transfer value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_prerequest(CURL *easy, curl_prereq_callback value) { return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, value); }
static inline CURLcode ccurl_set_progress(CURL *easy, curl_xferinfo_callback value) { return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, value); }
static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) { return curl_easy_getinfo(easy, info, value); }
static inline CURLcode ccurl_get_size(CURL *easy, CURLINFO info, curl_off_t *value) { return curl_easy_getinfo(easy, info, value); }
static inline CURLcode ccurl_get_certificates(CURL *easy, struct curl_certinfo **value) { return curl_easy_getinfo(easy, CURLINFO_CERTINFO, value); }
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) { return curl_multi_setopt(multi, option, value); }
static inline CURLSHcode ccurl_share_set(CURLSH *share, curl_lock_data value) { return curl_share_setopt(share, CURLSHOPT_SHARE, value); }

// libcurl's memory is wiped when it is freed: its buffers hold signatures, proxy passwords and private keys.
static inline void ccurl_wiping_free(void *memory) {
  if (!memory) return;
  explicit_bzero(memory, malloc_usable_size(memory));
  free(memory);
}
static inline void *ccurl_wiping_realloc(void *memory, size_t size) {
  if (!memory) return malloc(size);
  size_t present = malloc_usable_size(memory);
  if (size && size <= present) return memory;
  void *longer = malloc(size ? size : 1);
  if (!longer) return NULL;
  memcpy(longer, memory, size < present ? size : present);
  ccurl_wiping_free(memory);
  return longer;
}
static inline CURLcode ccurl_set_up_wiping(void) {
  return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, ccurl_wiping_free, ccurl_wiping_realloc, strdup, calloc);
}

// The result is a member of an anonymous union, which Swift imports badly.
static inline CURLcode ccurl_result(const CURLMsg *message) { return message->data.result; }

// Before 7.87, closing a handle waits for the thread that resolves its host.
static inline CURLcode ccurl_leave_resolver(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
  return curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
  return CURLE_OK;
#endif
}

// The bit set is deprecated since 7.85, and the text does not exist before. No other scheme is allowed.
static inline CURLcode ccurl_allow_schemes(CURL *easy, int plain) {
#if LIBCURL_VERSION_NUM >= 0x075500
  return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
#else
  return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(plain ? CURLPROTO_HTTP : CURLPROTO_HTTPS));
#endif
}
