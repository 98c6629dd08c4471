-- What requests look up and change: small, and kept in copies by every collector (links, jurisdictions) or asked for one at a
-- time (consents). The history of agreements is in ClickHouse; here is only what holds now.

-- Short links by what a browser asks for. A disabled one stays, so that its address is not given to somebody else.
CREATE TABLE links (
  host TEXT NOT NULL,
  path TEXT NOT NULL,
  account TEXT NOT NULL,
  target TEXT NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (host, path)
) WITHOUT ROWID;

CREATE TABLE link_changes (
  id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  path TEXT NOT NULL,
  target TEXT NOT NULL,
  change TEXT NOT NULL CHECK (change IN ('created', 'replaced', 'disabled')),
  at INTEGER NOT NULL
);

CREATE INDEX link_changes_by_link ON link_changes (host, path, id);

-- What each visitor agreed to last.
CREATE TABLE consents (
  account TEXT NOT NULL,
  visitor_id TEXT NOT NULL,
  flags INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (account, visitor_id)
) WITHOUT ROWID;

-- Whose rules hold where. Seeded once (`src/registry/seeds.ts`), from then on the operator's; lists are JSON.
CREATE TABLE jurisdictions (
  code TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- Keys of this instance, random.
CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;
