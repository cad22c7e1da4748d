// Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

import type { Secret } from "../secret.js";

/**
 * A key with its secret.
 */
export interface CreatedKey {
  key: Key;
  /** The whole value of a secret key: only here, and never again. */
  secret?: Secret | null;
}

/**
 * A key, without its secret.
 */
export interface Key {
  id: string;
  kind: Kind;
  mode: Mode;
  name: string;
  /** What may be shown of any key: prefix, four characters, bullets. */
  preview: string;
  /** `true`: the value comes from another system; rotating the key gives it one of ours. */
  foreign: boolean;
  status: KeyState;
  enabled: boolean;
  /** What it may do now. */
  scopes: string[];
  product: string;
  organization: string;
  project: string;
  environment: KeyEnvironment;
  /** Not used for as long as the manifest's `idle_after` says: maybe nobody needs it any more. */
  idle: boolean;
  created_at: string;
  /** Who created it; recorded, decides nothing. */
  created_by: string;
  note?: string | null;
  /** The whole value, of publishable keys only. */
  value?: string | null;
  /** The scopes it lists itself; absent when it follows the manifest. */
  own_scopes?: string[] | null;
  allowed_origins?: string[] | null;
  allowed_ips?: string[] | null;
  /** Its own rate limit; without one, that of the manifest holds. */
  rate_limit?: RateLimit | null;
  /** How many credits it may spend; `null` is as many as its organization has. */
  spend_caps?: SpendCaps | null;
  metadata?: Record<string, unknown> | null;
  /** For operator keys: what it is confined to. */
  binding?: Binding | null;
  expires_at?: string | null;
  revoked_at?: string | null;
  rotated_at?: string | null;
  /** The value before this one, for as long as its grace runs. */
  retiring?: RetiringValue | null;
  /** When a web page first sent the secret, so that its visitors can read it: replace it. */
  exposed_at?: string | null;
  /** The last call that was allowed. */
  last_used?: LastUsed | null;
}

/**
 * Who may hold a key: everyone, or only a server.
 */
export type Kind = "publishable" | "secret";

/**
 * Whether a key works on real data: `production` is live, every other environment is test.
 */
export type Mode = "live" | "test";

/**
 * The state of a key by its own fields, worst first.
 */
export type KeyState = "revoked" | "expired" | "disabled" | "active";

/**
 * So many calls in so many milliseconds.
 */
export interface RateLimit {
  /** How many calls. */
  limit: number;
  /** In how many seconds. */
  period_seconds: number;
}

/**
 * The most credits that a key may spend; a part that is `None` bounds nothing. A key without any
 * cap has no `SpendCaps` at all.
 */
export interface SpendCaps {
  /** In one day of the calendar, in UTC; 0 allows no credit at all. */
  day?: number | null;
  /** In one month of the calendar, in UTC; 0 allows no credit at all. */
  month?: number | null;
  /** In all, for as long as the key exists; 0 allows no credit at all. */
  total?: number | null;
}

/**
 * What an operator key's verifies and calls are confined to.
 */
export interface Binding {
  /** The one product it may act for. */
  product: string;
  /** The one environment name it decides in. */
  environment?: string | null;
}

/**
 * Where a key belongs.
 */
export interface KeyEnvironment {
  id: string;
  name: string;
}

/**
 * A value whose grace runs.
 */
export interface RetiringValue {
  preview: string;
  /** From when on it is refused. */
  ends_at: string;
  /** The last call that was allowed with it; a client that still sends it shows here. */
  last_used?: LastUsed | null;
}

/**
 * An allowed call.
 */
export interface LastUsed {
  at: string;
  /** For which operation of the manifest, where the call named one. */
  operation?: string | null;
  /** Of secret keys: from where, as the first 24 bits of an IPv4 address or 48 of an IPv6 one. */
  address?: string | null;
}

/**
 * What a new key shall be.
 */
export interface CreateKey {
  /** Who may hold it. */
  kind: Kind;
  /** What people call it: 1 to 100 characters, unique per environment and kind. */
  name: string;
  /** What it may do; left out, it follows the manifest. */
  scopes?: string[] | null;
  /** Web origins it may be used from, such as `https://shop.example` or `https://*.shop.example`; left out, any. */
  allowed_origins?: string[] | null;
  /** Address ranges it may be used from, such as `192.0.2.0/24`; left out, any. */
  allowed_ips?: string[] | null;
  /** How often it may be used; of a publishable key, by each client. Left out, as the manifest says. */
  rate_limit?: RateLimit | null;
  /** How many credits it may spend per day and per month of the calendar in UTC, and in all. Left out, as many as its organization has. */
  spend_caps?: SpendCaps | null;
  /** When it ends by itself. */
  expires_at?: string | null;
  /** A JSON object of yours, at most 2 KiB; every verdict carries it. */
  metadata?: Record<string, unknown> | null;
  /** For people, such as where the secret is kept. */
  note?: string | null;
}

/**
 * The key as it is known here.
 */
export interface AdoptedKey {
  key: Key;
}

/**
 * A key that another system has just accepted.
 */
export interface AdoptKey {
  /** The whole key, as its holder sent it. It is digested and not kept, unless it is publishable; where the product's secrets are recoverable, it is sealed as they are. */
  key: string;
  /** The product; may be left out when your operator key is bound to one. */
  product?: string | null;
  /** Whose key it is: the organization's id, or your own id for it. */
  organization?: string | null;
  /** The project's id, where the organization has several. */
  project?: string | null;
  /** The environment: its id (then organization and project may be left out, and must be its own where they are not), or its name. Left out, the only one there is for keys of this mode. */
  environment?: string | null;
  /** What people call it; a name that is taken gets a number. */
  name?: string | null;
  /** What it may do; left out, it follows the manifest. */
  scopes?: string[] | null;
  /** Web origins it may be used from; left out, any. */
  allowed_origins?: string[] | null;
  /** Address ranges it may be used from; left out, any. */
  allowed_ips?: string[] | null;
  /** How often it may be used; of a publishable key, by each client. Left out, as the manifest says. */
  rate_limit?: RateLimit | null;
  /** How many credits it may spend per day and per month of the calendar in UTC, and in all. Left out, as many as its organization has. */
  spend_caps?: SpendCaps | null;
  /** When it ends by itself. */
  expires_at?: string | null;
  /** A JSON object of yours, at most 2 KiB; every verdict carries it. */
  metadata?: Record<string, unknown> | null;
  /** For people. */
  note?: string | null;
}

/**
 * What became of the rows.
 */
export interface ImportedKeys {
  /** How many are keys here now; in a dry run, would be. */
  imported: number;
  /** How many were keys here before, and were left alone. */
  already_there: number;
  /** How many were refused. */
  refused: number;
  /** One for each row, in their order. */
  results: ImportResult[];
}

/**
 * What became of one row.
 */
export type ImportResult =
  | {
      outcome: "imported";
      /** What it is called. */
      name: string;
      /** The key; absent in a dry run. */
      key?: string | null;
    }
  | {
      outcome: "already_there";
      /** The key; absent when it is that of an earlier row. */
      key?: string | null;
    }
  | {
      outcome: "refused";
      /** What is wrong and what to do. */
      errors: FieldError[];
    };

/**
 * What is wrong with one field.
 */
export interface FieldError {
  /** Where in the body, as a JSON pointer (RFC 6901); `?name` for a query parameter. */
  pointer: string;
  /** What is wrong and what to do. */
  message: string;
}

/**
 * Keys of another system, by their digests.
 */
export interface ImportKeys {
  /** 1 to 1000 of them, each answered by itself. */
  rows: ImportRow[];
  /** The product; may be left out when your operator key is bound to one. */
  product?: string | null;
  /** Where they come from, for the audit log, such as the name of a file. */
  source?: string | null;
  /** Creates the organizations that do not exist, by their external ids and without automatic secret keys. */
  create_organizations?: boolean;
  /** Writes nothing, and answers what would become of each row. Limits of how many keys there may be are only looked at when something is written. */
  dry_run?: boolean;
}

/**
 * What another system says of one key.
 */
export interface ImportRow {
  /** SHA-256 or SHA-512 of the whole key, in hex, base64 or base64url. */
  digest: string;
  /** How the key begins, as far as that is known: tells which of the product's foreign formats it has, and what may be shown of it. Not the whole key. */
  start?: string | null;
  /** Whose key it is: the organization's id, or your own id for it. */
  organization?: string | null;
  /** The project's id, where the organization has several. */
  project?: string | null;
  /** The environment: its id (then organization and project may be left out, and must be its own where they are not), or its name. Left out, the only one there is for keys of this mode. */
  environment?: string | null;
  /** What people call it; names that repeat or are missing are numbered. */
  name?: string | null;
  /** `false`: it is refused until it is enabled. */
  enabled?: boolean | null;
  /** What it may do; left out, it follows the manifest. */
  scopes?: string[] | null;
  /** Web origins it may be used from; left out, any. */
  allowed_origins?: string[] | null;
  /** Address ranges it may be used from; left out, any. */
  allowed_ips?: string[] | null;
  /** How often it may be used; of a publishable key, by each client. Left out, as the manifest says. */
  rate_limit?: RateLimit | null;
  /** How many credits it may spend per day and per month of the calendar in UTC, and in all. Left out, as many as its organization has. */
  spend_caps?: SpendCaps | null;
  /** When it ends by itself, or has ended. */
  expires_at?: string | null;
  /** A JSON object of yours, at most 2 KiB; every verdict carries it. */
  metadata?: Record<string, unknown> | null;
  /** For people. */
  note?: string | null;
}

/**
 * A page of a list, newest first.
 */
export interface KeyPage {
  /** The entries. */
  data: Key[];
  /** Give this as `cursor` for the next page; absent on the last one. */
  next_cursor?: string | null;
}

/**
 * Something that was changed, with the proof when rights were taken away.
 */
export interface ChangedKey {
  id: string;
  kind: Kind;
  mode: Mode;
  name: string;
  /** What may be shown of any key: prefix, four characters, bullets. */
  preview: string;
  /** `true`: the value comes from another system; rotating the key gives it one of ours. */
  foreign: boolean;
  status: KeyState;
  enabled: boolean;
  /** What it may do now. */
  scopes: string[];
  product: string;
  organization: string;
  project: string;
  environment: KeyEnvironment;
  /** Not used for as long as the manifest's `idle_after` says: maybe nobody needs it any more. */
  idle: boolean;
  created_at: string;
  /** Who created it; recorded, decides nothing. */
  created_by: string;
  note?: string | null;
  /** The whole value, of publishable keys only. */
  value?: string | null;
  /** The scopes it lists itself; absent when it follows the manifest. */
  own_scopes?: string[] | null;
  allowed_origins?: string[] | null;
  allowed_ips?: string[] | null;
  /** Its own rate limit; without one, that of the manifest holds. */
  rate_limit?: RateLimit | null;
  /** How many credits it may spend; `null` is as many as its organization has. */
  spend_caps?: SpendCaps | null;
  metadata?: Record<string, unknown> | null;
  /** For operator keys: what it is confined to. */
  binding?: Binding | null;
  expires_at?: string | null;
  revoked_at?: string | null;
  rotated_at?: string | null;
  /** The value before this one, for as long as its grace runs. */
  retiring?: RetiringValue | null;
  /** When a web page first sent the secret, so that its visitors can read it: replace it. */
  exposed_at?: string | null;
  /** The last call that was allowed. */
  last_used?: LastUsed | null;
  /** Present when the change took rights away: it is in force on all these nodes. */
  effective?: Effective | null;
}

/**
 * The proof that a narrowing is in force everywhere.
 */
export interface Effective {
  /** The journal row of the change. */
  seq: number;
  /** How many nodes there were; the sum of the other two. */
  nodes: number;
  /** How many have said that they no longer allow on the old state. */
  confirmed: number;
  /** How many could not say so, and whose lease has ended: they allow nothing at all. */
  lapsed: number;
}

/**
 * What shall change; what is left out stays as it is, and `null` removes.
 */
export interface ChangeKey {
  /** What people call it. */
  name?: string | null;
  /** For people. */
  note?: string | null;
  /** What it may do; `null` follows the manifest. */
  scopes?: string[] | null;
  /** Web origins it may be used from; `null` is any, an empty list is none. */
  allowed_origins?: string[] | null;
  /** Address ranges it may be used from; `null` is any, an empty list is none. */
  allowed_ips?: string[] | null;
  /** How often it may be used; `null` is as the manifest says. */
  rate_limit?: RateLimit | null;
  /** How many credits it may spend; these caps take the place of those it has, and `null` removes them all. What it has spent keeps counting. */
  spend_caps?: SpendCaps | null;
  /** When it ends by itself; `null` is never. */
  expires_at?: string | null;
  /** A JSON object of yours, at most 2 KiB. */
  metadata?: Record<string, unknown> | null;
  /** `false` refuses it until it is enabled again. */
  enabled?: boolean | null;
}

/**
 * A key with its new value.
 */
export interface RotatedKey {
  key: Key;
  /** The old value, or one that was in its grace before, is dead on all these nodes. */
  effective: Effective;
  /** The new value of a secret key: only here, and never again. */
  secret?: Secret | null;
}

/**
 * How long the old value goes on working.
 */
export interface RotateKey {
  /** In seconds; 0, the default, ends it at once. */
  grace_seconds?: number;
}

/**
 * How long the old value still works.
 */
export interface RetireValue {
  /** In seconds from now; 0, the default, ends it at once. Never later than it would end anyway. */
  grace_seconds?: number;
}

/**
 * A key with its secret, shown again.
 */
export interface RevealedKey {
  key: Key;
  /** The whole current value. */
  secret: Secret;
}

/**
 * A key that is dead.
 */
export interface EndedKey {
  key: Key;
  /** Whether a call was allowed with it in the hour before: then somebody still uses it. */
  used_lately: boolean;
  /** No request that begins from now on is allowed on any of these nodes. */
  effective: Effective;
}

/**
 * An organization with what came automatically.
 */
export interface CreatedOrganization {
  organization: Organization;
  /** The automatic project with its environments and keys; empty in products without one. */
  projects: CreatedProject[];
}

/**
 * An organization, a customer of a product.
 */
export interface Organization {
  id: string;
  product: string;
  name: string;
  /** `false`: suspended, every key below is refused. */
  enabled: boolean;
  created_at: string;
  external_id?: string | null;
  /** The plan's name; absent plans mean the product's first. */
  plan?: string | null;
  metadata?: Record<string, unknown> | null;
}

/**
 * A project with everything that came with it.
 */
export interface CreatedProject {
  project: Project;
  environments: EnvironmentWithKeys[];
}

/**
 * A project of an organization.
 */
export interface Project {
  id: string;
  organization: string;
  product: string;
  name: string;
  /** `false`: every key below is refused. */
  enabled: boolean;
  created_at: string;
  metadata?: Record<string, unknown> | null;
}

/**
 * An environment with the keys that came with it.
 */
export interface EnvironmentWithKeys {
  id: string;
  project: string;
  organization: string;
  product: string;
  /** `production` is live, every other name is test. */
  name: string;
  mode: Mode;
  /** `false`: every key in it is refused. */
  enabled: boolean;
  created_at: string;
  keys: AutomaticKey[];
}

/**
 * A key that was made automatically.
 */
export interface AutomaticKey {
  id: string;
  kind: Kind;
  mode: Mode;
  name: string;
  /** What may be shown of any key: prefix, four characters, bullets. */
  preview: string;
  /** `true`: the value comes from another system; rotating the key gives it one of ours. */
  foreign: boolean;
  status: KeyState;
  enabled: boolean;
  /** What it may do now. */
  scopes: string[];
  product: string;
  organization: string;
  project: string;
  environment: KeyEnvironment;
  /** Not used for as long as the manifest's `idle_after` says: maybe nobody needs it any more. */
  idle: boolean;
  created_at: string;
  /** Who created it; recorded, decides nothing. */
  created_by: string;
  note?: string | null;
  /** The whole value, of publishable keys only. */
  value?: string | null;
  /** The scopes it lists itself; absent when it follows the manifest. */
  own_scopes?: string[] | null;
  allowed_origins?: string[] | null;
  allowed_ips?: string[] | null;
  /** Its own rate limit; without one, that of the manifest holds. */
  rate_limit?: RateLimit | null;
  /** How many credits it may spend; `null` is as many as its organization has. */
  spend_caps?: SpendCaps | null;
  metadata?: Record<string, unknown> | null;
  /** For operator keys: what it is confined to. */
  binding?: Binding | null;
  expires_at?: string | null;
  revoked_at?: string | null;
  rotated_at?: string | null;
  /** The value before this one, for as long as its grace runs. */
  retiring?: RetiringValue | null;
  /** When a web page first sent the secret, so that its visitors can read it: replace it. */
  exposed_at?: string | null;
  /** The last call that was allowed. */
  last_used?: LastUsed | null;
  /** Secret keys only, and only in this answer. */
  secret?: Secret | null;
}

/**
 * What a new organization shall be.
 */
export interface CreateOrganization {
  /** The product it is a customer of. */
  product: string;
  /** What people call it. */
  name: string;
  /** Your own id for it, unique in the product. */
  external_id?: string | null;
  /** Its plan; left out, the product's first. */
  plan?: string | null;
  /** A JSON object of yours, at most 2 KiB. */
  metadata?: Record<string, unknown> | null;
}

/**
 * An organization that is there.
 */
export interface FoundOrganization {
  organization: Organization;
}

/**
 * What a new organization shall be that is named by your own id.
 */
export interface CreateOrGetOrganization {
  /** What people call it; used only when it is created. */
  name: string;
  /** Its plan; used only when it is created. */
  plan?: string | null;
  /** A JSON object of yours; used only when it is created. */
  metadata?: Record<string, unknown> | null;
}

/**
 * A page of a list, newest first.
 */
export interface OrganizationPage {
  /** The entries. */
  data: Organization[];
  /** Give this as `cursor` for the next page; absent on the last one. */
  next_cursor?: string | null;
}

/**
 * Something that was changed, with the proof when rights were taken away.
 */
export interface ChangedOrganization {
  id: string;
  product: string;
  name: string;
  /** `false`: suspended, every key below is refused. */
  enabled: boolean;
  created_at: string;
  external_id?: string | null;
  /** The plan's name; absent plans mean the product's first. */
  plan?: string | null;
  metadata?: Record<string, unknown> | null;
  /** Present when the change took rights away: it is in force on all these nodes. */
  effective?: Effective | null;
}

/**
 * What shall change; what is left out stays as it is, and `null` removes.
 */
export interface ChangeOrganization {
  /** What people call it. */
  name?: string | null;
  /** Your own id for it, unique in the product. */
  external_id?: string | null;
  /** Its plan; `null` is the product's first. */
  plan?: string | null;
  /** A JSON object of yours, at most 2 KiB. */
  metadata?: Record<string, unknown> | null;
  /** `false` suspends it: every key below is refused from then on. */
  enabled?: boolean | null;
}

/**
 * A link to the portal.
 */
export interface PortalToken {
  /** What the link carries: `kcp_…`. It opens the portal once. */
  token: string;
  /** The link, for an `iframe` or a tab. */
  url: string;
  /** When the link opens nothing any more: five minutes from now. */
  expires_at: string;
  /** How long the portal stays open once it is. */
  lifetime_seconds: number;
}

/**
 * What the portal shall show, to whom, and how.
 */
export interface CreatePortalToken {
  /** What the guest may do besides looking at keys and their usage; left out, nothing. */
  abilities?: PortalAbility[];
  /** One project of the organization; left out, all of them. */
  project?: string | null;
  /** The origin of your page around the portal, such as `https://app.example.com`. Left out, no page can frame it, and the link is for a tab of its own. */
  origin?: string | null;
  /** Your own id for the guest, which names nobody: the audit log keeps it. */
  visitor?: string | null;
  /** Your colours. */
  theme?: PortalTheme;
  /** How long the portal stays open; left out, an hour. */
  lifetime_seconds?: number | null;
}

/**
 * Something that a guest of the portal may do; all of them see keys and their usage.
 */
export type PortalAbility = "keys:create" | "keys:change" | "keys:rotate" | "keys:revoke" | "keys:reveal";

/**
 * How pages of the portal look; what is left out is as in the console.
 */
export interface PortalTheme {
  /** `auto` follows the guest's device. */
  scheme?: PortalScheme;
  /** Colours of light pages. */
  light?: PortalColours;
  /** Colours of dark pages. */
  dark?: PortalColours;
}

/**
 * Whether pages are light or dark.
 */
export type PortalScheme = "auto" | "light" | "dark";

/**
 * Colours, each as `#rrggbb`.
 */
export interface PortalColours {
  /** Links, buttons and what can be done. */
  accent?: string | null;
  /** The ground of the page. */
  background?: string | null;
  /** The ground of cards and dialogs. */
  surface?: string | null;
  /** Text. */
  text?: string | null;
}

/**
 * What a new project shall be.
 */
export interface CreateProject {
  /** What people call it. */
  name: string;
}

/**
 * A page of a list, newest first.
 */
export interface ProjectPage {
  /** The entries. */
  data: Project[];
  /** Give this as `cursor` for the next page; absent on the last one. */
  next_cursor?: string | null;
}

/**
 * Something that was changed, with the proof when rights were taken away.
 */
export interface ChangedProject {
  id: string;
  organization: string;
  product: string;
  name: string;
  /** `false`: every key below is refused. */
  enabled: boolean;
  created_at: string;
  metadata?: Record<string, unknown> | null;
  /** Present when the change took rights away: it is in force on all these nodes. */
  effective?: Effective | null;
}

/**
 * What shall change; what is left out stays as it is, and `null` removes.
 */
export interface ChangeProject {
  /** What people call it. */
  name?: string | null;
  /** A JSON object of yours, at most 2 KiB. */
  metadata?: Record<string, unknown> | null;
  /** `false` refuses every key below until it is enabled again. */
  enabled?: boolean | null;
}

/**
 * An environment with its automatic keys.
 */
export interface CreatedEnvironment {
  environment: EnvironmentWithKeys;
}

/**
 * What a new environment shall be.
 */
export interface CreateEnvironment {
  /** One of the manifest's, or, where customers may add their own, any other. */
  name: string;
}

/**
 * A page of a list, newest first.
 */
export interface EnvironmentPage {
  /** The entries. */
  data: Environment[];
  /** Give this as `cursor` for the next page; absent on the last one. */
  next_cursor?: string | null;
}

/**
 * An environment of a project.
 */
export interface Environment {
  id: string;
  project: string;
  organization: string;
  product: string;
  /** `production` is live, every other name is test. */
  name: string;
  mode: Mode;
  /** `false`: every key in it is refused. */
  enabled: boolean;
  created_at: string;
}

/**
 * Something that was changed, with the proof when rights were taken away.
 */
export interface ChangedEnvironment {
  id: string;
  project: string;
  organization: string;
  product: string;
  /** `production` is live, every other name is test. */
  name: string;
  mode: Mode;
  /** `false`: every key in it is refused. */
  enabled: boolean;
  created_at: string;
  /** Present when the change took rights away: it is in force on all these nodes. */
  effective?: Effective | null;
}

/**
 * What shall change. The name decides the mode, so it stays.
 */
export interface ChangeEnvironment {
  /** `false` refuses every key in it until it is enabled again. */
  enabled?: boolean | null;
}

/**
 * The two accounts of an organization, which never touch.
 */
export interface Credits {
  /** What live keys spend from. */
  live: Balance;
  /** What test keys spend from. */
  test: Balance;
}

/**
 * What an account holds. `granted` is always the sum of the others.
 */
export interface Balance {
  /** Everything that was ever granted. */
  granted: number;
  /** What was spent, less refunds. */
  spent: number;
  /** What is set aside for calls whose cost is not known yet. */
  reserved: number;
  /** What ended unspent, with its time or because its grant was declared void. */
  expired: number;
  /** What can be spent. */
  remaining: number;
}

/**
 * How the ledger is written.
 */
export type Format = "json" | "csv";

/**
 * A page of a list, newest first.
 */
export interface LedgerEntryPage {
  /** The entries. */
  data: LedgerEntry[];
  /** Give this as `cursor` for the next page; absent on the last one. */
  next_cursor?: string | null;
}

/**
 * One entry of the ledger.
 */
export interface LedgerEntry {
  /** Its id, for ever; of `spent` and `reserved` that of the spend. */
  id: string;
  at: string;
  mode: Mode;
  /** What happened. */
  type: LedgerEntryType;
  /** What it does to each sum of the account. */
  changes: LedgerChanges;
  /** The grants that credits were added to, came from, or went back to. */
  grants: GrantPart[];
  /** How many credits it is about; absent where the credits that remain reached a threshold. */
  amount?: number | null;
  /** The spend that it is, or that it changes. */
  spend_id?: string | null;
  /** The key that made the call. */
  key?: string | null;
  /** The operation of the call, as the manifest writes it. */
  operation?: string | null;
  /** Of `granted`: when what is left of it ends. */
  expires_at?: string | null;
  /** Of `reserved`: until when, unless it is settled or released before. */
  reserved_until?: string | null;
  /** Of `credits.low` and `credits.exhausted`: what was reached. */
  threshold?: number | null;
  /** Of `credits.low` and `credits.exhausted`: how many credits remained. */
  remaining?: number | null;
}

/**
 * What an entry of the ledger says.
 */
export type LedgerEntryType = "granted" | "expired" | "voided" | "spent" | "reserved" | "settled" | "refunded" | "reversed" | "released" | "ran_out" | "credits.low" | "credits.exhausted";

/**
 * What an entry adds to each sum of its account; less than nothing takes away.
 */
export interface LedgerChanges {
  granted: number;
  spent: number;
  reserved: number;
  expired: number;
  remaining: number;
}

/**
 * So many credits of a grant.
 */
export interface GrantPart {
  /** The grant. */
  id: string;
  /** How many. */
  amount: number;
}

/**
 * One grant.
 */
export interface OneGrant {
  grant: Grant;
}

/**
 * Credits that an organization was given at once.
 */
export interface Grant {
  id: string;
  organization: string;
  mode: Mode;
  /** How many. */
  amount: number;
  /** How many of them can still be spent. */
  remaining: number;
  /** Why, for people. */
  reason: string;
  created_at: string;
  /** Who made it: an operator key, `local` or `system`. */
  created_by: string;
  /** What it was made for, if that happens once only; `null` for grants by hand. */
  occasion?: GrantOccasion | null;
  /** When what is left of it ends. */
  expires_at?: string | null;
  /** When it was declared void. */
  voided_at?: string | null;
}

/**
 * What a grant was made for.
 */
export type GrantOccasion =
  | {
      type: "test";
    }
  | {
      type: "plan";
      /** The plan's name. */
      plan: string;
      /** The period, such as `2026-11`. */
      period: string;
    };

/**
 * What a new grant shall be.
 */
export interface CreateGrant {
  /** The mode of the keys that may spend it. */
  mode: Mode;
  /** How many credits. */
  amount: number;
  /** Why, for people. */
  reason: string;
  /** When what is left of it ends; left out, never. */
  expires_at?: string | null;
}

/**
 * A page of a list, newest first.
 */
export interface GrantPage {
  /** The entries. */
  data: Grant[];
  /** Give this as `cursor` for the next page; absent on the last one. */
  next_cursor?: string | null;
}

/**
 * One charge.
 */
export interface OneSpend {
  spend: Spend;
}

/**
 * A charge as it stands now.
 */
export interface Spend {
  id: string;
  organization: string;
  mode: Mode;
  /** The key that made the call. */
  key: string;
  /** How many credits the call was charged, or how many were reserved. */
  amount: number;
  status: SpendStatus;
  /** How much was refunded since. */
  refunded: number;
  /** What the call costs as it stands: reserved or spent, less what was given back. */
  net: number;
  at: string;
  /** The grants it came from. */
  grants: GrantPart[];
  /** The operation, as the manifest writes it. */
  operation?: string | null;
  /** Of a reservation that was settled: for how much. */
  settled?: number | null;
  /** Of a reservation: until when credits are set aside unless it is settled or released before. */
  reserved_until?: string | null;
}

/**
 * What became of a charge.
 */
export type SpendStatus = "spent" | "reserved" | "settled" | "released" | "ran_out" | "refunded" | "partly_refunded";

/**
 * A charge that was changed.
 */
export interface ChangedSpend {
  spend: Spend;
  credits: RemainingCredits;
}

/**
 * What is left of the account.
 */
export interface RemainingCredits {
  /** What can be spent. */
  remaining: number;
}

/**
 * How much goes back.
 */
export interface RefundSpend {
  /** How many credits; left out, all that are left of the spend. */
  amount?: number | null;
}

/**
 * What the call cost.
 */
export interface SettleSpend {
  /** How many credits, at most what is reserved; 0 is nothing. */
  amount: number;
}

/**
 * What applying a manifest did, or would do.
 */
export interface AppliedManifest {
  product: Product;
  /** Empty when it is the manifest that is in force already. */
  changes: Change[];
  /** Whether nothing was written, because that was asked for. */
  dry_run: boolean;
  /** Present when the change may have taken rights away: it is in force on all these nodes. */
  effective?: Effective | null;
  /** How many sealed secrets were destroyed, or would be, because the product's secrets are not recoverable any more. When this answers, none is left. */
  destroyed_secrets?: number;
}

/**
 * A product with its manifest.
 */
export interface Product {
  slug: string;
  /** The manifest as TOML. */
  manifest: string;
  created_at: string;
  updated_at: string;
}

/**
 * One difference between two manifests.
 */
export interface Change {
  /** The place as a JSON Pointer; entries of lists stand under their names, as in `/scopes/chat:send/publishable`. */
  pointer: string;
  /** What that does to the rights of keys that exist. */
  effect: Effect;
  /** What stood there; absent when it is new. */
  before?: unknown;
  /** What will stand there; absent when it is removed. */
  after?: unknown;
}

/**
 * What a change does to the rights of keys that exist.
 */
export type Effect = "narrows" | "widens" | "neutral" | "unclear";

/**
 * A product's rules in one file.
 */
export interface Manifest {
  /** What is sold, and how its keys travel. */
  product: ProductSection;
  /** What customers see on their page of keys. */
  console?: ConsoleSection;
  /** What every customer comes with. */
  organizations?: OrganizationsSection;
  /** The environments of every project. `production` is live, every other name is test. */
  environments?: EnvironmentEntry[];
  /** The two kinds of key. A kind without a section cannot be made, and its keys can do nothing. */
  keys?: KeysSection;
  /** Everything a key can be allowed to do, at most 256. */
  scopes?: ScopeEntry[];
  /** Which request needs which scope. */
  operations?: OperationEntry[];
  /** What customers are sold; the first is the default. */
  plans?: PlanEntry[];
  /** Credits that come without a plan. */
  credits?: CreditsSection;
  /** Keys that another system made and that are to go on working. */
  foreign_formats?: ForeignFormatEntry[];
}

/**
 * What is sold, and how its keys travel.
 */
export interface ProductSection {
  /** Short name, used in addresses: lower-case letters, digits and hyphens, a letter first. */
  slug: string;
  /** What people call it. */
  name: string;
  /** A word in the middle of every key (`sk_BRAND_live_…`), so that scanners know whose key it is: 2 to 8 lower-case letters and digits, a letter first. Empty for none. */
  brand?: string;
  /** The request headers in which a key may stand. */
  credential_headers?: string[];
  /** `true`: a verify must name an operation; a scope alone is not enough. */
  require_operation?: boolean;
  /** Where the product explains its keys. */
  docs_url?: string | null;
}

/**
 * What customers see on their page of keys.
 */
export interface ConsoleSection {
  /** The title of the page. */
  page_title?: string;
  /** The way to it through the menu, one word a level. */
  menu?: string[];
  /** What the two kinds are called. */
  kind_names?: KindNames;
}

/**
 * What the two kinds are called, in the singular.
 */
export interface KindNames {
  /** The kind that stands in web pages and apps. */
  publishable?: string;
  /** The kind that only servers know. */
  secret?: string;
}

/**
 * What every customer comes with.
 */
export interface OrganizationsSection {
  /** A name: every organization is created with a project called so. Empty for none. */
  auto_project?: string;
  /** `true`: customers may add environments of their own; those are always test. */
  custom_environments?: boolean;
}

/**
 * One environment that every project has.
 */
export interface EnvironmentEntry {
  /** `production` is live; any other name is test. */
  name: string;
  /** Host and path prefix of the APIs of this environment; operations match what follows. */
  base_urls?: string[];
  /** How often all keys in one such environment together may be used. */
  rate_limit?: RateLimitEntry | null;
}

/**
 * So many calls in so long a time.
 */
export interface RateLimitEntry {
  /** How many calls. */
  limit: number;
  /** In how long: a number and `s`, `m`, `h` or `d`. */
  period: string;
}

/**
 * The two kinds of key.
 */
export interface KeysSection {
  /** Keys that may stand in web pages and apps. */
  publishable?: PublishableSection | null;
  /** Keys that only servers know. */
  secret?: SecretSection | null;
}

/**
 * Keys that may stand in web pages and apps.
 */
export interface PublishableSection {
  /** Environments that are created together with a key of this kind. */
  auto_create?: string[];
  /** How many may be active in one environment. Absent: any number. */
  max_active?: number | null;
  /** What a key may do that lists no scopes itself. Absent: every scope marked `publishable`. */
  scopes?: string[] | null;
  /** A key unused for so long stands out as one to revoke: a number and `s`, `m`, `h` or `d`. Empty for never. */
  idle_after?: string;
  /** How often one visitor (address or session) may use one key, unless the key says otherwise. */
  rate_limit?: RateLimitEntry | null;
  /** How often all visitors together may use one key. */
  total_rate_limit?: RateLimitEntry | null;
}

/**
 * Keys that only servers know.
 */
export interface SecretSection {
  /** Environments that are created together with a key of this kind; only with `reveal = "recoverable"`, because nobody is there to see a secret that is shown once. */
  auto_create?: string[];
  /** How many may be active in one environment. Absent: any number. */
  max_active?: number | null;
  /** What a key may do that lists no scopes itself; `*` is every scope there is. */
  scopes?: string[];
  /** Whether a secret can be shown again. */
  reveal?: Reveal;
  /** A key unused for so long stands out as one to revoke: a number and `s`, `m`, `h` or `d`. Empty for never. */
  idle_after?: string;
  /** `true`: a secret key that comes from a web page is refused. */
  refuse_in_browser?: boolean;
  /** How often one key may be used, unless the key says otherwise. */
  rate_limit?: RateLimitEntry | null;
}

/**
 * Whether a secret can be shown again.
 */
export type Reveal = "once" | "recoverable";

/**
 * Something a key can be allowed to do.
 */
export interface ScopeEntry {
  /** Such as `chat:send`: lower-case letters, digits and `_ . : -`, a letter first. */
  name: string;
  /** What it allows, for people. */
  description?: string;
  /** `true`: a publishable key may hold it. */
  publishable?: boolean;
}

/**
 * Which request needs which scope.
 */
export interface OperationEntry {
  /** Method and path, such as `POST /v1/events/{event}/messages`; `{…}` stands for any one segment. */
  match: string;
  /** The scope a key needs for it. */
  scope: string;
  /** How many credits it costs. */
  cost?: number;
  /** The most credits that whoever verifies may name as the cost of one call, for calls that do not all cost the same; more than `cost`, which is then the least, and what a call costs for which none is named. Absent: every call costs exactly `cost`. */
  max_cost?: number | null;
  /** `true`: it may cost credits although anyone who reads a web page can spend them. */
  public_cost?: boolean;
  /** How often one key may do it. */
  rate_limit?: RateLimitEntry | null;
}

/**
 * What a customer is sold.
 */
export interface PlanEntry {
  /** Such as `free`: lower-case letters, digits, `_` and `-`, a letter first. */
  name: string;
  /** How many active keys an organization may have. Absent: any number. */
  max_active_keys?: number | null;
  /** How often all keys of an organization together may be used. */
  rate_limit?: RateLimitEntry | null;
  /** Credits that come again with every period. */
  credits?: PlanCredits | null;
}

/**
 * Credits that come again with every period.
 */
export interface PlanCredits {
  /** How often. */
  every: Every;
  /** How many live credits. */
  live?: number;
  /** How many test credits. */
  test?: number;
}

/**
 * A period of the calendar, in UTC.
 */
export type Every = "day" | "week" | "month" | "year";

/**
 * Credits that come without a plan.
 */
export interface CreditsSection {
  /** Test credits that every organization receives once, when it is created. */
  test_grant?: number;
  /** When the credits that remain reach one of these numbers or fall below it, the owner is told. */
  thresholds?: number[];
  /** How long credits stay reserved for a call whose cost is known only afterwards, unless they are settled or released before: a number and `s`, `m`, `h` or `d`, from 1s to 7d. */
  reservation?: string;
}

/**
 * Keys that another system made and that are to go on working.
 */
export interface ForeignFormatEntry {
  /** How such keys begin. */
  prefix: string;
  /** Which kind they are imported as. */
  kind: Kind;
  /** Which mode they are imported as. */
  mode: Mode;
  /** Which digests of them the other system can hand over. */
  digest?: ForeignDigest;
}

/**
 * A digest of a key as another system keeps it: plain, over the whole key.
 */
export type ForeignDigest = "sha256" | "sha512";

/**
 * A page of a list, newest first.
 */
export interface ProductPage {
  /** The entries. */
  data: Product[];
  /** Give this as `cursor` for the next page; absent on the last one. */
  next_cursor?: string | null;
}

/**
 * How long a step is.
 */
export type By = "hour" | "day";

/**
 * Calls by hour or day and by how they ended.
 */
export interface Usage {
  by: By;
  since: string;
  until: string;
  /** All calls of the time, by the code of their verdict. */
  total: Record<string, number>;
  /** The hours or days in which there were calls, the earliest first. */
  data: UsageStep[];
}

/**
 * One hour or day.
 */
export interface UsageStep {
  /** When it begins. */
  at: string;
  /** Its calls, by the code of their verdict; `ok` is allowed. */
  outcomes: Record<string, number>;
}

/**
 * A page of a list, newest first.
 */
export interface AuditEntryPage {
  /** The entries. */
  data: AuditEntry[];
  /** Give this as `cursor` for the next page; absent on the last one. */
  next_cursor?: string | null;
}

/**
 * Who did what, when, and from where.
 */
export interface AuditEntry {
  /** Its number; there are no gaps. */
  seq: number;
  at: string;
  actor: Actor;
  action: string;
  /** What it wrote, by id. */
  subjects: string[];
  /** What changed, without secrets. */
  details: unknown;
  product?: string | null;
  organization?: string | null;
  request_id?: string | null;
  /** Absent once erased. */
  from?: Personal | null;
}

/**
 * Who made a change.
 */
export type Actor =
  | {
      type: "operator_key";
      /** That key. */
      id: string;
    }
  | {
      type: "local";
    }
  | {
      type: "key_holder";
      /** That key. */
      id: string;
    }
  | {
      type: "person";
      /** That person. */
      id: string;
    }
  | {
      type: "portal";
      /** The operator key that let them in; none when somebody on the machine did. */
      operator_key?: string | null;
      /** The operator's own id for the guest. */
      visitor?: string | null;
    }
  | {
      type: "system";
    };

/**
 * Fields about people: kept beside the chain, which covers a salted hash of them, so that they
 * can be erased without breaking it.
 */
export interface Personal {
  /** The address the call came from. */
  ip?: string | null;
  /** The caller's user agent. */
  user_agent?: string | null;
}

/**
 * An operator key with its secret.
 */
export interface CreatedOperatorKey {
  key: Key;
  /** Only here, and never again; absent in a repeated answer. */
  secret?: Secret | null;
}

/**
 * What a new operator key shall be.
 */
export interface CreateOperatorKey {
  /** What people call it. */
  name: string;
  /** What it may do; left out, everything. */
  scopes?: string[] | null;
  /** Confines it to a product. */
  product?: string | null;
  /** Confines it to the environments of this name, too. */
  environment?: string | null;
  /** When it ends by itself. */
  expires_at?: string | null;
}

/**
 * A question about one key.
 */
export interface VerifyRequest {
  /** The key that was presented to you, or the token of a session, as it came. */
  key: string;
  /** The product; may be left out when your operator key is bound to one. */
  product?: string | null;
  /** The environment by name. This or `mode`, unless your operator key is bound to one. */
  environment?: string | null;
  /** Which modes are good. This or `environment`. */
  mode?: ModeFilter | null;
  /** What is to be done, as method and path such as `POST /v1/events`. This, `scope` or `authenticate_only`. */
  operation?: string | null;
  /** The scope that is needed, or several that are needed together. */
  scope?: string | string[] | null;
  /** Ask only whose key it is. */
  authenticate_only?: boolean | null;
  /** The `Origin` header of the call, when it had one. */
  origin?: string | null;
  /** The client's address, when you know it. */
  ip?: string | null;
  /** What the call costs, in credits, where the manifest allows a range for its operation. */
  cost?: number | null;
  /** By what a repetition of this call is known for 24 hours, 1 to 255 characters: it is charged once. The same text for another key, operation or cost is an error. */
  idempotency_key?: string | null;
  /** Only sets the cost aside, for a call whose cost is known afterwards: settle or release it. */
  reserve?: boolean;
  /** Adds each check's own result to the answer. */
  explain?: boolean;
}

/**
 * Which modes a verify accepts.
 */
export type ModeFilter = "live" | "test" | "any";

/**
 * The verdict about one key, with all that may be told.
 */
export interface VerifyAnswer {
  /** Whether the call may go on. */
  valid: boolean;
  /** A stable word: `ok`, or why not. */
  code: string;
  /** The same for people. */
  message: string;
  /** Since when the key does not work, where that is known. */
  since?: string | null;
  /** The first scope that the key lacks. */
  missing_scope?: string | null;
  /** The key, when it is one of the product. */
  key?: VerifiedKey | null;
  /** The customer it belongs to. */
  organization?: VerifiedOrganization | null;
  /** The project it belongs to. */
  project?: VerifiedProject | null;
  /** The environment it belongs to. */
  environment?: VerifiedEnvironment | null;
  /** The session, when its token was presented in place of the key. */
  session?: Session | null;
  /** What is left of the rate limit that has least left, if there is one. */
  rate_limit?: RateLimitLeft | null;
  /** The organization's credits of the key's mode, when the call was charged. */
  credits?: CreditsLeft | null;
  /** Names the charge, when there is one. */
  spend_id?: string | null;
  /** Each check's own result, when `explain` asked for it. */
  checks?: CheckResult[] | null;
  /** The request, as the log knows it; in a batch it stands once, beside the results. */
  request_id?: string | null;
}

export interface VerifiedKey {
  id: string;
  kind: Kind;
  mode: Mode;
  name: string;
  preview: string;
  scopes: string[];
  metadata?: Record<string, unknown> | null;
  expires_at?: string | null;
}

export interface VerifiedOrganization {
  id: string;
  external_id?: string | null;
  plan?: string | null;
}

export interface VerifiedProject {
  id: string;
}

export interface VerifiedEnvironment {
  id: string;
  name: string;
}

/**
 * A session whose token was sent in place of the key.
 */
export interface Session {
  id: string;
  /** From when on it is refused. */
  expires_at: string;
}

/**
 * What is left of a rate limit.
 */
export interface RateLimitLeft {
  /** How many calls its period has room for. */
  limit: number;
  /** How many more there may be now. */
  remaining: number;
  /** In how many seconds there is room for more; 0 when nothing counts. */
  reset_seconds: number;
}

/**
 * What is left of an organization's credits.
 */
export interface CreditsLeft {
  /** How many can be spent. */
  remaining: number;
}

export interface CheckResult {
  check: string;
  passed: boolean;
  code?: string | null;
  message?: string | null;
}

/**
 * Several questions.
 */
export interface VerifyBatchRequest {
  /** 1 to 100 of them; each is answered as it would be alone. */
  requests: VerifyRequest[];
}

/**
 * The verdicts, as the API description has them; the hot path writes them by hand.
 */
export interface VerifyBatchAnswer {
  /** One for each question, in their order; without a `request_id` of their own. */
  results: VerifyAnswer[];
  /** The request, as the log knows it. */
  request_id: string;
}

/**
 * What the holder of a key is told. Of a publishable key, which anyone can read in a page, only
 * kind, mode and scopes.
 */
export interface OwnKey {
  kind: Kind;
  mode: Mode;
  scopes: string[];
  /** The session, when its token was sent. */
  session?: Session | null;
  id?: string;
  name?: string;
  preview?: string;
  product?: string;
  organization?: string;
  project?: string;
  environment?: OwnEnvironment;
  expires_at?: string | null;
  /** What is left of the rate limit that has least left, if there is one; asking counts nothing. */
  rate_limit?: RateLimitLeft | null;
  /** The organization's credits of the key's mode, where the product has calls that cost some. */
  credits?: CreditsLeft | null;
  /** What is left of the key's own spending caps, where it has some. */
  spend_caps?: CapsLeft | null;
}

export interface OwnEnvironment {
  id: string;
  name: string;
}

/**
 * How many credits the key may still spend; absent where it has no such cap.
 */
export interface CapsLeft {
  /** Today (UTC). */
  day?: number | null;
  /** This month (UTC). */
  month?: number | null;
  /** In all. */
  total?: number | null;
}

/**
 * A key that its holder has revoked.
 */
export interface OwnKeyEnded {
  key: DeadKey;
  /** No request that begins from now on is allowed on any of these nodes. */
  effective: Effective;
}

/**
 * What its holder is told of it; notes and metadata are the operator's.
 */
export interface DeadKey {
  id: string;
  name: string;
  preview: string;
  status: KeyState;
  revoked_at?: string | null;
}

/**
 * What a session shall be; the body may be left out.
 */
export interface SessionRequest {
  /** How long it lasts: 1 to 900 seconds; left out, 300. */
  lifetime_seconds?: number | null;
}

/**
 * A session with its token.
 */
export interface CreatedSession {
  /** Send it as `Authorization: Bearer` in place of the key. */
  token: Secret;
  session: SessionView;
  /** So many seconds until it ends. */
  expires_in: number;
  /** What it may do: what the key may. */
  scopes: string[];
  request_id: string;
}

/**
 * What is told of a session.
 */
export interface SessionView {
  /** Its identifier, which verdicts tell. */
  id: string;
  /** The visitor it is for. */
  visitor: string;
  /** From when on it is refused. */
  expires_at: string;
}

/**
 * The public halves of the signing keys, newest first. An old one stays until all its tokens have
 * ended.
 */
export interface JsonWebKeySet {
  keys: JsonWebKey[];
}

/**
 * An Ed25519 public key (RFC 8037 §2).
 */
export interface JsonWebKey {
  kty: string;
  crv: string;
  alg: string;
  use: string;
  /** Its thumbprint (RFC 7638), which tokens name. */
  kid: string;
  /** The key in base64url. */
  x: string;
}

/**
 * The body of an answer other than success (RFC 9457).
 */
export interface Problem {
  /** Always `about:blank`: the code says which problem it is. */
  type: string;
  /** The status in words. */
  title: string;
  /** The status. */
  status: number;
  /** A stable word for programs. */
  code: string;
  /** What was wrong and what to do. */
  detail: string;
  /** The request, as the log knows it. */
  request_id: string;
  /** What is wrong with which field. */
  errors?: FieldError[];
}
