-- How often calls with a key ended with which code: a day of a key in one row, packed.
CREATE TABLE usage_days (
  key BLOB NOT NULL,
  day INTEGER NOT NULL,
  counts BLOB NOT NULL,
  PRIMARY KEY (key, day)
) STRICT, WITHOUT ROWID;

-- The same added up over all keys of an environment, so that nobody adds up a hundred thousand.
CREATE TABLE environment_days (
  environment BLOB NOT NULL,
  day INTEGER NOT NULL,
  counts BLOB NOT NULL,
  PRIMARY KEY (environment, day)
) STRICT, WITHOUT ROWID;

-- The last allowed call with each value of a key; `start` tells the values apart.
CREATE TABLE value_uses (
  key BLOB NOT NULL,
  start TEXT NOT NULL,
  at INTEGER NOT NULL,
  address TEXT,
  operation TEXT,
  PRIMARY KEY (key, start)
) STRICT, WITHOUT ROWID;
