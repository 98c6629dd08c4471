-- Where a migration from another database is: its plan, fixed at the start, and every chunk before and after it travels.

-- `job`: number of the migration in the batch numbers of its rows in ClickHouse; drawn at random, so that two instances which
-- write into one server do not take each other's rows for their own.
CREATE TABLE migrations (
  task INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
  job INTEGER NOT NULL,
  plan TEXT NOT NULL
);

-- `cursor`: where the next chunk of the table begins.
CREATE TABLE migration_tables (
  task INTEGER NOT NULL REFERENCES migrations (task) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting',
  error TEXT NOT NULL DEFAULT '',
  cursor TEXT NOT NULL DEFAULT '{"part":0,"from":null}',
  PRIMARY KEY (task, position)
) WITHOUT ROWID;

-- `attempt` is the one whose rows count; it is raised before a row of the next one moves. `sums` are those of the source at
-- the snapshot `epoch`.
CREATE TABLE migration_chunks (
  task INTEGER NOT NULL REFERENCES migrations (task) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  position INTEGER NOT NULL,
  range TEXT NOT NULL,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  epoch TEXT NOT NULL,
  sums TEXT,
  bytes INTEGER NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (task, ordinal)
) WITHOUT ROWID;
