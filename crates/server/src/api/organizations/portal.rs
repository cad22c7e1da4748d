//! `POST /v1/organizations/{organization}/portal-tokens`

use keystile_core::model::{ProjectId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{Answer, Call, Operation};
use crate::manage::portal::{NewPortalLink, PortalAbility, Theme, create_portal_link};
use crate::object::object;
use crate::problem::Problem;

/// What the portal shall show, to whom, and how.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "CreatePortalToken")]
struct Body {
    /// What the guest may do besides looking at keys and their usage; left out, nothing.
    abilities: Vec<PortalAbility>,
    /// One project of the organization; left out, all of them.
    project: Option<ProjectId>,
    /// The origin of your page around the portal, such as `https://app.example.com`. Left out, no
    /// page can frame it, and the link is for a tab of its own.
    origin: Option<String>,
    /// Your own id for the guest, which names nobody: the audit log keeps it.
    #[schemars(length(min = 1, max = 100))]
    visitor: Option<String>,
    /// Your colours.
    #[serde(deserialize_with = "object")]
    theme: Theme,
    /// How long the portal stays open; left out, an hour.
    #[schemars(range(min = 60, max = 43_200))]
    lifetime_seconds: Option<u32>,
}

/// A link to the portal.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PortalToken")]
struct Made<'t> {
    /// What the link carries: `kcp_…`. It opens the portal once.
    token: &'t str,
    /// The link, for an `iframe` or a tab.
    url: String,
    /// When the link opens nothing any more: five minutes from now.
    expires_at: Timestamp,
    /// How long the portal stays open once it is.
    lifetime_seconds: u32,
}

pub(super) fn operation() -> Operation {
    Operation::post(
        "createPortalToken",
        "/v1/organizations/{organization}/portal-tokens",
    )
    .needs("keys:read")
    .says(
        "Let a customer into the portal",
        "The portal is the page of this organization's keys, inside your own site. Ask for a link \
         whenever you show it: it opens once, within five minutes. Abilities need the scope \
         `keys:write` too. All portals close at once with the operator key that asked for them, and \
         with the organization.",
    )
    .body_or_none::<Body>()
    .answers::<Made<'_>>(201, "The link")
    .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let body: Body = call.json_or_default()?;
    let new = NewPortalLink {
        project: body.project,
        abilities: body.abilities,
        origin: body.origin,
        visitor: body.visitor,
        theme: body.theme,
        lifetime_seconds: body.lifetime_seconds,
    };
    let made = create_portal_link(&call.work(), call.id("organization")?, new).await?;
    let token = made.token.reveal();
    let base = call
        .app
        .settings
        .public_base(call.app.listening.get().copied());
    Ok(Answer::created(&Made {
        token,
        url: format!("{base}/portal?token={token}"),
        expires_at: made.expires_at,
        lifetime_seconds: made.lifetime_seconds,
    }))
}
