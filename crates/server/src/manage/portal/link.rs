//! Links that open the portal.

use keystile_core::key::{PlainKey, PortalToken};
use keystile_core::model::{Action, Actor, Mode, OrganizationId, ProjectId, Timestamp};
use keystile_core::policy::OriginList;

use super::session::Sealed;
use super::{PortalAbility, Theme};
use crate::hexadecimal::random_name;
use crate::manage::field::Fields;
use crate::manage::work::Work;
use crate::problem::Problem;

/// A link opens within so many milliseconds, or never.
const LINK_LASTS: i64 = 5 * 60 * 1000;

/// How long a portal may stay open, in seconds.
const SHORTEST: u32 = 60;
const LONGEST: u32 = 12 * 3600;
const USUAL: u32 = 3600;

/// What a link shall open.
#[derive(Debug)]
pub(crate) struct NewPortalLink {
    /// One project alone.
    pub(crate) project: Option<ProjectId>,
    pub(crate) abilities: Vec<PortalAbility>,
    /// The origin of the page that frames it.
    pub(crate) origin: Option<String>,
    /// The operator's own id for the guest.
    pub(crate) visitor: Option<String>,
    pub(crate) theme: Theme,
    pub(crate) lifetime_seconds: Option<u32>,
}

/// A link.
#[derive(Debug)]
pub(crate) struct PortalLink {
    pub(crate) token: PlainKey,
    /// When it opens nothing any more.
    pub(crate) expires_at: Timestamp,
    /// How long the portal stays open afterwards.
    pub(crate) lifetime_seconds: u32,
}

/// Makes a link. Of it only the journal knows.
///
/// # Errors
/// 404 for an organization or project out of reach, 403 when the operator key may not itself what
/// the guest shall, 422 with all that is wrong.
pub(crate) async fn create_portal_link(
    work: &Work<'_>,
    organization: OrganizationId,
    new: NewPortalLink,
) -> Result<PortalLink, Problem> {
    let owner = work.organization(organization).await?;
    work.must_not_be_built_in(&owner.product)?;
    let operator_key = match work.caller.actor() {
        Actor::OperatorKey { id } => Some(*id),
        Actor::Local => None,
        _ => {
            let detail = "links to the portal are made with an operator key";
            return Err(Problem::forbidden("operator_key_needed", detail));
        }
    };
    if !new.abilities.is_empty() {
        work.must_hold("keys:write")?;
    }
    if let Some(project) = new.project {
        let (_, above) = work.project(project).await?;
        if above.id != organization {
            return Err(Problem::not_found("project"));
        }
    }
    let mut fields = Fields::default();
    let origin = new
        .origin
        .as_deref()
        .and_then(|origin| canonical(origin, &mut fields));
    fields.visitor("/visitor", new.visitor.as_deref());
    new.theme.check(&mut fields);
    let lifetime_seconds = new.lifetime_seconds.unwrap_or(USUAL);
    if !(SHORTEST..=LONGEST).contains(&lifetime_seconds) {
        let message = format!("a portal stays open for {SHORTEST} to {LONGEST} seconds");
        fields.wrong("/lifetime_seconds", message);
    }
    fields.finish()?;
    let expires_at = work.now().plus_millis(LINK_LASTS);
    let sealed = Sealed {
        id: random_name(&*work.app.random),
        organization,
        project: new.project,
        operator_key,
        abilities: new.abilities,
        origin,
        visitor: new.visitor,
        theme: new.theme,
        lifetime_seconds,
        ends_at: expires_at,
    };
    let token = sealed.seal(work.app, PortalToken::Link)?;
    let mut change = work.change(Action::PortalLinkCreated, sealed.told());
    change.product = Some(owner.product);
    change.organization = Some(owner.id);
    work.commit(change).await?;
    Ok(PortalLink {
        token,
        expires_at,
        lifetime_seconds,
    })
}

/// The one origin of the page around the portal, as browsers write it.
fn canonical(origin: &str, fields: &mut Fields) -> Option<String> {
    let mut wrong = |message: String| {
        fields.wrong("/origin", message);
        None
    };
    let list = match OriginList::check(&[origin.to_owned()], Mode::Live) {
        Ok(list) => list,
        Err(problems) => {
            let message = problems.into_iter().next().map(|problem| problem.message);
            return wrong(message.unwrap_or_default());
        }
    };
    let text = list.to_texts().into_iter().next()?;
    if text.contains('*') {
        return wrong("name one origin, without *".to_owned());
    }
    let rest = text.strip_prefix("http://");
    let is_local = rest.is_none_or(|host| {
        ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|local| host == *local || host.starts_with(&format!("{local}:")))
    });
    if !is_local {
        return wrong("pages around the portal are on https, but for localhost".to_owned());
    }
    Some(text)
}
