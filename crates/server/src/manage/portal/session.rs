//! What a guest holds while the portal is open.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use keystile_core::key::{PlainKey, PortalToken};
use keystile_core::model::{
    Action, Binding, KeyId, KeyState, OrganizationId, ProjectId, Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PortalAbility, Theme};
use crate::app::{App, Caller};
use crate::manage::work::{Request, Work};
use crate::problem::Problem;

/// So many links that were opened are remembered at once, until their time is over.
const MOST_OPENED: usize = 100_000;

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sealed {
    /// Of the link, and of the session that it opened.
    pub(super) id: String,
    pub(super) organization: OrganizationId,
    pub(super) project: Option<ProjectId>,
    /// That asked for the link; none on the machine itself.
    pub(super) operator_key: Option<KeyId>,
    pub(super) abilities: Vec<PortalAbility>,
    pub(super) origin: Option<String>,
    pub(super) visitor: Option<String>,
    pub(super) theme: Theme,
    pub(super) lifetime_seconds: u32,
    /// From when on it is nothing.
    pub(super) ends_at: Timestamp,
}

impl Sealed {
    pub(super) fn seal(&self, app: &App, kind: PortalToken) -> Result<PlainKey, Problem> {
        let text = serde_json::to_string(self).unwrap_or_default();
        let sealed = app.engine.keyring().seal_portal(&*app.random, kind, text);
        Ok(sealed?)
    }

    /// As the journal tells of it.
    pub(super) fn told(&self) -> Value {
        json!({
            "visitor": self.visitor,
            "abilities": self.abilities,
            "project": self.project,
            "origin": self.origin,
            "ends_at": self.ends_at,
        })
    }

    fn open(app: &App, kind: PortalToken, token: &str) -> Option<Self> {
        let opened = app.engine.keyring().open_portal(kind, token)?;
        let sealed: Self = serde_json::from_str(opened.reveal()).ok()?;
        (app.now() < sealed.ends_at).then_some(sealed)
    }
}

/// Links that were opened already.
#[derive(Debug, Default)]
pub(crate) struct OpenedLinks(Mutex<HashMap<String, Timestamp>>);

impl OpenedLinks {
    /// Notes that a link is opened; `false` when it was before, or when too many are remembered.
    fn open(&self, link: &Sealed, now: Timestamp) -> bool {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= MOST_OPENED {
            opened.retain(|_, end| *end > now);
        }
        if opened.len() >= MOST_OPENED || opened.contains_key(&link.id) {
            return false;
        }
        opened.insert(link.id.clone(), link.ends_at);
        true
    }

    fn take_back(&self, link: &Sealed) {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        opened.remove(&link.id);
    }
}

/// Somebody for whom the portal is open.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    pub(crate) organization: OrganizationId,
    /// The one project they see, unless it is all.
    pub(crate) project: Option<ProjectId>,
    pub(crate) abilities: Vec<PortalAbility>,
    /// The page around it.
    pub(crate) origin: Option<String>,
    pub(crate) theme: Theme,
    /// When it closes.
    pub(crate) ends_at: Timestamp,
    /// As use-cases know them.
    pub(crate) caller: Caller,
    id: String,
}

/// A portal that was just opened.
#[derive(Debug)]
pub(crate) struct Opening {
    /// What the browser holds from now on.
    pub(crate) token: PlainKey,
    pub(crate) guest: Guest,
}

/// Opens the portal with the token of a link; `None` when it opens nothing (any more). `held` is
/// what the browser holds already: whoever has opened the link may come by it again.
pub(crate) async fn open_portal(
    app: &App,
    token: &str,
    held: Option<&str>,
    request: Request,
) -> Result<Option<Opening>, Problem> {
    let Some(link) = Sealed::open(app, PortalToken::Link, token) else {
        return Ok(None);
    };
    if let Some(held) = held
        && let Some(guest) = guest(app, held).await?
        && guest.id == link.id
    {
        let token = PlainKey::new(held.to_owned());
        return Ok(Some(Opening { token, guest }));
    }
    let lasts = i64::from(link.lifetime_seconds).saturating_mul(1000);
    let session = Sealed {
        ends_at: app.now().plus_millis(lasts),
        ..link.clone()
    };
    let Some(guest) = judged(app, &session).await? else {
        return Ok(None);
    };
    if !app.opened_links.open(&link, app.now()) {
        return Ok(None);
    }
    let opened = begin(app, &session, &guest, request).await;
    if opened.is_err() {
        app.opened_links.take_back(&link);
    }
    let token = opened?;
    Ok(Some(Opening { token, guest }))
}

async fn begin(
    app: &App,
    session: &Sealed,
    guest: &Guest,
    request: Request,
) -> Result<PlainKey, Problem> {
    let token = session.seal(app, PortalToken::Session)?;
    let work = Work::new(app, &guest.caller, request);
    let owner = work.organization(session.organization).await?;
    let mut change = work.change(Action::PortalOpened, session.told());
    change.product = Some(owner.product);
    change.organization = Some(owner.id);
    work.commit(change).await?;
    Ok(token)
}

/// Who holds this token; `None` when it is nobody's, or the portal has closed.
pub(crate) async fn guest(app: &App, token: &str) -> Result<Option<Guest>, Problem> {
    match Sealed::open(app, PortalToken::Session, token) {
        Some(sealed) => judged(app, &sealed).await,
        None => Ok(None),
    }
}

/// Whether all that a token rests on is still there: the organization, and the operator key with
/// what it was allowed to hand on.
async fn judged(app: &App, sealed: &Sealed) -> Result<Option<Guest>, Problem> {
    let owner = app.store.organization(sealed.organization).await?;
    let Some(owner) = owner.filter(|row| row.deleted_at.is_none() && row.enabled) else {
        return Ok(None);
    };
    let binding = match sealed.operator_key {
        None => None,
        Some(id) => match operator_binding(app, id, !sealed.abilities.is_empty()).await? {
            Some(binding) => binding,
            None => return Ok(None),
        },
    };
    let caller = Caller::portal(
        sealed.operator_key,
        sealed.visitor.clone(),
        owner.id,
        binding.as_ref(),
    );
    if !caller.reaches(&owner.product) {
        return Ok(None);
    }
    Ok(Some(Guest {
        organization: owner.id,
        project: sealed.project,
        abilities: sealed.abilities.clone(),
        origin: sealed.origin.clone(),
        theme: sealed.theme.clone(),
        ends_at: sealed.ends_at,
        caller,
        id: sealed.id.clone(),
    }))
}

/// What an operator key is bound to now; `None` when it does not work any more, or may not (any
/// more) do what guests do in its name.
async fn operator_binding(
    app: &App,
    id: KeyId,
    writes: bool,
) -> Result<Option<Option<Binding>>, Problem> {
    let Some(key) = app.store.key(id).await? else {
        return Ok(None);
    };
    let needed = if writes { "keys:write" } else { "keys:read" };
    let scopes = key.scopes.as_ref();
    let holds = scopes.is_none_or(|own| own.iter().any(|scope| scope == needed));
    let works = key.state(app.now()) == KeyState::Active && holds;
    Ok(works.then_some(key.binding))
}
