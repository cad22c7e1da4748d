// Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

package keystile

import "time"

// CreatedKey: A key with its secret.
type CreatedKey struct {
	Key Key `json:"key"`

	// The whole value of a secret key: only here, and never again.
	Secret Secret `json:"secret,omitzero"`
}

// Key: A key, without its secret.
type Key struct {
	ID string `json:"id"`

	Kind Kind `json:"kind"`

	Mode Mode `json:"mode"`

	Name string `json:"name"`

	// What may be shown of any key: prefix, four characters, bullets.
	Preview string `json:"preview"`

	// `true`: the value comes from another system; rotating the key gives it one of ours.
	Foreign bool `json:"foreign"`

	Status KeyState `json:"status"`

	Enabled bool `json:"enabled"`

	// What it may do now.
	Scopes []string `json:"scopes"`

	Product string `json:"product"`

	Organization string `json:"organization"`

	Project string `json:"project"`

	Environment KeyEnvironment `json:"environment"`

	// Not used for as long as the manifest's `idle_after` says: maybe nobody needs it any more.
	Idle bool `json:"idle"`

	CreatedAt time.Time `json:"created_at"`

	// Who created it; recorded, decides nothing.
	CreatedBy string `json:"created_by"`

	Note string `json:"note,omitzero"`

	// The whole value, of publishable keys only.
	Value string `json:"value,omitzero"`

	// The scopes it lists itself; absent when it follows the manifest.
	OwnScopes []string `json:"own_scopes,omitzero"`

	AllowedOrigins []string `json:"allowed_origins,omitzero"`

	AllowedIPs []string `json:"allowed_ips,omitzero"`

	// Its own rate limit; without one, that of the manifest holds.
	RateLimit *RateLimit `json:"rate_limit,omitzero"`

	// How many credits it may spend; `null` is as many as its organization has.
	SpendCaps *SpendCaps `json:"spend_caps,omitzero"`

	Metadata map[string]any `json:"metadata,omitzero"`

	// For operator keys: what it is confined to.
	Binding *Binding `json:"binding,omitzero"`

	ExpiresAt *time.Time `json:"expires_at,omitzero"`

	RevokedAt *time.Time `json:"revoked_at,omitzero"`

	RotatedAt *time.Time `json:"rotated_at,omitzero"`

	// The value before this one, for as long as its grace runs.
	Retiring *RetiringValue `json:"retiring,omitzero"`

	// When a web page first sent the secret, so that its visitors can read it: replace it.
	ExposedAt *time.Time `json:"exposed_at,omitzero"`

	// The last call that was allowed.
	LastUsed *LastUsed `json:"last_used,omitzero"`
}

// Kind: Who may hold a key: everyone, or only a server.
type Kind string

// What Kind can be.
const (
	KindPublishable Kind = "publishable"

	KindSecret Kind = "secret"
)

// Mode: Whether a key works on real data: `production` is live, every other environment is test.
type Mode string

// What Mode can be.
const (
	ModeLive Mode = "live"

	ModeTest Mode = "test"
)

// KeyState: The state of a key by its own fields, worst first.
type KeyState string

// What KeyState can be.
const (
	KeyStateRevoked KeyState = "revoked"

	KeyStateExpired KeyState = "expired"

	KeyStateDisabled KeyState = "disabled"

	KeyStateActive KeyState = "active"
)

// RateLimit: So many calls in so many milliseconds.
type RateLimit struct {
	// How many calls.
	Limit int64 `json:"limit"`

	// In how many seconds.
	PeriodSeconds int64 `json:"period_seconds"`
}

// SpendCaps: The most credits that a key may spend; a part that is `None` bounds nothing. A key without any
// cap has no `SpendCaps` at all.
type SpendCaps struct {
	// In one day of the calendar, in UTC; 0 allows no credit at all.
	Day *int64 `json:"day,omitzero"`

	// In one month of the calendar, in UTC; 0 allows no credit at all.
	Month *int64 `json:"month,omitzero"`

	// In all, for as long as the key exists; 0 allows no credit at all.
	Total *int64 `json:"total,omitzero"`
}

// Binding: What an operator key's verifies and calls are confined to.
type Binding struct {
	// The one product it may act for.
	Product string `json:"product"`

	// The one environment name it decides in.
	Environment string `json:"environment,omitzero"`
}

// KeyEnvironment: Where a key belongs.
type KeyEnvironment struct {
	ID string `json:"id"`

	Name string `json:"name"`
}

// RetiringValue: A value whose grace runs.
type RetiringValue struct {
	Preview string `json:"preview"`

	// From when on it is refused.
	EndsAt time.Time `json:"ends_at"`

	// The last call that was allowed with it; a client that still sends it shows here.
	LastUsed *LastUsed `json:"last_used,omitzero"`
}

// LastUsed: An allowed call.
type LastUsed struct {
	At time.Time `json:"at"`

	// For which operation of the manifest, where the call named one.
	Operation string `json:"operation,omitzero"`

	// Of secret keys: from where, as the first 24 bits of an IPv4 address or 48 of an IPv6 one.
	Address string `json:"address,omitzero"`
}

// CreateKey: What a new key shall be.
type CreateKey struct {
	// Who may hold it.
	Kind Kind `json:"kind"`

	// What people call it: 1 to 100 characters, unique per environment and kind.
	Name string `json:"name"`

	// What it may do; left out, it follows the manifest.
	Scopes []string `json:"scopes,omitzero"`

	// Web origins it may be used from, such as `https://shop.example` or
	// `https://*.shop.example`; left out, any.
	AllowedOrigins []string `json:"allowed_origins,omitzero"`

	// Address ranges it may be used from, such as `192.0.2.0/24`; left out, any.
	AllowedIPs []string `json:"allowed_ips,omitzero"`

	// How often it may be used; of a publishable key, by each client. Left out, as the manifest
	// says.
	RateLimit *RateLimit `json:"rate_limit,omitzero"`

	// How many credits it may spend per day and per month of the calendar in UTC, and in all.
	// Left out, as many as its organization has.
	SpendCaps *SpendCaps `json:"spend_caps,omitzero"`

	// When it ends by itself.
	ExpiresAt *time.Time `json:"expires_at,omitzero"`

	// A JSON object of yours, at most 2 KiB; every verdict carries it.
	Metadata map[string]any `json:"metadata,omitzero"`

	// For people, such as where the secret is kept.
	Note string `json:"note,omitzero"`
}

// AdoptedKey: The key as it is known here.
type AdoptedKey struct {
	Key Key `json:"key"`
}

// AdoptKey: A key that another system has just accepted.
type AdoptKey struct {
	// The whole key, as its holder sent it. It is digested and not kept, unless it is publishable;
	// where the product's secrets are recoverable, it is sealed as they are.
	Key string `json:"key"`

	// The product; may be left out when your operator key is bound to one.
	Product string `json:"product,omitzero"`

	// Whose key it is: the organization's id, or your own id for it.
	Organization string `json:"organization,omitzero"`

	// The project's id, where the organization has several.
	Project string `json:"project,omitzero"`

	// The environment: its id (then organization and project may be left out, and must be its own
	// where they are not), or its name. Left out, the only one there is for keys of this mode.
	Environment string `json:"environment,omitzero"`

	// What people call it; a name that is taken gets a number.
	Name string `json:"name,omitzero"`

	// What it may do; left out, it follows the manifest.
	Scopes []string `json:"scopes,omitzero"`

	// Web origins it may be used from; left out, any.
	AllowedOrigins []string `json:"allowed_origins,omitzero"`

	// Address ranges it may be used from; left out, any.
	AllowedIPs []string `json:"allowed_ips,omitzero"`

	// How often it may be used; of a publishable key, by each client. Left out, as the manifest
	// says.
	RateLimit *RateLimit `json:"rate_limit,omitzero"`

	// How many credits it may spend per day and per month of the calendar in UTC, and in all.
	// Left out, as many as its organization has.
	SpendCaps *SpendCaps `json:"spend_caps,omitzero"`

	// When it ends by itself.
	ExpiresAt *time.Time `json:"expires_at,omitzero"`

	// A JSON object of yours, at most 2 KiB; every verdict carries it.
	Metadata map[string]any `json:"metadata,omitzero"`

	// For people.
	Note string `json:"note,omitzero"`
}

// ImportedKeys: What became of the rows.
type ImportedKeys struct {
	// How many are keys here now; in a dry run, would be.
	Imported int64 `json:"imported"`

	// How many were keys here before, and were left alone.
	AlreadyThere int64 `json:"already_there"`

	// How many were refused.
	Refused int64 `json:"refused"`

	// One for each row, in their order.
	Results []ImportResult `json:"results"`
}

// ImportResult: What became of one row.
type ImportResult struct {
	Outcome string `json:"outcome"`

	// What it is called.
	Name string `json:"name,omitzero"`

	// The key; absent in a dry run.
	Key string `json:"key,omitzero"`

	// What is wrong and what to do.
	Errors []FieldError `json:"errors,omitzero"`
}

// ImportKeys: Keys of another system, by their digests.
type ImportKeys struct {
	// 1 to 1000 of them, each answered by itself.
	Rows []ImportRow `json:"rows"`

	// The product; may be left out when your operator key is bound to one.
	Product string `json:"product,omitzero"`

	// Where they come from, for the audit log, such as the name of a file.
	Source string `json:"source,omitzero"`

	// Creates the organizations that do not exist, by their external ids and without automatic
	// secret keys.
	CreateOrganizations *bool `json:"create_organizations,omitzero"`

	// Writes nothing, and answers what would become of each row. Limits of how many keys there may
	// be are only looked at when something is written.
	DryRun *bool `json:"dry_run,omitzero"`
}

// ImportRow: What another system says of one key.
type ImportRow struct {
	// SHA-256 or SHA-512 of the whole key, in hex, base64 or base64url.
	Digest string `json:"digest"`

	// How the key begins, as far as that is known: tells which of the product's foreign formats it
	// has, and what may be shown of it. Not the whole key.
	Start string `json:"start,omitzero"`

	// Whose key it is: the organization's id, or your own id for it.
	Organization string `json:"organization,omitzero"`

	// The project's id, where the organization has several.
	Project string `json:"project,omitzero"`

	// The environment: its id (then organization and project may be left out, and must be its own
	// where they are not), or its name. Left out, the only one there is for keys of this mode.
	Environment string `json:"environment,omitzero"`

	// What people call it; names that repeat or are missing are numbered.
	Name string `json:"name,omitzero"`

	// `false`: it is refused until it is enabled.
	Enabled *bool `json:"enabled,omitzero"`

	// What it may do; left out, it follows the manifest.
	Scopes []string `json:"scopes,omitzero"`

	// Web origins it may be used from; left out, any.
	AllowedOrigins []string `json:"allowed_origins,omitzero"`

	// Address ranges it may be used from; left out, any.
	AllowedIPs []string `json:"allowed_ips,omitzero"`

	// How often it may be used; of a publishable key, by each client. Left out, as the manifest
	// says.
	RateLimit *RateLimit `json:"rate_limit,omitzero"`

	// How many credits it may spend per day and per month of the calendar in UTC, and in all.
	// Left out, as many as its organization has.
	SpendCaps *SpendCaps `json:"spend_caps,omitzero"`

	// When it ends by itself, or has ended.
	ExpiresAt *time.Time `json:"expires_at,omitzero"`

	// A JSON object of yours, at most 2 KiB; every verdict carries it.
	Metadata map[string]any `json:"metadata,omitzero"`

	// For people.
	Note string `json:"note,omitzero"`
}

// ChangedKey: Something that was changed, with the proof when rights were taken away.
type ChangedKey struct {
	ID string `json:"id"`

	Kind Kind `json:"kind"`

	Mode Mode `json:"mode"`

	Name string `json:"name"`

	// What may be shown of any key: prefix, four characters, bullets.
	Preview string `json:"preview"`

	// `true`: the value comes from another system; rotating the key gives it one of ours.
	Foreign bool `json:"foreign"`

	Status KeyState `json:"status"`

	Enabled bool `json:"enabled"`

	// What it may do now.
	Scopes []string `json:"scopes"`

	Product string `json:"product"`

	Organization string `json:"organization"`

	Project string `json:"project"`

	Environment KeyEnvironment `json:"environment"`

	// Not used for as long as the manifest's `idle_after` says: maybe nobody needs it any more.
	Idle bool `json:"idle"`

	CreatedAt time.Time `json:"created_at"`

	// Who created it; recorded, decides nothing.
	CreatedBy string `json:"created_by"`

	Note string `json:"note,omitzero"`

	// The whole value, of publishable keys only.
	Value string `json:"value,omitzero"`

	// The scopes it lists itself; absent when it follows the manifest.
	OwnScopes []string `json:"own_scopes,omitzero"`

	AllowedOrigins []string `json:"allowed_origins,omitzero"`

	AllowedIPs []string `json:"allowed_ips,omitzero"`

	// Its own rate limit; without one, that of the manifest holds.
	RateLimit *RateLimit `json:"rate_limit,omitzero"`

	// How many credits it may spend; `null` is as many as its organization has.
	SpendCaps *SpendCaps `json:"spend_caps,omitzero"`

	Metadata map[string]any `json:"metadata,omitzero"`

	// For operator keys: what it is confined to.
	Binding *Binding `json:"binding,omitzero"`

	ExpiresAt *time.Time `json:"expires_at,omitzero"`

	RevokedAt *time.Time `json:"revoked_at,omitzero"`

	RotatedAt *time.Time `json:"rotated_at,omitzero"`

	// The value before this one, for as long as its grace runs.
	Retiring *RetiringValue `json:"retiring,omitzero"`

	// When a web page first sent the secret, so that its visitors can read it: replace it.
	ExposedAt *time.Time `json:"exposed_at,omitzero"`

	// The last call that was allowed.
	LastUsed *LastUsed `json:"last_used,omitzero"`

	// Present when the change took rights away: it is in force on all these nodes.
	Effective *Effective `json:"effective,omitzero"`
}

// Effective: The proof that a narrowing is in force everywhere.
type Effective struct {
	// The journal row of the change.
	Seq int64 `json:"seq"`

	// How many nodes there were; the sum of the other two.
	Nodes int64 `json:"nodes"`

	// How many have said that they no longer allow on the old state.
	Confirmed int64 `json:"confirmed"`

	// How many could not say so, and whose lease has ended: they allow nothing at all.
	Lapsed int64 `json:"lapsed"`
}

// ChangeKey: What shall change; what is left out stays as it is, and `null` removes.
type ChangeKey struct {
	// What people call it.
	Name Patch[string] `json:"name,omitzero"`

	// For people.
	Note Patch[string] `json:"note,omitzero"`

	// What it may do; `null` follows the manifest.
	Scopes Patch[[]string] `json:"scopes,omitzero"`

	// Web origins it may be used from; `null` is any, an empty list is none.
	AllowedOrigins Patch[[]string] `json:"allowed_origins,omitzero"`

	// Address ranges it may be used from; `null` is any, an empty list is none.
	AllowedIPs Patch[[]string] `json:"allowed_ips,omitzero"`

	// How often it may be used; `null` is as the manifest says.
	RateLimit Patch[RateLimit] `json:"rate_limit,omitzero"`

	// How many credits it may spend; these caps take the place of those it has, and `null`
	// removes them all. What it has spent keeps counting.
	SpendCaps Patch[SpendCaps] `json:"spend_caps,omitzero"`

	// When it ends by itself; `null` is never.
	ExpiresAt Patch[time.Time] `json:"expires_at,omitzero"`

	// A JSON object of yours, at most 2 KiB.
	Metadata Patch[map[string]any] `json:"metadata,omitzero"`

	// `false` refuses it until it is enabled again.
	Enabled Patch[bool] `json:"enabled,omitzero"`
}

// RotatedKey: A key with its new value.
type RotatedKey struct {
	Key Key `json:"key"`

	// The old value, or one that was in its grace before, is dead on all these nodes.
	Effective Effective `json:"effective"`

	// The new value of a secret key: only here, and never again.
	Secret Secret `json:"secret,omitzero"`
}

// RotateKey: How long the old value goes on working.
type RotateKey struct {
	// In seconds; 0, the default, ends it at once.
	GraceSeconds *int64 `json:"grace_seconds,omitzero"`
}

// RetireValue: How long the old value still works.
type RetireValue struct {
	// In seconds from now; 0, the default, ends it at once. Never later than it would end anyway.
	GraceSeconds *int64 `json:"grace_seconds,omitzero"`
}

// RevealedKey: A key with its secret, shown again.
type RevealedKey struct {
	Key Key `json:"key"`

	// The whole current value.
	Secret Secret `json:"secret"`
}

// EndedKey: A key that is dead.
type EndedKey struct {
	Key Key `json:"key"`

	// Whether a call was allowed with it in the hour before: then somebody still uses it.
	UsedLately bool `json:"used_lately"`

	// No request that begins from now on is allowed on any of these nodes.
	Effective Effective `json:"effective"`
}

// CreatedOrganization: An organization with what came automatically.
type CreatedOrganization struct {
	Organization Organization `json:"organization"`

	// The automatic project with its environments and keys; empty in products without one.
	Projects []CreatedProject `json:"projects"`
}

// Organization: An organization, a customer of a product.
type Organization struct {
	ID string `json:"id"`

	Product string `json:"product"`

	Name string `json:"name"`

	// `false`: suspended, every key below is refused.
	Enabled bool `json:"enabled"`

	CreatedAt time.Time `json:"created_at"`

	ExternalID string `json:"external_id,omitzero"`

	// The plan's name; absent plans mean the product's first.
	Plan string `json:"plan,omitzero"`

	Metadata map[string]any `json:"metadata,omitzero"`
}

// CreatedProject: A project with everything that came with it.
type CreatedProject struct {
	Project Project `json:"project"`

	Environments []EnvironmentWithKeys `json:"environments"`
}

// Project: A project of an organization.
type Project struct {
	ID string `json:"id"`

	Organization string `json:"organization"`

	Product string `json:"product"`

	Name string `json:"name"`

	// `false`: every key below is refused.
	Enabled bool `json:"enabled"`

	CreatedAt time.Time `json:"created_at"`

	Metadata map[string]any `json:"metadata,omitzero"`
}

// EnvironmentWithKeys: An environment with the keys that came with it.
type EnvironmentWithKeys struct {
	ID string `json:"id"`

	Project string `json:"project"`

	Organization string `json:"organization"`

	Product string `json:"product"`

	// `production` is live, every other name is test.
	Name string `json:"name"`

	Mode Mode `json:"mode"`

	// `false`: every key in it is refused.
	Enabled bool `json:"enabled"`

	CreatedAt time.Time `json:"created_at"`

	Keys []AutomaticKey `json:"keys"`
}

// AutomaticKey: A key that was made automatically.
type AutomaticKey struct {
	ID string `json:"id"`

	Kind Kind `json:"kind"`

	Mode Mode `json:"mode"`

	Name string `json:"name"`

	// What may be shown of any key: prefix, four characters, bullets.
	Preview string `json:"preview"`

	// `true`: the value comes from another system; rotating the key gives it one of ours.
	Foreign bool `json:"foreign"`

	Status KeyState `json:"status"`

	Enabled bool `json:"enabled"`

	// What it may do now.
	Scopes []string `json:"scopes"`

	Product string `json:"product"`

	Organization string `json:"organization"`

	Project string `json:"project"`

	Environment KeyEnvironment `json:"environment"`

	// Not used for as long as the manifest's `idle_after` says: maybe nobody needs it any more.
	Idle bool `json:"idle"`

	CreatedAt time.Time `json:"created_at"`

	// Who created it; recorded, decides nothing.
	CreatedBy string `json:"created_by"`

	Note string `json:"note,omitzero"`

	// The whole value, of publishable keys only.
	Value string `json:"value,omitzero"`

	// The scopes it lists itself; absent when it follows the manifest.
	OwnScopes []string `json:"own_scopes,omitzero"`

	AllowedOrigins []string `json:"allowed_origins,omitzero"`

	AllowedIPs []string `json:"allowed_ips,omitzero"`

	// Its own rate limit; without one, that of the manifest holds.
	RateLimit *RateLimit `json:"rate_limit,omitzero"`

	// How many credits it may spend; `null` is as many as its organization has.
	SpendCaps *SpendCaps `json:"spend_caps,omitzero"`

	Metadata map[string]any `json:"metadata,omitzero"`

	// For operator keys: what it is confined to.
	Binding *Binding `json:"binding,omitzero"`

	ExpiresAt *time.Time `json:"expires_at,omitzero"`

	RevokedAt *time.Time `json:"revoked_at,omitzero"`

	RotatedAt *time.Time `json:"rotated_at,omitzero"`

	// The value before this one, for as long as its grace runs.
	Retiring *RetiringValue `json:"retiring,omitzero"`

	// When a web page first sent the secret, so that its visitors can read it: replace it.
	ExposedAt *time.Time `json:"exposed_at,omitzero"`

	// The last call that was allowed.
	LastUsed *LastUsed `json:"last_used,omitzero"`

	// Secret keys only, and only in this answer.
	Secret Secret `json:"secret,omitzero"`
}

// CreateOrganization: What a new organization shall be.
type CreateOrganization struct {
	// The product it is a customer of.
	Product string `json:"product"`

	// What people call it.
	Name string `json:"name"`

	// Your own id for it, unique in the product.
	ExternalID string `json:"external_id,omitzero"`

	// Its plan; left out, the product's first.
	Plan string `json:"plan,omitzero"`

	// A JSON object of yours, at most 2 KiB.
	Metadata map[string]any `json:"metadata,omitzero"`
}

// FoundOrganization: An organization that is there.
type FoundOrganization struct {
	Organization Organization `json:"organization"`
}

// CreateOrGetOrganization: What a new organization shall be that is named by your own id.
type CreateOrGetOrganization struct {
	// What people call it; used only when it is created.
	Name string `json:"name"`

	// Its plan; used only when it is created.
	Plan string `json:"plan,omitzero"`

	// A JSON object of yours; used only when it is created.
	Metadata map[string]any `json:"metadata,omitzero"`
}

// ChangedOrganization: Something that was changed, with the proof when rights were taken away.
type ChangedOrganization struct {
	ID string `json:"id"`

	Product string `json:"product"`

	Name string `json:"name"`

	// `false`: suspended, every key below is refused.
	Enabled bool `json:"enabled"`

	CreatedAt time.Time `json:"created_at"`

	ExternalID string `json:"external_id,omitzero"`

	// The plan's name; absent plans mean the product's first.
	Plan string `json:"plan,omitzero"`

	Metadata map[string]any `json:"metadata,omitzero"`

	// Present when the change took rights away: it is in force on all these nodes.
	Effective *Effective `json:"effective,omitzero"`
}

// ChangeOrganization: What shall change; what is left out stays as it is, and `null` removes.
type ChangeOrganization struct {
	// What people call it.
	Name Patch[string] `json:"name,omitzero"`

	// Your own id for it, unique in the product.
	ExternalID Patch[string] `json:"external_id,omitzero"`

	// Its plan; `null` is the product's first.
	Plan Patch[string] `json:"plan,omitzero"`

	// A JSON object of yours, at most 2 KiB.
	Metadata Patch[map[string]any] `json:"metadata,omitzero"`

	// `false` suspends it: every key below is refused from then on.
	Enabled Patch[bool] `json:"enabled,omitzero"`
}

// PortalToken: A link to the portal.
type PortalToken struct {
	// What the link carries: `kcp_…`. It opens the portal once.
	Token string `json:"token"`

	// The link, for an `iframe` or a tab.
	URL string `json:"url"`

	// When the link opens nothing any more: five minutes from now.
	ExpiresAt time.Time `json:"expires_at"`

	// How long the portal stays open once it is.
	LifetimeSeconds int64 `json:"lifetime_seconds"`
}

// CreatePortalToken: What the portal shall show, to whom, and how.
type CreatePortalToken struct {
	// What the guest may do besides looking at keys and their usage; left out, nothing.
	Abilities []PortalAbility `json:"abilities,omitzero"`

	// One project of the organization; left out, all of them.
	Project string `json:"project,omitzero"`

	// The origin of your page around the portal, such as `https://app.example.com`. Left out, no
	// page can frame it, and the link is for a tab of its own.
	Origin string `json:"origin,omitzero"`

	// Your own id for the guest, which names nobody: the audit log keeps it.
	Visitor string `json:"visitor,omitzero"`

	// Your colours.
	Theme *PortalTheme `json:"theme,omitzero"`

	// How long the portal stays open; left out, an hour.
	LifetimeSeconds *int64 `json:"lifetime_seconds,omitzero"`
}

// PortalAbility: Something that a guest of the portal may do; all of them see keys and their usage.
type PortalAbility string

// What PortalAbility can be.
const (
	PortalAbilityKeysCreate PortalAbility = "keys:create"

	PortalAbilityKeysChange PortalAbility = "keys:change"

	PortalAbilityKeysRotate PortalAbility = "keys:rotate"

	PortalAbilityKeysRevoke PortalAbility = "keys:revoke"

	PortalAbilityKeysReveal PortalAbility = "keys:reveal"
)

// PortalTheme: How pages of the portal look; what is left out is as in the console.
type PortalTheme struct {
	// `auto` follows the guest's device.
	Scheme *PortalScheme `json:"scheme,omitzero"`

	// Colours of light pages.
	Light *PortalColours `json:"light,omitzero"`

	// Colours of dark pages.
	Dark *PortalColours `json:"dark,omitzero"`
}

// PortalScheme: Whether pages are light or dark.
type PortalScheme string

// What PortalScheme can be.
const (
	PortalSchemeAuto PortalScheme = "auto"

	PortalSchemeLight PortalScheme = "light"

	PortalSchemeDark PortalScheme = "dark"
)

// PortalColours: Colours, each as `#rrggbb`.
type PortalColours struct {
	// Links, buttons and what can be done.
	Accent string `json:"accent,omitzero"`

	// The ground of the page.
	Background string `json:"background,omitzero"`

	// The ground of cards and dialogs.
	Surface string `json:"surface,omitzero"`

	// Text.
	Text string `json:"text,omitzero"`
}

// CreateProject: What a new project shall be.
type CreateProject struct {
	// What people call it.
	Name string `json:"name"`
}

// ChangedProject: Something that was changed, with the proof when rights were taken away.
type ChangedProject struct {
	ID string `json:"id"`

	Organization string `json:"organization"`

	Product string `json:"product"`

	Name string `json:"name"`

	// `false`: every key below is refused.
	Enabled bool `json:"enabled"`

	CreatedAt time.Time `json:"created_at"`

	Metadata map[string]any `json:"metadata,omitzero"`

	// Present when the change took rights away: it is in force on all these nodes.
	Effective *Effective `json:"effective,omitzero"`
}

// ChangeProject: What shall change; what is left out stays as it is, and `null` removes.
type ChangeProject struct {
	// What people call it.
	Name Patch[string] `json:"name,omitzero"`

	// A JSON object of yours, at most 2 KiB.
	Metadata Patch[map[string]any] `json:"metadata,omitzero"`

	// `false` refuses every key below until it is enabled again.
	Enabled Patch[bool] `json:"enabled,omitzero"`
}

// CreatedEnvironment: An environment with its automatic keys.
type CreatedEnvironment struct {
	Environment EnvironmentWithKeys `json:"environment"`
}

// CreateEnvironment: What a new environment shall be.
type CreateEnvironment struct {
	// One of the manifest's, or, where customers may add their own, any other.
	Name string `json:"name"`
}

// Environment: An environment of a project.
type Environment struct {
	ID string `json:"id"`

	Project string `json:"project"`

	Organization string `json:"organization"`

	Product string `json:"product"`

	// `production` is live, every other name is test.
	Name string `json:"name"`

	Mode Mode `json:"mode"`

	// `false`: every key in it is refused.
	Enabled bool `json:"enabled"`

	CreatedAt time.Time `json:"created_at"`
}

// ChangedEnvironment: Something that was changed, with the proof when rights were taken away.
type ChangedEnvironment struct {
	ID string `json:"id"`

	Project string `json:"project"`

	Organization string `json:"organization"`

	Product string `json:"product"`

	// `production` is live, every other name is test.
	Name string `json:"name"`

	Mode Mode `json:"mode"`

	// `false`: every key in it is refused.
	Enabled bool `json:"enabled"`

	CreatedAt time.Time `json:"created_at"`

	// Present when the change took rights away: it is in force on all these nodes.
	Effective *Effective `json:"effective,omitzero"`
}

// ChangeEnvironment: What shall change. The name decides the mode, so it stays.
type ChangeEnvironment struct {
	// `false` refuses every key in it until it is enabled again.
	Enabled Patch[bool] `json:"enabled,omitzero"`
}

// Credits: The two accounts of an organization, which never touch.
type Credits struct {
	// What live keys spend from.
	Live Balance `json:"live"`

	// What test keys spend from.
	Test Balance `json:"test"`
}

// Balance: What an account holds. `granted` is always the sum of the others.
type Balance struct {
	// Everything that was ever granted.
	Granted int64 `json:"granted"`

	// What was spent, less refunds.
	Spent int64 `json:"spent"`

	// What is set aside for calls whose cost is not known yet.
	Reserved int64 `json:"reserved"`

	// What ended unspent, with its time or because its grant was declared void.
	Expired int64 `json:"expired"`

	// What can be spent.
	Remaining int64 `json:"remaining"`
}

// LedgerEntry: One entry of the ledger.
type LedgerEntry struct {
	// Its id, for ever; of `spent` and `reserved` that of the spend.
	ID string `json:"id"`

	At time.Time `json:"at"`

	Mode Mode `json:"mode"`

	// What happened.
	Type LedgerEntryType `json:"type"`

	// What it does to each sum of the account.
	Changes LedgerChanges `json:"changes"`

	// The grants that credits were added to, came from, or went back to.
	Grants []GrantPart `json:"grants"`

	// How many credits it is about; absent where the credits that remain reached a threshold.
	Amount *int64 `json:"amount,omitzero"`

	// The spend that it is, or that it changes.
	SpendID string `json:"spend_id,omitzero"`

	// The key that made the call.
	Key string `json:"key,omitzero"`

	// The operation of the call, as the manifest writes it.
	Operation string `json:"operation,omitzero"`

	// Of `granted`: when what is left of it ends.
	ExpiresAt *time.Time `json:"expires_at,omitzero"`

	// Of `reserved`: until when, unless it is settled or released before.
	ReservedUntil *time.Time `json:"reserved_until,omitzero"`

	// Of `credits.low` and `credits.exhausted`: what was reached.
	Threshold *int64 `json:"threshold,omitzero"`

	// Of `credits.low` and `credits.exhausted`: how many credits remained.
	Remaining *int64 `json:"remaining,omitzero"`
}

// LedgerEntryType: What an entry of the ledger says.
type LedgerEntryType string

// What LedgerEntryType can be.
const (
	LedgerEntryTypeGranted LedgerEntryType = "granted"

	LedgerEntryTypeExpired LedgerEntryType = "expired"

	LedgerEntryTypeVoided LedgerEntryType = "voided"

	LedgerEntryTypeSpent LedgerEntryType = "spent"

	LedgerEntryTypeReserved LedgerEntryType = "reserved"

	LedgerEntryTypeSettled LedgerEntryType = "settled"

	LedgerEntryTypeRefunded LedgerEntryType = "refunded"

	LedgerEntryTypeReversed LedgerEntryType = "reversed"

	LedgerEntryTypeReleased LedgerEntryType = "released"

	LedgerEntryTypeRanOut LedgerEntryType = "ran_out"

	LedgerEntryTypeCreditsLow LedgerEntryType = "credits.low"

	LedgerEntryTypeCreditsExhausted LedgerEntryType = "credits.exhausted"
)

// LedgerChanges: What an entry adds to each sum of its account; less than nothing takes away.
type LedgerChanges struct {
	Granted int64 `json:"granted"`

	Spent int64 `json:"spent"`

	Reserved int64 `json:"reserved"`

	Expired int64 `json:"expired"`

	Remaining int64 `json:"remaining"`
}

// GrantPart: So many credits of a grant.
type GrantPart struct {
	// The grant.
	ID string `json:"id"`

	// How many.
	Amount int64 `json:"amount"`
}

// OneGrant: One grant.
type OneGrant struct {
	Grant Grant `json:"grant"`
}

// Grant: Credits that an organization was given at once.
type Grant struct {
	ID string `json:"id"`

	Organization string `json:"organization"`

	Mode Mode `json:"mode"`

	// How many.
	Amount int64 `json:"amount"`

	// How many of them can still be spent.
	Remaining int64 `json:"remaining"`

	// Why, for people.
	Reason string `json:"reason"`

	CreatedAt time.Time `json:"created_at"`

	// Who made it: an operator key, `local` or `system`.
	CreatedBy string `json:"created_by"`

	// What it was made for, if that happens once only; `null` for grants by hand.
	Occasion *GrantOccasion `json:"occasion,omitzero"`

	// When what is left of it ends.
	ExpiresAt *time.Time `json:"expires_at,omitzero"`

	// When it was declared void.
	VoidedAt *time.Time `json:"voided_at,omitzero"`
}

// GrantOccasion: What a grant was made for.
type GrantOccasion struct {
	Type string `json:"type"`

	// The plan's name.
	Plan string `json:"plan,omitzero"`

	// The period, such as `2026-11`.
	Period string `json:"period,omitzero"`
}

// CreateGrant: What a new grant shall be.
type CreateGrant struct {
	// The mode of the keys that may spend it.
	Mode Mode `json:"mode"`

	// How many credits.
	Amount int64 `json:"amount"`

	// Why, for people.
	Reason string `json:"reason"`

	// When what is left of it ends; left out, never.
	ExpiresAt *time.Time `json:"expires_at,omitzero"`
}

// OneSpend: One charge.
type OneSpend struct {
	Spend Spend `json:"spend"`
}

// Spend: A charge as it stands now.
type Spend struct {
	ID string `json:"id"`

	Organization string `json:"organization"`

	Mode Mode `json:"mode"`

	// The key that made the call.
	Key string `json:"key"`

	// How many credits the call was charged, or how many were reserved.
	Amount int64 `json:"amount"`

	Status SpendStatus `json:"status"`

	// How much was refunded since.
	Refunded int64 `json:"refunded"`

	// What the call costs as it stands: reserved or spent, less what was given back.
	Net int64 `json:"net"`

	At time.Time `json:"at"`

	// The grants it came from.
	Grants []GrantPart `json:"grants"`

	// The operation, as the manifest writes it.
	Operation string `json:"operation,omitzero"`

	// Of a reservation that was settled: for how much.
	Settled *int64 `json:"settled,omitzero"`

	// Of a reservation: until when credits are set aside unless it is settled or released before.
	ReservedUntil *time.Time `json:"reserved_until,omitzero"`
}

// SpendStatus: What became of a charge.
type SpendStatus string

// What SpendStatus can be.
const (
	SpendStatusSpent SpendStatus = "spent"

	SpendStatusReserved SpendStatus = "reserved"

	SpendStatusSettled SpendStatus = "settled"

	SpendStatusReleased SpendStatus = "released"

	SpendStatusRanOut SpendStatus = "ran_out"

	SpendStatusRefunded SpendStatus = "refunded"

	SpendStatusPartlyRefunded SpendStatus = "partly_refunded"
)

// ChangedSpend: A charge that was changed.
type ChangedSpend struct {
	Spend Spend `json:"spend"`

	Credits RemainingCredits `json:"credits"`
}

// RemainingCredits: What is left of the account.
type RemainingCredits struct {
	// What can be spent.
	Remaining int64 `json:"remaining"`
}

// RefundSpend: How much goes back.
type RefundSpend struct {
	// How many credits; left out, all that are left of the spend.
	Amount *int64 `json:"amount,omitzero"`
}

// SettleSpend: What the call cost.
type SettleSpend struct {
	// How many credits, at most what is reserved; 0 is nothing.
	Amount int64 `json:"amount"`
}

// AppliedManifest: What applying a manifest did, or would do.
type AppliedManifest struct {
	Product Product `json:"product"`

	// Empty when it is the manifest that is in force already.
	Changes []Change `json:"changes"`

	// Whether nothing was written, because that was asked for.
	DryRun bool `json:"dry_run"`

	// Present when the change may have taken rights away: it is in force on all these nodes.
	Effective *Effective `json:"effective,omitzero"`

	// How many sealed secrets were destroyed, or would be, because the product's secrets are not
	// recoverable any more. When this answers, none is left.
	DestroyedSecrets *int64 `json:"destroyed_secrets,omitzero"`
}

// Product: A product with its manifest.
type Product struct {
	Slug string `json:"slug"`

	// The manifest as TOML.
	Manifest string `json:"manifest"`

	CreatedAt time.Time `json:"created_at"`

	UpdatedAt time.Time `json:"updated_at"`
}

// Change: One difference between two manifests.
type Change struct {
	// The place as a JSON Pointer; entries of lists stand under their names, as in
	// `/scopes/chat:send/publishable`.
	Pointer string `json:"pointer"`

	// What that does to the rights of keys that exist.
	Effect Effect `json:"effect"`

	// What stood there; absent when it is new.
	Before any `json:"before,omitzero"`

	// What will stand there; absent when it is removed.
	After any `json:"after,omitzero"`
}

// Effect: What a change does to the rights of keys that exist.
type Effect string

// What Effect can be.
const (
	EffectNarrows Effect = "narrows"

	EffectWidens Effect = "widens"

	EffectNeutral Effect = "neutral"

	EffectUnclear Effect = "unclear"
)

// By: How long a step is.
type By string

// What By can be.
const (
	ByHour By = "hour"

	ByDay By = "day"
)

// Usage: Calls by hour or day and by how they ended.
type Usage struct {
	By By `json:"by"`

	Since time.Time `json:"since"`

	Until time.Time `json:"until"`

	// All calls of the time, by the code of their verdict.
	Total map[string]int64 `json:"total"`

	// The hours or days in which there were calls, the earliest first.
	Data []UsageStep `json:"data"`
}

// UsageStep: One hour or day.
type UsageStep struct {
	// When it begins.
	At time.Time `json:"at"`

	// Its calls, by the code of their verdict; `ok` is allowed.
	Outcomes map[string]int64 `json:"outcomes"`
}

// AuditEntry: Who did what, when, and from where.
type AuditEntry struct {
	// Its number; there are no gaps.
	Seq int64 `json:"seq"`

	At time.Time `json:"at"`

	Actor Actor `json:"actor"`

	Action string `json:"action"`

	// What it wrote, by id.
	Subjects []string `json:"subjects"`

	// What changed, without secrets.
	Details any `json:"details"`

	Product string `json:"product,omitzero"`

	Organization string `json:"organization,omitzero"`

	RequestID string `json:"request_id,omitzero"`

	// Absent once erased.
	From *Personal `json:"from,omitzero"`
}

// Actor: Who made a change.
type Actor struct {
	Type string `json:"type"`

	// That key.
	ID string `json:"id,omitzero"`

	// The operator key that let them in; none when somebody on the machine did.
	OperatorKey string `json:"operator_key,omitzero"`

	// The operator's own id for the guest.
	Visitor string `json:"visitor,omitzero"`
}

// Personal: Fields about people: kept beside the chain, which covers a salted hash of them, so that they
// can be erased without breaking it.
type Personal struct {
	// The address the call came from.
	IP string `json:"ip,omitzero"`

	// The caller's user agent.
	UserAgent string `json:"user_agent,omitzero"`
}

// CreatedOperatorKey: An operator key with its secret.
type CreatedOperatorKey struct {
	Key Key `json:"key"`

	// Only here, and never again; absent in a repeated answer.
	Secret Secret `json:"secret,omitzero"`
}

// CreateOperatorKey: What a new operator key shall be.
type CreateOperatorKey struct {
	// What people call it.
	Name string `json:"name"`

	// What it may do; left out, everything.
	Scopes []string `json:"scopes,omitzero"`

	// Confines it to a product.
	Product string `json:"product,omitzero"`

	// Confines it to the environments of this name, too.
	Environment string `json:"environment,omitzero"`

	// When it ends by itself.
	ExpiresAt *time.Time `json:"expires_at,omitzero"`
}

// VerifyAnswer: The verdict about one key, with all that may be told.
type VerifyAnswer struct {
	// Whether the call may go on.
	Valid bool `json:"valid"`

	// A stable word: `ok`, or why not.
	Code string `json:"code"`

	// The same for people.
	Message string `json:"message"`

	// Since when the key does not work, where that is known.
	Since string `json:"since,omitzero"`

	// The first scope that the key lacks.
	MissingScope string `json:"missing_scope,omitzero"`

	// The key, when it is one of the product.
	Key *VerifiedKey `json:"key,omitzero"`

	// The customer it belongs to.
	Organization *VerifiedOrganization `json:"organization,omitzero"`

	// The project it belongs to.
	Project *VerifiedProject `json:"project,omitzero"`

	// The environment it belongs to.
	Environment *VerifiedEnvironment `json:"environment,omitzero"`

	// The session, when its token was presented in place of the key.
	Session *Session `json:"session,omitzero"`

	// What is left of the rate limit that has least left, if there is one.
	RateLimit *RateLimitLeft `json:"rate_limit,omitzero"`

	// The organization's credits of the key's mode, when the call was charged.
	Credits *CreditsLeft `json:"credits,omitzero"`

	// Names the charge, when there is one.
	SpendID string `json:"spend_id,omitzero"`

	// Each check's own result, when `explain` asked for it.
	Checks []CheckResult `json:"checks,omitzero"`

	// The request, as the log knows it; in a batch it stands once, beside the results.
	RequestID string `json:"request_id,omitzero"`
}

// VerifiedKey: is part of an answer.
type VerifiedKey struct {
	ID string `json:"id"`

	Kind Kind `json:"kind"`

	Mode Mode `json:"mode"`

	Name string `json:"name"`

	Preview string `json:"preview"`

	Scopes []string `json:"scopes"`

	Metadata map[string]any `json:"metadata,omitzero"`

	ExpiresAt *time.Time `json:"expires_at,omitzero"`
}

// VerifiedOrganization: is part of an answer.
type VerifiedOrganization struct {
	ID string `json:"id"`

	ExternalID string `json:"external_id,omitzero"`

	Plan string `json:"plan,omitzero"`
}

// VerifiedProject: is part of an answer.
type VerifiedProject struct {
	ID string `json:"id"`
}

// VerifiedEnvironment: is part of an answer.
type VerifiedEnvironment struct {
	ID string `json:"id"`

	Name string `json:"name"`
}

// Session: A session whose token was sent in place of the key.
type Session struct {
	ID string `json:"id"`

	// From when on it is refused.
	ExpiresAt time.Time `json:"expires_at"`
}

// RateLimitLeft: What is left of a rate limit.
type RateLimitLeft struct {
	// How many calls its period has room for.
	Limit int64 `json:"limit"`

	// How many more there may be now.
	Remaining int64 `json:"remaining"`

	// In how many seconds there is room for more; 0 when nothing counts.
	ResetSeconds int64 `json:"reset_seconds"`
}

// CreditsLeft: What is left of an organization's credits.
type CreditsLeft struct {
	// How many can be spent.
	Remaining int64 `json:"remaining"`
}

// CheckResult: is part of an answer.
type CheckResult struct {
	Check string `json:"check"`

	Passed bool `json:"passed"`

	Code string `json:"code,omitzero"`

	Message string `json:"message,omitzero"`
}

// OwnKey: What the holder of a key is told. Of a publishable key, which anyone can read in a page, only
// kind, mode and scopes.
type OwnKey struct {
	Kind Kind `json:"kind"`

	Mode Mode `json:"mode"`

	Scopes []string `json:"scopes"`

	// The session, when its token was sent.
	Session *Session `json:"session,omitzero"`

	ID string `json:"id,omitzero"`

	Name string `json:"name,omitzero"`

	Preview string `json:"preview,omitzero"`

	Product string `json:"product,omitzero"`

	Organization string `json:"organization,omitzero"`

	Project string `json:"project,omitzero"`

	Environment *OwnEnvironment `json:"environment,omitzero"`

	ExpiresAt *time.Time `json:"expires_at,omitzero"`

	// What is left of the rate limit that has least left, if there is one; asking counts nothing.
	RateLimit *RateLimitLeft `json:"rate_limit,omitzero"`

	// The organization's credits of the key's mode, where the product has calls that cost some.
	Credits *CreditsLeft `json:"credits,omitzero"`

	// What is left of the key's own spending caps, where it has some.
	SpendCaps *CapsLeft `json:"spend_caps,omitzero"`
}

// OwnEnvironment: is part of an answer.
type OwnEnvironment struct {
	ID string `json:"id"`

	Name string `json:"name"`
}

// CapsLeft: How many credits the key may still spend; absent where it has no such cap.
type CapsLeft struct {
	// Today (UTC).
	Day *int64 `json:"day,omitzero"`

	// This month (UTC).
	Month *int64 `json:"month,omitzero"`

	// In all.
	Total *int64 `json:"total,omitzero"`
}

// OwnKeyEnded: A key that its holder has revoked.
type OwnKeyEnded struct {
	Key DeadKey `json:"key"`

	// No request that begins from now on is allowed on any of these nodes.
	Effective Effective `json:"effective"`
}

// DeadKey: What its holder is told of it; notes and metadata are the operator's.
type DeadKey struct {
	ID string `json:"id"`

	Name string `json:"name"`

	Preview string `json:"preview"`

	Status KeyState `json:"status"`

	RevokedAt *time.Time `json:"revoked_at,omitzero"`
}

// SessionRequest: What a session shall be; the body may be left out.
type SessionRequest struct {
	// How long it lasts: 1 to 900 seconds; left out, 300.
	LifetimeSeconds *int64 `json:"lifetime_seconds,omitzero"`
}

// CreatedSession: A session with its token.
type CreatedSession struct {
	// Send it as `Authorization: Bearer` in place of the key.
	Token Secret `json:"token"`

	Session SessionView `json:"session"`

	// So many seconds until it ends.
	ExpiresIn int64 `json:"expires_in"`

	// What it may do: what the key may.
	Scopes []string `json:"scopes"`

	RequestID string `json:"request_id"`
}

// SessionView: What is told of a session.
type SessionView struct {
	// Its identifier, which verdicts tell.
	ID string `json:"id"`

	// The visitor it is for.
	Visitor string `json:"visitor"`

	// From when on it is refused.
	ExpiresAt time.Time `json:"expires_at"`
}

// JsonWebKeySet: The public halves of the signing keys, newest first. An old one stays until all its tokens have
// ended.
type JsonWebKeySet struct {
	Keys []JsonWebKey `json:"keys"`
}

// JsonWebKey: An Ed25519 public key (RFC 8037 §2).
type JsonWebKey struct {
	Kty string `json:"kty"`

	Crv string `json:"crv"`

	Alg string `json:"alg"`

	Use string `json:"use"`

	// Its thumbprint (RFC 7638), which tokens name.
	Kid string `json:"kid"`

	// The key in base64url.
	X string `json:"x"`
}

// ListEnvironmentKeysQuery is what ListEnvironmentKeys can be asked for.
type ListEnvironmentKeysQuery struct {
	// Of this product.
	Product string `query:"product"`
	// Of this organization.
	Organization string `query:"organization"`
	// Of the organization that you call so.
	ExternalID string `query:"external_id"`
	// Of this project.
	Project string `query:"project"`
	// Of this kind.
	Kind *Kind `query:"kind"`
	// In this state now.
	Status *KeyState `query:"status"`
	// Whose name contains this, in any case.
	Name string `query:"name"`
	// `true`: only secret keys that came from a web page and are not revoked yet.
	Exposed *bool `query:"exposed"`
	// `true`: only keys with an old value that still works, because they were rotated with grace.
	Retiring *bool `query:"retiring"`
	// `true`: only working keys that were not used for as long as the manifest's `idle_after`
	// says.
	Idle *bool `query:"idle"`
	// `next_cursor` of the page before.
	Cursor string `query:"cursor"`
	// How many a page.
	Limit *int64 `query:"limit"`
}

// ListKeysQuery is what ListKeys can be asked for.
type ListKeysQuery struct {
	// Of this product.
	Product string `query:"product"`
	// Of this organization.
	Organization string `query:"organization"`
	// Of the organization that you call so.
	ExternalID string `query:"external_id"`
	// Of this project.
	Project string `query:"project"`
	// In this environment.
	Environment string `query:"environment"`
	// Of this kind.
	Kind *Kind `query:"kind"`
	// In this state now.
	Status *KeyState `query:"status"`
	// Whose name contains this, in any case.
	Name string `query:"name"`
	// `true`: only secret keys that came from a web page and are not revoked yet.
	Exposed *bool `query:"exposed"`
	// `true`: only keys with an old value that still works, because they were rotated with grace.
	Retiring *bool `query:"retiring"`
	// `true`: only working keys that were not used for as long as the manifest's `idle_after`
	// says.
	Idle *bool `query:"idle"`
	// `next_cursor` of the page before.
	Cursor string `query:"cursor"`
	// How many a page.
	Limit *int64 `query:"limit"`
}

// ListOrganizationsQuery is what ListOrganizations can be asked for.
type ListOrganizationsQuery struct {
	// Of this product.
	Product string `query:"product"`
	// That you call so.
	ExternalID string `query:"external_id"`
	// Whose name contains this, in any case.
	Name string `query:"name"`
	// `next_cursor` of the page before.
	Cursor string `query:"cursor"`
	// How many a page.
	Limit *int64 `query:"limit"`
}

// ListProjectsQuery is what ListProjects can be asked for.
type ListProjectsQuery struct {
	// `next_cursor` of the page before.
	Cursor string `query:"cursor"`
	// How many a page.
	Limit *int64 `query:"limit"`
}

// ListEnvironmentsQuery is what ListEnvironments can be asked for.
type ListEnvironmentsQuery struct {
	// `next_cursor` of the page before.
	Cursor string `query:"cursor"`
	// How many a page.
	Limit *int64 `query:"limit"`
}

// ListLedgerQuery is what ListLedger can be asked for.
type ListLedgerQuery struct {
	// Which account: `live` unless you say `test`; of an operator key that is bound to an
	// environment, that environment's.
	Mode *Mode `query:"mode"`
	// `next_cursor` of the page before.
	Cursor string `query:"cursor"`
	// How many a page.
	Limit *int64 `query:"limit"`
}

// ListGrantsQuery is what ListGrants can be asked for.
type ListGrantsQuery struct {
	// Of this mode alone.
	Mode *Mode `query:"mode"`
	// `next_cursor` of the page before.
	Cursor string `query:"cursor"`
	// How many a page.
	Limit *int64 `query:"limit"`
}

// ApplyManifestQuery is what ApplyManifest can be asked for.
type ApplyManifestQuery struct {
	// `true` only shows what would change.
	DryRun *bool `query:"dry_run"`
}

// GetKeyUsageQuery is what GetKeyUsage can be asked for.
type GetKeyUsageQuery struct {
	// From the hour or day in which this is. Default: 24 hours, or 30 days, before `until`.
	Since *time.Time `query:"since"`
	// To the end of the hour or day before this. Default: with the one that is now.
	Until *time.Time `query:"until"`
	// By hour or by day.
	By *By `query:"by"`
}

// GetUsageQuery is what GetUsage can be asked for.
type GetUsageQuery struct {
	// Of all keys in this environment.
	Environment string `query:"environment"`
	// Of all keys of this organization.
	Organization string `query:"organization"`
	// From the hour or day in which this is. Default: 24 hours, or 30 days, before `until`.
	Since *time.Time `query:"since"`
	// To the end of the hour or day before this. Default: with the one that is now.
	Until *time.Time `query:"until"`
	// By hour or by day.
	By *By `query:"by"`
}

// ListAuditQuery is what ListAudit can be asked for.
type ListAuditQuery struct {
	// About this product.
	Product string `query:"product"`
	// About this organization.
	Organization string `query:"organization"`
	// That wrote this key.
	Key string `query:"key"`
	// That did this, such as `key.revoked`.
	Action string `query:"action"`
	// Not earlier than this.
	Since *time.Time `query:"since"`
	// Earlier than this.
	Until *time.Time `query:"until"`
	// `next_cursor` of the page before.
	Cursor string `query:"cursor"`
	// How many a page.
	Limit *int64 `query:"limit"`
}
