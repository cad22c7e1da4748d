// Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

package keystile

import "context"

// Resources has all operations of the API, by what they are about.
type Resources struct {
	// Keys is about keys.
	Keys *KeysResource

	// Organizations is about organizations.
	Organizations *OrganizationsResource

	// Projects is about projects.
	Projects *ProjectsResource

	// Environments is about environments.
	Environments *EnvironmentsResource

	// Credits is about credits.
	Credits *CreditsResource

	// Products is about products.
	Products *ProductsResource

	// Installation is about installation.
	Installation *InstallationResource

	// OwnKey is about own key.
	OwnKey *OwnKeyResource

	// Sessions is about sessions.
	Sessions *SessionsResource
}

func newResources(api *caller) Resources {
	return Resources{
		Keys:          &KeysResource{api},
		Organizations: &OrganizationsResource{api},
		Projects:      &ProjectsResource{api},
		Environments:  &EnvironmentsResource{api},
		Credits:       &CreditsResource{api},
		Products:      &ProductsResource{api},
		Installation:  &InstallationResource{api},
		OwnKey:        &OwnKeyResource{api},
		Sessions:      &SessionsResource{api},
	}
}

// KeysResource has the operations of the API that are about keys.
type KeysResource struct{ api *caller }

// Create: Create a key.
//
// The secret of a secret key is in this answer and nowhere else.
//
// Needs the scope `keys:write`.
func (r *KeysResource) Create(ctx context.Context, environment string, body CreateKey, options ...Option) (*CreatedKey, error) {
	return send[CreatedKey](ctx, r.api, operation{id: "createKey", verb: "POST", body: body, path: path("/v1/environments/{environment}/keys", "environment", environment), takesIdempotencyKey: true}, options)
}

// ListInEnvironment: List the keys of an environment.
//
// Newest first; deleted keys are not listed.
//
// Needs the scope `keys:read`.
func (r *KeysResource) ListInEnvironment(ctx context.Context, environment string, query ListEnvironmentKeysQuery, options ...Option) *Pages[Key] {
	return pages[Key](ctx, r.api, operation{id: "listEnvironmentKeys", verb: "GET", query: query, path: path("/v1/environments/{environment}/keys", "environment", environment)}, options)
}

// Adopt: Adopt a key that another system has just accepted.
//
// From then on it is verified here like any other, and the other system need not be asked again. Adopting it again answers the same key and changes nothing, so that no Idempotency-Key is needed.
//
// Needs the scope `keys:write`.
func (r *KeysResource) Adopt(ctx context.Context, body AdoptKey, options ...Option) (*AdoptedKey, error) {
	return send[AdoptedKey](ctx, r.api, operation{id: "adoptKey", verb: "POST", body: body, path: path("/v1/keys/adopt")}, options)
}

// Import: Import keys of another system by their digests.
//
// Their texts need not be known: each goes on working as it is, until it is rotated. Importing the same rows again changes nothing.
//
// Needs the scope `keys:write`.
func (r *KeysResource) Import(ctx context.Context, body ImportKeys, options ...Option) (*ImportedKeys, error) {
	return send[ImportedKeys](ctx, r.api, operation{id: "importKeys", verb: "POST", body: body, path: path("/v1/keys/import")}, options)
}

// List: List keys.
//
// Newest first; deleted keys are not listed.
//
// Needs the scope `keys:read`.
func (r *KeysResource) List(ctx context.Context, query ListKeysQuery, options ...Option) *Pages[Key] {
	return pages[Key](ctx, r.api, operation{id: "listKeys", verb: "GET", query: query, path: path("/v1/keys")}, options)
}

// Get: Show a key.
//
// `effective` is the proof that the last change which took rights away is in force.
//
// Needs the scope `keys:read`.
func (r *KeysResource) Get(ctx context.Context, key string, options ...Option) (*ChangedKey, error) {
	return send[ChangedKey](ctx, r.api, operation{id: "getKey", verb: "GET", path: path("/v1/keys/{key}", "key", key)}, options)
}

// Update: Change a key.
//
// What takes rights away is in force on every node when this answers, and `effective` proves it. With `If-Match`, a key that has changed since is left alone (412).
//
// Needs the scope `keys:write`.
func (r *KeysResource) Update(ctx context.Context, key string, body ChangeKey, options ...Option) (*ChangedKey, error) {
	return send[ChangedKey](ctx, r.api, operation{id: "changeKey", verb: "PATCH", body: body, path: path("/v1/keys/{key}", "key", key)}, options)
}

// Delete: Revoke a key and remove it from lists.
//
// Its history stays.
//
// Needs the scope `keys:write`.
func (r *KeysResource) Delete(ctx context.Context, key string, options ...Option) (*EndedKey, error) {
	return send[EndedKey](ctx, r.api, operation{id: "deleteKey", verb: "DELETE", path: path("/v1/keys/{key}", "key", key)}, options)
}

// Rotate: Give a key a new value.
//
// Id, name and rights stay. Rotating again during a grace ends the oldest value.
//
// Needs the scope `keys:write`.
func (r *KeysResource) Rotate(ctx context.Context, key string, body RotateKey, options ...Option) (*RotatedKey, error) {
	return send[RotatedKey](ctx, r.api, operation{id: "rotateKey", verb: "POST", body: body, path: path("/v1/keys/{key}/rotate", "key", key)}, options)
}

// Retire: Shorten or end the grace of a key's old value.
//
// After a rotation with grace: the old value ends now, or earlier than was said. Asking again changes nothing and proves the same.
//
// Needs the scope `keys:write`.
func (r *KeysResource) Retire(ctx context.Context, key string, body RetireValue, options ...Option) (*ChangedKey, error) {
	return send[ChangedKey](ctx, r.api, operation{id: "retireKeyValue", verb: "POST", body: body, path: path("/v1/keys/{key}/retire", "key", key)}, options)
}

// Reveal: Show a recoverable secret again.
//
// Only where the product's manifest says `reveal = "recoverable"`. The audit log says who saw it before the answer does. 409 `not_recoverable` where there is nothing to show, `key_is_revoked` where there is nothing any more.
//
// Needs the scope `keys:write`.
func (r *KeysResource) Reveal(ctx context.Context, key string, options ...Option) (*RevealedKey, error) {
	return send[RevealedKey](ctx, r.api, operation{id: "revealKey", verb: "POST", path: path("/v1/keys/{key}/reveal", "key", key)}, options)
}

// Revoke: Revoke a key for good.
//
// When this answers, no request that begins afterwards is allowed on any node. Asking again changes nothing and proves the same.
//
// Needs the scope `keys:write`.
func (r *KeysResource) Revoke(ctx context.Context, key string, options ...Option) (*EndedKey, error) {
	return send[EndedKey](ctx, r.api, operation{id: "revokeKey", verb: "POST", path: path("/v1/keys/{key}/revoke", "key", key)}, options)
}

// Usage: Show how a key is used.
//
// Allowed and refused calls, up to this moment. Of calls with texts that are no key, only metrics know.
//
// Needs the scope `usage:read`.
func (r *KeysResource) Usage(ctx context.Context, key string, query GetKeyUsageQuery, options ...Option) (*Usage, error) {
	return send[Usage](ctx, r.api, operation{id: "getKeyUsage", verb: "GET", query: query, path: path("/v1/keys/{key}/usage", "key", key)}, options)
}

// OrganizationsResource has the operations of the API that are about organizations.
type OrganizationsResource struct{ api *caller }

// Create: Create an organization.
//
// Where the manifest says so, it comes with a project, environments and keys; their secrets are in this answer and nowhere else.
//
// Needs the scope `organizations:write`.
func (r *OrganizationsResource) Create(ctx context.Context, body CreateOrganization, options ...Option) (*CreatedOrganization, error) {
	return send[CreatedOrganization](ctx, r.api, operation{id: "createOrganization", verb: "POST", body: body, path: path("/v1/organizations"), takesIdempotencyKey: true}, options)
}

// List: List organizations.
//
// Newest first.
//
// Needs the scope `organizations:read`.
func (r *OrganizationsResource) List(ctx context.Context, query ListOrganizationsQuery, options ...Option) *Pages[Organization] {
	return pages[Organization](ctx, r.api, operation{id: "listOrganizations", verb: "GET", query: query, path: path("/v1/organizations")}, options)
}

// CreateOrGet: Create an organization, or get the one with this external id.
//
// An organization that is there already is left as it is.
//
// Needs the scope `organizations:write`.
func (r *OrganizationsResource) CreateOrGet(ctx context.Context, product string, externalId string, body CreateOrGetOrganization, options ...Option) (*FoundOrganization, error) {
	return send[FoundOrganization](ctx, r.api, operation{id: "createOrGetOrganization", verb: "PUT", body: body, path: path("/v1/organizations/by-external-id/{product}/{external_id}", "product", product, "external_id", externalId)}, options)
}

// Get: Show an organization.
//
// Needs the scope `organizations:read`.
func (r *OrganizationsResource) Get(ctx context.Context, organization string, options ...Option) (*ChangedOrganization, error) {
	return send[ChangedOrganization](ctx, r.api, operation{id: "getOrganization", verb: "GET", path: path("/v1/organizations/{organization}", "organization", organization)}, options)
}

// Update: Change, suspend or resume an organization.
//
// Suspending is in force on every node when this answers, and `effective` proves it.
//
// Needs the scope `organizations:write`.
func (r *OrganizationsResource) Update(ctx context.Context, organization string, body ChangeOrganization, options ...Option) (*ChangedOrganization, error) {
	return send[ChangedOrganization](ctx, r.api, operation{id: "changeOrganization", verb: "PATCH", body: body, path: path("/v1/organizations/{organization}", "organization", organization)}, options)
}

// Delete: Delete an organization.
//
// Every key below is dead when this answers.
//
// Needs the scope `organizations:write`.
func (r *OrganizationsResource) Delete(ctx context.Context, organization string, options ...Option) (*ChangedOrganization, error) {
	return send[ChangedOrganization](ctx, r.api, operation{id: "deleteOrganization", verb: "DELETE", path: path("/v1/organizations/{organization}", "organization", organization)}, options)
}

// CreatePortalToken: Let a customer into the portal.
//
// The portal is the page of this organization's keys, inside your own site. Ask for a link whenever you show it: it opens once, within five minutes. Abilities need the scope `keys:write` too. All portals close at once with the operator key that asked for them, and with the organization.
//
// Needs the scope `keys:read`.
func (r *OrganizationsResource) CreatePortalToken(ctx context.Context, organization string, body CreatePortalToken, options ...Option) (*PortalToken, error) {
	return send[PortalToken](ctx, r.api, operation{id: "createPortalToken", verb: "POST", body: body, path: path("/v1/organizations/{organization}/portal-tokens", "organization", organization)}, options)
}

// ProjectsResource has the operations of the API that are about projects.
type ProjectsResource struct{ api *caller }

// Create: Create a project.
//
// It comes with the manifest's environments and their automatic keys.
//
// Needs the scope `organizations:write`.
func (r *ProjectsResource) Create(ctx context.Context, organization string, body CreateProject, options ...Option) (*CreatedProject, error) {
	return send[CreatedProject](ctx, r.api, operation{id: "createProject", verb: "POST", body: body, path: path("/v1/organizations/{organization}/projects", "organization", organization), takesIdempotencyKey: true}, options)
}

// List: List the projects of an organization.
//
// Newest first.
//
// Needs the scope `organizations:read`.
func (r *ProjectsResource) List(ctx context.Context, organization string, query ListProjectsQuery, options ...Option) *Pages[Project] {
	return pages[Project](ctx, r.api, operation{id: "listProjects", verb: "GET", query: query, path: path("/v1/organizations/{organization}/projects", "organization", organization)}, options)
}

// Get: Show a project.
//
// Needs the scope `organizations:read`.
func (r *ProjectsResource) Get(ctx context.Context, project string, options ...Option) (*ChangedProject, error) {
	return send[ChangedProject](ctx, r.api, operation{id: "getProject", verb: "GET", path: path("/v1/projects/{project}", "project", project)}, options)
}

// Update: Change, disable or enable a project.
//
// Disabling is in force on every node when this answers, and `effective` proves it.
//
// Needs the scope `organizations:write`.
func (r *ProjectsResource) Update(ctx context.Context, project string, body ChangeProject, options ...Option) (*ChangedProject, error) {
	return send[ChangedProject](ctx, r.api, operation{id: "changeProject", verb: "PATCH", body: body, path: path("/v1/projects/{project}", "project", project)}, options)
}

// Delete: Delete a project.
//
// Every key below is dead when this answers.
//
// Needs the scope `organizations:write`.
func (r *ProjectsResource) Delete(ctx context.Context, project string, options ...Option) (*ChangedProject, error) {
	return send[ChangedProject](ctx, r.api, operation{id: "deleteProject", verb: "DELETE", path: path("/v1/projects/{project}", "project", project)}, options)
}

// EnvironmentsResource has the operations of the API that are about environments.
type EnvironmentsResource struct{ api *caller }

// Create: Add an environment to a project.
//
// It comes with its automatic keys.
//
// Needs the scope `organizations:write`.
func (r *EnvironmentsResource) Create(ctx context.Context, project string, body CreateEnvironment, options ...Option) (*CreatedEnvironment, error) {
	return send[CreatedEnvironment](ctx, r.api, operation{id: "createEnvironment", verb: "POST", body: body, path: path("/v1/projects/{project}/environments", "project", project), takesIdempotencyKey: true}, options)
}

// List: List the environments of a project.
//
// Newest first.
//
// Needs the scope `organizations:read`.
func (r *EnvironmentsResource) List(ctx context.Context, project string, query ListEnvironmentsQuery, options ...Option) *Pages[Environment] {
	return pages[Environment](ctx, r.api, operation{id: "listEnvironments", verb: "GET", query: query, path: path("/v1/projects/{project}/environments", "project", project)}, options)
}

// Get: Show an environment.
//
// Needs the scope `organizations:read`.
func (r *EnvironmentsResource) Get(ctx context.Context, environment string, options ...Option) (*ChangedEnvironment, error) {
	return send[ChangedEnvironment](ctx, r.api, operation{id: "getEnvironment", verb: "GET", path: path("/v1/environments/{environment}", "environment", environment)}, options)
}

// Update: Disable or enable an environment.
//
// Disabling is in force on every node when this answers, and `effective` proves it.
//
// Needs the scope `organizations:write`.
func (r *EnvironmentsResource) Update(ctx context.Context, environment string, body ChangeEnvironment, options ...Option) (*ChangedEnvironment, error) {
	return send[ChangedEnvironment](ctx, r.api, operation{id: "changeEnvironment", verb: "PATCH", body: body, path: path("/v1/environments/{environment}", "environment", environment)}, options)
}

// Delete: Delete an environment.
//
// Every key in it is dead when this answers.
//
// Needs the scope `organizations:write`.
func (r *EnvironmentsResource) Delete(ctx context.Context, environment string, options ...Option) (*ChangedEnvironment, error) {
	return send[ChangedEnvironment](ctx, r.api, operation{id: "deleteEnvironment", verb: "DELETE", path: path("/v1/environments/{environment}", "environment", environment)}, options)
}

// CreditsResource has the operations of the API that are about credits.
type CreditsResource struct{ api *caller }

// Get: Show an organization's credits.
//
// Exact at this moment. Accounts of deleted organizations are shown too.
//
// Needs the scope `credits:read`.
func (r *CreditsResource) Get(ctx context.Context, organization string, options ...Option) (*Credits, error) {
	return send[Credits](ctx, r.api, operation{id: "getCredits", verb: "GET", path: path("/v1/organizations/{organization}/credits", "organization", organization)}, options)
}

// ListLedger: List everything that happened to an account.
//
// Newest first. Each entry says what it does to every sum of the account, so that all of them add up to what `getCredits` answers. With `format=csv` the whole account comes as CSV (RFC 4180), written while it is read.
//
// Needs the scope `credits:read`.
func (r *CreditsResource) ListLedger(ctx context.Context, organization string, query ListLedgerQuery, options ...Option) *Pages[LedgerEntry] {
	return pages[LedgerEntry](ctx, r.api, operation{id: "listLedger", verb: "GET", query: query, path: path("/v1/organizations/{organization}/ledger", "organization", organization)}, options)
}

// CreateGrant: Grant credits.
//
// They can be spent when this answers. Send an `Idempotency-Key`, so that a request that is repeated grants once.
//
// Needs the scope `credits:write`.
func (r *CreditsResource) CreateGrant(ctx context.Context, organization string, body CreateGrant, options ...Option) (*OneGrant, error) {
	return send[OneGrant](ctx, r.api, operation{id: "createGrant", verb: "POST", body: body, path: path("/v1/organizations/{organization}/grants", "organization", organization), takesIdempotencyKey: true}, options)
}

// ListGrants: List an organization's grants.
//
// Newest first, each with what is left of it.
//
// Needs the scope `credits:read`.
func (r *CreditsResource) ListGrants(ctx context.Context, organization string, query ListGrantsQuery, options ...Option) *Pages[Grant] {
	return pages[Grant](ctx, r.api, operation{id: "listGrants", verb: "GET", query: query, path: path("/v1/organizations/{organization}/grants", "organization", organization)}, options)
}

// VoidGrant: Declare a grant void.
//
// What is left of it can be spent no more when this answers; what was spent stays spent. One that is void already stays as it is.
//
// Needs the scope `credits:write`.
func (r *CreditsResource) VoidGrant(ctx context.Context, grant string, options ...Option) (*OneGrant, error) {
	return send[OneGrant](ctx, r.api, operation{id: "voidGrant", verb: "POST", path: path("/v1/grants/{grant}/void", "grant", grant)}, options)
}

// GetSpend: Show what a call was charged.
//
// As it stands now, with what was settled and refunded.
//
// Needs the scope `credits:read`.
func (r *CreditsResource) GetSpend(ctx context.Context, spend string, options ...Option) (*OneSpend, error) {
	return send[OneSpend](ctx, r.api, operation{id: "getSpend", verb: "GET", path: path("/v1/spends/{spend}", "spend", spend)}, options)
}

// RefundSpend: Refund a spend.
//
// Back to the grants it came from, in sum never more than was spent; what returns to a grant that has ended counts as expired. Without `amount` it may be repeated: what is refunded stays refunded once. A part that is repeated is refunded again, so look at `refunded` first; an `Idempotency-Key` is refused there.
//
// Needs the scope `keys:verify`.
func (r *CreditsResource) RefundSpend(ctx context.Context, spend string, body RefundSpend, options ...Option) (*ChangedSpend, error) {
	return send[ChangedSpend](ctx, r.api, operation{id: "refundSpend", verb: "POST", body: body, path: path("/v1/spends/{spend}/refund", "spend", spend)}, options)
}

// SettleSpend: Settle a reservation.
//
// The call cost so much; the rest of what was reserved is free again. The same again changes nothing.
//
// Needs the scope `keys:verify`.
func (r *CreditsResource) SettleSpend(ctx context.Context, spend string, body SettleSpend, options ...Option) (*ChangedSpend, error) {
	return send[ChangedSpend](ctx, r.api, operation{id: "settleSpend", verb: "POST", body: body, path: path("/v1/spends/{spend}/settle", "spend", spend)}, options)
}

// ReleaseSpend: Release a reservation.
//
// Nothing is spent; all of it is free again. The same again changes nothing.
//
// Needs the scope `keys:verify`.
func (r *CreditsResource) ReleaseSpend(ctx context.Context, spend string, options ...Option) (*ChangedSpend, error) {
	return send[ChangedSpend](ctx, r.api, operation{id: "releaseSpend", verb: "POST", path: path("/v1/spends/{spend}/release", "spend", spend)}, options)
}

// ProductsResource has the operations of the API that are about products.
type ProductsResource struct{ api *caller }

// Apply: Apply a product's manifest.
//
// As JSON or as TOML (`application/toml`). Applying the same again changes nothing.
//
// Needs the scope `products:write`.
func (r *ProductsResource) Apply(ctx context.Context, product string, manifest string, query ApplyManifestQuery, options ...Option) (*AppliedManifest, error) {
	return send[AppliedManifest](ctx, r.api, operation{id: "applyManifest", verb: "PUT", manifest: manifest, query: query, path: path("/v1/products/{product}", "product", product)}, options)
}

// Get: Show a product with its manifest.
//
// Needs the scope `products:read`.
func (r *ProductsResource) Get(ctx context.Context, product string, options ...Option) (*Product, error) {
	return send[Product](ctx, r.api, operation{id: "getProduct", verb: "GET", path: path("/v1/products/{product}", "product", product)}, options)
}

// List: List products.
//
// All of them, by slug.
//
// Needs the scope `products:read`.
func (r *ProductsResource) List(ctx context.Context, options ...Option) *Pages[Product] {
	return pages[Product](ctx, r.api, operation{id: "listProducts", verb: "GET", path: path("/v1/products")}, options)
}

// InstallationResource has the operations of the API that are about installation.
type InstallationResource struct{ api *caller }

// GetUsage: Show how the keys of an environment or organization are used.
//
// Deleted keys are counted too.
//
// Needs the scope `usage:read`.
func (r *InstallationResource) GetUsage(ctx context.Context, query GetUsageQuery, options ...Option) (*Usage, error) {
	return send[Usage](ctx, r.api, operation{id: "getUsage", verb: "GET", query: query, path: path("/v1/usage")}, options)
}

// ListAudit: List what was done.
//
// Newest first: who, what, when and from where.
//
// Needs the scope `audit:read`.
func (r *InstallationResource) ListAudit(ctx context.Context, query ListAuditQuery, options ...Option) *Pages[AuditEntry] {
	return pages[AuditEntry](ctx, r.api, operation{id: "listAudit", verb: "GET", query: query, path: path("/v1/audit")}, options)
}

// CreateOperatorKey: Create an operator key.
//
// It is shown, rotated and revoked like any other key, under `/v1/keys`.
//
// Needs the scope `installation:write`.
func (r *InstallationResource) CreateOperatorKey(ctx context.Context, body CreateOperatorKey, options ...Option) (*CreatedOperatorKey, error) {
	return send[CreatedOperatorKey](ctx, r.api, operation{id: "createOperatorKey", verb: "POST", body: body, path: path("/v1/operator-keys"), takesIdempotencyKey: true}, options)
}

// OwnKeyResource has the operations of the API that are about own key.
type OwnKeyResource struct{ api *caller }

// Get: What the key that is sent may do.
//
// Send the key itself as `Authorization: Bearer` or `X-API-Key`. Asking is counted against no rate limit.
func (r *OwnKeyResource) Get(ctx context.Context, key string, options ...Option) (*OwnKey, error) {
	return send[OwnKey](ctx, r.api, operation{id: "getOwnKey", verb: "GET", holder: &key, path: path("/v1/keys/self")}, options)
}

// Revoke: Revoke the secret key that is sent.
//
// For good, as soon as this answers: for whoever finds a key where it should not be. 403 `publishable_key` for publishable keys, which anybody can read in a page.
func (r *OwnKeyResource) Revoke(ctx context.Context, key string, options ...Option) (*OwnKeyEnded, error) {
	return send[OwnKeyEnded](ctx, r.api, operation{id: "revokeOwnKey", verb: "POST", holder: &key, path: path("/v1/keys/self/revoke")}, options)
}

// SessionsResource has the operations of the API that are about sessions.
type SessionsResource struct{ api *caller }

// Create: Make a session for a visitor.
//
// For pages: send the publishable key as `Authorization: Bearer`. The token works wherever the key does, for a few minutes, from the same origin, and dies with its key. Pages of any origin may read why they are refused: refusals of the key have only `code` and `request_id`.
func (r *SessionsResource) Create(ctx context.Context, key string, body SessionRequest, options ...Option) (*CreatedSession, error) {
	return send[CreatedSession](ctx, r.api, operation{id: "createSession", verb: "POST", holder: &key, body: body, path: path("/v1/sessions")}, options)
}

// SigningKeys: The public keys that session tokens are signed with.
//
// For checking tokens offline (RFC 7517). An old key stays until all its tokens have ended. May be kept for five minutes; a token that names another key is a reason to ask again.
func (r *SessionsResource) SigningKeys(ctx context.Context, options ...Option) (*JsonWebKeySet, error) {
	return send[JsonWebKeySet](ctx, r.api, operation{id: "getSigningKeys", verb: "GET", isPublic: true, path: path("/.well-known/jwks.json")}, options)
}
