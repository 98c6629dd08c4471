-- Work of the daemon that outlives a request: what is asked for, how far it is, how it ended.

-- `due_at`: a queued one is not begun before (backoff after a failure). `failures`: attempts begun since the last
-- progress; what limits retries. `cancel_asked`: somebody wants a running one to end at its next checkpoint.
-- Times are milliseconds since the epoch.
CREATE TABLE tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  params TEXT NOT NULL,
  scheduled INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  step TEXT NOT NULL DEFAULT '',
  progress REAL,
  error TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  cancel_asked INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER
);

CREATE INDEX tasks_by_state ON tasks (state, kind);

-- Steps by name, so that a version with a step more or less still finds what is done.
CREATE TABLE task_steps (
  task INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  checkpoint TEXT,
  started_at INTEGER,
  finished_at INTEGER,
  PRIMARY KEY (task, name)
) WITHOUT ROWID;

-- The last lines that each task has logged.
CREATE TABLE task_log (
  id INTEGER PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  level TEXT NOT NULL,
  event TEXT NOT NULL,
  fields TEXT NOT NULL
);

CREATE INDEX task_log_by_task ON task_log (task, id);

-- When a recurring kind runs next.
CREATE TABLE task_schedules (
  kind TEXT PRIMARY KEY,
  next_at INTEGER NOT NULL
) WITHOUT ROWID;
