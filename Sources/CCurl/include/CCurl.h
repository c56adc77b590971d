#pragma once
#include <curl/curl.h>

// Loads libcurl, once, and finds its functions; only then may one of them be called. libcurl brings twenty more libraries,
// half of the time of a run that makes no call.
// NULL if that is done, or the loader's reason why not, which stays valid.
const char *ccurl_load(void);

// curl_global_init with memory that is wiped when it is freed.
CURLcode ccurl_set_up_wiping(void);

// curl_easy_setopt, curl_easy_getinfo, curl_multi_setopt and curl_share_setopt are variadic, which Swift cannot
// call: one typed function for each kind of argument.
typedef size_t (*ccurl_transfer)(char *bytes, size_t size, size_t count, void *context);

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value);
CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value);
CURLcode ccurl_set_transfer(CURL *easy, CURLoption option, ccurl_transfer value);
CURLcode ccurl_set_prerequest(CURL *easy, curl_prereq_callback value);
CURLcode ccurl_set_progress(CURL *easy, curl_xferinfo_callback value);
CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value);
CURLcode ccurl_get_size(CURL *easy, CURLINFO info, curl_off_t *value);
CURLcode ccurl_get_certificates(CURL *easy, struct curl_certinfo **value);
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLSHcode ccurl_share_set(CURLSH *share, curl_lock_data value);
CURLUcode ccurl_url_get(CURLU *url, CURLUPart part, char **text, unsigned flags);

// Before 7.87, closing a handle waits for the thread that resolves its host.
CURLcode ccurl_leave_resolver(CURL *easy);

// Only https, or only http.
CURLcode ccurl_allow_schemes(CURL *easy, int plain);

// The result is a member of an anonymous union, which Swift imports badly.
static inline CURLcode ccurl_result(const CURLMsg *message) { return message->data.result; }
