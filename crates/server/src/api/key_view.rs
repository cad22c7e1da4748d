//! A key as answers show it.

use keystile_core::key::preview;
use keystile_core::manifest::Rules;
use keystile_core::model::{
    Binding, EnvironmentId, Key, KeyId, KeyState, Kind, Mode, OrganizationId, ProjectId, RateLimit,
    Slug, SpendCaps, TextList, Timestamp,
};
use keystile_core::snapshot::{EnvironmentNode, ProductNode};
use keystile_store::{IdleRule, ValueUse};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::view::metadata;
use crate::app::App;
use crate::manage::LONGEST_GRACE;
use crate::problem::Problem;

/// What idle means for the keys of a product, by kind.
pub(crate) fn idle_rules(product: &ProductNode, now: Timestamp) -> Vec<IdleRule> {
    let rules = product.rules();
    let of_kind = |kind| {
        Some(IdleRule {
            product: product.slug().clone(),
            kind,
            before: idle_before(now, rules.kind(kind).idle_after_seconds?),
        })
    };
    let kinds = [Kind::Publishable, Kind::Secret].map(of_kind);
    kinds.into_iter().flatten().collect()
}

/// Before when a key must have been used last to be idle at `now`.
pub(crate) fn idle_before(now: Timestamp, after_seconds: u64) -> Timestamp {
    let millis = i64::try_from(after_seconds).unwrap_or(i64::MAX / 1000);
    now.plus_millis(-(millis.saturating_mul(1000)))
}

/// A key, without its secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub(crate) struct KeyView {
    pub(crate) id: KeyId,
    pub(crate) kind: Kind,
    pub(crate) mode: Mode,
    pub(crate) name: String,
    pub(crate) note: Option<String>,
    /// The whole value, of publishable keys only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
    /// What may be shown of any key: prefix, four characters, bullets.
    pub(crate) preview: String,
    /// `true`: the value comes from another system; rotating the key gives it one of ours.
    pub(crate) foreign: bool,
    pub(crate) status: KeyState,
    pub(crate) enabled: bool,
    /// What it may do now.
    pub(crate) scopes: Vec<String>,
    /// The scopes it lists itself; absent when it follows the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) own_scopes: Option<TextList>,
    pub(crate) allowed_origins: Option<TextList>,
    pub(crate) allowed_ips: Option<TextList>,
    /// Its own rate limit; without one, that of the manifest holds.
    pub(crate) rate_limit: Option<RateLimit>,
    /// How many credits it may spend; `null` is as many as its organization has.
    pub(crate) spend_caps: Option<SpendCaps>,
    pub(crate) metadata: Option<Map<String, Value>>,
    /// For operator keys: what it is confined to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) binding: Option<Binding>,
    pub(crate) product: Slug,
    pub(crate) organization: OrganizationId,
    pub(crate) project: ProjectId,
    pub(crate) environment: KeyEnvironment,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
    pub(crate) rotated_at: Option<Timestamp>,
    /// The value before this one, for as long as its grace runs.
    pub(crate) retiring: Option<Retiring>,
    /// When a web page first sent the secret, so that its visitors can read it: replace it.
    pub(crate) exposed_at: Option<Timestamp>,
    /// The last call that was allowed.
    pub(crate) last_used: Option<LastUsed>,
    /// Not used for as long as the manifest's `idle_after` says: maybe nobody needs it any more.
    pub(crate) idle: bool,
    pub(crate) created_at: Timestamp,
    /// Who created it; recorded, decides nothing.
    pub(crate) created_by: String,
}

/// Where a key belongs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KeyEnvironment {
    pub(crate) id: EnvironmentId,
    pub(crate) name: String,
}

/// A value whose grace runs.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RetiringValue")]
pub(crate) struct Retiring {
    pub(crate) preview: String,
    /// From when on it is refused.
    pub(crate) ends_at: Timestamp,
    /// The last call that was allowed with it; a client that still sends it shows here.
    pub(crate) last_used: Option<LastUsed>,
}

/// An allowed call.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct LastUsed {
    pub(crate) at: Timestamp,
    /// For which operation of the manifest, where the call named one.
    pub(crate) operation: Option<String>,
    /// Of secret keys: from where, as the first 24 bits of an IPv4 address or 48 of an IPv6 one.
    pub(crate) address: Option<String>,
}

impl From<&ValueUse> for LastUsed {
    fn from(last: &ValueUse) -> Self {
        Self {
            at: last.at,
            operation: last.operation.clone(),
            address: last.address.clone(),
        }
    }
}

impl KeyView {
    /// Shows keys with what they were used for up to this moment; those that are not shown are
    /// left out.
    pub(crate) async fn all(app: &App, keys: &[Key]) -> Result<Vec<Self>, Problem> {
        let uses = app.last_uses(keys).await?;
        let mut views = Vec::with_capacity(keys.len());
        for key in keys {
            let Some(mut view) = Self::of(app, key) else {
                continue;
            };
            let of_key: Vec<_> = uses.iter().filter(|one| one.key == key.id).collect();
            view.tell_uses(app, key, &of_key).await?;
            views.push(view);
        }
        Ok(views)
    }

    /// Shows a key with what it was used for up to this moment.
    pub(crate) async fn one(app: &App, key: &Key) -> Result<Self, Problem> {
        let view = Self::all(app, std::slice::from_ref(key)).await?.pop();
        view.ok_or_else(|| Problem::not_found("key"))
    }

    async fn tell_uses(&mut self, app: &App, key: &Key, uses: &[&ValueUse]) -> Result<(), Problem> {
        let now = app.now();
        let last = uses.iter().max_by_key(|one| one.at);
        self.last_used = last.map(|last| LastUsed::from(*last));
        self.idle = self.is_idle(app, key, last.map(|last| last.at));
        let grace = i64::from(LONGEST_GRACE) * 1000;
        let may_retire = |at: Timestamp| at.plus_millis(grace) > now;
        if key.revoked_at.is_some() || !key.rotated_at.is_some_and(may_retire) {
            return Ok(());
        }
        let values = app.store.retired_values(key.id).await?;
        let running = values.into_iter().find(|value| value.ends_at > now);
        self.retiring = running.map(|value| Retiring {
            last_used: uses
                .iter()
                .find(|one| one.start == value.start)
                .map(|one| LastUsed::from(*one)),
            preview: preview(&value.start),
            ends_at: value.ends_at,
        });
        Ok(())
    }

    fn is_idle(&self, app: &App, key: &Key, last: Option<Timestamp>) -> bool {
        let environment = app.engine.index().environment(key.environment);
        let after = environment.and_then(|environment| {
            let rules = environment.product().rules();
            rules.kind(key.kind).idle_after_seconds
        });
        let since = last.unwrap_or(key.created_at);
        let end = after.map(|seconds| idle_before(app.now(), seconds));
        self.status == KeyState::Active && end.is_some_and(|end| since < end)
    }

    /// Whether the last allowed call was in the hour before `now`.
    pub(crate) fn was_used_lately(&self, now: Timestamp) -> bool {
        let hour_ago = now.plus_millis(-3_600_000);
        self.last_used
            .as_ref()
            .is_some_and(|last| last.at > hour_ago)
    }

    /// Shows a key whose environment the index knows; deleted ones and those below are not shown.
    pub(crate) fn of(app: &App, key: &Key) -> Option<Self> {
        let environment = app.engine.index().environment(key.environment)?;
        let rules = environment.product().rules();
        Some(Self::within(app, key, &environment, &rules))
    }

    fn within(app: &App, key: &Key, environment: &EnvironmentNode, rules: &Rules) -> Self {
        let scopes = match &key.scopes {
            Some(listed) => rules.resolve_scopes(key.kind, listed),
            None => rules.kind(key.kind).default_scopes,
        };
        Self {
            id: key.id,
            kind: key.kind,
            mode: key.mode,
            name: key.name.clone(),
            note: key.note.clone(),
            value: key.value.clone(),
            preview: preview(&key.start),
            foreign: key.foreign.is_some(),
            status: key.state(app.now()),
            enabled: key.enabled,
            scopes: rules.scope_names(scopes).map(str::to_owned).collect(),
            own_scopes: key.scopes.clone(),
            allowed_origins: key.allowed_origins.clone(),
            allowed_ips: key.allowed_ips.clone(),
            rate_limit: key.rate_limit,
            spend_caps: key.spend_caps,
            metadata: metadata(key.metadata.as_deref()),
            binding: key.binding.clone(),
            product: environment.product().slug().clone(),
            organization: environment.organization_id(),
            project: environment.project_id(),
            environment: KeyEnvironment {
                id: environment.id(),
                name: environment.name().to_owned(),
            },
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            rotated_at: key.rotated_at,
            retiring: None,
            exposed_at: key.exposed_at,
            last_used: None,
            idle: false,
            created_at: key.created_at,
            created_by: key.created_by.clone(),
        }
    }
}
