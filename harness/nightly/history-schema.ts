/** Raised when a table changes. */
export const schemaVersion = 1

/** Times are ms since 1970, durations ms. `results` is what a run left in full, packed, until its night is over. */
export const schema = `
  CREATE TABLE nights (
    id INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, plan TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER,
    exit_status INTEGER, parts TEXT NOT NULL
  );
  CREATE INDEX nights_of_project ON nights (project, id);
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY, night INTEGER NOT NULL REFERENCES nights ON DELETE CASCADE, part TEXT NOT NULL, n INTEGER NOT NULL,
    folder TEXT NOT NULL, started INTEGER NOT NULL, duration INTEGER NOT NULL, exit_status INTEGER NOT NULL, results BLOB
  );
  CREATE INDEX runs_of_night ON runs (night);
  CREATE TABLE files (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, project TEXT NOT NULL, file TEXT NOT NULL,
    digest TEXT NOT NULL, duration INTEGER NOT NULL, passed INTEGER NOT NULL
  );
  CREATE INDEX files_of_run ON files (run);
  CREATE INDEX files_by_name ON files (file);
  CREATE TABLE outcomes (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, project TEXT NOT NULL, file TEXT NOT NULL,
    name TEXT NOT NULL, state TEXT NOT NULL, class TEXT NOT NULL, cause TEXT NOT NULL, duration INTEGER NOT NULL, issue TEXT NOT NULL
  );
  CREATE INDEX outcomes_of_run ON outcomes (run);
  CREATE INDEX outcomes_by_test ON outcomes (file, name)
`
