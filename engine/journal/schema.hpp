// The journal's tables. A change of their form raises kSchemaVersion and needs a migration.
#pragma once

namespace stepwell::journal {

/// An older Stepwell refuses a journal of a newer form, so whatever it could not go on with raises
/// this: tables that it would not keep up to date, and kinds of events and layouts of blobs that it
/// does not know (kEventKinds is looked at by a test).
inline constexpr int kSchemaVersion = 5;
inline constexpr int kEventKinds = 63;             // that the form has
inline constexpr int kApplicationId = 0x5357454c;  // "SWEL"

// No table with many rows has a hot secondary index: history and executions are appended by rowid,
// and the indexes of executions are appended to per workflow. `status` is core::Status as a number
// (0 running, 1 succeeded, ...).
inline constexpr const char* kSchema = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE workflows(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  arn TEXT NOT NULL,
  type TEXT NOT NULL,
  created INTEGER NOT NULL,
  deleted INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX workflows_by_name ON workflows(name) WHERE deleted = 0;
CREATE TABLE versions(
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL,
  number INTEGER NOT NULL,
  revision TEXT NOT NULL,
  definition TEXT NOT NULL,
  role TEXT NOT NULL,
  settings TEXT NOT NULL,
  created INTEGER NOT NULL,
  UNIQUE(workflow, number)) STRICT;
CREATE TABLE executions(
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL,
  version INTEGER NOT NULL,
  name TEXT,
  status INTEGER NOT NULL,
  started INTEGER NOT NULL,
  stopped INTEGER,
  first_chunk INTEGER NOT NULL,
  last_chunk INTEGER NOT NULL,
  error TEXT,
  origin TEXT,
  redrives INTEGER NOT NULL DEFAULT 0,
  redriven INTEGER,
  principal TEXT) STRICT;
CREATE INDEX executions_by_workflow ON executions(workflow);
CREATE INDEX executions_not_succeeded ON executions(workflow, status) WHERE status <> 1;
CREATE UNIQUE INDEX executions_by_name ON executions(workflow, name) WHERE name IS NOT NULL;
CREATE TABLE open_executions(
  id INTEGER PRIMARY KEY,
  due INTEGER,
  flags INTEGER NOT NULL,
  last_chunk INTEGER NOT NULL,
  head BLOB NOT NULL) STRICT;
CREATE TABLE records(
  execution INTEGER NOT NULL,
  key INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY(execution, key)) STRICT, WITHOUT ROWID;
CREATE TABLE history(
  id INTEGER PRIMARY KEY,
  previous INTEGER NOT NULL,
  events_before INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  execution INTEGER NOT NULL DEFAULT 0) STRICT;
)sql";

// What version 2 added, for new journals and for those of version 1. A claim's rowid is the order
// in which it was made.
inline constexpr const char* kSchemaOfDocuments = R"sql(
CREATE TABLE documents(
  collection TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY(collection, key)) STRICT, WITHOUT ROWID;
CREATE TABLE claims(
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  key TEXT NOT NULL,
  details TEXT NOT NULL,
  execution INTEGER NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE(source, key)) STRICT;
CREATE INDEX claims_by_source ON claims(source, id);
CREATE INDEX claims_by_execution ON claims(execution) WHERE execution <> 0;
)sql";
/// Large payloads of open executions, which `records` names by number: in rows of their own, as to
/// find a place in `records` means to read whole rows of it. And the ended executions whose records
/// and payloads are still to be removed.
inline constexpr const char* kAddPayloads = R"sql(
CREATE TABLE IF NOT EXISTS payloads(
  execution INTEGER NOT NULL,
  key INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY(execution, key)) STRICT;
CREATE TABLE IF NOT EXISTS leftovers(execution INTEGER PRIMARY KEY) STRICT;
)sql";
/// Indexes and a table that came later: made where they are missing. A run is put into this one
/// when it ends badly, and never before.
inline constexpr const char* kAddIndexes =
    "CREATE INDEX IF NOT EXISTS executions_ended_badly ON executions(status) WHERE status > 1;"
    // Deleted ones, too: their executions are still asked for by name.
    "CREATE INDEX IF NOT EXISTS workflows_by_any_name ON workflows(name);"
    // Chunks in the middle of long histories: one row for about a thousand events.
    "CREATE TABLE IF NOT EXISTS history_marks(execution INTEGER NOT NULL,"
    " events_before INTEGER NOT NULL, chunk INTEGER NOT NULL,"
    " PRIMARY KEY(execution, events_before)) STRICT, WITHOUT ROWID";
/// Who started a run: a column that came later, added where it is missing.
inline constexpr const char* kHasPrincipals =
    "SELECT count(*) FROM pragma_table_info('executions') WHERE name = 'principal'";
inline constexpr const char* kAddPrincipals = "ALTER TABLE executions ADD COLUMN principal TEXT";
/// Which execution has started a run, and which attempts wait for the end of one that runs: added
/// where it is missing. The index holds runs that have a parent only, and is appended to.
inline constexpr const char* kHasParents =
    "SELECT count(*) FROM pragma_table_info('executions') WHERE name = 'parent'";
inline constexpr const char* kAddParents = R"sql(
ALTER TABLE executions ADD COLUMN parent INTEGER;
ALTER TABLE executions ADD COLUMN parent_frame INTEGER;
ALTER TABLE executions ADD COLUMN parent_attempt INTEGER;
ALTER TABLE executions ADD COLUMN depth INTEGER;
CREATE INDEX executions_by_parent ON executions(parent) WHERE parent IS NOT NULL;
CREATE TABLE awaited(
  child INTEGER NOT NULL,
  parent INTEGER NOT NULL,
  frame INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  PRIMARY KEY(child, parent, frame, attempt)) STRICT, WITHOUT ROWID;
CREATE INDEX awaited_by_parent ON awaited(parent, frame, attempt);
)sql";
/// What run rows are kept in; made where it is missing, in files that any Stepwell of this form can
/// use. Only what failed, caught something or had tasks costs more than a count.
inline constexpr const char* kHasRunRows =
    "SELECT count(*) FROM sqlite_schema WHERE name = 'run_rows'";
inline constexpr const char* kAddRunRows = R"sql(
CREATE TABLE run_rows(
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL,
  started INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  folded INTEGER NOT NULL,
  caught INTEGER NOT NULL,
  rows_read INTEGER,
  rows_rejected INTEGER,
  queued INTEGER NOT NULL,
  details TEXT NOT NULL) STRICT;
CREATE INDEX run_rows_unfolded ON run_rows(id) WHERE folded = 0;
CREATE INDEX run_rows_caught ON run_rows(id) WHERE caught > 0;
CREATE TABLE run_failures(
  run INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  workflow INTEGER NOT NULL,
  started INTEGER NOT NULL,
  recovered INTEGER NOT NULL,
  state TEXT NOT NULL,
  path TEXT NOT NULL,
  error TEXT NOT NULL,
  cause TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY(run, fingerprint)) STRICT, WITHOUT ROWID;
CREATE INDEX run_failures_by_start ON run_failures(started, fingerprint, workflow);
CREATE INDEX run_failures_by_fingerprint ON run_failures(fingerprint, run);
CREATE TABLE run_counts(
  workflow INTEGER NOT NULL,
  status INTEGER NOT NULL,
  minute INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY(workflow, status, minute)) STRICT, WITHOUT ROWID;
INSERT INTO run_counts
  SELECT workflow, status, started / 60000, count(*) FROM executions GROUP BY 1, 2, 3;
INSERT INTO meta VALUES('rows_from', (SELECT ifnull(max(id), 0) + 1 FROM executions));
)sql";
inline constexpr const char* kAddColumns =
    "ALTER TABLE executions ADD COLUMN origin TEXT;"
    "ALTER TABLE executions ADD COLUMN redrives INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE executions ADD COLUMN redriven INTEGER;"

    "ALTER TABLE history ADD COLUMN execution INTEGER NOT NULL DEFAULT 0";

}  // namespace stepwell::journal
