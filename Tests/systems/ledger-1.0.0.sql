-- The ledger that version 1.0.0 wrote for one reissue that was accepted and issued. @THEN@ stands for its times
-- (milliseconds since 1970), @DAY@ for the day.
PRAGMA application_id = 1313034828;
PRAGMA user_version = 1;
PRAGMA journal_mode = wal;
BEGIN TRANSACTION;
CREATE TABLE day (account TEXT NOT NULL, day INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (account, day)) STRICT, WITHOUT ROWID;
INSERT INTO "day" VALUES('c886a73b32a8c6c6a95b0ab34191eca1502c59871b7a194c8f25f3a1b367e590',@DAY@,1);
CREATE TABLE number (account TEXT NOT NULL, number TEXT NOT NULL, key TEXT NOT NULL,
  PRIMARY KEY (account, number),
  FOREIGN KEY (account, key) REFERENCES record (account, key) ON DELETE CASCADE) STRICT, WITHOUT ROWID;
INSERT INTO "number" VALUES('c886a73b32a8c6c6a95b0ab34191eca1502c59871b7a194c8f25f3a1b367e590','55882','order:ORDER-1001');
INSERT INTO "number" VALUES('c886a73b32a8c6c6a95b0ab34191eca1502c59871b7a194c8f25f3a1b367e590','56010','order:ORDER-1001');
CREATE TABLE record (account TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL,
  changed INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (account, key)) STRICT, WITHOUT ROWID;
INSERT INTO "record" VALUES('c886a73b32a8c6c6a95b0ab34191eca1502c59871b7a194c8f25f3a1b367e590','order:ORDER-1001','issued',@THEN@,'{"version":1,"account":"c886a73b32a8c6c6a95b0ab34191eca1502c59871b7a194c8f25f3a1b367e590","key":"order:ORDER-1001","state":"issued","name":"shop.example.com","numbers":["55882","56010"],"standing":{"state":"issued","signedAt":@THEN@,"settledAt":@THEN@,"number":"55882","newNumber":"56010","stage":"issued","baseline":["55882"],"baselineIsComplete":true,"digest":"1f9dbe2e5983531d7f184e573aaeed81b89402a26d4f22e483e8866c0681bdc5","event":"expiry, item 0","store":"shop.example.com/1"},"refusals":0,"lastLook":@THEN@,"attempts":[{"at":@THEN@,"outcome":"accepted","event":"expiry, item 0"},{"at":@THEN@,"outcome":"issued","event":"expiry, item 0","newNumber":"56010"}]}');
CREATE INDEX number_key ON number (account, key);
CREATE INDEX record_state ON record (state, changed);
COMMIT;
