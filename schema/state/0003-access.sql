-- Who may send and read: accounts, keys, what was changed by whom, and what was used today.

-- `source`: `here` for accounts that people keep in this file, `postgres` for copies of another table that stay when its
-- database is away. `origins` and `limits` are JSON. `retention_days` NULL: as the configuration says.
CREATE TABLE accounts (
  id TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('here', 'postgres')),
  name TEXT NOT NULL,
  active INTEGER NOT NULL,
  origins TEXT NOT NULL,
  limits TEXT NOT NULL,
  retention_days INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (source, id)
) WITHOUT ROWID;

-- `digest`: SHA-256 of the key, hexadecimal. The key itself is nowhere. Revoked ones stay, so that the list and the audit
-- log can be read.
CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('write', 'server', 'read', 'admin')),
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  accounts TEXT NOT NULL,
  limits TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER,
  replaced_by TEXT
) WITHOUT ROWID;

-- Every change of accounts and keys. Rows are only added, and the oldest go when there are too many.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
);

-- Events and bytes of the UTC day, for limits by the day. `subject` is a keyed hash; that of an address is keyed with the
-- salt of its day, which is destroyed after it.
CREATE TABLE daily_usage (
  day INTEGER NOT NULL,
  subject INTEGER NOT NULL,
  events INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (day, subject)
) WITHOUT ROWID;
