// The least that one alert with a ledger can take with the same libraries: the event becomes a tree, the intent is on disk
// before the signed call, the outcome after it. There is no template, and nothing is checked.
//
//   one_alert URL "POST /target" LEDGER BODY <event     with ACCESS_KEY and SECRET_KEY in the environment
#define OPENSSL_SUPPRESS_DEPRECATED
#include <curl/curl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static void note(sqlite3 *ledger, const char *state, const char *key) {
  char statement[512];
  snprintf(statement, sizeof statement, "BEGIN IMMEDIATE; INSERT OR REPLACE INTO record VALUES ('%s', '%s'); COMMIT", key, state);
  if (sqlite3_exec(ledger, statement, NULL, NULL, NULL) != SQLITE_OK) exit(74);
}

static char body[1 << 16];

int main(int count, char **words) {
  if (count != 5) return 64;
  json_error_t error;
  json_t *event = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
  FILE *file = fopen(words[4], "rb");
  if (!event || !file) return 65;
  size_t length = fread(body, 1, sizeof body, file);
  fclose(file);

  sqlite3 *ledger;
  if (sqlite3_open(words[3], &ledger) != SQLITE_OK) return 74;
  sqlite3_db_config(ledger, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  int on = 1;
  sqlite3_file_control(ledger, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
  if (sqlite3_exec(
          ledger,
          "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 64;"
          "CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, state TEXT)",
          NULL, NULL, NULL) != SQLITE_OK)
    return 74;
  note(ledger, "claimed", words[2]);

  struct timeval now;
  gettimeofday(&now, NULL);
  char text[1024], header[3][512], signature[64];
  const char *access = getenv("ACCESS_KEY"), *secret = getenv("SECRET_KEY");
  long long milliseconds = now.tv_sec * 1000LL + now.tv_usec / 1000;
  snprintf(text, sizeof text, "%s\n%lld\n%s", words[2], milliseconds, access);
  unsigned char code[EVP_MAX_MD_SIZE];
  unsigned size;
  HMAC(EVP_sha256(), secret, (int)strlen(secret), (unsigned char *)text, strlen(text), code, &size);
  EVP_EncodeBlock((unsigned char *)signature, code, (int)size);
  snprintf(header[0], sizeof *header, "x-ncp-apigw-timestamp: %lld", milliseconds);
  snprintf(header[1], sizeof *header, "x-ncp-iam-access-key: %s", access);
  snprintf(header[2], sizeof *header, "x-ncp-apigw-signature-v2: %s", signature);
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Accept: application/json");
  for (int index = 0; index < 3; index++) headers = curl_slist_append(headers, header[index]);

  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL *call = curl_easy_init();
  curl_easy_setopt(call, CURLOPT_URL, words[1]);
  curl_easy_setopt(call, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(call, CURLOPT_POSTFIELDSIZE, (long)length);
  curl_easy_setopt(call, CURLOPT_POSTFIELDS, body);
  // As the program: the folder with links named by hash, and not the bundle of all authorities.
  curl_easy_setopt(call, CURLOPT_CAINFO, NULL);
  curl_easy_setopt(call, CURLOPT_CAPATH, "/etc/ssl/certs");
  if (curl_easy_perform(call) != CURLE_OK) return 75;
  note(ledger, "accepted", words[2]);
  curl_easy_cleanup(call);
  sqlite3_close(ledger);
  json_decref(event);
  return 0;
}
