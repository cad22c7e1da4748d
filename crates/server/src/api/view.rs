//! What answers show of things. Spelled out here, so that what is stored can change without what
//! is answered, and the other way round.

use keystile_core::key::preview;
use keystile_core::manifest::Rules;
use keystile_core::model::{
    Binding, Effective, Environment, EnvironmentId, Key, KeyId, KeyState, Kind, Mode, Organization,
    OrganizationId, Project, ProjectId, Slug, TextList, Timestamp,
};
use keystile_core::snapshot::EnvironmentNode;
use keystile_store::{KeyFilter, Page as Part};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::app::App;
use crate::manage::{Minted, MintedEnvironment, MintedProject};
use crate::problem::Problem;

/// A page of a list, newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Page<T> {
    /// The entries.
    pub(super) data: Vec<T>,
    /// Give this as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts off the entry that was read to know whether there are more.
    pub(super) fn of<R>(
        mut rows: Vec<R>,
        limit: u32,
        cursor: impl Fn(&R) -> String,
        show: impl Fn(R) -> T,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(cursor);
        Self {
            data: rows.into_iter().map(show).collect(),
            next_cursor,
        }
    }
}

/// An organization, a customer of a product.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Organization")]
pub(super) struct OrganizationView {
    id: OrganizationId,
    product: Slug,
    external_id: Option<String>,
    name: String,
    /// The plan's name; absent plans mean the product's first.
    plan: Option<String>,
    metadata: Option<Map<String, Value>>,
    /// `false`: suspended, every key below is refused.
    enabled: bool,
    created_at: Timestamp,
}

impl From<&Organization> for OrganizationView {
    fn from(row: &Organization) -> Self {
        Self {
            id: row.id,
            product: row.product.clone(),
            external_id: row.external_id.clone(),
            name: row.name.clone(),
            plan: row.plan.clone(),
            metadata: metadata(row.metadata.as_deref()),
            enabled: row.enabled,
            created_at: row.created_at,
        }
    }
}

/// A project of an organization.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Project")]
pub(super) struct ProjectView {
    id: ProjectId,
    organization: OrganizationId,
    product: Slug,
    name: String,
    metadata: Option<Map<String, Value>>,
    /// `false`: every key below is refused.
    enabled: bool,
    created_at: Timestamp,
}

impl From<&Project> for ProjectView {
    fn from(row: &Project) -> Self {
        Self {
            id: row.id,
            organization: row.organization,
            product: row.product.clone(),
            name: row.name.clone(),
            metadata: metadata(row.metadata.as_deref()),
            enabled: row.enabled,
            created_at: row.created_at,
        }
    }
}

/// An environment of a project.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Environment")]
pub(super) struct EnvironmentView {
    id: EnvironmentId,
    project: ProjectId,
    organization: OrganizationId,
    product: Slug,
    /// `production` is live, every other name is test.
    name: String,
    mode: Mode,
    /// `false`: every key in it is refused.
    enabled: bool,
    created_at: Timestamp,
}

impl From<&Environment> for EnvironmentView {
    fn from(row: &Environment) -> Self {
        Self {
            id: row.id,
            project: row.project,
            organization: row.organization,
            product: row.product.clone(),
            name: row.name.clone(),
            mode: row.mode,
            enabled: row.enabled,
            created_at: row.created_at,
        }
    }
}

/// A key, without its secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub(super) struct KeyView {
    id: KeyId,
    kind: Kind,
    mode: Mode,
    name: String,
    note: Option<String>,
    /// The whole value, of publishable keys only.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// What may be shown of any key: prefix, four characters, bullets.
    preview: String,
    /// `true`: the value comes from another system; rotating the key gives it one of ours.
    foreign: bool,
    status: KeyState,
    enabled: bool,
    /// What it may do now.
    scopes: Vec<String>,
    /// The scopes it lists itself; absent when it follows the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    own_scopes: Option<TextList>,
    allowed_origins: Option<TextList>,
    allowed_ips: Option<TextList>,
    metadata: Option<Map<String, Value>>,
    /// For operator keys: what it is confined to.
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<Binding>,
    product: Slug,
    organization: OrganizationId,
    project: ProjectId,
    environment: KeyEnvironment,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    rotated_at: Option<Timestamp>,
    created_at: Timestamp,
    /// Who created it; recorded, decides nothing.
    created_by: String,
}

/// Where a key belongs.
#[derive(Debug, Serialize, JsonSchema)]
struct KeyEnvironment {
    id: EnvironmentId,
    name: String,
}

impl KeyView {
    /// Shows a key whose environment the index knows; deleted ones and those below are not shown.
    pub(super) fn of(app: &App, key: &Key) -> Option<Self> {
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
            created_at: key.created_at,
            created_by: key.created_by.clone(),
        }
    }
}

/// A key that was made automatically.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AutomaticKey {
    #[serde(flatten)]
    key: KeyView,
    /// Secret keys only, and only in this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl AutomaticKey {
    fn of(app: &App, minted: &Minted) -> Option<Self> {
        let secret = minted
            .secret
            .as_ref()
            .map(|secret| secret.reveal().to_owned());
        KeyView::of(app, &minted.key).map(|key| Self { key, secret })
    }
}

/// An environment with the keys that came with it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct EnvironmentWithKeys {
    #[serde(flatten)]
    environment: EnvironmentView,
    keys: Vec<AutomaticKey>,
}

impl EnvironmentWithKeys {
    pub(super) fn of(app: &App, minted: &MintedEnvironment) -> Self {
        let keys = minted
            .keys
            .iter()
            .filter_map(|key| AutomaticKey::of(app, key))
            .collect();
        Self {
            environment: (&minted.environment).into(),
            keys,
        }
    }
}

impl EnvironmentWithKeys {
    /// As it is now, for a repeated create: without any secret.
    pub(super) async fn again(app: &App, row: &Environment) -> Result<Self, Problem> {
        let filter = KeyFilter {
            environment: Some(row.id),
            ..KeyFilter::default()
        };
        let all = Part {
            before: None,
            limit: 100,
        };
        let keys = app.store.keys(filter, all).await?;
        let shown = keys.iter().filter_map(|key| KeyView::of(app, key));
        Ok(Self {
            environment: row.into(),
            keys: shown
                .map(|key| AutomaticKey { key, secret: None })
                .collect(),
        })
    }
}

/// A project with everything that came with it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CreatedProject {
    project: ProjectView,
    environments: Vec<EnvironmentWithKeys>,
}

impl CreatedProject {
    /// As it is now, for a repeated create: without any secret.
    pub(super) async fn again(
        app: &App,
        project: &Project,
        rows: &[Environment],
    ) -> Result<Self, Problem> {
        let mut environments = Vec::with_capacity(rows.len());
        for row in rows {
            environments.push(EnvironmentWithKeys::again(app, row).await?);
        }
        Ok(Self {
            project: project.into(),
            environments,
        })
    }

    pub(super) fn of(app: &App, minted: &MintedProject) -> Self {
        let environments = minted.environments.iter();
        Self {
            project: (&minted.project).into(),
            environments: environments
                .map(|one| EnvironmentWithKeys::of(app, one))
                .collect(),
        }
    }
}

/// Something that was changed, with the proof when rights were taken away.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Changed<T> {
    #[serde(flatten)]
    pub(super) thing: T,
    /// Present when the change took rights away: it is in force on all these nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) effective: Option<Effective>,
}

fn metadata(text: Option<&str>) -> Option<Map<String, Value>> {
    text.and_then(|text| serde_json::from_str(text).ok())
}
