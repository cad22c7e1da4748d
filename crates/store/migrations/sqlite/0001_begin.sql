-- Records, the journal of changes, and key material.
--
-- In every table of records `seq` is the journal row that wrote this version and `tag` the stored
-- half of the row's MAC. Nothing but former values of keys, sessions and invitations is ever removed
-- from them.

CREATE TABLE products (
  slug TEXT NOT NULL PRIMARY KEY,
  manifest TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  tag BLOB NOT NULL
) STRICT;

CREATE TABLE organizations (
  id BLOB NOT NULL PRIMARY KEY,
  product TEXT NOT NULL REFERENCES products (slug) DEFERRABLE INITIALLY DEFERRED,
  external_id TEXT,
  name TEXT NOT NULL,
  plan TEXT,
  metadata TEXT,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  narrowed_seq INTEGER,
  seq INTEGER NOT NULL,
  tag BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX organizations_by_external_id ON organizations (product, external_id)
  WHERE deleted_at IS NULL AND external_id IS NOT NULL;
CREATE INDEX organizations_by_product ON organizations (product, id) WHERE deleted_at IS NULL;

CREATE TABLE projects (
  id BLOB NOT NULL PRIMARY KEY,
  organization BLOB NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  product TEXT NOT NULL,
  name TEXT NOT NULL,
  metadata TEXT,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  narrowed_seq INTEGER,
  seq INTEGER NOT NULL,
  tag BLOB NOT NULL
) STRICT;
CREATE INDEX projects_by_organization ON projects (organization, id) WHERE deleted_at IS NULL;
CREATE INDEX projects_by_product ON projects (product, id) WHERE deleted_at IS NULL;

CREATE TABLE environments (
  id BLOB NOT NULL PRIMARY KEY,
  project BLOB NOT NULL REFERENCES projects (id) DEFERRABLE INITIALLY DEFERRED,
  organization BLOB NOT NULL,
  product TEXT NOT NULL,
  name TEXT NOT NULL,
  mode TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  narrowed_seq INTEGER,
  seq INTEGER NOT NULL,
  tag BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX environments_by_name ON environments (project, name) WHERE deleted_at IS NULL;
CREATE INDEX environments_by_product ON environments (product, id) WHERE deleted_at IS NULL;
CREATE INDEX environments_by_organization ON environments (organization);

CREATE TABLE keys (
  id BLOB NOT NULL PRIMARY KEY,
  environment BLOB NOT NULL REFERENCES environments (id) DEFERRABLE INITIALLY DEFERRED,
  kind TEXT NOT NULL,
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  note TEXT,
  scopes TEXT,
  allowed_origins TEXT,
  allowed_ips TEXT,
  rate_limit INTEGER,
  rate_period INTEGER,
  spend_day INTEGER,
  spend_month INTEGER,
  spend_total INTEGER,
  metadata TEXT,
  binding_product TEXT,
  binding_environment TEXT,
  expires_at INTEGER,
  enabled INTEGER NOT NULL,
  disabled_at INTEGER,
  revoked_at INTEGER,
  deleted_at INTEGER,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  rotated_at INTEGER,
  exposed_at INTEGER,
  digest BLOB NOT NULL,
  pepper INTEGER NOT NULL,
  foreign_digest TEXT,
  start TEXT NOT NULL,
  value TEXT,
  sealed BLOB,
  narrowed_seq INTEGER,
  seq INTEGER NOT NULL,
  tag BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX keys_by_name ON keys (environment, kind, name)
  WHERE deleted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX keys_by_environment ON keys (environment, id);
-- What pages list, newest first, however many keys there are; and what is counted.
CREATE INDEX keys_living ON keys (environment, kind, id, expires_at)
  WHERE deleted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX keys_revoked ON keys (environment, kind, id)
  WHERE deleted_at IS NULL AND revoked_at IS NOT NULL;
CREATE INDEX keys_exposed ON keys (id)
  WHERE exposed_at IS NOT NULL AND deleted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX keys_sealed ON keys (id) WHERE sealed IS NOT NULL;
-- Also of dead keys: what was revoked must not come back as the value of another key.
CREATE UNIQUE INDEX keys_by_digest ON keys (digest);

CREATE TABLE retired_values (
  key BLOB NOT NULL REFERENCES keys (id) DEFERRABLE INITIALLY DEFERRED,
  digest BLOB NOT NULL,
  pepper INTEGER NOT NULL,
  foreign_digest TEXT,
  start TEXT NOT NULL,
  ends_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  tag BLOB NOT NULL,
  PRIMARY KEY (key, digest)
) STRICT;
CREATE UNIQUE INDEX retired_values_by_digest ON retired_values (digest);
CREATE INDEX retired_values_by_end ON retired_values (ends_at, key);

CREATE TABLE grants (
  id BLOB NOT NULL PRIMARY KEY,
  organization BLOB NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  mode TEXT NOT NULL,
  amount INTEGER NOT NULL,
  reason TEXT NOT NULL,
  occasion TEXT,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  voided_at INTEGER,
  seq INTEGER NOT NULL,
  tag BLOB NOT NULL
) STRICT;
-- What happens once happens once, whatever became of the grant.
CREATE UNIQUE INDEX grants_by_occasion ON grants (organization, mode, occasion)
  WHERE occasion IS NOT NULL;
CREATE INDEX grants_by_organization ON grants (organization, id, mode);

-- The people of the console. An address is free again when its owner is removed.
CREATE TABLE people (
  id BLOB NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  password TEXT,
  password_at INTEGER,
  totp BLOB,
  totp_step INTEGER,
  recovery TEXT,
  reset_digest BLOB,
  reset_ends_at INTEGER,
  created_at INTEGER NOT NULL,
  removed_at INTEGER,
  seq INTEGER NOT NULL,
  tag BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX people_by_email ON people (email) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX people_by_reset ON people (reset_digest) WHERE reset_digest IS NOT NULL;

-- Without an organization: of the whole installation.
CREATE TABLE members (
  id BLOB NOT NULL PRIMARY KEY,
  person BLOB NOT NULL REFERENCES people (id) DEFERRABLE INITIALLY DEFERRED,
  organization BLOB REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  removed_at INTEGER,
  seq INTEGER NOT NULL,
  tag BLOB NOT NULL
) STRICT;
CREATE INDEX members_by_person ON members (person, id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX members_of_organization ON members (person, organization)
  WHERE removed_at IS NULL AND organization IS NOT NULL;
CREATE UNIQUE INDEX members_of_installation ON members (person)
  WHERE removed_at IS NULL AND organization IS NULL;
CREATE INDEX members_by_place ON members (organization, id) WHERE removed_at IS NULL;

-- `digest` is SHA-256 of what the browser holds.
CREATE TABLE sessions (
  id BLOB NOT NULL PRIMARY KEY,
  person BLOB NOT NULL REFERENCES people (id) DEFERRABLE INITIALLY DEFERRED,
  digest BLOB NOT NULL,
  begun_at INTEGER NOT NULL,
  confirmed_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  tag BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_by_digest ON sessions (digest);
CREATE INDEX sessions_by_person ON sessions (person, id);

-- `digest` is SHA-256 of what stands in the link.
CREATE TABLE invitations (
  id BLOB NOT NULL PRIMARY KEY,
  digest BLOB NOT NULL,
  email TEXT,
  organization BLOB REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  ends_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  tag BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX invitations_by_digest ON invitations (digest);
CREATE INDEX invitations_by_place ON invitations (organization, id);

-- Credits. One row for each group of entries, packed, chained like the journal. `remembers` is how
-- many of them bear on what is known again by an idempotency key; from the group `missing_from` on
-- entries may be missing in `accounts` and `key_spending`; `sum` is the hidden sum of all rows of
-- these two and of `charges` as this group left them.
CREATE TABLE ledger (
  number INTEGER NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  remembers INTEGER NOT NULL,
  missing_from INTEGER NOT NULL,
  sum BLOB NOT NULL,
  link BLOB NOT NULL,
  entries BLOB NOT NULL
) STRICT;
CREATE INDEX ledger_by_time ON ledger (at) WHERE remembers > 0;

-- What the entries come to, written down now and then so that a start need not read all of them:
-- by organization and mode, and by key.
CREATE TABLE accounts (
  id BLOB NOT NULL PRIMARY KEY,
  state BLOB NOT NULL,
  tag BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE key_spending (
  id BLOB NOT NULL PRIMARY KEY,
  state BLOB NOT NULL,
  tag BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What became of charges, by group and entry: settled for so much, given back so much.
CREATE TABLE charges (
  id BLOB NOT NULL PRIMARY KEY,
  state BLOB NOT NULL,
  tag BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The last group that is not kept any more, and what the entries up to it come to.
CREATE TABLE ledger_base (
  id BLOB NOT NULL PRIMARY KEY,
  state BLOB NOT NULL,
  tag BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE base_accounts (
  id BLOB NOT NULL PRIMARY KEY,
  state BLOB NOT NULL,
  tag BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE base_key_spending (
  id BLOB NOT NULL PRIMARY KEY,
  state BLOB NOT NULL,
  tag BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row for each change, without gaps, and `at` never runs backwards, so that a time is found by
-- halving. `link` chains it to the row before; `personal` and
-- `keyring` are hashes of what stands in the tables of those names.
CREATE TABLE journal (
  seq INTEGER NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  product TEXT,
  organization BLOB,
  request_id BLOB,
  personal BLOB,
  keyring BLOB,
  link BLOB NOT NULL,
  details TEXT NOT NULL,
  marks BLOB NOT NULL
) STRICT;
CREATE INDEX journal_by_action ON journal (action);
CREATE INDEX journal_by_product ON journal (product) WHERE product IS NOT NULL;
CREATE INDEX journal_by_product_action ON journal (product, action) WHERE product IS NOT NULL;
CREATE INDEX journal_by_person ON journal (actor) WHERE substr(actor, 1, 16) = '{"type":"person"';
CREATE INDEX journal_by_organization ON journal (organization) WHERE organization IS NOT NULL;
CREATE INDEX journal_by_organization_action ON journal (organization, action)
  WHERE organization IS NOT NULL;

-- Which journal rows wrote a key or a former value of it.
CREATE TABLE journal_keys (
  key BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (key, seq)
) STRICT, WITHOUT ROWID;

-- About people, hence erasable: the journal covers a salted hash of it.
CREATE TABLE journal_personal (
  seq INTEGER NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  salt BLOB NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX journal_personal_by_time ON journal_personal (at);

-- The end of the journal, and where the ledger ended when that was written last; with the sum of
-- all rows of records, sealed so that all of it belongs together.
CREATE TABLE head (
  only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
  seq INTEGER NOT NULL,
  link BLOB NOT NULL,
  ledger INTEGER NOT NULL,
  ledger_link BLOB NOT NULL,
  sum BLOB
) STRICT;
INSERT INTO head (only, seq, link, ledger, ledger_link, sum)
  VALUES (1, 0, zeroblob(32), 0, zeroblob(32), NULL);

-- The latest time that was ever written down besides the journal's.
CREATE TABLE latest_time (
  only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE keyring (
  purpose TEXT NOT NULL,
  version INTEGER NOT NULL,
  wrapped BLOB NOT NULL,
  PRIMARY KEY (purpose, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  outcome TEXT NOT NULL,
  seq INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);

CREATE TABLE effective (
  seq INTEGER NOT NULL PRIMARY KEY,
  nodes INTEGER NOT NULL,
  confirmed INTEGER NOT NULL,
  lapsed INTEGER NOT NULL
) STRICT;
