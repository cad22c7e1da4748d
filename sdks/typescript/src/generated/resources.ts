// Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

import { segment } from "../operation.js";
import type { Caller, Credential, RequestOptions } from "../operation.js";
import type { Pages } from "../pages.js";
import type * as types from "./types.js";

/**
 * What `listEnvironmentKeys` can be asked for.
 */
export interface ListEnvironmentKeysQuery {
  /** Of this product. */
  product?: string;
  /** Of this organization. */
  organization?: string;
  /** Of the organization that you call so. */
  external_id?: string;
  /** Of this project. */
  project?: string;
  /** Of this kind. */
  kind?: types.Kind;
  /** In this state now. */
  status?: types.KeyState;
  /** Whose name contains this, in any case. */
  name?: string;
  /** `true`: only secret keys that came from a web page and are not revoked yet. */
  exposed?: boolean;
  /** `true`: only keys with an old value that still works, because they were rotated with grace. */
  retiring?: boolean;
  /** `true`: only working keys that were not used for as long as the manifest's `idle_after` says. */
  idle?: boolean;
  /** `next_cursor` of the page before. */
  cursor?: string;
  /** How many a page. */
  limit?: number;
}

/**
 * What `listKeys` can be asked for.
 */
export interface ListKeysQuery {
  /** Of this product. */
  product?: string;
  /** Of this organization. */
  organization?: string;
  /** Of the organization that you call so. */
  external_id?: string;
  /** Of this project. */
  project?: string;
  /** In this environment. */
  environment?: string;
  /** Of this kind. */
  kind?: types.Kind;
  /** In this state now. */
  status?: types.KeyState;
  /** Whose name contains this, in any case. */
  name?: string;
  /** `true`: only secret keys that came from a web page and are not revoked yet. */
  exposed?: boolean;
  /** `true`: only keys with an old value that still works, because they were rotated with grace. */
  retiring?: boolean;
  /** `true`: only working keys that were not used for as long as the manifest's `idle_after` says. */
  idle?: boolean;
  /** `next_cursor` of the page before. */
  cursor?: string;
  /** How many a page. */
  limit?: number;
}

/**
 * What `getKeyUsage` can be asked for.
 */
export interface GetKeyUsageQuery {
  /** From the hour or day in which this is. Default: 24 hours, or 30 days, before `until`. */
  since?: string;
  /** To the end of the hour or day before this. Default: with the one that is now. */
  until?: string;
  /** By hour or by day. */
  by?: types.By;
}

/**
 * What `listOrganizations` can be asked for.
 */
export interface ListOrganizationsQuery {
  /** Of this product. */
  product?: string;
  /** That you call so. */
  external_id?: string;
  /** Whose name contains this, in any case. */
  name?: string;
  /** `next_cursor` of the page before. */
  cursor?: string;
  /** How many a page. */
  limit?: number;
}

/**
 * What `listProjects` can be asked for.
 */
export interface ListProjectsQuery {
  /** `next_cursor` of the page before. */
  cursor?: string;
  /** How many a page. */
  limit?: number;
}

/**
 * What `listEnvironments` can be asked for.
 */
export interface ListEnvironmentsQuery {
  /** `next_cursor` of the page before. */
  cursor?: string;
  /** How many a page. */
  limit?: number;
}

/**
 * What `listLedger` can be asked for.
 */
export interface ListLedgerQuery {
  /** Which account: `live` unless you say `test`; of an operator key that is bound to an environment, that environment's. */
  mode?: types.Mode;
  /** `next_cursor` of the page before. */
  cursor?: string;
  /** How many a page. */
  limit?: number;
}

/**
 * What `listGrants` can be asked for.
 */
export interface ListGrantsQuery {
  /** Of this mode alone. */
  mode?: types.Mode;
  /** `next_cursor` of the page before. */
  cursor?: string;
  /** How many a page. */
  limit?: number;
}

/**
 * What `applyManifest` can be asked for.
 */
export interface ApplyManifestQuery {
  /** `true` only shows what would change. */
  dry_run?: boolean;
}

/**
 * What `getUsage` can be asked for.
 */
export interface GetUsageQuery {
  /** Of all keys in this environment. */
  environment?: string;
  /** Of all keys of this organization. */
  organization?: string;
  /** From the hour or day in which this is. Default: 24 hours, or 30 days, before `until`. */
  since?: string;
  /** To the end of the hour or day before this. Default: with the one that is now. */
  until?: string;
  /** By hour or by day. */
  by?: types.By;
}

/**
 * What `listAudit` can be asked for.
 */
export interface ListAuditQuery {
  /** About this product. */
  product?: string;
  /** About this organization. */
  organization?: string;
  /** That wrote this key. */
  key?: string;
  /** That did this, such as `key.revoked`. */
  action?: string;
  /** Not earlier than this. */
  since?: string;
  /** Earlier than this. */
  until?: string;
  /** `next_cursor` of the page before. */
  cursor?: string;
  /** How many a page. */
  limit?: number;
}

/**
 * The operations of the API that are about keys.
 */
export class KeysResource {
  readonly #api: Caller;

  constructor(api: Caller) {
    this.#api = api;
  }

  /**
   * Create a key.
   *
   * The secret of a secret key is in this answer and nowhere else.
   *
   * Needs the scope `keys:write`.
   */
  create(environment: string, body: types.CreateKey, options?: RequestOptions): Promise<types.CreatedKey> {
    return this.#api.send({ id: "createKey", verb: "POST", path: `/v1/environments/${segment("environment", environment)}/keys`, body, takesIdempotencyKey: true, hasSecret: true }, options);
  }

  /**
   * List the keys of an environment.
   *
   * Newest first; deleted keys are not listed.
   *
   * Needs the scope `keys:read`.
   */
  listInEnvironment(environment: string, query: ListEnvironmentKeysQuery = {}, options?: RequestOptions): Pages<types.Key> {
    return this.#api.pages({ id: "listEnvironmentKeys", verb: "GET", path: `/v1/environments/${segment("environment", environment)}/keys`, query }, options);
  }

  /**
   * Adopt a key that another system has just accepted.
   *
   * From then on it is verified here like any other, and the other system need not be asked again. Adopting it again answers the same key and changes nothing, so that no Idempotency-Key is needed.
   *
   * Needs the scope `keys:write`.
   */
  adopt(body: types.AdoptKey, options?: RequestOptions): Promise<types.AdoptedKey> {
    return this.#api.send({ id: "adoptKey", verb: "POST", path: `/v1/keys/adopt`, body }, options);
  }

  /**
   * Import keys of another system by their digests.
   *
   * Their texts need not be known: each goes on working as it is, until it is rotated. Importing the same rows again changes nothing.
   *
   * Needs the scope `keys:write`.
   */
  import(body: types.ImportKeys, options?: RequestOptions): Promise<types.ImportedKeys> {
    return this.#api.send({ id: "importKeys", verb: "POST", path: `/v1/keys/import`, body }, options);
  }

  /**
   * List keys.
   *
   * Newest first; deleted keys are not listed.
   *
   * Needs the scope `keys:read`.
   */
  list(query: ListKeysQuery = {}, options?: RequestOptions): Pages<types.Key> {
    return this.#api.pages({ id: "listKeys", verb: "GET", path: `/v1/keys`, query }, options);
  }

  /**
   * Show a key.
   *
   * `effective` is the proof that the last change which took rights away is in force.
   *
   * Needs the scope `keys:read`.
   */
  get(key: string, options?: RequestOptions): Promise<types.ChangedKey> {
    return this.#api.send({ id: "getKey", verb: "GET", path: `/v1/keys/${segment("key", key)}` }, options);
  }

  /**
   * Change a key.
   *
   * What takes rights away is in force on every node when this answers, and `effective` proves it. With `If-Match`, a key that has changed since is left alone (412).
   *
   * Needs the scope `keys:write`.
   */
  update(key: string, body: types.ChangeKey, options?: RequestOptions): Promise<types.ChangedKey> {
    return this.#api.send({ id: "changeKey", verb: "PATCH", path: `/v1/keys/${segment("key", key)}`, body }, options);
  }

  /**
   * Revoke a key and remove it from lists.
   *
   * Its history stays.
   *
   * Needs the scope `keys:write`.
   */
  delete(key: string, options?: RequestOptions): Promise<types.EndedKey> {
    return this.#api.send({ id: "deleteKey", verb: "DELETE", path: `/v1/keys/${segment("key", key)}` }, options);
  }

  /**
   * Give a key a new value.
   *
   * Id, name and rights stay. Rotating again during a grace ends the oldest value.
   *
   * Needs the scope `keys:write`.
   */
  rotate(key: string, body: types.RotateKey = {}, options?: RequestOptions): Promise<types.RotatedKey> {
    return this.#api.send({ id: "rotateKey", verb: "POST", path: `/v1/keys/${segment("key", key)}/rotate`, body, hasSecret: true }, options);
  }

  /**
   * Shorten or end the grace of a key's old value.
   *
   * After a rotation with grace: the old value ends now, or earlier than was said. Asking again changes nothing and proves the same.
   *
   * Needs the scope `keys:write`.
   */
  retire(key: string, body: types.RetireValue = {}, options?: RequestOptions): Promise<types.ChangedKey> {
    return this.#api.send({ id: "retireKeyValue", verb: "POST", path: `/v1/keys/${segment("key", key)}/retire`, body }, options);
  }

  /**
   * Show a recoverable secret again.
   *
   * Only where the product's manifest says `reveal = "recoverable"`. The audit log says who saw it before the answer does. 409 `not_recoverable` where there is nothing to show, `key_is_revoked` where there is nothing any more.
   *
   * Needs the scope `keys:write`.
   */
  reveal(key: string, options?: RequestOptions): Promise<types.RevealedKey> {
    return this.#api.send({ id: "revealKey", verb: "POST", path: `/v1/keys/${segment("key", key)}/reveal`, hasSecret: true }, options);
  }

  /**
   * Revoke a key for good.
   *
   * When this answers, no request that begins afterwards is allowed on any node. Asking again changes nothing and proves the same.
   *
   * Needs the scope `keys:write`.
   */
  revoke(key: string, options?: RequestOptions): Promise<types.EndedKey> {
    return this.#api.send({ id: "revokeKey", verb: "POST", path: `/v1/keys/${segment("key", key)}/revoke` }, options);
  }

  /**
   * Show how a key is used.
   *
   * Allowed and refused calls, up to this moment. Of calls with texts that are no key, only metrics know.
   *
   * Needs the scope `usage:read`.
   */
  usage(key: string, query: GetKeyUsageQuery = {}, options?: RequestOptions): Promise<types.Usage> {
    return this.#api.send({ id: "getKeyUsage", verb: "GET", path: `/v1/keys/${segment("key", key)}/usage`, query }, options);
  }
}

/**
 * The operations of the API that are about organizations.
 */
export class OrganizationsResource {
  readonly #api: Caller;

  constructor(api: Caller) {
    this.#api = api;
  }

  /**
   * Create an organization.
   *
   * Where the manifest says so, it comes with a project, environments and keys; their secrets are in this answer and nowhere else.
   *
   * Needs the scope `organizations:write`.
   */
  create(body: types.CreateOrganization, options?: RequestOptions): Promise<types.CreatedOrganization> {
    return this.#api.send({ id: "createOrganization", verb: "POST", path: `/v1/organizations`, body, takesIdempotencyKey: true, hasSecret: true }, options);
  }

  /**
   * List organizations.
   *
   * Newest first.
   *
   * Needs the scope `organizations:read`.
   */
  list(query: ListOrganizationsQuery = {}, options?: RequestOptions): Pages<types.Organization> {
    return this.#api.pages({ id: "listOrganizations", verb: "GET", path: `/v1/organizations`, query }, options);
  }

  /**
   * Create an organization, or get the one with this external id.
   *
   * An organization that is there already is left as it is.
   *
   * Needs the scope `organizations:write`.
   */
  createOrGet(product: string, externalId: string, body: types.CreateOrGetOrganization, options?: RequestOptions): Promise<types.FoundOrganization> {
    return this.#api.send({ id: "createOrGetOrganization", verb: "PUT", path: `/v1/organizations/by-external-id/${segment("product", product)}/${segment("external_id", externalId)}`, body }, options);
  }

  /**
   * Show an organization.
   *
   * Needs the scope `organizations:read`.
   */
  get(organization: string, options?: RequestOptions): Promise<types.ChangedOrganization> {
    return this.#api.send({ id: "getOrganization", verb: "GET", path: `/v1/organizations/${segment("organization", organization)}` }, options);
  }

  /**
   * Change, suspend or resume an organization.
   *
   * Suspending is in force on every node when this answers, and `effective` proves it.
   *
   * Needs the scope `organizations:write`.
   */
  update(organization: string, body: types.ChangeOrganization, options?: RequestOptions): Promise<types.ChangedOrganization> {
    return this.#api.send({ id: "changeOrganization", verb: "PATCH", path: `/v1/organizations/${segment("organization", organization)}`, body }, options);
  }

  /**
   * Delete an organization.
   *
   * Every key below is dead when this answers.
   *
   * Needs the scope `organizations:write`.
   */
  delete(organization: string, options?: RequestOptions): Promise<types.ChangedOrganization> {
    return this.#api.send({ id: "deleteOrganization", verb: "DELETE", path: `/v1/organizations/${segment("organization", organization)}` }, options);
  }

  /**
   * Let a customer into the portal.
   *
   * The portal is the page of this organization's keys, inside your own site. Ask for a link whenever you show it: it opens once, within five minutes. Abilities need the scope `keys:write` too. All portals close at once with the operator key that asked for them, and with the organization.
   *
   * Needs the scope `keys:read`.
   */
  createPortalToken(organization: string, body: types.CreatePortalToken = {}, options?: RequestOptions): Promise<types.PortalToken> {
    return this.#api.send({ id: "createPortalToken", verb: "POST", path: `/v1/organizations/${segment("organization", organization)}/portal-tokens`, body }, options);
  }
}

/**
 * The operations of the API that are about projects.
 */
export class ProjectsResource {
  readonly #api: Caller;

  constructor(api: Caller) {
    this.#api = api;
  }

  /**
   * Create a project.
   *
   * It comes with the manifest's environments and their automatic keys.
   *
   * Needs the scope `organizations:write`.
   */
  create(organization: string, body: types.CreateProject, options?: RequestOptions): Promise<types.CreatedProject> {
    return this.#api.send({ id: "createProject", verb: "POST", path: `/v1/organizations/${segment("organization", organization)}/projects`, body, takesIdempotencyKey: true, hasSecret: true }, options);
  }

  /**
   * List the projects of an organization.
   *
   * Newest first.
   *
   * Needs the scope `organizations:read`.
   */
  list(organization: string, query: ListProjectsQuery = {}, options?: RequestOptions): Pages<types.Project> {
    return this.#api.pages({ id: "listProjects", verb: "GET", path: `/v1/organizations/${segment("organization", organization)}/projects`, query }, options);
  }

  /**
   * Show a project.
   *
   * Needs the scope `organizations:read`.
   */
  get(project: string, options?: RequestOptions): Promise<types.ChangedProject> {
    return this.#api.send({ id: "getProject", verb: "GET", path: `/v1/projects/${segment("project", project)}` }, options);
  }

  /**
   * Change, disable or enable a project.
   *
   * Disabling is in force on every node when this answers, and `effective` proves it.
   *
   * Needs the scope `organizations:write`.
   */
  update(project: string, body: types.ChangeProject, options?: RequestOptions): Promise<types.ChangedProject> {
    return this.#api.send({ id: "changeProject", verb: "PATCH", path: `/v1/projects/${segment("project", project)}`, body }, options);
  }

  /**
   * Delete a project.
   *
   * Every key below is dead when this answers.
   *
   * Needs the scope `organizations:write`.
   */
  delete(project: string, options?: RequestOptions): Promise<types.ChangedProject> {
    return this.#api.send({ id: "deleteProject", verb: "DELETE", path: `/v1/projects/${segment("project", project)}` }, options);
  }
}

/**
 * The operations of the API that are about environments.
 */
export class EnvironmentsResource {
  readonly #api: Caller;

  constructor(api: Caller) {
    this.#api = api;
  }

  /**
   * Add an environment to a project.
   *
   * It comes with its automatic keys.
   *
   * Needs the scope `organizations:write`.
   */
  create(project: string, body: types.CreateEnvironment, options?: RequestOptions): Promise<types.CreatedEnvironment> {
    return this.#api.send({ id: "createEnvironment", verb: "POST", path: `/v1/projects/${segment("project", project)}/environments`, body, takesIdempotencyKey: true, hasSecret: true }, options);
  }

  /**
   * List the environments of a project.
   *
   * Newest first.
   *
   * Needs the scope `organizations:read`.
   */
  list(project: string, query: ListEnvironmentsQuery = {}, options?: RequestOptions): Pages<types.Environment> {
    return this.#api.pages({ id: "listEnvironments", verb: "GET", path: `/v1/projects/${segment("project", project)}/environments`, query }, options);
  }

  /**
   * Show an environment.
   *
   * Needs the scope `organizations:read`.
   */
  get(environment: string, options?: RequestOptions): Promise<types.ChangedEnvironment> {
    return this.#api.send({ id: "getEnvironment", verb: "GET", path: `/v1/environments/${segment("environment", environment)}` }, options);
  }

  /**
   * Disable or enable an environment.
   *
   * Disabling is in force on every node when this answers, and `effective` proves it.
   *
   * Needs the scope `organizations:write`.
   */
  update(environment: string, body: types.ChangeEnvironment, options?: RequestOptions): Promise<types.ChangedEnvironment> {
    return this.#api.send({ id: "changeEnvironment", verb: "PATCH", path: `/v1/environments/${segment("environment", environment)}`, body }, options);
  }

  /**
   * Delete an environment.
   *
   * Every key in it is dead when this answers.
   *
   * Needs the scope `organizations:write`.
   */
  delete(environment: string, options?: RequestOptions): Promise<types.ChangedEnvironment> {
    return this.#api.send({ id: "deleteEnvironment", verb: "DELETE", path: `/v1/environments/${segment("environment", environment)}` }, options);
  }
}

/**
 * The operations of the API that are about credits.
 */
export class CreditsResource {
  readonly #api: Caller;

  constructor(api: Caller) {
    this.#api = api;
  }

  /**
   * Show an organization's credits.
   *
   * Exact at this moment. Accounts of deleted organizations are shown too.
   *
   * Needs the scope `credits:read`.
   */
  get(organization: string, options?: RequestOptions): Promise<types.Credits> {
    return this.#api.send({ id: "getCredits", verb: "GET", path: `/v1/organizations/${segment("organization", organization)}/credits` }, options);
  }

  /**
   * List everything that happened to an account.
   *
   * Newest first. Each entry says what it does to every sum of the account, so that all of them add up to what `getCredits` answers. With `format=csv` the whole account comes as CSV (RFC 4180), written while it is read.
   *
   * Needs the scope `credits:read`.
   */
  listLedger(organization: string, query: ListLedgerQuery = {}, options?: RequestOptions): Pages<types.LedgerEntry> {
    return this.#api.pages({ id: "listLedger", verb: "GET", path: `/v1/organizations/${segment("organization", organization)}/ledger`, query }, options);
  }

  /**
   * Grant credits.
   *
   * They can be spent when this answers. Send an `Idempotency-Key`, so that a request that is repeated grants once.
   *
   * Needs the scope `credits:write`.
   */
  createGrant(organization: string, body: types.CreateGrant, options?: RequestOptions): Promise<types.OneGrant> {
    return this.#api.send({ id: "createGrant", verb: "POST", path: `/v1/organizations/${segment("organization", organization)}/grants`, body, takesIdempotencyKey: true }, options);
  }

  /**
   * List an organization's grants.
   *
   * Newest first, each with what is left of it.
   *
   * Needs the scope `credits:read`.
   */
  listGrants(organization: string, query: ListGrantsQuery = {}, options?: RequestOptions): Pages<types.Grant> {
    return this.#api.pages({ id: "listGrants", verb: "GET", path: `/v1/organizations/${segment("organization", organization)}/grants`, query }, options);
  }

  /**
   * Declare a grant void.
   *
   * What is left of it can be spent no more when this answers; what was spent stays spent. One that is void already stays as it is.
   *
   * Needs the scope `credits:write`.
   */
  voidGrant(grant: string, options?: RequestOptions): Promise<types.OneGrant> {
    return this.#api.send({ id: "voidGrant", verb: "POST", path: `/v1/grants/${segment("grant", grant)}/void` }, options);
  }

  /**
   * Show what a call was charged.
   *
   * As it stands now, with what was settled and refunded.
   *
   * Needs the scope `credits:read`.
   */
  getSpend(spend: string, options?: RequestOptions): Promise<types.OneSpend> {
    return this.#api.send({ id: "getSpend", verb: "GET", path: `/v1/spends/${segment("spend", spend)}` }, options);
  }

  /**
   * Refund a spend.
   *
   * Back to the grants it came from, in sum never more than was spent; what returns to a grant that has ended counts as expired. Without `amount` it may be repeated: what is refunded stays refunded once. A part that is repeated is refunded again, so look at `refunded` first; an `Idempotency-Key` is refused there.
   *
   * Needs the scope `keys:verify`.
   */
  refundSpend(spend: string, body: types.RefundSpend = {}, options?: RequestOptions): Promise<types.ChangedSpend> {
    return this.#api.send({ id: "refundSpend", verb: "POST", path: `/v1/spends/${segment("spend", spend)}/refund`, body }, options);
  }

  /**
   * Settle a reservation.
   *
   * The call cost so much; the rest of what was reserved is free again. The same again changes nothing.
   *
   * Needs the scope `keys:verify`.
   */
  settleSpend(spend: string, body: types.SettleSpend, options?: RequestOptions): Promise<types.ChangedSpend> {
    return this.#api.send({ id: "settleSpend", verb: "POST", path: `/v1/spends/${segment("spend", spend)}/settle`, body }, options);
  }

  /**
   * Release a reservation.
   *
   * Nothing is spent; all of it is free again. The same again changes nothing.
   *
   * Needs the scope `keys:verify`.
   */
  releaseSpend(spend: string, options?: RequestOptions): Promise<types.ChangedSpend> {
    return this.#api.send({ id: "releaseSpend", verb: "POST", path: `/v1/spends/${segment("spend", spend)}/release` }, options);
  }
}

/**
 * The operations of the API that are about products.
 */
export class ProductsResource {
  readonly #api: Caller;

  constructor(api: Caller) {
    this.#api = api;
  }

  /**
   * Apply a product's manifest.
   *
   * As JSON or as TOML (`application/toml`). Applying the same again changes nothing.
   *
   * Needs the scope `products:write`.
   */
  apply(product: string, body: types.Manifest | string, query: ApplyManifestQuery = {}, options?: RequestOptions): Promise<types.AppliedManifest> {
    return this.#api.send({ id: "applyManifest", verb: "PUT", path: `/v1/products/${segment("product", product)}`, body, query }, options);
  }

  /**
   * Show a product with its manifest.
   *
   * Needs the scope `products:read`.
   */
  get(product: string, options?: RequestOptions): Promise<types.Product> {
    return this.#api.send({ id: "getProduct", verb: "GET", path: `/v1/products/${segment("product", product)}` }, options);
  }

  /**
   * List products.
   *
   * All of them, by slug.
   *
   * Needs the scope `products:read`.
   */
  list(options?: RequestOptions): Pages<types.Product> {
    return this.#api.pages({ id: "listProducts", verb: "GET", path: `/v1/products` }, options);
  }
}

/**
 * The operations of the API that are about installation.
 */
export class InstallationResource {
  readonly #api: Caller;

  constructor(api: Caller) {
    this.#api = api;
  }

  /**
   * Show how the keys of an environment or organization are used.
   *
   * Deleted keys are counted too.
   *
   * Needs the scope `usage:read`.
   */
  getUsage(query: GetUsageQuery = {}, options?: RequestOptions): Promise<types.Usage> {
    return this.#api.send({ id: "getUsage", verb: "GET", path: `/v1/usage`, query }, options);
  }

  /**
   * List what was done.
   *
   * Newest first: who, what, when and from where.
   *
   * Needs the scope `audit:read`.
   */
  listAudit(query: ListAuditQuery = {}, options?: RequestOptions): Pages<types.AuditEntry> {
    return this.#api.pages({ id: "listAudit", verb: "GET", path: `/v1/audit`, query }, options);
  }

  /**
   * Create an operator key.
   *
   * It is shown, rotated and revoked like any other key, under `/v1/keys`.
   *
   * Needs the scope `installation:write`.
   */
  createOperatorKey(body: types.CreateOperatorKey, options?: RequestOptions): Promise<types.CreatedOperatorKey> {
    return this.#api.send({ id: "createOperatorKey", verb: "POST", path: `/v1/operator-keys`, body, takesIdempotencyKey: true, hasSecret: true }, options);
  }
}

/**
 * The operations of the API that are about own key.
 */
export class OwnKeyResource {
  readonly #api: Caller;

  constructor(api: Caller) {
    this.#api = api;
  }

  /**
   * What the key that is sent may do.
   *
   * Send the key itself as `Authorization: Bearer` or `X-API-Key`. Asking is counted against no rate limit.
   */
  get(key: Credential, options?: RequestOptions): Promise<types.OwnKey> {
    return this.#api.send({ id: "getOwnKey", verb: "GET", path: `/v1/keys/self`, credential: key }, options);
  }

  /**
   * Revoke the secret key that is sent.
   *
   * For good, as soon as this answers: for whoever finds a key where it should not be. 403 `publishable_key` for publishable keys, which anybody can read in a page.
   */
  revoke(key: Credential, options?: RequestOptions): Promise<types.OwnKeyEnded> {
    return this.#api.send({ id: "revokeOwnKey", verb: "POST", path: `/v1/keys/self/revoke`, credential: key }, options);
  }
}

/**
 * The operations of the API that are about sessions.
 */
export class SessionsResource {
  readonly #api: Caller;

  constructor(api: Caller) {
    this.#api = api;
  }

  /**
   * Make a session for a visitor.
   *
   * For pages: send the publishable key as `Authorization: Bearer`. The token works wherever the key does, for a few minutes, from the same origin, and dies with its key. Pages of any origin may read why they are refused: refusals of the key have only `code` and `request_id`.
   */
  create(key: Credential, body: types.SessionRequest = {}, options?: RequestOptions): Promise<types.CreatedSession> {
    return this.#api.send({ id: "createSession", verb: "POST", path: `/v1/sessions`, credential: key, body, hasSecret: true }, options);
  }

  /**
   * The public keys that session tokens are signed with.
   *
   * For checking tokens offline (RFC 7517). An old key stays until all its tokens have ended. May be kept for five minutes; a token that names another key is a reason to ask again.
   */
  signingKeys(options?: RequestOptions): Promise<types.JsonWebKeySet> {
    return this.#api.send({ id: "getSigningKeys", verb: "GET", path: `/.well-known/jwks.json`, credential: null }, options);
  }
}

/**
 * All operations of the API, by what they are about.
 */
export abstract class Resources {
  /** keys. */
  readonly keys: KeysResource;
  /** organizations. */
  readonly organizations: OrganizationsResource;
  /** projects. */
  readonly projects: ProjectsResource;
  /** environments. */
  readonly environments: EnvironmentsResource;
  /** credits. */
  readonly credits: CreditsResource;
  /** products. */
  readonly products: ProductsResource;
  /** installation. */
  readonly installation: InstallationResource;
  /** own key. */
  readonly ownKey: OwnKeyResource;
  /** sessions. */
  readonly sessions: SessionsResource;

  protected constructor(api: Caller) {
    this.keys = new KeysResource(api);
    this.organizations = new OrganizationsResource(api);
    this.projects = new ProjectsResource(api);
    this.environments = new EnvironmentsResource(api);
    this.credits = new CreditsResource(api);
    this.products = new ProductsResource(api);
    this.installation = new InstallationResource(api);
    this.ownKey = new OwnKeyResource(api);
    this.sessions = new SessionsResource(api);
  }
}
