// The least that the ledger of a batch can take: the same rows and the same syncs, without any request. All claims are
// one transaction; then the outcomes of calls that end together are one transaction each.
//
//   batch_ledger LEDGER ITEMS TOGETHER
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The lengths of such records of the program, in bytes.
enum { CLAIM = 750, OUTCOME = 670 };

static sqlite3 *ledger;

static void execute(const char *sql) {
  if (sqlite3_exec(ledger, sql, NULL, NULL, NULL) != SQLITE_OK) exit(74);
}

static sqlite3_stmt *prepared(const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(ledger, sql, -1, &statement, NULL) != SQLITE_OK) exit(74);
  return statement;
}

static void run(sqlite3_stmt *statement) {
  while (sqlite3_step(statement) == SQLITE_ROW) continue;
  if (sqlite3_reset(statement) != SQLITE_OK) exit(74);
}

int main(int count, char **words) {
  if (count != 4) return 64;
  int items = atoi(words[2]), together = atoi(words[3]);
  if (together < 1 || sqlite3_open(words[1], &ledger) != SQLITE_OK) return 74;
  execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 64;"
      "CREATE TABLE record (account TEXT, key TEXT, state TEXT, changed INTEGER, body TEXT,"
      " PRIMARY KEY (account, key)) STRICT, WITHOUT ROWID;"
      "CREATE TABLE number (account TEXT, number TEXT, key TEXT, PRIMARY KEY (account, number)) STRICT, WITHOUT ROWID;"
      "CREATE INDEX number_key ON number (account, key);"
      "CREATE INDEX record_state ON record (state, changed)");
  sqlite3_stmt *claim = prepared("INSERT INTO record VALUES (?1, ?2, 'claimed', ?3, ?4)");
  sqlite3_stmt *lead = prepared("INSERT INTO number VALUES (?1, ?2, ?2)");
  sqlite3_stmt *find = prepared("SELECT key, body FROM number JOIN record USING (account, key) WHERE account = ?1 AND number = ?2");
  sqlite3_stmt *settle = prepared("UPDATE record SET state = 'accepted', changed = ?3, body = ?4 WHERE account = ?1 AND key = ?2");
  sqlite3_stmt *statements[] = {claim, lead, find, settle};
  char account[65], key[32], body[CLAIM];
  memset(account, 'a', sizeof account - 1);
  account[64] = 0;
  memset(body, 'b', sizeof body);
  for (int index = 0; index < 4; index++) sqlite3_bind_text(statements[index], 1, account, -1, SQLITE_STATIC);

  execute("BEGIN IMMEDIATE");
  sqlite3_bind_text(claim, 4, body, CLAIM, SQLITE_STATIC);
  for (int item = 0; item < items; item++) {
    snprintf(key, sizeof key, "number:%d", 100000 + item);
    sqlite3_bind_text(claim, 2, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(claim, 3, item);
    sqlite3_bind_text(lead, 2, key, -1, SQLITE_STATIC);
    run(claim);
    run(lead);
  }
  execute("COMMIT");

  sqlite3_bind_text(settle, 4, body, OUTCOME, SQLITE_STATIC);
  for (int first = 0; first < items; first += together) {
    execute("BEGIN IMMEDIATE");
    for (int item = first; item < items && item < first + together; item++) {
      snprintf(key, sizeof key, "number:%d", 100000 + item);
      sqlite3_bind_text(find, 2, key, -1, SQLITE_STATIC);
      run(find);
      sqlite3_bind_text(settle, 2, key, -1, SQLITE_STATIC);
      sqlite3_bind_int64(settle, 3, items + item);
      run(settle);
    }
    execute("COMMIT");
  }
  for (int index = 0; index < 4; index++) sqlite3_finalize(statements[index]);
  return sqlite3_close(ledger) == SQLITE_OK ? 0 : 74;
}
