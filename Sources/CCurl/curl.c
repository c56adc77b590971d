// The functions of libcurl that are used, each calling the one of the loaded library.
//
// They have libcurl's names and types, so the compiler compares them with its header. They are hidden: the library finds
// its own functions, and not these.

// The macros for calls with three arguments would stand in the way.
#define CURL_DISABLE_TYPECHECK
#include "CCurl.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC visibility push(hidden)

// Without a folder: the loader looks in those of the system. Any release since 2006 has this name.
#define LIBRARY "libcurl.so.4"

// For those who make packages of the program (systemd.io/ELF_DLOPEN_METADATA): the loader does not see this library
// among those that the program needs. readelf -p .note.dlopen shows it.
#define NOTE                                                                                     \
  "[{\"feature\":\"http\",\"description\":\"Calls of the service and of etcd\","                 \
  "\"priority\":\"required\",\"soname\":[\"" LIBRARY "\"]}]"
static const struct {
  uint32_t vendor_size, text_size, type;
  char vendor[4];
  char text[(sizeof NOTE + 3) / 4 * 4];
} note __attribute__((used, retain, aligned(4), section(".note.dlopen"))) = {
    sizeof "FDO", sizeof NOTE, 0x407c0c0a, "FDO", NOTE};

#define FUNCTIONS(F)                                                                              \
  F(curl_easy_cleanup) F(curl_easy_getinfo) F(curl_easy_init) F(curl_easy_perform)                \
  F(curl_easy_setopt) F(curl_easy_strerror) F(curl_free) F(curl_global_init_mem)                      \
  F(curl_multi_add_handle) F(curl_multi_cleanup) F(curl_multi_info_read) F(curl_multi_init)       \
  F(curl_multi_perform) F(curl_multi_poll) F(curl_multi_remove_handle) F(curl_multi_setopt)       \
  F(curl_share_cleanup) F(curl_share_init) F(curl_share_setopt)                                   \
  F(curl_slist_append) F(curl_slist_free_all)                                                     \
  F(curl_url) F(curl_url_cleanup) F(curl_url_get) F(curl_url_set) F(curl_version_info)

#define MEMBER(name) __typeof__(name) *name;
static struct { FUNCTIONS(MEMBER) } loaded;

#define NAME(name) #name,
static const char *const names[] = {FUNCTIONS(NAME)};

const char *ccurl_load(void) {
  // The library stays loaded: some of those behind it cannot be unloaded.
  void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  if (!library) return dlerror();
  // The members are pointers to functions and nothing else, in the order of the names.
  void **members = (void **)&loaded;
  for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
    members[index] = dlsym(library, names[index]);
    if (!members[index]) return dlerror();
  }
  return NULL;
}

void curl_easy_cleanup(CURL *easy) { loaded.curl_easy_cleanup(easy); }
CURL *curl_easy_init(void) { return loaded.curl_easy_init(); }
CURLcode curl_easy_perform(CURL *easy) { return loaded.curl_easy_perform(easy); }
const char *curl_easy_strerror(CURLcode code) { return loaded.curl_easy_strerror(code); }
void curl_free(void *memory) { loaded.curl_free(memory); }
curl_version_info_data *curl_version_info(CURLversion age) { return loaded.curl_version_info(age); }

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy) { return loaded.curl_multi_add_handle(multi, easy); }
CURLMcode curl_multi_cleanup(CURLM *multi) { return loaded.curl_multi_cleanup(multi); }
CURLMsg *curl_multi_info_read(CURLM *multi, int *left) { return loaded.curl_multi_info_read(multi, left); }
CURLM *curl_multi_init(void) { return loaded.curl_multi_init(); }
CURLMcode curl_multi_perform(CURLM *multi, int *running) { return loaded.curl_multi_perform(multi, running); }
CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd extra[], unsigned count, int milliseconds, int *ready) {
  return loaded.curl_multi_poll(multi, extra, count, milliseconds, ready);
}
CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy) { return loaded.curl_multi_remove_handle(multi, easy); }

CURLSHcode curl_share_cleanup(CURLSH *share) { return loaded.curl_share_cleanup(share); }
CURLSH *curl_share_init(void) { return loaded.curl_share_init(); }

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text) {
  return loaded.curl_slist_append(list, text);
}
void curl_slist_free_all(struct curl_slist *list) { loaded.curl_slist_free_all(list); }

CURLU *curl_url(void) { return loaded.curl_url(); }
void curl_url_cleanup(CURLU *url) { loaded.curl_url_cleanup(url); }
// libcurl's own has a constant URL since 8.1.
CURLUcode ccurl_url_get(CURLU *url, CURLUPart part, char **text, unsigned flags) {
  return loaded.curl_url_get(url, part, text, flags);
}
CURLUcode curl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned flags) {
  return loaded.curl_url_set(url, part, text, flags);
}

// libcurl's memory is wiped when it is freed: its buffers hold signatures, proxy passwords and private keys.
static void wiping_free(void *memory) {
  if (!memory) return;
  explicit_bzero(memory, malloc_usable_size(memory));
  free(memory);
}

static void *wiping_realloc(void *memory, size_t size) {
  if (!memory) return malloc(size);
  size_t present = malloc_usable_size(memory);
  if (size && size <= present) return memory;
  void *longer = malloc(size ? size : 1);
  if (!longer) return NULL;
  memcpy(longer, memory, size < present ? size : present);
  wiping_free(memory);
  return longer;
}

CURLcode ccurl_set_up_wiping(void) {
  return loaded.curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc, strdup, calloc);
}

#define SETTER(name, type)                                                \
  CURLcode name(CURL *easy, CURLoption option, type value) { return loaded.curl_easy_setopt(easy, option, value); }
SETTER(ccurl_set_long, long)
SETTER(ccurl_set_size, curl_off_t)
SETTER(ccurl_set_text, const char *)
SETTER(ccurl_set_pointer, void *)
SETTER(ccurl_set_transfer, ccurl_transfer)

CURLcode ccurl_set_prerequest(CURL *easy, curl_prereq_callback value) {
  return loaded.curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, value);
}
CURLcode ccurl_set_progress(CURL *easy, curl_xferinfo_callback value) {
  return loaded.curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, value);
}
CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) { return loaded.curl_easy_getinfo(easy, info, value); }
CURLcode ccurl_get_size(CURL *easy, CURLINFO info, curl_off_t *value) {
  return loaded.curl_easy_getinfo(easy, info, value);
}
CURLcode ccurl_get_certificates(CURL *easy, struct curl_certinfo **value) {
  return loaded.curl_easy_getinfo(easy, CURLINFO_CERTINFO, value);
}
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return loaded.curl_multi_setopt(multi, option, value);
}
CURLSHcode ccurl_share_set(CURLSH *share, curl_lock_data value) {
  return loaded.curl_share_setopt(share, CURLSHOPT_SHARE, value);
}

// Options of newer releases by their numbers, which never change: the library may be older or newer than the header.
static const CURLoption quick_exit_option = CURLOPTTYPE_LONG + 322, protocols_text = CURLOPTTYPE_OBJECTPOINT + 318,
                        protocols_bits = CURLOPTTYPE_LONG + 181;

CURLcode ccurl_leave_resolver(CURL *easy) {
  CURLcode code = loaded.curl_easy_setopt(easy, quick_exit_option, 1L);
  return code == CURLE_UNKNOWN_OPTION ? CURLE_OK : code;
}

// The bit set is deprecated since 7.85, and the text does not exist before.
CURLcode ccurl_allow_schemes(CURL *easy, int plain) {
  CURLcode code = loaded.curl_easy_setopt(easy, protocols_text, plain ? "http" : "https");
  if (code != CURLE_UNKNOWN_OPTION) return code;
  return loaded.curl_easy_setopt(easy, protocols_bits, (long)(plain ? CURLPROTO_HTTP : CURLPROTO_HTTPS));
}
