-- state.db holds what is state, never events: one file, opened only by the daemon.

-- Per target table: how many rows are proven stored or set aside, and the one segment that is counted but perhaps not
-- unlinked yet with how many of its rows that was, so that a crash in between counts it anew, not twice. `keys_through`: segments up to this one have their
-- client ids in seen_ids; later ones are read again from the segments after a crash.
CREATE TABLE lanes (
  lane TEXT PRIMARY KEY,
  stored INTEGER NOT NULL DEFAULT 0,
  dead_lettered INTEGER NOT NULL DEFAULT 0,
  counted TEXT NOT NULL DEFAULT '',
  counted_rows INTEGER NOT NULL DEFAULT 0,
  keys_through TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

-- Client-given event ids inside the deduplication window. Rows are only ever added at the end and removed at the
-- beginning, so the window is a range of id and removal needs no second index.
CREATE TABLE seen_ids (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,
  seen_at INTEGER NOT NULL
);

-- Index of <spool>/<lane>/deadletter: the files are the truth, this table adds why and when.
CREATE TABLE dead_letters (
  batch TEXT PRIMARY KEY,
  lane TEXT NOT NULL,
  rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;

-- Counters that go on over a restart, saved once a second.
CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value REAL NOT NULL
) WITHOUT ROWID;

-- Random salt of each UTC day for cookieless visitor ids; destroyed after its day.
CREATE TABLE salts (
  day TEXT PRIMARY KEY,
  salt BLOB NOT NULL
) WITHOUT ROWID;

-- Distinct property keys of each account, for the cap on them.
CREATE TABLE property_keys (
  account TEXT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (account, key)
) WITHOUT ROWID;
